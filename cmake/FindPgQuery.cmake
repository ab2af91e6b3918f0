# SPDX-License-Identifier: Apache-2.0
# libpg_query >= 18.1, static, from the private prefix or the system: target PgQuery::pg_query.
# Older releases crash on a 10 kB expression, write out of bounds on untrusted text and change
# meaning in the deparser, so they are refused. The raw-tree walker query and the token scanner
# header came with 18.1: they are what tells it from 18.0.

find_path(PGQUERY_INCLUDE_DIR pg_query.h HINTS "${RF_DEPS_PREFIX}/include" REQUIRED)
find_library(PGQUERY_LIBRARY NAMES libpg_query.a
  HINTS "${RF_DEPS_PREFIX}/lib/${CMAKE_LIBRARY_ARCHITECTURE}" "${RF_DEPS_PREFIX}/lib" REQUIRED)

file(STRINGS "${PGQUERY_INCLUDE_DIR}/pg_query.h" _pgquery_version REGEX "define PG_MAJORVERSION")
string(REGEX MATCH "[0-9]+" _pgquery_major "${_pgquery_version}")
if(_pgquery_major LESS 18 OR NOT EXISTS "${PGQUERY_INCLUDE_DIR}/pg_query_scan_tokens.h")
  message(FATAL_ERROR "libpg_query 18.1 or newer is needed, found major ${_pgquery_major} in "
    "${PGQUERY_INCLUDE_DIR}; run script/setup")
endif()

add_library(PgQuery::pg_query STATIC IMPORTED)
# The library's own headers warn under our flags: SYSTEM keeps them quiet.
set_target_properties(PgQuery::pg_query PROPERTIES
  IMPORTED_LOCATION "${PGQUERY_LIBRARY}"
  INTERFACE_INCLUDE_DIRECTORIES
    "${PGQUERY_INCLUDE_DIR};${PGQUERY_INCLUDE_DIR}/pg_query;${PGQUERY_INCLUDE_DIR}/pg_query/postgres")
target_link_libraries(PgQuery::pg_query INTERFACE Threads::Threads m)

# The package is built against a newer C library than Debian 12's: two symbols are missing there.
include(CheckFunctionExists)
check_function_exists(__isoc23_strtoul RF_HAVE_ISOC23_STRTOUL)
check_function_exists(strlcpy RF_HAVE_STRLCPY)
set(_pgquery_compat "")
if(NOT RF_HAVE_ISOC23_STRTOUL)
  list(APPEND _pgquery_compat "${CMAKE_SOURCE_DIR}/cmake/isoc23_strtoul.c")
endif()
if(NOT RF_HAVE_STRLCPY)
  list(APPEND _pgquery_compat "${CMAKE_SOURCE_DIR}/cmake/strlcpy.c")
endif()
if(_pgquery_compat)
  add_library(rf_libc_compat STATIC ${_pgquery_compat})
  target_link_libraries(PgQuery::pg_query INTERFACE rf_libc_compat)
endif()
