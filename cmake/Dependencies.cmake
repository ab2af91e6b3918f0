# SPDX-License-Identifier: Apache-2.0
# Every outside library and who may use it (tests/layering checks the includes):
#   protocol  OpenSSL libcrypto, in the SCRAM files only
#   policy    libpg_query in policy/sql, libcyaml in policy/config, PCRE2 in policy/tenant,
#             jansson where JSON is read or written
#   proxy     libevent, OpenSSL, hiredis

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
pkg_check_modules(CYAML REQUIRED IMPORTED_TARGET libcyaml)
pkg_check_modules(YAML REQUIRED IMPORTED_TARGET yaml-0.1)
pkg_check_modules(PCRE2 REQUIRED IMPORTED_TARGET libpcre2-8)
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
pkg_check_modules(EVENT REQUIRED IMPORTED_TARGET libevent_core libevent_extra libevent_pthreads)
find_path(UTHASH_INCLUDE_DIR uthash.h REQUIRED)
pkg_check_modules(CMOCKA REQUIRED IMPORTED_TARGET cmocka)

# script/setup unpacks what Debian 12 has too old below this prefix.
set(RF_DEPS_PREFIX "${CMAKE_SOURCE_DIR}/build/deps/usr" CACHE PATH "private prefix of script/setup")
include(FindPgQuery)
include(FindHiredis)
