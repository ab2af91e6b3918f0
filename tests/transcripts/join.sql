-- SPDX-License-Identifier: Apache-2.0
CREATE TABLE a (x int PRIMARY KEY, y text); CREATE TABLE b (x int, z text);
INSERT INTO a VALUES (1, 'one'), (2, 'two'); INSERT INTO b VALUES (2, 'zwei'), (3, 'drei');
SELECT * FROM a JOIN b USING (x); SELECT * FROM a LEFT JOIN b USING (x) ORDER BY x;
SELECT * FROM a FULL JOIN b ON a.x = b.x ORDER BY a.x, b.x; SELECT * FROM a CROSS JOIN b ORDER BY 1, 3;
