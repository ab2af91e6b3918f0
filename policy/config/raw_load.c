/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs libcyaml and turns its reports into ours. It reports a fault as log lines: a message, then
 * a backtrace of fields and entries, innermost first, with rough positions. The backtrace is
 * turned back into a path and the path, by the document, into the exact position. Owns what is
 * loaded until it is handed over; nothing is shared between calls. */
#include "policy/config/raw_load.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/config/schema.h"
#include "protocol/check.h"
#include "protocol/mem.h"

/* One line of libcyaml's backtrace: a key of a mapping, or the number of an entry. */
struct frame {
    char key[64];
    unsigned entry; /* from 1; 0 for a key */
};

/* What libcyaml said about the first fault. */
struct report {
    char message[512];
    bool has_message;
    struct frame frames[DOCUMENT_DEPTH_MAX + 1]; /* innermost first */
    size_t num_frames;
};

static void take_frame(struct report *report, const char *line)
{
    static const char key_text[] = "  in mapping field '";
    static const char entry_text[] = "  in sequence entry '";
    if (report->num_frames == sizeof report->frames / sizeof report->frames[0]) {
        return;
    }
    struct frame frame = {0};
    if (strncmp(line, key_text, strlen(key_text)) == 0) {
        const char *key = line + strlen(key_text);
        snprintf(frame.key, sizeof frame.key, "%.*s", (int)strcspn(key, "'"), key);
    } else if (strncmp(line, entry_text, strlen(entry_text)) == 0) {
        frame.entry = (unsigned)strtoul(line + strlen(entry_text), NULL, 10);
    } else {
        return;
    }
    report->frames[report->num_frames++] = frame;
}

/* libcyaml's log callback: called once a line. */
static void take_line(cyaml_log_t level, void *context, const char *format, va_list args)
    __attribute__((format(printf, 3, 0)));
static void take_line(cyaml_log_t level, void *context, const char *format, va_list args)
{
    static const char prefix[] = "Load: ";
    struct report *report = context;
    char line[512];
    vsnprintf(line, sizeof line, format, args);
    line[strcspn(line, "\n")] = '\0';
    if (level != CYAML_LOG_ERROR) {
        return;
    }
    if (report->has_message) {
        take_frame(report, line);
        return;
    }
    bool has_prefix = strncmp(line, prefix, strlen(prefix)) == 0;
    snprintf(report->message, sizeof report->message, "%s",
             line + (has_prefix ? strlen(prefix) : 0));
    report->has_message = true;
}

static const cyaml_schema_value_t *value_below(const cyaml_schema_value_t *value,
                                               const struct frame *frame)
{
    if (value != NULL && value->type == CYAML_SEQUENCE && frame->entry > 0) {
        return value->sequence.entry;
    }
    if (value == NULL || value->type != CYAML_MAPPING || frame->entry > 0) {
        return NULL;
    }
    for (const cyaml_schema_field_t *f = value->mapping.fields; f->key != NULL; f++) {
        if (strcmp(f->key, frame->key) == 0) {
            return &f->value;
        }
    }
    return NULL;
}

static void list_keys(const cyaml_schema_value_t *value, char *text, size_t cap)
{
    size_t len = 0;
    text[0] = '\0';
    if (value == NULL || value->type != CYAML_MAPPING) {
        return;
    }
    for (const cyaml_schema_field_t *f = value->mapping.fields; f->key != NULL && len < cap; f++) {
        len += (size_t)snprintf(text + len, cap - len, "%s%s", len == 0 ? "" : ", ", f->key);
    }
}

static const char *shape_name(const char *word)
{
    if (strncmp(word, "MAPPING", 7) == 0) {
        return "a mapping (key: value)";
    }
    return strncmp(word, "SEQUENCE", 8) == 0 ? "a list" : "a single value";
}

/* Where the fault is: the path that the frames spell. */
struct place {
    uint32_t node;
    const cyaml_schema_value_t *value; /* NULL when the schema has nothing there */
};

static struct place place_of(const struct report *report, const struct document *document,
                             const cyaml_schema_value_t *root)
{
    struct place place = {DOCUMENT_ROOT, root};
    for (size_t i = report->num_frames; i > 0; i--) {
        const struct frame *frame = &report->frames[i - 1];
        place.node = frame->entry > 0 ? document_item(document, place.node, frame->entry - 1)
                                      : document_child(document, place.node, frame->key);
        place.value = value_below(place.value, frame);
    }
    return place;
}

static void explain_shape(const char *expected, const char *message, struct config_error *error)
{
    static const char got_text[] = "got event: ";
    const char *got = strstr(message, got_text);
    snprintf(error->message, sizeof error->message, "expected %s, found %s", shape_name(expected),
             shape_name(got != NULL ? got + strlen(got_text) : ""));
}

