/* SPDX-License-Identifier: Apache-2.0
 *
 * The request framer. Invariant: `position` stands at the first byte of an argument's length line
 * (or at the array's own line), and everything before it is understood and within the limits. The
 * array of arguments belongs to the worker, so a session that waits for the rest of a request
 * keeps only three numbers: arguments are noted while the request is seen in one piece, and
 * walked over a second time, once, when it came in several.
 *
 * Accepted frames have exactly one form (see resp_line.c), so the frame's bytes are what writing
 * the arguments again would give: the rewriter copies them instead. */
#include "protocol/redis/request_scanner.h"

#include <stdlib.h>

#include "protocol/check.h"
#include "protocol/redis/resp_line.h"

#define ARGS_CAP_START 16 /* covers nearly every request; grown by doubling */

void request_args_fini(struct request_args *args)
{
    if (args != NULL) {
        free(args->items);
        *args = (struct request_args){.items = NULL};
    }
}

static bool make_room(struct request_args *args, size_t needed)
{
    if (needed <= args->cap) {
        return true;
    }
    size_t cap = args->cap == 0 ? ARGS_CAP_START : args->cap * 2;
    struct slice *items = realloc(args->items, cap * sizeof *items);
    if (items == NULL) {
        return false;
    }
    args->items = items;
    args->cap = cap;
    return true;
}

static enum scan_status fail(struct request *out, const char *error)
{
    out->error = error;
    return SCAN_BAD;
}

static enum scan_status take_array_line(struct request_scanner *s, struct slice input,
                                        const struct request_limits *limits, struct request *out)
{
    if (input.len == 0) {
        return SCAN_MORE;
    }
    if (input.ptr[0] != '*') {
        return fail(out, "inline commands are not supported, expected '*'");
    }
    struct resp_length line;
    enum scan_status status = resp_length_scan(input, &line);
    if (status == SCAN_BAD || (status == SCAN_DONE && line.value > (int64_t)limits->max_args)) {
        return fail(out, limits->is_login ? "unauthenticated multibulk length"
                                          : "invalid multibulk length");
    }
    if (status == SCAN_DONE) {
        s->position = line.line_len;
        s->num_expected = line.value > 0 ? (size_t)line.value : 0;
    }
    return status;
}

/* Reads the argument at s->position; moves past it only when all of it is there. */
static enum scan_status take_argument(struct request_scanner *s, struct slice input,
                                      const struct request_limits *limits, struct request *out,
                                      struct slice *out_argument)
{
    struct slice left = slice_from(input, s->position);
    if (left.len == 0) {
        return SCAN_MORE;
    }
    if (left.ptr[0] != '$') {
        return fail(out, "expected '$'");
    }
    struct resp_length line;
    enum scan_status status = resp_length_scan(left, &line);
    if (status == SCAN_BAD ||
        (status == SCAN_DONE && (line.value < 0 || (uint64_t)line.value > limits->max_bulk_len))) {
        return fail(out, limits->is_login ? "unauthenticated bulk length" : "invalid bulk length");
    }
    if (status == SCAN_MORE) {
        return SCAN_MORE;
    }
    size_t len = (size_t)line.value;
    size_t whole_len = line.line_len + len + 2;
    if (whole_len > limits->max_total_len || s->position > limits->max_total_len - whole_len) {
        return fail(out, "request is too big");
    }
    if (left.len < whole_len) {
        return SCAN_MORE;
    }
    struct slice body = slice_from(left, line.line_len);
    if (body.ptr[len] != '\r' || body.ptr[len + 1] != '\n') {
        return fail(out, "expected CR LF after the argument");
    }
    *out_argument = slice_of(body.ptr, len);
    s->position += whole_len;
    return SCAN_DONE;
}

/* Takes arguments until the request is whole. Notes them when `args` is given. */
static enum scan_status take_arguments(struct request_scanner *s, struct slice input,
                                       const struct request_limits *limits,
                                       struct request_args *args, struct request *out)
{
    while (s->num_seen < s->num_expected) {
        struct slice argument;
        enum scan_status status = take_argument(s, input, limits, out, &argument);
        if (status != SCAN_DONE) {
            return status;
        }
        if (args != NULL) {
            if (!make_room(args, s->num_seen + 1)) {
                return fail(out, "out of memory");
            }
            args->items[s->num_seen] = argument;
        }
        s->num_seen++;
    }
    return SCAN_DONE;
}

enum scan_status request_scan(struct request_scanner *s, struct slice input,
                              const struct request_limits *limits, struct request_args *args,
                              struct request *out)
{
    check(s->position <= input.len);
    *out = (struct request){.error = NULL};
    bool is_fresh = s->num_seen == 0;
    if (s->position == 0) {
        enum scan_status status = take_array_line(s, input, limits, out);
        if (status != SCAN_DONE) {
            return status;
        }
    }
    enum scan_status status = take_arguments(s, input, limits, is_fresh ? args : NULL, out);
    if (status == SCAN_DONE && !is_fresh) {
        /* It came in pieces: the arguments are walked over again now that they stay in place. */
        struct request_scanner again = {.num_expected = s->num_expected};
        status = take_array_line(&again, input, limits, out);
        check(status == SCAN_DONE);
        status = take_arguments(&again, input, limits, args, out);
    }
    if (status != SCAN_DONE) {
        return status;
    }
    out->frame = slice_of(input.ptr, s->position);
    out->args = args->items;
    out->num_args = s->num_seen;
    *s = (struct request_scanner){.position = 0};
    return SCAN_DONE;
}
