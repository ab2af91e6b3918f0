/* SPDX-License-Identifier: Apache-2.0
 *
 * Bodies of the messages a client sends (PG docs, Message Formats). A decoder accepts a body that
 * has exactly the message's form, all inner counts and lengths included, and answers views of it.
 */
#ifndef PROTOCOL_PG_FRONTEND_H
#define PROTOCOL_PG_FRONTEND_H

#include <stdbool.h>
#include <stdint.h>

#include "protocol/bytes.h"
#include "protocol/compiler.h"
#include "protocol/pg/status.h"

/* 'Q' and 'f': one text, the SQL or the reason. Borrows body. */
MUST_USE enum pg_status pg_text_decode(struct slice body, struct slice *out_text);

/* A message that has no body, from either side: Sync, Flush, Terminate, CopyDone, ParseComplete,
 * BindComplete, CloseComplete, NoData, PortalSuspended, EmptyQueryResponse. */
MUST_USE enum pg_status pg_empty_decode(struct slice body);

/* 'P' Parse. */
struct pg_parse {
    struct slice name; /* empty: the unnamed statement */
    struct slice text;
    uint16_t num_types;
    struct slice types; /* for pg_type_next: num_types numbers of 4 bytes */
};
MUST_USE enum pg_status pg_parse_decode(struct slice body, struct pg_parse *out);

/* Takes the next type number off *types (Parse, ParameterDescription); false at the end. */
bool pg_type_next(struct slice *types, uint32_t *out_type);

/* 'D' Describe and 'C' Close. */
enum pg_target {
    PG_STATEMENT = 'S',
    PG_PORTAL = 'P',
};
struct pg_named {
    enum pg_target target;
    struct slice name;
};
MUST_USE enum pg_status pg_named_decode(struct slice body, struct pg_named *out);

/* 'E' Execute. */
struct pg_execute {
    struct slice portal;
    uint32_t max_rows; /* 0: all */
};
MUST_USE enum pg_status pg_execute_decode(struct slice body, struct pg_execute *out);

/* 'p' as PasswordMessage: the password, without its NUL. */
MUST_USE enum pg_status pg_password_decode(struct slice body, struct slice *out_password);

/* 'p' as SASLInitialResponse. The data of a SASLResponse is its whole body. */
struct pg_sasl_initial {
    struct slice mechanism;
    bool has_data; /* false: the client sent no first message, which is not an empty one */
    struct slice data;
};
MUST_USE enum pg_status pg_sasl_initial_decode(struct slice body, struct pg_sasl_initial *out);

/* 'F' FunctionCall: whose function; the arguments were checked for form. */
MUST_USE enum pg_status pg_function_call_decode(struct slice body, uint32_t *out_function);

#endif
