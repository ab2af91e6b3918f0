-- SPDX-License-Identifier: Apache-2.0
CREATE TYPE e AS ENUM ('a', 'b'); SELECT 'a'::e < 'b'::e, 'c'::e; CREATE TYPE c AS (x int, y text); SELECT (1, 'x')::c, ((1, 'x')::c).y; CREATE DOMAIN d AS int CHECK (VALUE > 0); SELECT 0::d; ALTER TYPE e ADD VALUE 'c'; SELECT enum_range(NULL::e); DROP TYPE e, c; DROP DOMAIN d;
