-- SPDX-License-Identifier: Apache-2.0
SELECT x, repeat(chr(65 + x % 26), 50) FROM generate_series(1, 2000) x;
SELECT length(repeat('y', 5000000)), md5(repeat('y', 5000000));
