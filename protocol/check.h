/* SPDX-License-Identifier: Apache-2.0
 *
 * Our own bugs. check() is compiled into every build, releases too: a proxy that keeps tenants
 * apart must not go on after it found itself wrong. Peer input is never checked with it. */
#ifndef PROTOCOL_CHECK_H
#define PROTOCOL_CHECK_H

/* Aborts with file, line and the expression when cond is false. */
#define check(cond) ((cond) ? (void)0 : check_failed(#cond, __FILE__, __LINE__))

/* Prints the failed expression on standard error and aborts. Call check() instead. */
void check_failed(const char *expression, const char *file, int line)
    __attribute__((noreturn, cold));

#endif
