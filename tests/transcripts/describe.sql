-- SPDX-License-Identifier: Apache-2.0
CREATE TABLE t (id int PRIMARY KEY, a text DEFAULT 'x' CHECK (a <> '')); CREATE VIEW v AS SELECT id FROM t;
\d t
\d v
\dt
\dv
\di
\df nothing*
