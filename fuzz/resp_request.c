/* SPDX-License-Identifier: Apache-2.0
 *
 * The bytes of a Redis client. The first byte chooses how the rest arrives. What must hold:
 *   - how the bytes are cut changes nothing;
 *   - an accepted frame is, byte for byte, what writing its arguments gives;
 *   - what is sent to the server reads as the same arguments, the marked ones prefixed. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "policy/redis/rewrite.h"
#include "protocol/check.h"
#include "protocol/redis/write.h"

#define INPUT_CAP ((size_t)8192)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct request_limits limits = {
    .max_args = 64, .max_bulk_len = 1024, .max_total_len = 4096};
static const struct request_limits wide = {
    .max_args = 128, .max_bulk_len = INPUT_CAP, .max_total_len = INPUT_CAP * 8};

/* The first request of text, shown in growing prefixes, each an allocation of its own. The last
 * one is left in *out_shown, which the request borrows and the caller frees. */
static enum scan_status scan_in_steps(struct slice text, size_t step, struct request_args *args,
                                      struct request *out, uint8_t **out_shown)
{
    struct request_scanner scanner = {.position = 0};
    enum scan_status status = SCAN_MORE;
    *out_shown = NULL;
    for (size_t shown = 0; status == SCAN_MORE && shown < text.len;) {
        shown = text.len - shown < step ? text.len : shown + step;
        free(*out_shown);
        *out_shown = malloc(shown);
        check(*out_shown != NULL);
        memcpy(*out_shown, text.ptr, shown);
        status = request_scan(&scanner, slice_of(*out_shown, shown), &limits, args, out);
    }
    return status;
}

static void check_same(const struct request *a, const struct request *b)
{
    check(a->num_args == b->num_args && slice_equal(a->frame, b->frame));
    for (size_t i = 0; i < a->num_args; i++) {
        check(slice_equal(a->args[i], b->args[i]));
    }
}

static void check_canonical(const struct request *request)
{
    if (request->num_args == 0) {
        return; /* "*0", "*-1": never sent on */
    }
    uint8_t memory[INPUT_CAP];
    struct writer w = writer_over(memory, sizeof memory);
    resp_write_request(&w, request->args, request->num_args);
    struct slice written;
    check(writer_done(&w, &written) && slice_equal(written, request->frame));
}

static void check_argument(struct slice sent, struct slice asked, enum redis_mark mark,
                           struct slice prefix)
{
    if (mark == REDIS_MARK_NONE) {
        check(slice_equal(sent, asked));
        return;
    }
    check(sent.len == prefix.len + asked.len); /* this prefix needs no escapes */
    check(slice_equal(slice_between(sent, 0, prefix.len), prefix));
    check(slice_equal(slice_from(sent, prefix.len), asked));
}

static void check_rewritten(const struct request *request)
{
    struct redis_prefix prefix;
    check(redis_prefix_init(&prefix, slice_text("{tenant}:"), slice_text("acme")));
    struct redis_scratch scratch = {.cap = 0};
    struct redis_decision decision;
    redis_decide(request, &scratch, &decision);
    if (decision.verdict == REDIS_FORWARD) {
        size_t cap = redis_rewritten_cap(request, &decision, &prefix);
        uint8_t *memory = malloc(cap);
        check(memory != NULL);
        struct writer w = writer_over(memory, cap);
        redis_write_rewritten(&w, request, &decision, &prefix);
        struct slice written;
        check(writer_done(&w, &written));
        struct request_scanner scanner = {.position = 0};
        struct request_args args = {.cap = 0};
        struct request sent;
        check(request_scan(&scanner, written, &wide, &args, &sent) == SCAN_DONE);
        check(sent.frame.len == written.len);
        check(sent.num_args == request->num_args + (decision.adds_match ? 2 : 0));
        for (size_t i = 0; i < request->num_args; i++) {
            check_argument(sent.args[i], request->args[i], (enum redis_mark)decision.marks[i],
                           redis_prefix_bytes(&prefix));
        }
        request_args_fini(&args);
        free(memory);
    }
    redis_scratch_fini(&scratch);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1 || size > INPUT_CAP) {
        return 0;
    }
    struct slice text = slice_of(data + 1, size - 1);
    struct request_args whole_args = {.cap = 0};
    struct request_args piece_args = {.cap = 0};
    struct request whole = {.num_args = 0};
    struct request pieces = {.num_args = 0};
    uint8_t *whole_shown = NULL;
    uint8_t *pieces_shown = NULL;
    size_t step = 1 + (size_t)data[0] % 64;
    enum scan_status status =
        scan_in_steps(text, text.len > 0 ? text.len : 1, &whole_args, &whole, &whole_shown);
    check(scan_in_steps(text, step, &piece_args, &pieces, &pieces_shown) == status);
    if (status == SCAN_DONE) {
        check_same(&whole, &pieces);
        check_canonical(&whole);
        if (whole.num_args > 0) {
            check_rewritten(&whole);
        }
    }
    free(whole_shown);
    free(pieces_shown);
    request_args_fini(&whole_args);
    request_args_fini(&piece_args);
    return 0;
}
