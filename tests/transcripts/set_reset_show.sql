-- SPDX-License-Identifier: Apache-2.0
SHOW work_mem; SET work_mem = '7MB'; SHOW work_mem; RESET work_mem; SHOW work_mem; SET work_mem = 'nonsense'; SET nothing.known = 'x'; SHOW nothing.known; SET unknown = 1; SHOW unknown;
SET TIME ZONE 'Asia/Tokyo'; SHOW timezone; SET TIME ZONE LOCAL; SHOW timezone; SET work_mem TO DEFAULT; SHOW server_encoding;
