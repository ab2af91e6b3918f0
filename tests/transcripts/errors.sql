-- SPDX-License-Identifier: Apache-2.0
selec 1; SELECT 'unterminated"; SELECT ';
SELECT (1; SELECT 1) AS x;
SELECT foo(); SELECT 1 +; SELECT 'a'::int; SELECT repeat('x', 3000000000); SELECT * FROM generate_series(1, 3) x WHERE x = 'y';
\errverbose
