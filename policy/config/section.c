/* SPDX-License-Identifier: Apache-2.0
 *
 * The engine under the loader. It knows no key by name: tables say what there is, the document
 * where it stands. The first refusal fills the error in and ends the load; what was converted so
 * far belongs to the config being built, which the loader releases. Values found in files are
 * shown in messages, so no key whose value is a secret may exist: secrets have files. */
#include "policy/config/section.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/check.h"
#include "protocol/mem.h"
#include "protocol/utf8.h"

#define SHOWN_MAX 60             /* bytes of a wrong value that a message shows */
#define LIST_MAX  ((size_t)4096) /* every new entry is compared with all others */

static void report(struct reading *reading, struct config_position at, const char *format,
                   va_list args) __attribute__((format(printf, 3, 0)));
static void report(struct reading *reading, struct config_position at, const char *format,
                   va_list args)
{
    struct config_error *error = reading->error;
    *error = (struct config_error){.line = at.line, .column = at.column};
    snprintf(error->file, sizeof error->file, "%s", reading->file);
    vsnprintf(error->message, sizeof error->message, format, args);
}

enum config_status refuse(struct reading *reading, uint32_t node, const char *format, ...)
{
    uint32_t shown = node != DOCUMENT_NONE ? node : DOCUMENT_ROOT;
    va_list args;
    va_start(args, format);
    report(reading, document_position(reading->document, shown), format, args);
    va_end(args);
    return CONFIG_WRONG;
}

enum config_status refuse_key(struct reading *reading, uint32_t node, const char *format, ...)
{
    uint32_t shown = node != DOCUMENT_NONE ? node : DOCUMENT_ROOT;
    va_list args;
    va_start(args, format);
    report(reading, document_key_position(reading->document, shown), format, args);
    va_end(args);
    return CONFIG_WRONG;
}

/* A fault in an environment variable has no line. */
static enum config_status refuse_variable(struct reading *reading, const char *format, ...)
    PRINTF_LIKE(2, 3);
static enum config_status refuse_variable(struct reading *reading, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    report(reading, (struct config_position){0}, format, args);
    va_end(args);
    snprintf(reading->error->file, sizeof reading->error->file, "environment");
    return CONFIG_WRONG;
}

void warn(struct reading *reading, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    struct config *config = reading->config;
    config->warnings =
        mem_resize(config->warnings, config->num_warnings + 2, sizeof *config->warnings);
    config->warnings[config->num_warnings++] = mem_copy_string(text, strlen(text));
    config->warnings[config->num_warnings] = NULL;
}

struct section_place section_below(const struct reading *reading, const struct section_place *place,
                                   const char *name)
{
    uint32_t node = document_child(reading->document, place->node, name);
    struct section_place below = {.node = node,
                                  .nearest = node != DOCUMENT_NONE ? node : place->nearest};
    int len = snprintf(below.path, sizeof below.path, "%s%s%s", place->path,
                       place->path[0] != '\0' ? "." : "", name);
    check(len >= 0 && (size_t)len < sizeof below.path);
    return below;
}

struct section_place section_entry(const struct reading *reading, const struct section_place *place,
                                   const char *name, uint32_t index, const char *label)
{
    struct section_place list = section_below(reading, place, name);
    uint32_t node = document_item(reading->document, list.node, index);
    struct section_place entry = {.node = node,
                                  .nearest = node != DOCUMENT_NONE ? node : list.nearest};
    int len = snprintf(entry.path, sizeof entry.path, "%s.%s", list.path, label);
    check(len >= 0 && (size_t)len < sizeof entry.path);
    return entry;
}

/* Where a text came from, for the message when it does not fit. */
struct found {
    const char *text;     /* NULL: nowhere */
    const char *variable; /* NULL: from the file */
};

/* What a file could not hold, a variable may not bring in: bytes that are no text. */
static bool is_plain_text(const char *value)
{
    for (const char *c = value; *c != '\0'; c++) {
        if ((*c >= 0 && *c < ' ') || *c == 0x7f) {
            return false;
        }
    }
    return utf8_is_valid(slice_text(value), UTF8_NUL_REFUSED);
}

/* The value of the variable that stands for a key; NULL when it is not set. */
static enum config_status take_variable(struct reading *reading, const char *name,
                                        const char **out_value)
{
    bool again = false;
    *out_value = override_take(reading->overrides, name, &again);
    if (again) {
        return refuse_variable(reading, "%s stands for two keys; give them names that differ",
                               name);
    }
    if (*out_value != NULL && !is_plain_text(*out_value)) {
        return refuse_variable(reading, "%s: expected UTF-8 text without control characters", name);
    }
    return CONFIG_OK;
}

static enum config_status find_text(struct reading *reading, const struct section_place *place,
                                    const struct key *key, const void *raw, char *name,
                                    struct found *out)
{
    const char *value = NULL;
    override_name(place->path, key->name, name);
    if (take_variable(reading, name, &value) != CONFIG_OK) {
        return CONFIG_WRONG;
    }
    if (value != NULL) {
        *out = (struct found){value, name};
        return CONFIG_OK;
    }
    memcpy(&value, (const char *)raw + key->raw, sizeof value);
    *out = (struct found){value, NULL};
    return CONFIG_OK;
}

