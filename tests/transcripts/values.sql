-- SPDX-License-Identifier: Apache-2.0
VALUES (1, 'a'), (2, 'b');
VALUES (1), (2, 3);
SELECT * FROM (VALUES (1, NULL), (NULL, 2)) AS v(a, b);
