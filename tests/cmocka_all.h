/* SPDX-License-Identifier: Apache-2.0
 *
 * cmocka with the four headers it wants in front, in the order it wants them. */
#ifndef TESTS_CMOCKA_ALL_H
#define TESTS_CMOCKA_ALL_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#endif
