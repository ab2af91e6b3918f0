-- SPDX-License-Identifier: Apache-2.0
CREATE TABLE t (a int, b text);
COPY t FROM STDIN;
1	one
2	\N
\.
COPY t FROM STDIN WITH (FORMAT csv);
3,"quoted, text"
\.
COPY t FROM STDIN;
x	bad
\.
SELECT * FROM t ORDER BY a; SELECT 'after';
