-- SPDX-License-Identifier: Apache-2.0
SET ROLE nobody_at_all; SET ROLE NONE; SET SESSION AUTHORIZATION nobody_at_all; RESET SESSION AUTHORIZATION; SELECT current_user = session_user;
