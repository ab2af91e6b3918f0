-- SPDX-License-Identifier: Apache-2.0
CREATE TABLE t (id int PRIMARY KEY, a text); INSERT INTO t VALUES (1, 'old');
MERGE INTO t USING (VALUES (1, 'new'), (2, 'two')) s(id, a) ON t.id = s.id WHEN MATCHED THEN UPDATE SET a = s.a WHEN NOT MATCHED THEN INSERT VALUES (s.id, s.a);
SELECT * FROM t ORDER BY id;
MERGE INTO t USING t s ON true WHEN MATCHED THEN DELETE;
