/* SPDX-License-Identifier: Apache-2.0
 *
 * Streaming reply rewriting on top of the reply scanner's tokens.
 *
 * A key's string is rewritten at its front: the length line is replaced by a shorter one, as many
 * bytes as the prefix has are compared and dropped, and the rest passes. A key that does not begin
 * with the tenant's prefix ends the client's connection: the patterns that we send cannot match
 * one, so either the server or we are wrong, and then nothing of the reply can be trusted.
 *
 * Errors may quote physical key names ("-NOGROUP No such key 'acme:s' ..."): every occurrence of
 * the prefix that stands at the start of a word is dropped from the line. */
#include "policy/redis/reply_rewrite.h"

#include <string.h>

#include "protocol/check.h"
#include "protocol/redis/write.h"

enum place {
    PLACE_OTHER, /* not a key name */
    PLACE_KEY,   /* a key name */
    PLACE_WRONG, /* a reply of this kind cannot hold this token here */
};

void reply_rewrite_begin(struct reply_rewrite *r, enum redis_reply_rule rule)
{
    reply_scanner_reset(&r->scanner);
    r->rule = rule;
    r->top_type = 0;
    r->is_discarded = false;
    r->is_key_next = false;
    r->error_left = 0;
}

void reply_rewrite_discard(struct reply_rewrite *r)
{
    r->is_discarded = true;
    r->is_key_next = false;
}

/* Whether the token is a string and not null. */
static bool is_string(const struct reply_token *token)
{
    return token->type == '$' && !token->is_null;
}

static enum place key_or_wrong(const struct reply_token *token)
{
    return is_string(token) ? PLACE_KEY : PLACE_WRONG;
}

static enum place other_or_wrong(bool fits)
{
    return fits ? PLACE_OTHER : PLACE_WRONG;
}

/* SCAN: *2 of the cursor and an array of keys. */
static enum place place_in_scan(const struct reply_token *token)
{
    if (token->level == 1) {
        return other_or_wrong(token->index == 0 ? is_string(token)
                                                : token->index == 1 && token->type == '*');
    }
    return token->level == 2 ? key_or_wrong(token) : PLACE_WRONG;
}

/* LMPOP, ZMPOP: *2 of the key and what was popped. */
static enum place place_in_pop(const struct reply_token *token)
{
    return token->level == 1 && token->index == 0 ? key_or_wrong(token) : PLACE_OTHER;
}

/* XREAD, XREADGROUP: RESP2 an array of pairs, RESP3 a map; key and entries either way. */
static enum place place_in_streams(uint8_t top_type, const struct reply_token *token)
{
    if (top_type == '%') {
        return token->level == 1 && token->index % 2 == 0 ? key_or_wrong(token) : PLACE_OTHER;
    }
    if (token->level == 1) {
        return other_or_wrong(token->type == '*' && !token->is_null);
    }
    return token->level == 2 && token->index == 0 ? key_or_wrong(token) : PLACE_OTHER;
}

static bool top_type_fits(enum redis_reply_rule rule, const struct reply_token *token)
{
    return token->is_null || token->type == '*' ||
           (token->type == '%' && rule == REDIS_REPLY_STREAMS);
}

/* What stands at the token's place in a reply of the rule. */
static enum place place_of(struct reply_rewrite *r, const struct reply_token *token)
{
    if (token->level == 0) {
        r->top_type = token->type;
    }
    if (r->rule == REDIS_REPLY_PLAIN || r->rule == REDIS_REPLY_TRANSACTION) {
        return PLACE_OTHER;
    }
    if (token->type == '|') {
        return PLACE_WRONG; /* attributes would shift what stands where; no server sends them here
                             */
    }
    if (token->level == 0) {
        return other_or_wrong(top_type_fits(r->rule, token));
    }
    switch (r->rule) {
    case REDIS_REPLY_KEYS:
        return token->level == 1 ? key_or_wrong(token) : PLACE_WRONG;
    case REDIS_REPLY_SCAN:
        return place_in_scan(token);
    case REDIS_REPLY_POP:
        return place_in_pop(token);
    case REDIS_REPLY_STREAMS:
        return place_in_streams(r->top_type, token);
    case REDIS_REPLY_PLAIN:
    case REDIS_REPLY_TRANSACTION:
        break;
    }
    return PLACE_WRONG;
}

static enum reply_step step_of(enum scan_status status)
{
    switch (status) {
    case SCAN_DONE:
        return REPLY_STEP_DONE;
    case SCAN_MORE:
        return REPLY_STEP_MORE;
    case SCAN_BAD:
        break;
    }
    return REPLY_STEP_BAD;
}

/* The rest of the reply as it is, or for nobody. */
static enum reply_step pass(struct reply_rewrite *r, struct slice input, struct reply_piece *out)
{
    enum scan_status status = reply_scan(&r->scanner, input, &out->consumed);
    if (!r->is_discarded) {
        out->forward = slice_of(input.ptr, out->consumed);
    }
    return step_of(status);
}

