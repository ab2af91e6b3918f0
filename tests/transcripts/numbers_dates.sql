-- SPDX-License-Identifier: Apache-2.0
SELECT 1.10 + 2, 2::numeric / 3, 1e400::float8; SELECT 9223372036854775807 + 1; SELECT date '2024-02-29' + interval '1 year', timestamp '2024-01-01 12:00' AT TIME ZONE 'Asia/Tokyo', extract(dow FROM date '2024-01-01'); SELECT '2024-13-01'::date; SET datestyle = German; SELECT date '2024-02-29';
