/* SPDX-License-Identifier: Apache-2.0
 *
 * Writing the rewritten request. The scanner accepts one form of a request only, the one we would
 * write, so what stands between two marked arguments is copied from the frame in one piece:
 *
 *     *3\r\n$3\r\nSET\r\n | $3\r\n foo | \r\n$5\r\nvalue\r\n
 *      copied             | $8\r\nacme:  copied
 *
 * The fuzz target reads the result again and compares argument by argument. */
#include "policy/redis/rewrite.h"

#include "protocol/check.h"
#include "protocol/redis/write.h"

#define LINE_CAP ((size_t)24) /* a length line: type, 20 digits, CR LF */

size_t redis_rewritten_cap(const struct request *request, const struct redis_decision *decision,
                           const struct redis_prefix *prefix)
{
    size_t glob_len = redis_glob_len(redis_prefix_bytes(prefix));
    size_t cap = request->frame.len;
    for (size_t i = 0; i < request->num_args; i++) {
        if (decision->marks[i] != REDIS_MARK_NONE) {
            cap += LINE_CAP + glob_len;
        }
    }
    return cap + (decision->adds_match ? 4 * LINE_CAP + glob_len : 0);
}

/* Where argument i begins in the frame. */
static size_t position_of(const struct request *request, size_t i)
{
    return slice_position(request->frame, request->args[i]);
}

/* Where the line in front of argument i begins: behind the argument before it and its CR LF. */
static size_t line_position_of(const struct request *request, size_t i)
{
    check(i > 0); /* argument 0 is the command's name and never marked */
    return position_of(request, i - 1) + request->args[i - 1].len + 2;
}

/* The length line of a marked argument and the prefix; the argument's own bytes follow. */
static void write_prefixed(struct writer *w, struct slice argument, enum redis_mark mark,
                           struct slice prefix)
{
    if (mark == REDIS_MARK_PATTERN) {
        resp_write_line(w, '$', redis_glob_len(prefix) + argument.len);
        redis_write_glob(w, prefix);
    } else {
        resp_write_line(w, '$', prefix.len + argument.len);
        writer_bytes(w, prefix);
    }
}

/* A MATCH of all the tenant's keys, where the client gave none. */
static void write_match(struct writer *w, struct slice prefix)
{
    resp_write_bulk(w, slice_text("MATCH"));
    resp_write_line(w, '$', redis_glob_len(prefix) + 1);
    redis_write_glob(w, prefix);
    writer_bytes(w, slice_text("*\r\n"));
}

void redis_write_rewritten(struct writer *w, const struct request *request,
                           const struct redis_decision *decision, const struct redis_prefix *prefix)
{
    check(decision->verdict == REDIS_FORWARD);
    struct slice bytes = redis_prefix_bytes(prefix);
    check(bytes.len > 0);
    size_t copied = 0;
    if (decision->adds_match) {
        resp_write_array(w, request->num_args + 2);
        resp_write_bulk(w, request->args[0]);
        copied = line_position_of(request, 1);
    }
    for (size_t i = 1; i < request->num_args; i++) {
        if (decision->marks[i] != REDIS_MARK_NONE) {
            writer_bytes(w, slice_between(request->frame, copied, line_position_of(request, i)));
            write_prefixed(w, request->args[i], (enum redis_mark)decision->marks[i], bytes);
            copied = position_of(request, i);
        }
    }
    writer_bytes(w, slice_from(request->frame, copied));
    if (decision->adds_match) {
        write_match(w, bytes);
    }
}
