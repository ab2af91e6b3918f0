-- SPDX-License-Identifier: Apache-2.0
CREATE TABLE t (a int, b text);
\copy t from pstdin with (format csv)
1,a
2,b
\.
\copy t to stdout
\copy (select b from t order by b desc) to stdout
