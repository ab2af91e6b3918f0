-- SPDX-License-Identifier: Apache-2.0
SELECT x, y, x * y FROM generate_series(1, 2) x, generate_series(1, 2) y \crosstabview
SELECT 1 AS a, 2 AS b \gx
\pset format csv
SELECT 1 AS a, 'b,c' AS b;
