-- SPDX-License-Identifier: Apache-2.0
CREATE TABLE t (x int); VACUUM t; ANALYZE t; BEGIN; VACUUM t; ROLLBACK; CLUSTER t; CHECKPOINT; VACUUM nowhere;
