-- SPDX-License-Identifier: Apache-2.0
CREATE FUNCTION f(a int, b int DEFAULT 2) RETURNS int LANGUAGE sql AS 'SELECT a + b'; SELECT f(1), f(1, 1), f(b => 1, a => 5); CREATE FUNCTION g() RETURNS SETOF int LANGUAGE plpgsql AS $$ BEGIN RETURN NEXT 1; RETURN NEXT 2; END $$; SELECT * FROM g(); SELECT f('x'); DROP FUNCTION f; SELECT f(1);
