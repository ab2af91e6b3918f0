-- SPDX-License-Identifier: Apache-2.0
SELECT 1 AS one, 'two' AS two, NULL AS three;
SELECT x, x * x FROM generate_series(1, 5) AS x ORDER BY x DESC LIMIT 3 OFFSET 1;
SELECT DISTINCT ON (x % 2) x FROM generate_series(1, 6) x ORDER BY x % 2, x;
SELECT 1/0;
SELECT nothing FROM nowhere;
TABLE pg_catalog.nowhere;
