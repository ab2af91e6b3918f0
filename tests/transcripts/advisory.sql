-- SPDX-License-Identifier: Apache-2.0
SELECT pg_try_advisory_lock(1); SELECT pg_advisory_unlock(1); SELECT pg_advisory_unlock(1); BEGIN; SELECT pg_advisory_xact_lock(2); COMMIT; SELECT pg_advisory_unlock_all();
