/* SPDX-License-Identifier: Apache-2.0
 *
 * Decoders of what the server sends during login. A mechanism list must end with its empty name as
 * the last byte; all mechanisms are walked, not only the first. */
#include "protocol/pg/backend_auth.h"

#include "protocol/pg/startup.h"

bool pg_mechanism_next(struct slice *mechanisms, struct slice *out_name)
{
    struct reader r = reader_over(*mechanisms);
    *out_name = reader_cstring(&r);
    *mechanisms = reader_rest(&r);
    return out_name->len > 0;
}

static bool is_mechanism_list(struct slice data)
{
    bool is_terminated = data.len > 1 && data.ptr[data.len - 1] == 0;
    struct slice name;
    while (pg_mechanism_next(&data, &name)) {
        is_terminated = is_terminated && data.len > 0;
    }
    return is_terminated && data.len == 0;
}

enum pg_status pg_auth_decode(struct slice body, struct pg_auth *out)
{
    struct reader r = reader_over(body);
    uint32_t code = reader_u32(&r);
    bool is_good = reader_ok(&r);
    out->code = PG_AUTH_OTHER;
    out->data = reader_rest(&r);
    switch (code) {
    case PG_AUTH_OK:
    case PG_AUTH_CLEARTEXT:
        is_good = is_good && out->data.len == 0;
        break;
    case PG_AUTH_MD5:
        is_good = is_good && out->data.len == PG_MD5_SALT_LEN;
        break;
    case PG_AUTH_SASL:
        is_good = is_good && is_mechanism_list(out->data);
        break;
    case PG_AUTH_SASL_CONTINUE:
    case PG_AUTH_SASL_FINAL:
        break;
    default:
        return is_good ? PG_OK : PG_MALFORMED;
    }
    out->code = (enum pg_auth_code)code;
    return is_good ? PG_OK : PG_MALFORMED;
}

enum pg_status pg_key_data_decode(struct slice body, struct pg_key_data *out)
{
    struct reader r = reader_over(body);
    out->process_id = reader_u32(&r);
    bool is_good = reader_ok(&r);
    out->key = reader_rest(&r);
    is_good = is_good && out->key.len >= PG_CANCEL_KEY_MIN && out->key.len <= PG_CANCEL_KEY_MAX;
    return is_good ? PG_OK : PG_MALFORMED;
}

enum pg_status pg_negotiate_decode(struct slice body, struct pg_negotiate *out)
{
    struct reader r = reader_over(body);
    out->newest_version = reader_u32(&r);
    out->num_options = reader_u32(&r);
    if (!reader_ok(&r)) {
        return PG_MALFORMED;
    }
    out->options = reader_rest(&r);
    struct reader names = reader_over(out->options);
    for (uint32_t i = 0; i < out->num_options && reader_ok(&names); i++) {
        (void)reader_cstring(&names);
    }
    return reader_done(&names) ? PG_OK : PG_MALFORMED;
}