static bool is_word_byte(uint8_t byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == '_' || byte == '.' || byte == '-';
}

/* The next piece of an error line: up to the prefix, which is dropped, or all of it. */
static enum reply_step pass_error(struct reply_rewrite *r, struct slice prefix, struct slice input,
                                  struct reply_piece *out)
{
    check(r->error_left <= input.len);
    size_t at = 0;
    while (at < r->error_left) {
        if (r->is_word_start && r->error_left - at >= prefix.len &&
            memcmp(input.ptr + at, prefix.ptr, prefix.len) == 0) {
            break;
        }
        r->is_word_start = !is_word_byte(input.ptr[at]);
        at++;
    }
    if (!r->is_discarded) {
        out->forward = slice_of(input.ptr, at);
    }
    out->consumed = at < r->error_left ? at + prefix.len : at;
    r->error_left -= out->consumed;
    if (r->error_left > 0) {
        return REPLY_STEP_PIECE;
    }
    return reply_scanner_done(&r->scanner) ? REPLY_STEP_DONE : REPLY_STEP_PIECE;
}

/* The front of a key: its prefix is compared and dropped, a new length line given out. */
static enum reply_step pass_key(struct reply_rewrite *r, struct slice prefix, struct slice input,
                                struct reply_piece *out)
{
    if (r->key_len < prefix.len) {
        return REPLY_STEP_VIOLATION;
    }
    if (input.len < prefix.len) {
        return REPLY_STEP_MORE;
    }
    struct slice front = slice_of(input.ptr, prefix.len);
    if (!slice_equal(front, prefix)) {
        return REPLY_STEP_VIOLATION;
    }
    if (reply_scanner_body(&r->scanner, front, &out->consumed) != SCAN_MORE) {
        return REPLY_STEP_BAD; /* cannot be: the CR LF is still to come */
    }
    struct writer w = writer_over(r->insert, sizeof r->insert);
    resp_write_line(&w, '$', (size_t)r->key_len - prefix.len);
    check(writer_done(&w, &out->insert));
    r->is_key_next = false;
    return REPLY_STEP_PIECE;
}

/* Deals with the token that was read at `at` bytes into input. REPLY_STEP_DONE: nothing to do,
 * the walk goes on behind it. */
static enum reply_step meet(struct reply_rewrite *r, const struct reply_token *token, size_t at,
                            struct slice input, struct reply_piece *out)
{
    enum place place = place_of(r, token);
    bool is_top_error = token->level == 0 && token->type == '-';
    if (place == PLACE_WRONG && !is_top_error) {
        out->consumed = at + token->line_len;
        return REPLY_STEP_VIOLATION;
    }
    out->forward = slice_of(input.ptr, at);
    if (token->type == '-') {
        r->error_left = token->line_len;
        r->is_word_start = false;
        out->consumed = at;
        return REPLY_STEP_PIECE;
    }
    if (place == PLACE_KEY) {
        r->is_key_next = true;
        r->key_len = token->body_len;
        out->consumed = at + token->line_len;
        return REPLY_STEP_PIECE;
    }
    return REPLY_STEP_DONE;
}

/* Walks until a token needs work of its own, the reply ends or the input does. */
static enum reply_step walk(struct reply_rewrite *r, struct slice input, struct reply_piece *out)
{
    size_t at = 0;
    enum scan_status status = SCAN_DONE;
    while (status == SCAN_DONE && !reply_scanner_done(&r->scanner)) {
        struct slice left = slice_from(input, at);
        if (r->scanner.body_left > 0) {
            size_t len = 0;
            status = reply_scanner_body(&r->scanner, left, &len);
            at += len;
            continue;
        }
        struct reply_token token;
        status = reply_scanner_token(&r->scanner, left, &token);
        if (status == SCAN_DONE) {
            enum reply_step step = meet(r, &token, at, input, out);
            if (step != REPLY_STEP_DONE) {
                return step;
            }
            at += token.line_len;
        }
    }
    out->forward = slice_of(input.ptr, at);
    out->consumed = at;
    return step_of(status);
}

enum reply_step reply_rewrite_next(struct reply_rewrite *r, const struct redis_prefix *prefix,
                                   struct slice input, struct reply_piece *out)
{
    *out = (struct reply_piece){.consumed = 0};
    struct slice bytes = redis_prefix_bytes(prefix);
    if (r->error_left > 0) {
        return pass_error(r, bytes, input, out);
    }
    if (r->is_discarded) {
        return pass(r, input, out);
    }
    if (r->is_key_next) {
        return pass_key(r, bytes, input, out);
    }
    bool is_started = r->scanner.has_value || r->scanner.depth > 0;
    bool is_error = !is_started && input.len > 0 && input.ptr[0] == '-';
    if (r->rule == REDIS_REPLY_PLAIN && !is_error && (is_started || input.len > 0)) {
        return pass(r, input, out);
    }
    return walk(r, input, out);
}
