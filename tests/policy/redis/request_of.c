/* SPDX-License-Identifier: Apache-2.0
 *
 * Both directions go through the protocol's own writer and scanner. */
#include "tests/policy/redis/request_of.h"

#include <string.h>

#include "protocol/check.h"
#include "protocol/redis/write.h"

static const struct request_limits limits = {
    .max_args = 256, .max_bulk_len = TYPED_CAP, .max_total_len = TYPED_CAP};

static void scan(struct slice frame, struct request_args *args, struct request *out)
{
    struct request_scanner scanner = {.position = 0};
    check(request_scan(&scanner, frame, &limits, args, out) == SCAN_DONE);
    check(out->frame.len == frame.len);
}

void type_request(struct typed *typed, const char *text)
{
    size_t num = 0;
    for (const char *word = text; word != NULL && num < 256; num++) {
        const char *space = strchr(word, ' ');
        typed->words[num] = slice_of(word, space == NULL ? strlen(word) : (size_t)(space - word));
        word = space == NULL ? NULL : space + 1;
    }
    struct writer w = writer_over(typed->frame, sizeof typed->frame);
    resp_write_request(&w, typed->words, num);
    struct slice frame;
    check(writer_done(&w, &frame));
    struct request_args args = {.cap = 0};
    scan(frame, &args, &typed->request);
    memcpy(typed->words, typed->request.args, num * sizeof typed->words[0]);
    typed->request.args = typed->words;
    request_args_fini(&args);
}

void show_request(struct slice frame, char out[TYPED_CAP])
{
    struct request request;
    struct request_args args = {.cap = 0};
    scan(frame, &args, &request);
    size_t len = 0;
    for (size_t i = 0; i < request.num_args; i++) {
        memcpy(out + len, request.args[i].ptr, request.args[i].len);
        len += request.args[i].len;
        out[len] = ' ';
        len++;
    }
    out[len - 1] = '\0';
    request_args_fini(&args);
}
