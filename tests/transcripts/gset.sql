-- SPDX-License-Identifier: Apache-2.0
SELECT 42 AS answer \gset
SELECT :answer + 1; \echo :answer
SELECT 'SELECT ' || x FROM generate_series(1, 3) x \gexec
