/* SPDX-License-Identifier: Apache-2.0
 *
 * Asks the choke point of Redis commands (policy/redis/decide.h) about one command, written as a
 * person would type it in redis-cli: words between blanks, "double quotes" around a word that
 * holds some, \" and \\ inside them. Reports the verdict and the words that would be sent. */
#include <stdlib.h>
#include <string.h>

#include "policy/redis/rewrite.h"
#include "protocol/check.h"
#include "protocol/mem.h"
#include "protocol/redis/write.h"
#include "proxy/explain/report.h"

static const char *const reply_names[] = {
    [REDIS_REPLY_PLAIN] = "as it is",
    [REDIS_REPLY_KEYS] = "keys lose the prefix",
    [REDIS_REPLY_SCAN] = "keys of a scan lose the prefix",
    [REDIS_REPLY_POP] = "the popped key loses the prefix",
    [REDIS_REPLY_STREAMS] = "stream names lose the prefix",
    [REDIS_REPLY_TRANSACTION] = "replies of a transaction",
};

/* The words of a command line. */
struct words {
    char *memory;        /* owns: all the words' bytes */
    struct slice *items; /* owns */
    size_t count;
};

static void words_fini(struct words *words)
{
    free(words->memory);
    free(words->items);
}

/* Copies one word from *text to *out and moves both on. False: a quote is not closed. */
static bool take_word(const char **text, char **out)
{
    bool is_quoted = **text == '"';
    const char *end = is_quoted ? "\"" : " \t";
    *text += is_quoted;
    while (**text != '\0' && strchr(end, **text) == NULL) {
        if (is_quoted && **text == '\\' && (*text)[1] != '\0') {
            (*text)++;
        }
        *(*out)++ = *(*text)++;
    }
    if (is_quoted && **text != '"') {
        return false;
    }
    *text += is_quoted;
    return true;
}

static bool split_words(const char *text, struct words *words)
{
    size_t len = strlen(text);
    words->memory = mem_new(len + 1);
    words->items = mem_new_array(len / 2 + 1, sizeof(struct slice));
    char *out = words->memory;
    for (;;) {
        text += strspn(text, " \t");
        if (*text == '\0') {
            return true;
        }
        char *start = out;
        if (!take_word(&text, &out)) {
            return false;
        }
        words->items[words->count++] = slice_of(start, (size_t)(out - start));
    }
}

static json_t *text_value(struct slice text)
{
    json_t *value = json_stringn((const char *)text.ptr, text.len);
    return value != NULL ? value : json_string("(not UTF-8)");
}

#define LINE_BYTES ((size_t)32) /* "$", a length, and twice CRLF, generously */

/* A request frame that we wrote ourselves, taken apart. args: the scanner's memory. */
static struct request scan_own_frame(struct slice frame, struct request_args *args)
{
    struct request_limits limits = {
        .max_args = frame.len, .max_bulk_len = frame.len, .max_total_len = frame.len};
    struct request_scanner scanner = {0};
    struct request request;
    check(request_scan(&scanner, frame, &limits, args, &request) == SCAN_DONE);
    return request;
}

/* The words as a client would send them; owned by the caller. */
static uint8_t *write_frame(const struct words *words, struct slice *out_frame)
{
    size_t cap = LINE_BYTES;
    for (size_t i = 0; i < words->count; i++) {
        cap += LINE_BYTES + words->items[i].len;
    }
    uint8_t *memory = mem_new(cap);
    struct writer w = writer_over(memory, cap);
    resp_write_request(&w, words->items, words->count);
    check(writer_done(&w, out_frame));
    return memory;
}

static json_t *frame_words(struct slice frame)
{
    struct request_args args = {0};
    struct request request = scan_own_frame(frame, &args);
    json_t *words = json_array();
    for (size_t i = 0; i < request.num_args; i++) {
        json_array_append_new(words, text_value(request.args[i]));
    }
    request_args_fini(&args);
    return words;
}

static json_t *sent_words(const struct request *request, const struct redis_decision *decision,
                          const struct redis_prefix *prefix)
{
    size_t cap = redis_rewritten_cap(request, decision, prefix);
    uint8_t *memory = mem_new(cap);
    struct writer w = writer_over(memory, cap);
    redis_write_rewritten(&w, request, decision, prefix);
    struct slice frame;
    check(writer_done(&w, &frame));
    json_t *words = frame_words(frame);
    free(memory);
    return words;
}

static void report_decision(json_t *report, const struct request *request,
                            const struct redis_decision *decision,
                            const struct redis_prefix *prefix)
{
    switch (decision->verdict) {
    case REDIS_REFUSE:
        json_object_set_new(report, "verdict", json_string("refuse"));
        json_object_set_new(report, "error", json_string(decision->error));
        break;
    case REDIS_LOCAL:
        json_object_set_new(report, "verdict", json_string("local"));
        break;
    case REDIS_FORWARD:
        json_object_set_new(report, "verdict", json_string("forward"));
        json_object_set_new(report, "sent", sent_words(request, decision, prefix));
        json_object_set_new(report, "reply", json_string(reply_names[decision->reply_rule]));
        break;
    }
}

static json_t *report_words(const struct explain_subject *subject, const struct words *words,
                            const struct redis_prefix *prefix)
{
    struct slice frame;
    uint8_t *memory = write_frame(words, &frame);
    struct request_args args = {0};
    struct request request = scan_own_frame(frame, &args);
    struct redis_scratch scratch = {0};
    struct redis_decision decision;
    redis_decide(&request, &scratch, &decision);
    json_t *report = json_object();
    json_object_set_new(report, "tenant", text_value(subject->tenant));
    report_decision(report, &request, &decision, prefix);
    redis_scratch_fini(&scratch);
    request_args_fini(&args);
    free(memory);
    return report;
}

json_t *explain_redis(const struct explain_subject *subject, const char *command)
{
    struct redis_prefix prefix;
    struct words words = {0};
    json_t *report = NULL;
    if (redis_prefix_init(&prefix, slice_text(subject->config->redis.prefix), subject->tenant) &&
        split_words(command, &words) && words.count > 0) {
        report = report_words(subject, &words, &prefix);
    }
    words_fini(&words);
    return report;
}
