/* SPDX-License-Identifier: Apache-2.0
 *
 * The few compiler promises the code makes, each under one name. */
#ifndef PROTOCOL_COMPILER_H
#define PROTOCOL_COMPILER_H

/* The result says whether the call worked: ignoring it is a compile error. */
#define MUST_USE __attribute__((warn_unused_result))

/* Argument numbers of the format string and of the first value, counted from 1. */
#define PRINTF_LIKE(format_arg, first_value) \
    __attribute__((format(printf, format_arg, first_value)))

#endif
