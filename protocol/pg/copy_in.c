/* SPDX-License-Identifier: Apache-2.0
 *
 * One byte after the other; runs of bytes that are no line ends are written in one go. */
#include "protocol/pg/copy_in.h"

#include <string.h>

#include "protocol/check.h"

void copy_in_init(struct copy_in *c, const struct copy_in_format *format, struct slice tenant,
                  struct slice name)
{
    check(tenant.len > 0 && tenant.len <= COPY_IN_VALUE_MAX - 2);
    *c = (struct copy_in){
        .format = *format, .tenant = tenant, .name = name, .in_header = format->has_header};
}

static bool is_appended(const struct copy_in *c)
{
    return c->format.column == COPY_IN_APPENDED;
}

/* In quotes nothing can be a delimiter, a line end or the null string. */
static void write_quoted(const struct copy_in *c, struct slice text, struct writer *w)
{
    writer_u8(w, c->format.quote);
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == c->format.quote || text.ptr[i] == c->format.escape) {
            writer_u8(w, c->format.escape);
        }
        writer_u8(w, text.ptr[i]);
    }
    writer_u8(w, c->format.quote);
}

/* Behind a backslash a byte that is no letter or digit stands for itself; the delimiter of the text
 * format cannot be one. */
static void write_escaped(const struct copy_in *c, struct slice text, struct writer *w)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t byte = text.ptr[i];
        if (byte == c->format.delimiter || byte == '\\' || byte < ' ') {
            writer_u8(w, '\\');
        }
        writer_u8(w, byte);
    }
}

static void append_column(const struct copy_in *c, struct writer *w)
{
    struct slice text = c->in_header ? c->name : c->tenant;
    writer_u8(w, c->format.delimiter);
    if (c->format.is_csv) {
        write_quoted(c, text, w);
    } else {
        write_escaped(c, text, w);
    }
}

static bool is_end_marker(const struct copy_in *c)
{
    return c->row_len == 2 && c->head[0] == '\\' && c->head[1] == '.';
}

/* Whether the tenant's field is the tenant, as it is or in quotes. */
static bool is_tenants(const struct copy_in *c)
{
    struct slice value = slice_of(c->value, c->value_len);
    if (c->field < c->format.column) {
        return false;
    }
    bool is_quoted = c->format.is_csv && value.len == c->tenant.len + 2 &&
                     value.ptr[0] == c->format.quote && value.ptr[value.len - 1] == c->format.quote;
    if (is_quoted) {
        value = slice_of(value.ptr + 1, value.len - 2);
    }
    return slice_equal(value, c->tenant);
}

/* The row's line end is about to be written. */
static enum copy_in_status end_row(struct copy_in *c, struct writer *w)
{
    if (is_end_marker(c)) {
        c->is_over = true;
        return c->format.is_csv ? COPY_IN_MALFORMED : COPY_IN_OK;
    }
    if (is_appended(c)) {
        append_column(c, w);
    } else if (!c->in_header && !is_tenants(c)) {
        return COPY_IN_FOREIGN;
    }
    c->in_header = false;
    c->row_len = 0;
    c->field = 0;
    c->value_len = 0;
    return COPY_IN_OK;
}

/* A byte of the row: counted, and kept if it is of the tenant's field. */
static void note_byte(struct copy_in *c, uint8_t byte)
{
    if (c->row_len < sizeof c->head) {
        c->head[c->row_len] = byte;
    }
    c->row_len++;
    if (c->field == c->format.column) {
        if (c->value_len < sizeof c->value) {
            c->value[c->value_len] = byte;
        }
        c->value_len += c->value_len <= sizeof c->value; /* one too many: no tenant is as long */
    }
}

/* CopyReadLineText: quotes open and close wherever they stand; inside of them an escape that is not
 * itself escaped hides the next quote. */
static void note_quote(struct copy_in *c, uint8_t byte)
{
    bool has_escape = c->format.escape != c->format.quote;
    if (has_escape && c->in_quote && byte == c->format.escape) {
        c->is_escaped = !c->is_escaped;
    }
    if (byte == c->format.quote && !c->is_escaped) {
        c->in_quote = !c->in_quote;
    }
    if (!has_escape || byte != c->format.escape) {
        c->is_escaped = false;
    }
}

/* Whether the byte is one of the row's, whatever it looks like. */
static bool is_data(struct copy_in *c, uint8_t byte)
{
    if (c->format.is_csv) {
        note_quote(c, byte);
        return c->in_quote;
    }
    if (c->is_escaped) {
        c->is_escaped = false;
        return true;
    }
    c->is_escaped = byte == '\\';
    return c->is_escaped;
}

/* What a byte is to the rows. */
enum role {
    ROLE_DATA,
    ROLE_CR, /* perhaps the first half of a line end */
    ROLE_LINE_END,
    ROLE_WRONG,
};

static enum role role_of(struct copy_in *c, uint8_t byte)
{
    bool is_of_row = is_data(c, byte);
    if (!is_of_row && byte == '\n') {
        return ROLE_LINE_END;
    }
    if (c->after_cr) {
        return ROLE_WRONG; /* a carriage return in the middle of a row */
    }
    if (!is_of_row && byte == '\r') {
        return ROLE_CR;
    }
    if (!is_of_row && byte == c->format.delimiter) {
        c->row_len++;
        c->field++;
        return ROLE_DATA;
    }
    note_byte(c, byte);
    return ROLE_DATA;
}

static enum copy_in_status take_line_end(struct copy_in *c, struct writer *w)
{
    enum copy_in_status status = end_row(c, w);
    if (c->after_cr) {
        writer_u8(w, '\r');
    }
    writer_u8(w, '\n');
    c->after_cr = false;
    return status;
}

enum copy_in_status copy_in_feed(struct copy_in *c, struct slice bytes, struct writer *w)
{
    enum copy_in_status status = COPY_IN_OK;
    size_t run = 0; /* what stands between it and i goes as it is */
    size_t i = 0;
    for (; i < bytes.len && status == COPY_IN_OK && !c->is_over; i++) {
        enum role role = role_of(c, bytes.ptr[i]);
        if (role == ROLE_DATA) {
            continue;
        }
        writer_bytes(w, slice_of(bytes.ptr + run, i - run));
        run = i + 1;
        c->after_cr = c->after_cr || role == ROLE_CR;
        if (role == ROLE_LINE_END) {
            status = take_line_end(c, w);
        } else if (role == ROLE_WRONG) {
            status = COPY_IN_MALFORMED;
        }
    }
    writer_bytes(w, slice_of(bytes.ptr + run, i - run));
    return status;
}

enum copy_in_status copy_in_finish(struct copy_in *c, struct writer *w)
{
    if (c->is_over) {
        return COPY_IN_OK;
    }
    if (c->after_cr || c->in_quote || (!c->format.is_csv && c->is_escaped)) {
        return COPY_IN_MALFORMED;
    }
    return c->row_len == 0 ? COPY_IN_OK : end_row(c, w);
}
