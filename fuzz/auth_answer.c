/* SPDX-License-Identifier: Apache-2.0
 *
 * The messages of a server that was asked about a user. Whatever they are, somebody is let in only
 * after the one order of messages that is an answer, by a row of that very name, with time left;
 * and after an outcome nothing more is taken. */
#include <stdint.h>
#include <string.h>

#include "protocol/check.h"
#include "protocol/pg/backend.h"
#include "protocol/pg/bind.h"
#include "proxy/pg/auth_answer.h"

#define USER        "app.acme"
#define TYPES_MAX   ((size_t)64)
#define MESSAGE_MAX ((size_t)64 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first field of a row, read by itself. */
static bool is_of_user(struct slice row)
{
    uint16_t num_fields;
    struct slice fields;
    struct pg_value name;
    return pg_data_row_decode(row, &num_fields, &fields) == PG_OK &&
           pg_value_next(&fields, &name) && !name.is_null &&
           slice_equal(name.bytes, slice_text(USER));
}

static void check_user(const struct auth_answer *a, const char *types, struct slice first_row)
{
    check(strcmp(types, "12TDC12DCZ") == 0);
    check(is_of_user(first_row));
    check(a->left_us > 0 && !a->verifier.is_mock && a->verifier.iterations > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice left = slice_of(data, size);
    struct slice first_row = slice_of(NULL, 0);
    char types[TYPES_MAX + 1] = "";
    struct auth_answer a;
    struct pg_frame frame;
    auth_answer_init(&a);
    for (size_t i = 0; i < TYPES_MAX; i++) {
        if (pg_frame_next(left, PG_SERVER, MESSAGE_MAX, &frame) != SCAN_DONE) {
            return 0;
        }
        types[i] = (char)frame.type;
        if (frame.type == 'D' && first_row.len == 0) {
            first_row = frame.body;
        }
        enum auth_outcome outcome = auth_answer_take(&a, slice_text(USER), &frame);
        check((outcome == AUTH_OUTCOME_FAILED || outcome == AUTH_OUTCOME_BROKEN) ==
              (a.failure[0] != '\0' && outcome != AUTH_OUTCOME_MORE));
        if (outcome == AUTH_OUTCOME_USER) {
            check_user(&a, types, first_row);
        }
        if (outcome != AUTH_OUTCOME_MORE) {
            return 0;
        }
        left = slice_from(left, frame.whole.len);
    }
    return 0;
}