static void explain(const struct report *report, const struct document *document,
                    const cyaml_schema_value_t *root, struct config_error *error)
{
    static const char unknown[] = "Unexpected key: ";
    static const char twice[] = "Mapping field already seen: ";
    static const char shape[] = "Expecting ";
    const char *message = report->message;
    struct place place = place_of(report, document, root);
    struct config_position at = document_position(document, place.node);
    if (strncmp(message, unknown, strlen(unknown)) == 0) {
        const char *key = message + strlen(unknown);
        char keys[256];
        list_keys(place.value, keys, sizeof keys);
        at = document_key_position(document, document_child(document, place.node, key));
        snprintf(error->message, sizeof error->message,
                 "unknown key \"%.64s\"; expected one of: %s", key, keys);
    } else if (strncmp(message, twice, strlen(twice)) == 0) {
        at = document_key_position(document, place.node);
        snprintf(error->message, sizeof error->message, "key \"%.64s\" is there twice",
                 message + strlen(twice));
    } else if (strncmp(message, shape, strlen(shape)) == 0) {
        explain_shape(message + strlen(shape), message, error);
    } else {
        snprintf(error->message, sizeof error->message, "%s",
                 report->has_message ? message : "does not have the expected form");
    }
    error->line = at.line;
    error->column = at.column;
}

/* In front of every block that libcyaml gets. */
union block {
    size_t cap;
    max_align_t alignment;
};

/* libcyaml's allocator. A list grows by one entry at a time, and a reallocation that copies each
 * time would take the square of its length, so a block that grows doubles. */
static void *grow_block(void *context, void *memory, size_t size)
{
    (void)context;
    union block *old = memory != NULL ? (union block *)memory - 1 : NULL;
    if (size == 0) {
        free(old);
        return NULL;
    }
    if (old != NULL && old->cap >= size) {
        return memory;
    }
    size_t cap = old != NULL && old->cap * 2 > size ? old->cap * 2 : size;
    union block *block = mem_resize(old, 1, sizeof *block + cap);
    block->cap = cap;
    return block + 1;
}

static cyaml_config_t cyaml_settings(struct report *report)
{
    return (cyaml_config_t){.log_fn = take_line,
                            .log_ctx = report,
                            .log_level = CYAML_LOG_ERROR,
                            .mem_fn = grow_block,
                            .flags = CYAML_CFG_NO_ALIAS};
}

static enum config_status load_shape(struct slice text, const char *file,
                                     const struct document *document,
                                     const cyaml_schema_value_t *schema, void **out,
                                     unsigned *out_count, struct config_error *out_error)
{
    struct report report = {0};
    cyaml_config_t settings = cyaml_settings(&report);
    *out = NULL;
    cyaml_err_t status =
        cyaml_load_data(text.ptr, text.len, &settings, schema, (cyaml_data_t **)out, out_count);
    if (status == CYAML_OK) {
        return CONFIG_OK;
    }
    *out = NULL;
    *out_error = (struct config_error){0};
    snprintf(out_error->file, sizeof out_error->file, "%s", file);
    explain(&report, document, schema, out_error);
    return CONFIG_WRONG;
}

static void release_shape(const cyaml_schema_value_t *schema, void *data, unsigned count)
{
    struct report ignored = {0};
    cyaml_config_t settings = cyaml_settings(&ignored);
    cyaml_free(&settings, schema, data, count);
}

enum config_status raw_file_load(struct slice text, const char *file,
                                 const struct document *document, struct raw_file *out,
                                 struct config_error *out_error)
{
    struct raw_schema *schema = mem_new(sizeof *schema);
    schema_init(schema, document);
    void *config = NULL;
    enum config_status status =
        load_shape(text, file, document, &schema->root, &config, NULL, out_error);
    *out = (struct raw_file){.config = config, .schema = schema};
    if (status != CONFIG_OK) {
        raw_file_fini(out);
    }
    return status;
}

void raw_file_fini(struct raw_file *file)
{
    if (file->config != NULL) {
        release_shape(&file->schema->root, file->config, 0);
    }
    if (file->schema != NULL) {
        schema_fini(file->schema);
    }
    free(file->schema);
    *file = (struct raw_file){0};
}

enum config_status raw_tenants_load(struct slice text, const char *file,
                                    const struct document *document, struct raw_tenant_list *out,
                                    struct config_error *out_error)
{
    void *items = NULL;
    *out = (struct raw_tenant_list){0};
    enum config_status status =
        load_shape(text, file, document, schema_tenant_list(), &items, &out->count, out_error);
    out->items = items;
    return status;
}

void raw_tenants_fini(struct raw_tenant_list *list)
{
    if (list->items != NULL) {
        release_shape(schema_tenant_list(), list->items, list->count);
    }
    *list = (struct raw_tenant_list){0};
}
