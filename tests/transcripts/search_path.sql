-- SPDX-License-Identifier: Apache-2.0
CREATE TABLE t (x int); SET search_path = pg_catalog; SELECT count(*) FROM t; SHOW search_path; SELECT current_schemas(false);
