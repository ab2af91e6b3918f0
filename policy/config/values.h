/* SPDX-License-Identifier: Apache-2.0
 *
 * One scalar of the configuration: from text to a value and back. Numbers carry units; there is
 * no way to say "unlimited". */
#ifndef POLICY_CONFIG_VALUES_H
#define POLICY_CONFIG_VALUES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/config/config.h"

/* The form of a scalar, and the type of the field that keeps it. */
enum value_kind {
    VALUE_TEXT,       /* char *: least to most bytes */
    VALUE_NAME,       /* char *: 1 to 63 of [a-z0-9_-] */
    VALUE_IDENTIFIER, /* char *: the name of a column or schema, 1 to 63 bytes */
    VALUE_PATH,       /* char *: the name of a file */
    VALUE_CHOICE,     /* an enum: position among the choices */
    VALUE_BOOL,       /* bool: true or false */
    VALUE_COUNT,      /* uint32_t: a whole number */
    VALUE_COUNT_AUTO, /* uint32_t: a whole number, or auto for 0 */
    VALUE_SIZE,       /* size_t: bytes, with unit */
    VALUE_DURATION,   /* int64_t: microseconds, with unit */
    VALUE_BIND,       /* struct config_address: numeric address or unix path */
    VALUE_ENDPOINT,   /* struct config_address: host name, numeric address or unix path */
};

/* What a value of that kind must be. least and most are the range of a number, in the field's
 * unit, or of a text's length. */
struct value_rule {
    enum value_kind kind;
    uint64_t least;
    uint64_t most;
    const char *const *choices; /* ends with NULL; VALUE_CHOICE only */
};

/* Converts text and stores it at *field, which has the type of the rule's kind and is zeroed; what
 * it then holds is owned by the struct it is part of. False: text does not fit the rule, and the
 * field is unchanged. */
bool value_parse(const struct value_rule *rule, const char *text, void *field);

/* Writes what the rule expects ("a duration from 1ms to 1h, like 5s") into text. */
void value_describe(const struct value_rule *rule, char *text, size_t cap);

/* Writes the value at *field the way the file has it; false when it was left out (NULL). */
bool value_print(const struct value_rule *rule, const void *field, char *text, size_t cap);

#endif
