/* SPDX-License-Identifier: Apache-2.0
 *
 * What a client says: the first byte is a message type (0 for a startup packet), the rest its body.
 * A body that is accepted and written again from its decoded parts must be the same bytes: then
 * there is nothing in it that we did not see. A Bind with a value more must hold the old ones. */
#include <stdint.h>
#include <stdlib.h>

#include "protocol/check.h"
#include "protocol/mem.h"
#include "protocol/pg/bind.h"
#include "protocol/pg/frontend.h"
#include "protocol/pg/message_login.h"
#include "protocol/pg/message_request.h"
#include "protocol/pg/startup.h"

#define FRAME_ROOM 16 /* what a message has beside its body */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct slice written(const struct writer *w)
{
    struct slice out;
    check(writer_done(w, &out));
    return out;
}

static void check_same(const struct writer *w, uint8_t type, struct slice body)
{
    struct slice out = written(w);
    check(out.ptr[0] == type);
    check(slice_equal(slice_from(out, 5), body));
}

static void try_parse(struct slice body, struct writer w)
{
    struct pg_parse parse;
    if (pg_parse_decode(body, &parse) != PG_OK) {
        return;
    }
    uint32_t type;
    struct slice types = parse.types;
    for (size_t i = 0; i < parse.num_types; i++) {
        check(pg_type_next(&types, &type));
    }
    check(!pg_type_next(&types, &type));
    const struct pg_parse_types same = {.given = parse.types, .num_params = parse.num_types};
    pg_write_parse(&w, parse.name, parse.text, &same);
    check_same(&w, 'P', body);
}

/* The Bind with "acme" behind its values has the old values and formats, and one text more. */
static void check_added(const struct pg_bind *old, struct slice old_values)
{
    const struct slice added = slice_text("acme");
    struct writer counter = writer_measuring();
    struct slice out;
    struct pg_bind bind;
    pg_bind_write(&counter, old, slice_text("s"), &added);
    if (!writer_done(&counter, &out)) {
        check(old->num_values == UINT16_MAX);
        return;
    }
    uint8_t *room = mem_new(writer_len(&counter));
    struct writer w = writer_over(room, writer_len(&counter));
    pg_bind_write(&w, old, slice_text("s"), &added);
    out = written(&w);
    check(pg_bind_decode(slice_from(out, 5), &bind) == PG_OK);
    check(bind.num_values == old->num_values + 1);
    check(slice_equal(bind.portal, old->portal) && slice_equal(bind.results, old->results));
    struct slice values = bind.values;
    struct pg_value value;
    struct pg_value old_value;
    for (size_t i = 0; i < old->num_values; i++) {
        check(pg_value_next(&values, &value) && pg_value_next(&old_values, &old_value));
        check(value.is_null == old_value.is_null && slice_equal(value.bytes, old_value.bytes));
        check(pg_bind_format(&bind, i) == pg_bind_format(old, i));
    }
    check(pg_value_next(&values, &value) && slice_equal(value.bytes, added) && values.len == 0);
    check(pg_bind_format(&bind, old->num_values) == 0);
    free(room);
}

static void try_bind(struct slice body, struct writer w)
{
    struct pg_bind bind;
    if (pg_bind_decode(body, &bind) == PG_OK) {
        pg_bind_write(&w, &bind, bind.statement, NULL);
        check_same(&w, 'B', body);
        check_added(&bind, bind.values);
    }
}

static void try_named(struct slice body, struct writer w)
{
    struct pg_named named;
    if (pg_named_decode(body, &named) == PG_OK) {
        pg_write_describe(&w, named.target, named.name);
        check_same(&w, 'D', body);
    }
}

static void try_execute(struct slice body, struct writer w)
{
    struct pg_execute execute;
    if (pg_execute_decode(body, &execute) == PG_OK) {
        pg_write_execute(&w, execute.portal, execute.max_rows);
        check_same(&w, 'E', body);
    }
}

static void try_text(struct slice body, struct writer w)
{
    struct slice text;
    if (pg_text_decode(body, &text) == PG_OK) {
        pg_write_query(&w, text);
        check_same(&w, 'Q', body);
    }
}

static void try_password(struct slice body, struct writer w)
{
    struct slice password;
    struct pg_sasl_initial sasl;
    if (pg_password_decode(body, &password) == PG_OK) {
        struct writer copy = w;
        pg_write_password(&copy, password);
        check_same(&copy, 'p', body);
    }
    if (pg_sasl_initial_decode(body, &sasl) == PG_OK && sasl.has_data) {
        pg_write_sasl_initial(&w, sasl.mechanism, sasl.data);
        check_same(&w, 'p', body);
    }
}

static void try_options(struct slice options)
{
    uint8_t *scratch = mem_new(options.len);
    uint8_t *left = scratch;
    struct pg_setting setting;
    size_t before = options.len + 1;
    size_t total = options.len;
    while (pg_option_next(&options, &left, &setting) == PG_OPTION_SETTING) {
        check(options.len < before && setting.name.len > 0);
        check((size_t)(left - scratch) <= total);
        before = options.len;
    }
    free(scratch);
}

static void try_startup(struct slice body, struct writer w)
{
    struct pg_startup startup;
    try_options(body);
    if (pg_startup_decode(body, &startup) != PG_OK) {
        return;
    }
    if (startup.kind == PG_STARTUP_CANCEL) {
        pg_write_cancel(&w, startup.process_id, startup.cancel_key);
        check(slice_equal(slice_from(written(&w), 4), body));
    }
    if (startup.kind != PG_STARTUP_SESSION) {
        return;
    }
    struct pg_setting settings[PG_STARTUP_MAX_SETTINGS + 1];
    size_t num_settings = 0;
    check(startup.user.len > 0);
    while (pg_setting_next(&startup.settings, &settings[num_settings])) {
        check(++num_settings <= PG_STARTUP_MAX_SETTINGS);
    }
    pg_write_startup(&w, (uint32_t)startup.major << 16 | startup.minor, settings, num_settings);
    check(slice_equal(slice_from(written(&w), 4), body));
    try_options(startup.options);
}

static void try_message(uint8_t type, struct slice body, struct writer w)
{
    uint32_t function;
    switch (type) {
    case 0:
        try_startup(body, w);
        break;
    case 'P':
        try_parse(body, w);
        break;
    case 'B':
        try_bind(body, w);
        break;
    case 'D':
        try_named(body, w);
        break;
    case 'E':
        try_execute(body, w);
        break;
    case 'p':
        try_password(body, w);
        break;
    case 'F':
        (void)!pg_function_call_decode(body, &function);
        break;
    default:
        try_text(body, w);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1) {
        return 0;
    }
    struct slice body = slice_of(data + 1, size - 1);
    size_t room = body.len + FRAME_ROOM;
    uint8_t *memory = mem_new(room);
    try_message(data[0], body, writer_over(memory, room));
    free(memory);
    return 0;
}
