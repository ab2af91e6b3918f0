/* SPDX-License-Identifier: Apache-2.0
 *
 * What a server says: the first byte is a message type, the rest its body. As with the client's
 * messages, what is accepted and written again must be the same bytes; where there is no writer,
 * the parts must add up to the whole. */
#include <stdint.h>
#include <stdlib.h>

#include "protocol/check.h"
#include "protocol/mem.h"
#include "protocol/pg/backend.h"
#include "protocol/pg/bind.h"
#include "protocol/pg/error_fields.h"
#include "protocol/pg/frontend.h"
#include "protocol/pg/message_auth.h"
#include "protocol/pg/message_reply.h"

#define MAX_NAMES 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_same(const struct writer *w, struct slice body)
{
    struct slice out;
    check(writer_done(w, &out));
    check(slice_equal(slice_from(out, 5), body));
}

static void try_auth(struct slice body, struct writer w)
{
    struct pg_auth auth;
    struct slice names[MAX_NAMES];
    size_t num_names = 0;
    if (pg_auth_decode(body, &auth) != PG_OK || auth.code == PG_AUTH_OTHER) {
        return;
    }
    if (auth.code != PG_AUTH_SASL) {
        pg_write_auth_data(&w, auth.code, auth.data);
        check_same(&w, body);
        return;
    }
    while (num_names < MAX_NAMES && pg_mechanism_next(&auth.data, &names[num_names])) {
        num_names++;
    }
    if (num_names < MAX_NAMES) {
        pg_write_auth_sasl(&w, names, num_names);
        check_same(&w, body);
    }
}

static void try_key_data(struct slice body, struct writer w)
{
    struct pg_key_data key_data;
    if (pg_key_data_decode(body, &key_data) == PG_OK) {
        pg_write_key_data(&w, key_data.process_id, key_data.key);
        check_same(&w, body);
    }
}

static void try_negotiate(struct slice body, struct writer w)
{
    struct pg_negotiate negotiate;
    struct slice names[MAX_NAMES];
    if (pg_negotiate_decode(body, &negotiate) != PG_OK || negotiate.num_options > MAX_NAMES) {
        return;
    }
    struct reader r = reader_over(negotiate.options);
    for (uint32_t i = 0; i < negotiate.num_options; i++) {
        names[i] = reader_cstring(&r);
    }
    pg_write_negotiate(&w, negotiate.newest_version, names, negotiate.num_options);
    check_same(&w, body);
}

static void try_parameter_status(struct slice body, struct writer w)
{
    struct pg_parameter_status status;
    if (pg_parameter_status_decode(body, &status) == PG_OK) {
        pg_write_parameter_status(&w, status.name, status.value);
        check_same(&w, body);
    }
}

static void try_ready(struct slice body, struct writer w)
{
    enum pg_ready ready;
    if (pg_ready_decode(body, &ready) == PG_OK) {
        pg_write_ready(&w, ready);
        check_same(&w, body);
    }
}

static void try_tag(struct slice body, struct writer w)
{
    struct slice tag;
    if (pg_text_decode(body, &tag) == PG_OK) {
        pg_write_command_complete(&w, tag);
        check_same(&w, body);
    }
}

static void try_parameters(struct slice body, struct writer w)
{
    uint16_t num_types;
    struct slice types;
    if (pg_parameter_description_decode(body, &num_types, &types) == PG_OK) {
        pg_write_parameter_description(&w, types, num_types);
        check_same(&w, body);
    }
}

static void try_row(struct slice body)
{
    uint16_t num_fields;
    struct slice fields;
    if (pg_data_row_decode(body, &num_fields, &fields) != PG_OK) {
        return;
    }
    size_t sum = 2;
    struct pg_value value;
    for (size_t i = 0; i < num_fields; i++) {
        check(pg_value_next(&fields, &value));
        check(!value.is_null || value.bytes.len == 0);
        sum += 4 + value.bytes.len;
    }
    check(sum == body.len && !pg_value_next(&fields, &value));
}

static void try_columns(struct slice body)
{
    uint16_t num_columns;
    struct slice columns;
    if (pg_row_description_decode(body, &num_columns, &columns) != PG_OK) {
        return;
    }
    size_t sum = 2;
    struct pg_column column;
    for (size_t i = 0; i < num_columns; i++) {
        check(pg_column_next(&columns, &column));
        sum += column.name.len + 19;
    }
    check(sum == body.len && !pg_column_next(&columns, &column));
}

/* Without the position field rewriting changes nothing; with it, only that. */
static void try_error(struct slice body, struct writer w)
{
    struct slice fields;
    if (pg_error_decode(body, &fields) != PG_OK) {
        return;
    }
    int32_t position = pg_error_position(fields);
    const struct pg_error_changes none = {.position = 0};
    const struct pg_error_changes all = {.dropped = slice_text("SVCMDHWqpsctdnFLR"), .position = 7};
    struct writer copy = w;
    pg_error_rewrite(&w, 'E', fields, &none);
    if (pg_error_field_find(fields, 'P').ptr == NULL) {
        check(position == 0);
        check_same(&w, body);
    }
    pg_error_rewrite(&copy, 'E', fields, &all);
    struct slice out;
    check(writer_done(&copy, &out));
    check(pg_error_decode(slice_from(out, 5), &fields) == PG_OK);
    check(pg_error_field_find(fields, 'D').ptr == NULL);
}

static void try_message(uint8_t type, struct slice body, struct writer w)
{
    struct pg_notification notification;
    uint8_t format;
    uint16_t num_columns;
    switch (type) {
    case 'R':
        try_auth(body, w);
        break;
    case 'K':
        try_key_data(body, w);
        break;
    case 'v':
        try_negotiate(body, w);
        break;
    case 'S':
        try_parameter_status(body, w);
        break;
    case 'Z':
        try_ready(body, w);
        break;
    case 'C':
        try_tag(body, w);
        break;
    case 't':
        try_parameters(body, w);
        break;
    case 'D':
        try_row(body);
        break;
    case 'T':
        try_columns(body);
        break;
    case 'A':
        (void)!pg_notification_decode(body, &notification);
        break;
    case 'G':
        (void)!pg_copy_start_decode(body, &format, &num_columns);
        break;
    default:
        try_error(body, w);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1) {
        return 0;
    }
    struct slice body = slice_of(data + 1, size - 1);
    size_t room = body.len + 16;
    uint8_t *memory = mem_new(room);
    try_message(data[0], body, writer_over(memory, room));
    free(memory);
    return 0;
}
