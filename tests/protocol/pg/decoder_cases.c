/* SPDX-License-Identifier: Apache-2.0
 *
 * The table runner of the decoder tests. */
#include "tests/protocol/pg/decoder_cases.h"

#include <string.h>

#include "protocol/check.h"
#include "tests/cmocka_all.h"
#include "tests/guarded.h"

static enum pg_status decode_copy(const struct decoder_case *c, const void *body, size_t len)
{
    struct slice in = guarded_copy(body, len);
    enum pg_status status = c->decode(in);
    guarded_free(in);
    return status;
}

static void check_neighbours(const struct decoder_case *c, size_t number)
{
    char longer[1000];
    check(c->len < sizeof longer);
    memcpy(longer, c->body, c->len);
    longer[c->len] = 'x';
    if (decode_copy(c, longer, c->len + 1) != PG_MALFORMED) {
        fail_msg("case %zu passes with a byte behind it", number);
    }
    for (size_t len = 0; len < c->len; len++) {
        if (decode_copy(c, c->body, len) != PG_MALFORMED) {
            fail_msg("case %zu passes when cut off at %zu", number, len);
        }
    }
}

void check_decoder_cases(const struct decoder_case *cases, size_t num_cases)
{
    for (size_t i = 0; i < num_cases; i++) {
        if (decode_copy(&cases[i], cases[i].body, cases[i].len) != cases[i].status) {
            fail_msg("case %zu is judged wrong", i);
        }
        if (cases[i].status == PG_OK) {
            check_neighbours(&cases[i], i);
        }
    }
}
