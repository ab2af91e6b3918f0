-- SPDX-License-Identifier: Apache-2.0
DECLARE c CURSOR WITH HOLD FOR SELECT x FROM generate_series(1, 3) x; FETCH 1 FROM c; FETCH 1 FROM c; CLOSE c; FETCH c; CLOSE ALL;
