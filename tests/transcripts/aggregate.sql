-- SPDX-License-Identifier: Apache-2.0
SELECT count(*), sum(x), avg(x), string_agg(x::text, ',' ORDER BY x) FROM generate_series(1, 4) x;
SELECT x % 2, count(*) FROM generate_series(1, 5) x GROUP BY GROUPING SETS ((x % 2), ()) ORDER BY 1;
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY x) FROM generate_series(1, 4) x;
SELECT x FROM generate_series(1, 2) x HAVING count(*) > 1;
