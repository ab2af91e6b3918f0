-- SPDX-License-Identifier: Apache-2.0
CREATE TABLE t (id int); INSERT INTO t SELECT generate_series(1, 4);
DELETE FROM t WHERE id > 2 RETURNING id; DELETE FROM t USING (VALUES (1)) v(x) WHERE id = x; DELETE FROM t; DELETE FROM nowhere;
