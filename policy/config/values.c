/* SPDX-License-Identifier: Apache-2.0
 *
 * Scalars. Every kind is one row: how it is read, how it is described when it is wrong, how it is
 * printed. Reading never stores half a value; the ranges are inclusive and in the unit of the
 * field. Owns nothing: what is stored belongs to the struct around the field. */
#include "policy/config/values.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "policy/config/address.h"
#include "protocol/check.h"
#include "protocol/mem.h"

#define NAME_MAX_LEN       ((uint64_t)63)
#define IDENTIFIER_MAX_LEN ((uint64_t)63) /* NAMEDATALEN - 1: the server cuts longer ones */
#define PATH_MAX_LEN       ((uint64_t)1023)

_Static_assert(sizeof(enum config_protocol) == sizeof(unsigned), "choices are stored as unsigned");

struct unit {
    const char *name;
    uint64_t factor;
};

/* Largest first: the printer takes the first that divides. */
static const struct unit size_units[] = {
    {"GiB", (uint64_t)1 << 30}, {"MiB", (uint64_t)1 << 20}, {"KiB", (uint64_t)1 << 10}, {"B", 1}};
static const struct unit duration_units[] = {{"h", UINT64_C(3600000000)},
                                             {"m", UINT64_C(60000000)},
                                             {"s", UINT64_C(1000000)},
                                             {"ms", UINT64_C(1000)},
                                             {"us", UINT64_C(1)}};

struct units {
    const struct unit *items;
    size_t count;
};

static struct units units_of(enum value_kind kind)
{
    static const struct unit none[] = {{"", 1}};
    if (kind == VALUE_SIZE) {
        return (struct units){size_units, sizeof size_units / sizeof size_units[0]};
    }
    if (kind == VALUE_DURATION) {
        return (struct units){duration_units, sizeof duration_units / sizeof duration_units[0]};
    }
    return (struct units){none, 1};
}

/* Decimal digits, then exactly one of the units, nothing else. */
static bool parse_quantity(const struct value_rule *rule, const char *text, uint64_t *out)
{
    size_t digits = strspn(text, "0123456789");
    uint64_t number = 0;
    for (size_t i = 0; i < digits; i++) {
        if (__builtin_mul_overflow(number, (uint64_t)10, &number) ||
            __builtin_add_overflow(number, (uint64_t)(text[i] - '0'), &number)) {
            return false;
        }
    }
    struct units units = units_of(rule->kind);
    for (size_t i = 0; digits > 0 && i < units.count; i++) {
        if (strcmp(text + digits, units.items[i].name) == 0) {
            return !__builtin_mul_overflow(number, units.items[i].factor, out) &&
                   *out >= rule->least && *out <= rule->most;
        }
    }
    return false;
}

static void print_quantity(enum value_kind kind, uint64_t value, char *text, size_t cap)
{
    struct units units = units_of(kind);
    for (size_t i = 0; i < units.count; i++) {
        if (value % units.items[i].factor == 0) {
            snprintf(text, cap, "%" PRIu64 "%s", value / units.items[i].factor,
                     units.items[i].name);
            return;
        }
    }
}

static bool parse_number(const struct value_rule *rule, const char *text, void *field)
{
    uint64_t value = 0;
    if (rule->kind == VALUE_COUNT_AUTO && strcmp(text, "auto") == 0) {
        *(uint32_t *)field = 0;
        return true;
    }
    if (!parse_quantity(rule, text, &value)) {
        return false;
    }
    if (rule->kind == VALUE_SIZE) {
        *(size_t *)field = (size_t)value;
    } else if (rule->kind == VALUE_DURATION) {
        *(int64_t *)field = (int64_t)value;
    } else {
        *(uint32_t *)field = (uint32_t)value;
    }
    return true;
}

static void describe_number(const struct value_rule *rule, char *text, size_t cap)
{
    static const char *const what[] = {[VALUE_COUNT] = "a whole number",
                                       [VALUE_COUNT_AUTO] = "auto, or a whole number",
                                       [VALUE_SIZE] = "a size with unit (B, KiB, MiB, GiB)",
                                       [VALUE_DURATION] = "a duration with unit (us, ms, s, m, h)"};
    char least[32];
    char most[32];
    print_quantity(rule->kind, rule->least, least, sizeof least);
    print_quantity(rule->kind, rule->most, most, sizeof most);
    snprintf(text, cap, "%s from %s to %s", what[rule->kind], least, most);
}

static bool print_number(const struct value_rule *rule, const void *field, char *text, size_t cap)
{
    uint64_t value = 0;
    if (rule->kind == VALUE_SIZE) {
        value = *(const size_t *)field;
    } else if (rule->kind == VALUE_DURATION) {
        value = (uint64_t) * (const int64_t *)field;
    } else {
        value = *(const uint32_t *)field;
    }
    if (rule->kind == VALUE_COUNT_AUTO && value == 0) {
        snprintf(text, cap, "auto");
    } else if (value == 0) { /* left out: 0 is never a value */
        text[0] = '\0';
        return false;
    } else {
        print_quantity(rule->kind, value, text, cap);
    }
    return true;
}

static bool is_name(const char *text)
{
    size_t len = strlen(text);
    return len >= 1 && len <= NAME_MAX_LEN &&
           strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_-") == len;
}

static bool parse_text(const struct value_rule *rule, const char *text, void *field)
{
    size_t len = strlen(text);
    bool fits = len >= rule->least && len <= rule->most;
    if (rule->kind == VALUE_NAME) {
        fits = is_name(text);
    } else if (rule->kind == VALUE_IDENTIFIER) {
        fits = len >= 1 && len <= IDENTIFIER_MAX_LEN;
    } else if (rule->kind == VALUE_PATH) {
        fits = len >= 1 && len <= PATH_MAX_LEN;
    }
    if (fits) {
        *(char **)field = mem_copy_string(text, len);
    }
    return fits;
}

