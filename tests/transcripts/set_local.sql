-- SPDX-License-Identifier: Apache-2.0
BEGIN; SET LOCAL work_mem = '7MB'; SHOW work_mem; COMMIT; SHOW work_mem; SET LOCAL work_mem = '8MB'; SHOW work_mem;
BEGIN; SET work_mem = '7MB'; ROLLBACK; SHOW work_mem; BEGIN; SET work_mem = '7MB'; COMMIT; SHOW work_mem; RESET ALL; SHOW work_mem;
