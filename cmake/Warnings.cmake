# SPDX-License-Identifier: Apache-2.0
# One interface library that every target of ours links: strict warnings are errors with gcc 12
# and clang 14, plus the sanitizers and the hardening flags that the preset asked for.

add_library(rf_options INTERFACE)
target_include_directories(rf_options INTERFACE "${CMAKE_SOURCE_DIR}")
target_compile_definitions(rf_options INTERFACE _GNU_SOURCE)
target_compile_options(rf_options INTERFACE
  -Wall -Wextra -Werror -Wpedantic
  -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition
  -Wcast-qual -Wcast-align -Wpointer-arith -Wwrite-strings -Wundef -Wvla
  -Wformat=2 -Wswitch-enum -Wimplicit-fallthrough -Wnull-dereference -Wdouble-promotion
  -Wconversion -Wsign-conversion
  $<$<C_COMPILER_ID:GNU>:-Wlogical-op -Wduplicated-cond -Wduplicated-branches -Wjump-misses-init>)

if(RF_SANITIZE)
  target_compile_options(rf_options INTERFACE -fsanitize=${RF_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(rf_options INTERFACE -fsanitize=${RF_SANITIZE})
endif()
if(RF_FUZZ)
  target_compile_options(rf_options INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(RF_HARDEN)
  target_compile_options(rf_options INTERFACE
    -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -fstack-protector-strong -fstack-clash-protection
    -fcf-protection=full)
  target_link_options(rf_options INTERFACE -pie -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack)
endif()
if(RF_ARENA_DEBUG)
  target_compile_definitions(rf_options INTERFACE ARENA_DEBUG)
endif()
