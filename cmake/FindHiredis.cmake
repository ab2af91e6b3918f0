# SPDX-License-Identifier: Apache-2.0
# hiredis >= 1.2 (RESP3, element caps), for control connections only: target Hiredis::hiredis.

find_path(HIREDIS_INCLUDE_DIR hiredis/hiredis.h HINTS "${RF_DEPS_PREFIX}/include" REQUIRED)
find_library(HIREDIS_LIBRARY NAMES libhiredis.a
  HINTS "${RF_DEPS_PREFIX}/lib/${CMAKE_LIBRARY_ARCHITECTURE}" "${RF_DEPS_PREFIX}/lib" REQUIRED)
file(STRINGS "${HIREDIS_INCLUDE_DIR}/hiredis/hiredis.h" _hiredis_lines
  REGEX "define HIREDIS_(MAJOR|MINOR) ")
string(REGEX MATCHALL "[0-9]+" _hiredis_numbers "${_hiredis_lines}")
list(JOIN _hiredis_numbers "." _hiredis_version)
if(_hiredis_version VERSION_LESS 1.2)
  message(FATAL_ERROR "hiredis 1.2 or newer is needed, found ${_hiredis_version} in "
    "${HIREDIS_INCLUDE_DIR}; run script/setup")
endif()
add_library(Hiredis::hiredis STATIC IMPORTED)
set_target_properties(Hiredis::hiredis PROPERTIES
  IMPORTED_LOCATION "${HIREDIS_LIBRARY}" INTERFACE_INCLUDE_DIRECTORIES "${HIREDIS_INCLUDE_DIR}")
