/* SPDX-License-Identifier: Apache-2.0
 *
 * The reply framer. Invariant: levels 0 .. depth-1 are open aggregates, each with left > 0 except
 * while its last child is being read; body_left > 0 means that a string's line was consumed and
 * its bytes are passing. An attribute ('|', RESP3) is walked like a map but is not a value: it
 * takes no place among its siblings, and a reply that is only an attribute is not finished. */
#include "protocol/redis/reply_scanner.h"

#include <string.h>

#include "protocol/check.h"
#include "protocol/redis/resp_line.h"

enum shape {
    SHAPE_NONE,      /* no RESP type: the stream is not what we think it is */
    SHAPE_LINE,      /* + - : _ # , (   the line is all */
    SHAPE_STRING,    /* $ = !           a length, then that many bytes */
    SHAPE_LIST,      /* * ~ >           a count, then that many values */
    SHAPE_PAIRS,     /* %               a count, then twice as many values */
    SHAPE_ATTRIBUTE, /* |               as pairs, in front of the value it describes */
};

static const uint8_t shapes[256] = {
    ['+'] = SHAPE_LINE,   ['-'] = SHAPE_LINE,   [':'] = SHAPE_LINE,      ['_'] = SHAPE_LINE,
    ['#'] = SHAPE_LINE,   [','] = SHAPE_LINE,   ['('] = SHAPE_LINE,      ['$'] = SHAPE_STRING,
    ['='] = SHAPE_STRING, ['!'] = SHAPE_STRING, ['*'] = SHAPE_LIST,      ['~'] = SHAPE_LIST,
    ['>'] = SHAPE_LIST,   ['%'] = SHAPE_PAIRS,  ['|'] = SHAPE_ATTRIBUTE,
};

void reply_scanner_reset(struct reply_scanner *s)
{
    s->body_left = 0;
    s->line_searched = 0;
    s->depth = 0;
    s->has_value = false;
}

bool reply_scanner_done(const struct reply_scanner *s)
{
    return s->has_value && s->depth == 0 && s->body_left == 0;
}

/* The length of the text line at the start of input. */
static enum scan_status scan_line(struct reply_scanner *s, struct slice input, size_t *out_len)
{
    struct slice fresh = slice_from(input, s->line_searched);
    const uint8_t *cr = fresh.len > 0 ? memchr(fresh.ptr, '\r', fresh.len) : NULL;
    size_t before_cr = cr == NULL ? input.len : input.len - fresh.len + (size_t)(cr - fresh.ptr);
    if (before_cr > REPLY_LINE_LEN_CAP) {
        return SCAN_BAD;
    }
    s->line_searched = before_cr;
    if (before_cr + 2 > input.len) {
        return SCAN_MORE;
    }
    *out_len = before_cr + 2;
    return input.ptr[before_cr + 1] == '\n' ? SCAN_DONE : SCAN_BAD;
}

static bool is_line_well_formed(uint8_t type, struct slice line)
{
    switch (type) {
    case '_':
        return line.len == 3;
    case '#':
        return line.len == 4 && (line.ptr[1] == 't' || line.ptr[1] == 'f');
    case ':':
        return line.len > 3;
    default:
        return memchr(line.ptr, '\n', line.len) == line.ptr + line.len - 1;
    }
}

static enum scan_status take_line(struct reply_scanner *s, struct slice input,
                                  struct reply_token *out)
{
    enum scan_status status = scan_line(s, input, &out->line_len);
    if (status != SCAN_DONE) {
        return status;
    }
    s->line_searched = 0;
    out->is_null = out->type == '_';
    return is_line_well_formed(out->type, slice_of(input.ptr, out->line_len)) ? SCAN_DONE
                                                                              : SCAN_BAD;
}

static enum scan_status take_string_line(struct reply_scanner *s, struct slice input,
                                         struct reply_token *out)
{
    struct resp_length line;
    enum scan_status status = resp_length_scan(input, &line);
    if (status != SCAN_DONE) {
        return status;
    }
    out->line_len = line.line_len;
    out->is_null = line.value == -1 && out->type == '$';
    if (out->is_null) {
        return SCAN_DONE;
    }
    if (line.value < 0 || line.value > REPLY_BULK_LEN_CAP) {
        return SCAN_BAD;
    }
    out->body_len = (uint64_t)line.value;
    s->body_left = out->body_len + 2;
    return SCAN_DONE;
}

