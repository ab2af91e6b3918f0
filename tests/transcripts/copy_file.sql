-- SPDX-License-Identifier: Apache-2.0
COPY (SELECT 1) TO '/nonexistent/file'; COPY (SELECT 1) TO PROGRAM 'true';
