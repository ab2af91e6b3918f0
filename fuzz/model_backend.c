/* SPDX-License-Identifier: Apache-2.0
 *
 * See the header. What is to be run is told by a statement's first word alone; any other is a
 * syntax error. Portals but the unnamed one are unknown here. */
#include "fuzz/model_backend.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "fuzz/model_token.h"
#include "protocol/check.h"
#include "protocol/mem.h"
#include "protocol/pg/bind.h"
#include "protocol/pg/frame.h"
#include "protocol/pg/frontend.h"
#include "protocol/pg/message_reply.h"

static struct slice words(const char *text)
{
    return slice_text(text);
}

void model_backend_forget(struct model_connection *c)
{
    for (size_t i = 0; i < c->num_statements; i++) {
        free(c->statements[i].name);
        free(c->statements[i].text);
    }
    c->num_statements = 0;
    free(c->portal);
    c->portal = NULL;
}

static bool is_word(struct slice text, const char *word)
{
    size_t len = strlen(word);
    return text.len >= len && strncasecmp((const char *)text.ptr, word, len) == 0;
}

static void fail(struct model_connection *c, struct writer *w, const char *sqlstate)
{
    const struct pg_report report = {
        .kind = PG_REPORT_ERROR, .sqlstate = sqlstate, .message = words("the model says no")};
    pg_write_report(w, &report);
    c->status = c->status == 'I' ? 'I' : 'E';
}

/* The tenant that the statement is filtered for, its first letter; aborts if it should be filtered
 * and is not, or for two. */
static char tenant_of(struct slice text, char bound)
{
    bool is_acme = text_has(text, "'acme'") || bound == 'a';
    bool is_globex = text_has(text, "'globex'") || bound == 'g';
    check(!(is_acme && is_globex));
    check(is_acme || is_globex || !text_has(text, "orders"));
    return (char)(is_acme ? 'a' : is_globex ? 'g' : '-');
}

static void write_row(struct writer *w, struct slice text, char bound)
{
    struct token token;
    struct slice rest;
    char value[TOKEN_LEN + 1] = {0};
    value[0] = tenant_of(text, bound);
    size_t len = 1;
    if (token_find(text, &token, &rest)) {
        token_write(token, value + 1);
        len = sizeof value;
    }
    writer_u8(w, 'D');
    size_t mark = writer_open_frame(w);
    writer_u16(w, 1);
    writer_u32(w, (uint32_t)len);
    writer_bytes(w, slice_of(value, len));
    writer_close_frame(w, mark);
}

static void write_columns(struct writer *w)
{
    writer_u8(w, 'T');
    size_t mark = writer_open_frame(w);
    writer_u16(w, 1);
    writer_cstring(w, words("t"));
    writer_u32(w, 0);
    writer_u16(w, 0);
    writer_u32(w, 25); /* text */
    writer_u16(w, UINT16_MAX);
    writer_u32(w, UINT32_MAX);
    writer_u16(w, 0);
    writer_close_frame(w, mark);
}

static bool end_transaction(struct model_connection *c, struct writer *w, bool commits)
{
    bool kept = commits && c->status != 'E';
    c->status = 'I';
    pg_write_command_complete(w, words(kept ? "COMMIT" : "ROLLBACK"));
    return true;
}

/* Runs one statement; false when it failed. */
static bool run(struct model_server *server, struct model_connection *c, struct writer *w,
                struct slice text, char bound)
{
    bool fails = server->fails_next && !is_word(text, "DISCARD");
    server->fails_next = server->fails_next && !fails;
    if (is_word(text, "COMMIT") || is_word(text, "ROLLBACK")) {
        return end_transaction(c, w, is_word(text, "COMMIT"));
    }
    if (c->status == 'E' || fails) {
        fail(c, w, c->status == 'E' ? "25P02" : "22012");
        return false;
    }
    if (is_word(text, "SELECT")) {
        write_row(w, text, bound);
        pg_write_command_complete(w, words("SELECT 1"));
    } else if (is_word(text, "BEGIN")) {
        c->status = 'T';
        pg_write_command_complete(w, words("BEGIN"));
    } else if (is_word(text, "DISCARD") && c->status == 'I') {
        model_backend_forget(c);
        pg_write_command_complete(w, words("DISCARD ALL"));
    } else if (is_word(text, "SET") || is_word(text, "RESET")) {
        pg_write_command_complete(w, words(is_word(text, "SET") ? "SET" : "RESET"));
    } else {
        fail(c, w, "42601");
        return false;
    }
    return true;
}

/* Takes the next statement off *text; those of the script's menu have no semicolon within. */
static struct slice next_statement(struct slice *text)
{
    while (text->len > 0 && (text->ptr[0] == ' ' || text->ptr[0] == ';' || text->ptr[0] == '\n')) {
        *text = slice_from(*text, 1);
    }
    size_t len = 0;
    while (len < text->len && text->ptr[len] != ';') {
        len++;
    }
    struct slice statement = slice_between(*text, 0, len);
    *text = slice_from(*text, len);
    return statement;
}

static struct model_statement *find_statement(struct model_connection *c, struct slice name)
{
    for (size_t i = 0; i < c->num_statements; i++) {
        if (slice_equal(slice_text(c->statements[i].name), name)) {
            return &c->statements[i];
        }
    }
    return NULL;
}

static void close_statement(struct model_connection *c, struct model_statement *statement)
{
    if (statement != NULL) {
        free(statement->name);
        free(statement->text);
        *statement = c->statements[--c->num_statements];
    }
}

