-- SPDX-License-Identifier: Apache-2.0
DO $$ BEGIN RAISE NOTICE 'hello %', 1; RAISE WARNING 'careful'; END $$;
DO $$ BEGIN RAISE EXCEPTION 'failed' USING ERRCODE = 'P0042', DETAIL = 'd', HINT = 'h'; END $$;
DO $$ BEGIN PERFORM 1/0; END $$; DO 'nonsense';
