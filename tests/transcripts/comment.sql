-- SPDX-License-Identifier: Apache-2.0
CREATE TABLE t (x int); COMMENT ON TABLE t IS 'words'; SELECT obj_description('t'::regclass); COMMENT ON COLUMN t.y IS 'none'; COMMENT ON TABLE t IS NULL; SECURITY LABEL ON TABLE t IS 'x';
