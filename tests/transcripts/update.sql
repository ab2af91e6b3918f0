-- SPDX-License-Identifier: Apache-2.0
CREATE TABLE t (id int, a text); INSERT INTO t VALUES (1, 'a'), (2, 'b');
UPDATE t SET a = upper(a) WHERE id = 1 RETURNING *; UPDATE t SET (id, a) = (id + 1, a) RETURNING id;
UPDATE t SET a = o.a FROM t o WHERE o.id = t.id - 1; SELECT * FROM t ORDER BY id; UPDATE t SET nope = 1;
