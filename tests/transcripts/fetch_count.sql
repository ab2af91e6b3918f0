-- SPDX-License-Identifier: Apache-2.0
\set FETCH_COUNT 3
SELECT x FROM generate_series(1, 8) x;
SELECT 1/(x - 5) FROM generate_series(1, 8) x;
SELECT 'after';