/* Portals end with their transaction. */
static void write_ready(struct model_connection *c, struct writer *w)
{
    if (c->status == 'I') {
        free(c->portal);
        c->portal = NULL;
    }
    pg_write_ready(w, (enum pg_ready)c->status);
}

static void take_query(struct model_server *server, struct model_connection *c, struct writer *w,
                       struct slice text)
{
    bool is_fine = true;
    size_t count = 0;
    close_statement(c, find_statement(c, words(""))); /* as exec_simple_query does */
    while (is_fine) {
        struct slice statement = next_statement(&text);
        if (statement.len == 0) {
            break;
        }
        count++;
        if (is_word(statement, "SELECT") && c->status != 'E') {
            write_columns(w);
        }
        is_fine = run(server, c, w, statement, '-');
    }
    if (count == 0) {
        pg_write_bare_reply(w, PG_EMPTY_QUERY_RESPONSE);
    }
    write_ready(c, w);
}

static bool take_parse(struct model_connection *c, struct writer *w, struct slice body)
{
    struct pg_parse parse;
    check(pg_parse_decode(body, &parse) == PG_OK);
    if (parse.name.len == 0) {
        close_statement(c, find_statement(c, parse.name));
    }
    if (find_statement(c, parse.name) != NULL || c->num_statements == MODEL_STATEMENTS ||
        is_word(parse.text, "ringfence")) {
        return false;
    }
    c->statements[c->num_statements++] = (struct model_statement){
        .name = mem_copy_string((const char *)parse.name.ptr, parse.name.len),
        .text = mem_copy_string((const char *)parse.text.ptr, parse.text.len)};
    pg_write_bare_reply(w, PG_PARSE_COMPLETE);
    return true;
}

static bool take_bind(struct model_connection *c, struct writer *w, struct slice body)
{
    struct pg_bind bind;
    check(pg_bind_decode(body, &bind) == PG_OK);
    const struct model_statement *statement = find_statement(c, bind.statement);
    if (statement == NULL || bind.portal.len > 0) {
        return false;
    }
    struct slice values = bind.values;
    struct pg_value value;
    char tenant = '-';
    while (values.len > 0 && pg_value_next(&values, &value)) {
        if (!value.is_null && slice_equal(value.bytes, words("acme"))) {
            tenant = 'a';
        } else if (!value.is_null && slice_equal(value.bytes, words("globex"))) {
            tenant = 'g';
        }
    }
    free(c->portal);
    c->portal = mem_copy_string(statement->text, strlen(statement->text));
    c->tenant = tenant;
    pg_write_bare_reply(w, PG_BIND_COMPLETE);
    return true;
}

static bool take_describe(struct model_connection *c, struct writer *w, struct slice body)
{
    struct pg_named named;
    check(pg_named_decode(body, &named) == PG_OK);
    const char *text = c->portal;
    if (named.target == PG_STATEMENT) {
        const struct model_statement *statement = find_statement(c, named.name);
        text = statement == NULL ? NULL : statement->text;
    }
    if (text == NULL) {
        return false;
    }
    if (named.target == PG_STATEMENT) {
        bool has_one = text_has(slice_text(text), "$1");
        bool has_two = text_has(slice_text(text), "$2");
        uint8_t types[] = {0, 0, 0, 25, 0, 0, 0, 25};
        uint16_t count = (uint16_t)(has_two ? 2 : has_one ? 1 : 0);
        pg_write_parameter_description(w, slice_of(types, count * sizeof(uint32_t)), count);
    }
    if (is_word(slice_text(text), "SELECT")) {
        write_columns(w);
    } else {
        pg_write_bare_reply(w, PG_NO_DATA);
    }
    return true;
}

static bool take_close(struct model_connection *c, struct writer *w, struct slice body)
{
    struct pg_named named;
    check(pg_named_decode(body, &named) == PG_OK);
    if (named.target == PG_STATEMENT) {
        close_statement(c, find_statement(c, named.name));
    } else {
        free(c->portal);
        c->portal = NULL;
    }
    pg_write_bare_reply(w, PG_CLOSE_COMPLETE);
    return true;
}

static bool take_execute(struct model_server *server, struct model_connection *c, struct writer *w)
{
    return c->portal != NULL && run(server, c, w, slice_text(c->portal), c->tenant);
}

static bool take_extended(struct model_server *server, struct model_connection *c, struct writer *w,
                          const struct pg_frame *frame)
{
    switch (frame->type) {
    case 'P':
        return take_parse(c, w, frame->body);
    case 'B':
        return take_bind(c, w, frame->body);
    case 'D':
        return take_describe(c, w, frame->body);
    case 'C':
        return take_close(c, w, frame->body);
    case 'E':
        return take_execute(server, c, w);
    default:
        return true; /* Flush */
    }
}

void model_backend_take(struct model_server *server, struct model_connection *c,
                        const struct pg_frame *frame, struct writer *w)
{
    struct slice text;
    if (c->is_skipping && frame->type != 'S') {
        return;
    }
    if (frame->type == 'Q') {
        check(pg_text_decode(frame->body, &text) == PG_OK);
        take_query(server, c, w, text);
    } else if (frame->type == 'S') {
        c->is_skipping = false;
        write_ready(c, w);
    } else {
        size_t before = writer_len(w);
        c->is_skipping = !take_extended(server, c, w, frame);
        if (c->is_skipping && writer_len(w) == before) {
            fail(c, w, "26000");
        }
    }
}