static void describe_text(const struct value_rule *rule, char *text, size_t cap)
{
    if (rule->kind == VALUE_NAME) {
        snprintf(text, cap, "a name of 1 to %" PRIu64 " characters of a-z, 0-9, _ and -",
                 NAME_MAX_LEN);
    } else if (rule->kind == VALUE_IDENTIFIER) {
        snprintf(text, cap, "an SQL name of 1 to %" PRIu64 " bytes", IDENTIFIER_MAX_LEN);
    } else if (rule->kind == VALUE_PATH) {
        snprintf(text, cap, "the name of a file");
    } else {
        snprintf(text, cap, "a text of %" PRIu64 " to %" PRIu64 " bytes", rule->least, rule->most);
    }
}

static bool print_text(const struct value_rule *rule, const void *field, char *text, size_t cap)
{
    (void)rule;
    const char *value = *(const char *const *)field;
    snprintf(text, cap, "%s", value != NULL ? value : "");
    return value != NULL;
}

static bool parse_choice(const struct value_rule *rule, const char *text, void *field)
{
    for (unsigned i = 0; rule->choices[i] != NULL; i++) {
        if (strcmp(rule->choices[i], text) == 0) {
            memcpy(field, &i, sizeof i);
            return true;
        }
    }
    return false;
}

static void describe_choice(const struct value_rule *rule, char *text, size_t cap)
{
    size_t len = 0;
    for (size_t i = 0; rule->choices[i] != NULL && len < cap; i++) {
        const char *between = i == 0 ? "" : rule->choices[i + 1] == NULL ? " or " : ", ";
        len += (size_t)snprintf(text + len, cap - len, "%s%s", between, rule->choices[i]);
    }
}

static bool print_choice(const struct value_rule *rule, const void *field, char *text, size_t cap)
{
    unsigned index = 0;
    memcpy(&index, field, sizeof index);
    snprintf(text, cap, "%s", rule->choices[index]);
    return true;
}

static bool parse_bool(const struct value_rule *rule, const char *text, void *field)
{
    (void)rule;
    bool yes = strcmp(text, "true") == 0;
    if (!yes && strcmp(text, "false") != 0) {
        return false;
    }
    *(bool *)field = yes;
    return true;
}

static void describe_bool(const struct value_rule *rule, char *text, size_t cap)
{
    (void)rule;
    snprintf(text, cap, "true or false");
}

static bool print_bool(const struct value_rule *rule, const void *field, char *text, size_t cap)
{
    (void)rule;
    snprintf(text, cap, "%s", *(const bool *)field ? "true" : "false");
    return true;
}

static bool parse_address(const struct value_rule *rule, const char *text, void *field)
{
    return rule->kind == VALUE_BIND ? address_parse_bind(text, field)
                                    : address_parse_endpoint(text, field);
}

static void describe_address(const struct value_rule *rule, char *text, size_t cap)
{
    snprintf(text, cap, "%s",
             rule->kind == VALUE_BIND
                 ? "a numeric address with port (127.0.0.1:6432, [::1]:6432) or unix:/path"
                 : "host:port (db.internal:5432, 192.0.2.1:5432, [::1]:5432) or unix:/path");
}

static bool print_address(const struct value_rule *rule, const void *field, char *text, size_t cap)
{
    (void)rule;
    const struct config_address *address = field;
    snprintf(text, cap, "%s", address->text != NULL ? address->text : "");
    return address->text != NULL;
}

struct value_ops {
    bool (*parse)(const struct value_rule *rule, const char *text, void *field);
    void (*describe)(const struct value_rule *rule, char *text, size_t cap);
    bool (*print)(const struct value_rule *rule, const void *field, char *text, size_t cap);
};

static const struct value_ops *ops_of(enum value_kind kind)
{
    static const struct value_ops text_ops = {parse_text, describe_text, print_text};
    static const struct value_ops number_ops = {parse_number, describe_number, print_number};
    static const struct value_ops choice_ops = {parse_choice, describe_choice, print_choice};
    static const struct value_ops bool_ops = {parse_bool, describe_bool, print_bool};
    static const struct value_ops address_ops = {parse_address, describe_address, print_address};
    static const struct value_ops *const by_kind[] = {
        [VALUE_TEXT] = &text_ops,       [VALUE_NAME] = &text_ops,
        [VALUE_IDENTIFIER] = &text_ops, [VALUE_PATH] = &text_ops,
        [VALUE_CHOICE] = &choice_ops,   [VALUE_BOOL] = &bool_ops,
        [VALUE_COUNT] = &number_ops,    [VALUE_COUNT_AUTO] = &number_ops,
        [VALUE_SIZE] = &number_ops,     [VALUE_DURATION] = &number_ops,
        [VALUE_BIND] = &address_ops,    [VALUE_ENDPOINT] = &address_ops,
    };
    check((size_t)kind < sizeof by_kind / sizeof by_kind[0]);
    return by_kind[kind];
}

bool value_parse(const struct value_rule *rule, const char *text, void *field)
{
    check(rule != NULL && text != NULL && field != NULL);
    return ops_of(rule->kind)->parse(rule, text, field);
}

void value_describe(const struct value_rule *rule, char *text, size_t cap)
{
    check(rule != NULL && cap > 0);
    ops_of(rule->kind)->describe(rule, text, cap);
}

bool value_print(const struct value_rule *rule, const void *field, char *text, size_t cap)
{
    check(rule != NULL && field != NULL && cap > 0);
    return ops_of(rule->kind)->print(rule, field, text, cap);
}
