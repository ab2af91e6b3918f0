-- SPDX-License-Identifier: Apache-2.0
\set VERBOSITY sqlstate
SELECT 1/0;
\set VERBOSITY terse
SELECT nothing;
\set SHOW_CONTEXT always
DO $$ BEGIN RAISE NOTICE 'n'; END $$;
