-- SPDX-License-Identifier: Apache-2.0
CREATE TABLE t (x int); CREATE PROCEDURE p(INOUT a int) LANGUAGE plpgsql AS $$ BEGIN a := a + 1; INSERT INTO t VALUES (a); COMMIT; END $$; CALL p(1); SELECT * FROM t; BEGIN; CALL p(1); ROLLBACK; CALL nothing();