static enum config_status refuse_value(struct reading *reading, const struct section_place *place,
                                       const struct key *key, const struct found *found)
{
    char expected[256];
    value_describe(&key->rule, expected, sizeof expected);
    if (found->variable != NULL) {
        return refuse_variable(reading, "%s: expected %s, found \"%.*s\"", found->variable,
                               expected, SHOWN_MAX, found->text);
    }
    return refuse(reading, document_child(reading->document, place->node, key->name),
                  "%s.%s: expected %s, found \"%.*s\"", place->path, key->name, expected, SHOWN_MAX,
                  found->text);
}

static enum config_status read_key(struct reading *reading, const struct section_place *place,
                                   const struct key *key, const void *raw, void *values,
                                   bool *out_given)
{
    char name[OVERRIDE_NAME_MAX];
    struct found found = {0};
    if (find_text(reading, place, key, raw, name, &found) != CONFIG_OK) {
        return CONFIG_WRONG;
    }
    *out_given = found.text != NULL;
    if (found.text == NULL && key->presence == REQUIRED) {
        return refuse(reading, place->nearest, "%s.%s is missing", place->path, key->name);
    }
    const char *text = found.text != NULL ? found.text : key->fallback;
    void *field = (char *)values + key->field;
    if (text != NULL && !value_parse(&key->rule, text, field)) {
        check(found.text != NULL); /* a default that does not fit is our bug */
        return refuse_value(reading, place, key, &found);
    }
    return CONFIG_OK;
}

enum config_status section_read(struct reading *reading, enum section_id id,
                                const struct section_place *place, const void *raw, void *values,
                                uint64_t *out_given)
{
    const struct section *section = section_at(id);
    *out_given = 0;
    for (size_t i = 0; i < section->num_keys; i++) {
        bool given = false;
        if (read_key(reading, place, &section->keys[i], raw, values, &given) != CONFIG_OK) {
            return CONFIG_WRONG;
        }
        *out_given |= given ? UINT64_C(1) << i : 0;
    }
    return CONFIG_OK;
}

/* A list being built. */
struct list {
    char **items;
    size_t count;
};

static bool list_has(const struct list *list, const char *text, size_t len)
{
    for (size_t i = 0; i < list->count; i++) {
        if (strlen(list->items[i]) == len && memcmp(list->items[i], text, len) == 0) {
            return true;
        }
    }
    return false;
}

static void list_add(struct list *list, const char *text, size_t len)
{
    list->items = mem_resize(list->items, list->count + 2, sizeof *list->items);
    list->items[list->count++] = mem_copy_string(text, len);
    list->items[list->count] = NULL;
}

static enum config_status split_override(struct reading *reading, const char *name,
                                         const char *text, struct list *list)
{
    while (*text != '\0') {
        size_t len = strcspn(text, ",");
        if (len == 0 || list_has(list, text, len)) {
            return refuse_variable(reading, "%s: expected different names between commas", name);
        }
        list_add(list, text, len);
        text += len + (text[len] == ',' ? 1 : 0);
    }
    return CONFIG_OK;
}

static enum config_status copy_items(struct reading *reading, const struct section_place *below,
                                     char *const *items, size_t num_items, struct list *list)
{
    if (num_items > LIST_MAX) {
        return refuse(reading, below->node, "%s: expected at most %zu entries", below->path,
                      LIST_MAX);
    }
    for (size_t i = 0; i < num_items; i++) {
        size_t len = strlen(items[i]);
        if (len == 0 || list_has(list, items[i], len)) {
            return refuse(reading, document_item(reading->document, below->node, (uint32_t)i),
                          "%s: %s", below->path, len == 0 ? "an empty name" : "named twice");
        }
        list_add(list, items[i], len);
    }
    return CONFIG_OK;
}

enum config_status list_read(struct reading *reading, const struct section_place *place,
                             const char *name, const struct list_key *key, char *const *items,
                             size_t num_items, char ***out, size_t *out_count)
{
    struct section_place below = section_below(reading, place, name);
    struct list list = {.items = mem_new(sizeof *list.items)};
    char variable[OVERRIDE_NAME_MAX];
    const char *override = NULL;
    override_name(place->path, name, variable);
    enum config_status status = take_variable(reading, variable, &override);
    if (status == CONFIG_OK) {
        status = override != NULL ? split_override(reading, variable, override, &list)
                                  : copy_items(reading, &below, items, num_items, &list);
    }
    if (status == CONFIG_OK && override == NULL && below.node == DOCUMENT_NONE &&
        key->fallback != NULL) {
        list_add(&list, key->fallback, strlen(key->fallback));
    }
    *out = list.items;
    *out_count = list.count;
    return status;
}
