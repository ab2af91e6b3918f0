/* SPDX-License-Identifier: Apache-2.0
 *
 * RESP writers over struct writer: failure is sticky there and asked for once by the caller. */
#include "protocol/redis/write.h"

#define DECIMAL_CAP 20 /* digits of UINT64_MAX */

static void write_crlf(struct writer *w)
{
    writer_bytes(w, slice_of("\r\n", 2));
}

static void write_decimal(struct writer *w, uint64_t value)
{
    uint8_t digits[DECIMAL_CAP];
    size_t start = DECIMAL_CAP;
    do {
        start--;
        digits[start] = (uint8_t)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    writer_bytes(w, slice_of(digits + start, DECIMAL_CAP - start));
}

/* Text on one line: what would end it early becomes a space. */
static void write_text(struct writer *w, uint8_t type, struct slice text)
{
    writer_u8(w, type);
    for (size_t i = 0; i < text.len; i++) {
        uint8_t byte = text.ptr[i];
        writer_u8(w, byte == '\r' || byte == '\n' ? ' ' : byte);
    }
    write_crlf(w);
}

void resp_write_simple(struct writer *w, struct slice text)
{
    write_text(w, '+', text);
}

void resp_write_error(struct writer *w, struct slice text)
{
    write_text(w, '-', text);
}

void resp_write_line(struct writer *w, uint8_t type, size_t value)
{
    writer_u8(w, type);
    write_decimal(w, value);
    write_crlf(w);
}

void resp_write_integer(struct writer *w, int64_t value)
{
    writer_u8(w, ':');
    if (value < 0) {
        writer_u8(w, '-');
    }
    write_decimal(w, value < 0 ? -(uint64_t)value : (uint64_t)value);
    write_crlf(w);
}

void resp_write_bulk(struct writer *w, struct slice bytes)
{
    resp_write_line(w, '$', bytes.len);
    writer_bytes(w, bytes);
    write_crlf(w);
}

void resp_write_array(struct writer *w, size_t num_elements)
{
    resp_write_line(w, '*', num_elements);
}

void resp_write_map(struct writer *w, size_t num_pairs, enum resp_version version)
{
    if (version == RESP_3) {
        resp_write_line(w, '%', num_pairs);
    } else {
        resp_write_line(w, '*', num_pairs * 2);
    }
}

void resp_write_set(struct writer *w, size_t num_elements, enum resp_version version)
{
    resp_write_line(w, version == RESP_3 ? '~' : '*', num_elements);
}

void resp_write_null(struct writer *w, enum resp_version version)
{
    writer_bytes(w, slice_text(version == RESP_3 ? "_\r\n" : "$-1\r\n"));
}

void resp_write_request(struct writer *w, const struct slice *args, size_t num_args)
{
    resp_write_array(w, num_args);
    for (size_t i = 0; i < num_args; i++) {
        resp_write_bulk(w, args[i]);
    }
}
