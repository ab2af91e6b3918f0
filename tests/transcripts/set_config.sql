-- SPDX-License-Identifier: Apache-2.0
SELECT set_config('work_mem', '7MB', false); SHOW work_mem; BEGIN; SELECT set_config('a.b', 'c', true); SHOW a.b; COMMIT; SELECT current_setting('a.b', true); SELECT current_setting('no.such');
