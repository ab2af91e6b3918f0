/* SPDX-License-Identifier: Apache-2.0
 *
 * Shortage of memory on demand. A test that links this (rf_unit_test, then rf_failing_malloc) has
 * malloc, calloc and realloc of the code under test go through counters. */
#ifndef TESTS_FAILING_MALLOC_H
#define TESTS_FAILING_MALLOC_H

/* Lets the next `successes` allocations work and the one behind them answer NULL, once. */
void failing_malloc_arm(unsigned successes);

/* Lets everything work again; answers whether the failure was reached. */
int failing_malloc_disarm(void);

#endif
