/* SPDX-License-Identifier: Apache-2.0
 *
 * The table runner of the message tests. Each memory is an allocation of exactly its size, so that
 * ASan sees a byte too many. */
#include "tests/protocol/pg/written.h"

#include <stdlib.h>

#include "protocol/mem.h"
#include "tests/cmocka_all.h"

static bool writes(write_fn *write, size_t cap, struct slice expected)
{
    uint8_t *memory = mem_new(cap);
    struct writer w = writer_over(memory, cap);
    write(&w);
    struct slice out;
    bool fits = writer_done(&w, &out);
    if (fits && !slice_equal(out, expected)) {
        fail_msg("wrote %zu other bytes than the %zu expected", out.len, expected.len);
    }
    free(memory);
    return fits;
}

void check_written_cases(const struct written_case *cases, size_t num_cases)
{
    for (size_t i = 0; i < num_cases; i++) {
        struct slice expected = slice_of(cases[i].bytes, cases[i].len);
        struct writer counter = writer_measuring();
        cases[i].write(&counter);
        if (writer_len(&counter) != cases[i].len) {
            fail_msg("case %zu measures %zu", i, writer_len(&counter));
        }
        for (size_t cap = 0; cap < cases[i].len; cap++) {
            assert_false(writes(cases[i].write, cap, expected));
        }
        assert_true(writes(cases[i].write, cases[i].len, expected));
    }
}

void check_never_written(write_fn *write)
{
    struct slice out;
    struct writer w = writer_measuring();
    write(&w);
    assert_false(writer_done(&w, &out));
}
