-- SPDX-License-Identifier: Apache-2.0
SELECT x, sum(x) OVER (ORDER BY x), rank() OVER w FROM generate_series(1, 4) x WINDOW w AS (ORDER BY x / 2) ORDER BY x;
SELECT x, lag(x) OVER (ORDER BY x ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM generate_series(1, 3) x;