static enum scan_status take_aggregate_line(struct reply_scanner *s, struct slice input,
                                            enum shape shape, struct reply_token *out)
{
    struct resp_length line;
    enum scan_status status = resp_length_scan(input, &line);
    if (status != SCAN_DONE) {
        return status;
    }
    out->line_len = line.line_len;
    out->is_null = line.value == -1 && out->type == '*';
    if (out->is_null || line.value == 0) {
        return SCAN_DONE;
    }
    if (line.value < 0 || line.value > REPLY_ELEMENTS_CAP || s->depth == REPLY_DEPTH_CAP) {
        return SCAN_BAD;
    }
    s->left[s->depth] = (uint64_t)line.value * (shape == SHAPE_LIST ? 1 : 2);
    s->seen[s->depth] = 0;
    s->depth++;
    return SCAN_DONE;
}

static enum scan_status take_token(struct reply_scanner *s, struct slice input, enum shape shape,
                                   struct reply_token *out)
{
    switch (shape) {
    case SHAPE_LINE:
        return take_line(s, input, out);
    case SHAPE_STRING:
        return take_string_line(s, input, out);
    case SHAPE_LIST:
    case SHAPE_PAIRS:
    case SHAPE_ATTRIBUTE:
        return take_aggregate_line(s, input, shape, out);
    case SHAPE_NONE:
        break;
    }
    return SCAN_BAD;
}

/* Counts the value that began at `level` and closes the aggregates that are complete. */
static void count_value(struct reply_scanner *s, uint32_t level, enum shape shape)
{
    if (shape != SHAPE_ATTRIBUTE) {
        if (level == 0) {
            s->has_value = true;
        } else {
            s->left[level - 1]--;
            s->seen[level - 1]++;
        }
    }
    while (s->depth > 0 && s->left[s->depth - 1] == 0) {
        s->depth--;
    }
}

enum scan_status reply_scanner_token(struct reply_scanner *s, struct slice input,
                                     struct reply_token *out)
{
    check(s->body_left == 0 && !reply_scanner_done(s));
    if (input.len == 0) {
        return SCAN_MORE;
    }
    uint32_t level = s->depth;
    enum shape shape = (enum shape)shapes[input.ptr[0]];
    *out = (struct reply_token){
        .type = input.ptr[0], .level = level, .index = level == 0 ? 0 : s->seen[level - 1]};
    if (out->type == '>' && level > 0) {
        return SCAN_BAD; /* a push stands between replies, never inside one */
    }
    enum scan_status status = take_token(s, input, shape, out);
    if (status == SCAN_DONE) {
        count_value(s, level, shape);
    }
    return status;
}

enum scan_status reply_scanner_body(struct reply_scanner *s, struct slice input, size_t *out_len)
{
    static const uint8_t trailer[2] = {'\r', '\n'};
    size_t len = input.len < s->body_left ? input.len : (size_t)s->body_left;
    for (size_t i = 0; i < 2; i++) {
        bool is_to_come = s->body_left + i >= 2;
        uint64_t position = is_to_come ? s->body_left + i - 2 : 0;
        if (is_to_come && position < len && input.ptr[position] != trailer[i]) {
            return SCAN_BAD;
        }
    }
    s->body_left -= len;
    *out_len = len;
    return s->body_left == 0 ? SCAN_DONE : SCAN_MORE;
}

enum scan_status reply_scan(struct reply_scanner *s, struct slice input, size_t *out_len)
{
    struct slice left = input;
    enum scan_status status = SCAN_DONE;
    while (status == SCAN_DONE) {
        size_t len = 0;
        if (s->body_left > 0) {
            status = reply_scanner_body(s, left, &len);
        } else if (reply_scanner_done(s)) {
            break;
        } else {
            struct reply_token token;
            status = reply_scanner_token(s, left, &token);
            len = status == SCAN_DONE ? token.line_len : 0;
        }
        left = slice_from(left, len);
    }
    *out_len = input.len - left.len;
    return status;
}
