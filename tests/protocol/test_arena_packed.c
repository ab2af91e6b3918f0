/* SPDX-License-Identifier: Apache-2.0
 *
 * The same tests over the arena that release builds have, whatever twin this build chose. */
#undef ARENA_DEBUG
#include "protocol/arena.c"

#include "tests/protocol/test_arena.c"
