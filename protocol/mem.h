/* SPDX-License-Identifier: Apache-2.0
 *
 * Small allocations of fixed size. There is no way to go on without them, so they abort rather
 * than fail. Whatever a peer can make large has a cap of its own and uses buffer or arena. */
#ifndef PROTOCOL_MEM_H
#define PROTOCOL_MEM_H

#include <stddef.h>

/* Zeroed memory of size bytes, owned by the caller; release with free(). Never NULL. */
void *mem_new(size_t size);

/* Zeroed array of count elements of size bytes; aborts when the product overflows. */
void *mem_new_array(size_t count, size_t size);

/* Resizes memory from mem_new or mem_new_array to count elements of size bytes; what is new is
 * not zeroed. Aborts on overflow or shortage, so never with a count a peer chose. */
void *mem_resize(void *memory, size_t count, size_t size);

/* A copy of len bytes with a NUL behind them, owned by the caller; release with free(). */
char *mem_copy_string(const char *text, size_t len);

#endif
