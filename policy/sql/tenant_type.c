/* SPDX-License-Identifier: Apache-2.0
 *
 * Compares what a client sent in a tenant's place with the tenant's id. Only exact equality
 * counts: a spelling that the server might read as the tenant, but that is not one of the forms
 * here, is not the tenant. No allocation, no library: a value in, a truth value out. */
#include "policy/sql/tenant_type.h"

#include <stddef.h>

#include "protocol/check.h"

#define OID_NAME    ((uint32_t)19)
#define OID_INT8    ((uint32_t)20)
#define OID_INT2    ((uint32_t)21)
#define OID_INT4    ((uint32_t)23)
#define OID_TEXT    ((uint32_t)25)
#define OID_UNKNOWN ((uint32_t)705)
#define OID_BPCHAR  ((uint32_t)1042)
#define OID_VARCHAR ((uint32_t)1043)
#define OID_UUID    ((uint32_t)2950)

#define UUID_BYTES 16
#define MAX_DIGITS 18 /* of an integer that fits int64 whatever its digits */

static const struct sql_tenant_type types[] = {
    {OID_TEXT, SQL_TENANT_TEXT, "text", OID_TEXT},
    {OID_VARCHAR, SQL_TENANT_TEXT, "text", OID_TEXT},
    {OID_NAME, SQL_TENANT_TEXT, "name", OID_NAME},
    {OID_UUID, SQL_TENANT_UUID, "uuid", OID_UUID},
    {OID_INT2, SQL_TENANT_INTEGER, "int2", OID_INT2},
    {OID_INT4, SQL_TENANT_INTEGER, "int4", OID_INT4},
    {OID_INT8, SQL_TENANT_INTEGER, "int8", OID_INT8},
};

const struct sql_tenant_type *sql_tenant_type_find(uint32_t oid)
{
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (types[i].oid == oid) {
            return &types[i];
        }
    }
    return NULL;
}

bool sql_tenant_type_accepts(const struct sql_tenant_type *type, uint32_t declared_oid)
{
    return declared_oid == 0 || declared_oid == OID_UNKNOWN || declared_oid == OID_TEXT ||
           declared_oid == OID_VARCHAR || declared_oid == type->oid;
}

static int hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* 8-4-4-4-12 hexadecimal digits, the form everybody writes. */
static bool parse_uuid(struct slice text, uint8_t out[UUID_BYTES])
{
    if (text.len != 36) {
        return false;
    }
    size_t at = 0;
    for (size_t i = 0; i < UUID_BYTES; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10) {
            if (text.ptr[at++] != '-') {
                return false;
            }
        }
        int high = hex_digit(text.ptr[at]);
        int low = hex_digit(text.ptr[at + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        out[i] = (uint8_t)(high * 16 + low);
        at += 2;
    }
    return true;
}

static bool parse_integer(struct slice text, int64_t *out)
{
    bool negative = text.len > 0 && text.ptr[0] == '-';
    size_t start = negative ? 1 : 0;
    if (text.len <= start || text.len - start > MAX_DIGITS) {
        return false;
    }
    int64_t value = 0;
    for (size_t i = start; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9') {
            return false;
        }
        value = value * 10 + (text.ptr[i] - '0');
    }
    *out = negative ? -value : value;
    return true;
}

static bool uuid_equals(struct slice value, struct slice tenant)
{
    uint8_t a[UUID_BYTES];
    uint8_t b[UUID_BYTES];
    return parse_uuid(value, a) && parse_uuid(tenant, b) &&
           slice_equal(slice_of(a, UUID_BYTES), slice_of(b, UUID_BYTES));
}

static bool integer_equals(struct slice value, struct slice tenant)
{
    int64_t a = 0;
    int64_t b = 0;
    return parse_integer(value, &a) && parse_integer(tenant, &b) && a == b;
}

bool sql_tenant_equals_text(const struct sql_tenant_type *type, struct slice value,
                            struct slice tenant)
{
    switch (type->form) {
    case SQL_TENANT_UUID:
        return uuid_equals(value, tenant);
    case SQL_TENANT_INTEGER:
        return integer_equals(value, tenant);
    case SQL_TENANT_TEXT:
        break;
    }
    return slice_equal(value, tenant);
}

/* Two's complement, network byte order, 2, 4 or 8 bytes as the parameter's type says. */
static bool decode_integer(struct slice value, int64_t *out)
{
    if (value.len != 2 && value.len != 4 && value.len != 8) {
        return false;
    }
    uint64_t bits = value.ptr[0] >= 0x80 ? UINT64_MAX : 0;
    for (size_t i = 0; i < value.len; i++) {
        bits = (bits << 8) | value.ptr[i];
    }
    *out = (int64_t)bits;
    return true;
}

bool sql_tenant_equals_binary(const struct sql_tenant_type *type, struct slice value,
                              struct slice tenant)
{
    int64_t a = 0;
    int64_t b = 0;
    uint8_t uuid[UUID_BYTES];
    /* A parameter that was declared as text keeps its text form in binary, too. */
    if (sql_tenant_equals_text(type, value, tenant)) {
        return true;
    }
    switch (type->form) {
    case SQL_TENANT_UUID:
        return value.len == UUID_BYTES && parse_uuid(tenant, uuid) &&
               slice_equal(value, slice_of(uuid, UUID_BYTES));
    case SQL_TENANT_INTEGER:
        return decode_integer(value, &a) && parse_integer(tenant, &b) && a == b;
    case SQL_TENANT_TEXT:
        break;
    }
    return false;
}
