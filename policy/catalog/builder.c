/* SPDX-License-Identifier: Apache-2.0
 *
 * Takes rows one by one, each kind of query by its own function. Relations are sorted when the
 * first row about one of them arrives, so that every later row finds its relation by binary
 * search; rows usually come in order, and the last relation found is tried first. A relation of
 * which columns were asked for but which is gone (dropped between two queries) fails the build:
 * the loader tries again. Owns the half-built catalogue. */
#include "policy/catalog/builder.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/check.h"
#include "protocol/mem.h"
#include "protocol/utf8.h"

#define MESSAGE_CAP    256
#define INDEX_KEYS_MAX 32u /* INDEX_MAX_KEYS of PostgreSQL */

struct catalog_builder {
    struct catalog *catalog; /* owns */
    size_t cap_relations;
    size_t cap_functions;
    size_t cap_types;
    size_t num_columns; /* over all relations */
    bool has_facts;
    bool sorted;
    size_t last; /* index of the relation the last row was about */
    enum catalog_query at;
    bool failed;
    char message[MESSAGE_CAP];
};

static enum catalog_status fail(struct catalog_builder *b, const char *format, ...)
    PRINTF_LIKE(2, 3);
static enum catalog_status fail(struct catalog_builder *b, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(b->message, sizeof b->message, format, args);
    va_end(args);
    b->failed = true;
    return CATALOG_WRONG;
}

/* Makes room for one more of count elements of size bytes. New ones are zeroed. */
static void *grow(void *items, size_t count, size_t *cap, size_t size)
{
    if (count < *cap) {
        return items;
    }
    size_t wider = *cap == 0 ? 16 : *cap * 2;
    items = mem_resize(items, wider, size);
    memset((char *)items + *cap * size, 0, (wider - *cap) * size);
    *cap = wider;
    return items;
}

static bool is_null(struct slice field)
{
    return field.ptr == NULL;
}

static char *take_text(struct slice field)
{
    return mem_copy_string((const char *)field.ptr, field.len);
}

static bool parse_number(struct slice field, uint64_t most, uint64_t *out)
{
    uint64_t value = 0;
    for (size_t i = 0; i < field.len; i++) {
        if (field.ptr[i] < '0' || field.ptr[i] > '9' || value > most / 10) {
            return false;
        }
        value = value * 10 + (uint64_t)(field.ptr[i] - '0');
    }
    *out = value;
    return field.len > 0 && value <= most;
}

/* The server writes booleans as t and f. */
static bool parse_bool(struct slice field, bool *out)
{
    *out = field.len == 1 && field.ptr[0] == 't';
    return *out || (field.len == 1 && field.ptr[0] == 'f');
}

static enum catalog_status take_facts(struct catalog_builder *b, const struct slice *fields)
{
    struct catalog *c = b->catalog;
    uint64_t version = 0;
    if (b->has_facts || !parse_number(fields[0], UINT32_MAX, &version) ||
        !parse_bool(fields[4], &c->is_superuser) || !parse_bool(fields[5], &c->bypasses_rls)) {
        return fail(b, "unexpected facts about the server");
    }
    if (!slice_equal(fields[1], slice_text("UTF8"))) {
        return fail(b, "the database's encoding is %.*s; only UTF8 is supported",
                    (int)fields[1].len, (const char *)fields[1].ptr);
    }
    b->has_facts = true;
    c->server_version_num = (uint32_t)version;
    c->server_encoding = take_text(fields[1]);
    c->database = take_text(fields[2]);
    c->role = take_text(fields[3]);
    return CATALOG_OK;
}

static enum relation_kind kind_of(char letter, bool is_partition)
{
    if (is_partition) {
        return letter == 'f' ? RELATION_FOREIGN : RELATION_PARTITION;
    }
    switch (letter) { /* pg_class.relkind */
    case 'r':
        return RELATION_TABLE;
    case 'p':
        return RELATION_PARTITIONED;
    case 'v':
        return RELATION_VIEW;
    case 'm':
        return RELATION_MATVIEW;
    case 'S':
        return RELATION_SEQUENCE;
    case 'f':
        return RELATION_FOREIGN;
    default:
        return RELATION_OTHER;
    }
}

static enum catalog_status take_relation(struct catalog_builder *b, const struct slice *fields)
{
    struct catalog *c = b->catalog;
    bool is_partition = false;
    bool is_child = false;
    bool has_children = false;
    bool is_row_secure = false;
    if (fields[2].len != 1 || !parse_bool(fields[3], &is_partition) ||
        !parse_bool(fields[4], &is_child) || !parse_bool(fields[5], &has_children) ||
        !parse_bool(fields[6], &is_row_secure)) {
        return fail(b, "unexpected answer about relations");
    }
    if (c->num_relations == CATALOG_RELATIONS_MAX) {
        return fail(b, "more than %zu relations in the managed schemas", CATALOG_RELATIONS_MAX);
    }
    c->relations = grow(c->relations, c->num_relations, &b->cap_relations, sizeof *c->relations);
    struct catalog_relation *r = &c->relations[c->num_relations++];
    r->schema = take_text(fields[0]);
    r->name = take_text(fields[1]);
    r->kind = kind_of((char)fields[2].ptr[0], is_partition);
    r->is_inheritance_child = is_child;
    r->has_children = has_children;
    r->is_row_secure = is_row_secure;
    return CATALOG_OK;
}

static int compare_relations(const void *a, const void *b)
{
    const struct catalog_relation *left = a;
    const struct catalog_relation *right = b;
    int order = strcmp(left->schema, right->schema);
    return order != 0 ? order : strcmp(left->name, right->name);
}

static int compare_functions(const void *a, const void *b)
{
    const struct catalog_function *left = a;
    const struct catalog_function *right = b;
    int order = strcmp(left->schema, right->schema);
    return order != 0 ? order : strcmp(left->name, right->name);
}

static int compare_types(const void *a, const void *b)
{
    const struct catalog_type *left = a;
    const struct catalog_type *right = b;
    int order = strcmp(left->schema, right->schema);
    return order != 0 ? order : strcmp(left->name, right->name);
}

static void sort_relations(struct catalog_builder *b)
{
    struct catalog *c = b->catalog;
    if (!b->sorted && c->num_relations > 0) {
        qsort(c->relations, c->num_relations, sizeof *c->relations, compare_relations);
    }
    b->sorted = true;
}

static bool is_named(const struct catalog_relation *r, struct slice schema, struct slice name)
{
    return slice_equal(slice_text(r->schema), schema) && slice_equal(slice_text(r->name), name);
}

/* The relation a row is about, or NULL. */
static struct catalog_relation *find_relation(struct catalog_builder *b, struct slice schema,
                                              struct slice name)
{
    struct catalog *c = b->catalog;
    sort_relations(b);
    if (b->last < c->num_relations && is_named(&c->relations[b->last], schema, name)) {
        return &c->relations[b->last];
    }
    char *schema_text = take_text(schema);
    char *name_text = take_text(name);
    const struct catalog_relation *found = catalog_find(c, schema_text, name_text);
    free(schema_text);
    free(name_text);
    if (found == NULL) {
        return NULL;
    }
    b->last = (size_t)(found - c->relations);
    return &c->relations[b->last];
}

static enum catalog_status take_column(struct catalog_builder *b, const struct slice *fields)
{
    struct catalog_relation *r = find_relation(b, fields[0], fields[1]);
    struct catalog_column column = {0};
    uint64_t attnum = 0;
    uint64_t oid = 0;
    if (r == NULL || !parse_number(fields[3], INT16_MAX, &attnum) || attnum == 0 ||
        !parse_number(fields[4], UINT32_MAX, &oid) ||
        !parse_bool(fields[6], &column.is_generated) ||
        !parse_bool(fields[7], &column.has_default) ||
        !parse_bool(fields[8], &column.is_identity_always) ||
        !parse_bool(fields[9], &column.is_not_null)) {
        return fail(b, r == NULL ? "the database's tables changed while they were read"
                                 : "unexpected answer about columns");
    }
    if (b->num_columns == CATALOG_COLUMNS_MAX) {
        return fail(b, "more than %zu columns in the managed schemas", CATALOG_COLUMNS_MAX);
    }
    b->num_columns++;
    column.attnum = (int16_t)attnum;
    column.type_oid = (uint32_t)oid;
    column.name = take_text(fields[2]);
    column.type_name = take_text(fields[5]);
    r->columns = mem_resize(r->columns, r->num_columns + 1, sizeof *r->columns);
    r->columns[r->num_columns++] = column;
    return CATALOG_OK;
}

/* int2vector: numbers between single blanks; the first count of them are the key. */
static bool parse_attnums(struct slice field, size_t count, int16_t *out)
{
    size_t start = 0;
    for (size_t i = 0; i < count; i++) {
        struct slice rest = slice_from(field, start <= field.len ? start : field.len);
        const uint8_t *blank = rest.len > 0 ? memchr(rest.ptr, ' ', rest.len) : NULL;
        size_t len = blank != NULL ? (size_t)(blank - rest.ptr) : rest.len;
        uint64_t attnum = 0;
        bool is_system = len > 0 && rest.ptr[0] == '-';
        if (is_system || !parse_number(slice_of(rest.ptr, len), INT16_MAX, &attnum)) {
            return false;
        }
        out[i] = (int16_t)attnum;
        start += len + 1;
    }
    return true;
}

static enum catalog_status take_index(struct catalog_builder *b, const struct slice *fields)
{
    struct catalog_relation *r = find_relation(b, fields[0], fields[1]);
    struct catalog_index index = {0};
    uint64_t count = 0;
    int16_t attnums[INDEX_KEYS_MAX];
    if (r == NULL || !parse_bool(fields[3], &index.is_unique) ||
        !parse_bool(fields[4], &index.is_exclusion) ||
        !parse_number(fields[6], INDEX_KEYS_MAX, &count) || count == 0 ||
        !parse_attnums(fields[5], (size_t)count, attnums) ||
        !parse_bool(fields[7], &index.has_expressions) ||
        !parse_bool(fields[8], &index.is_partial)) {
        return fail(b, r == NULL ? "the database's tables changed while they were read"
                                 : "unexpected answer about indexes");
    }
    index.num_attnums = (size_t)count;
    index.attnums = mem_new_array((size_t)count, sizeof *index.attnums);
    memcpy(index.attnums, attnums, (size_t)count * sizeof *attnums);
    index.name = take_text(fields[2]);
    index.constraint_name = is_null(fields[9]) ? NULL : take_text(fields[9]);
    r->indexes = mem_resize(r->indexes, r->num_indexes + 1, sizeof *r->indexes);
    r->indexes[r->num_indexes++] = index;
    return CATALOG_OK;
}

static enum catalog_status take_function(struct catalog_builder *b, const struct slice *fields)
{
    struct catalog *c = b->catalog;
    if (c->num_functions == CATALOG_FUNCTIONS_MAX) {
        return fail(b, "more than %zu functions in the managed schemas", CATALOG_FUNCTIONS_MAX);
    }
    c->functions = grow(c->functions, c->num_functions, &b->cap_functions, sizeof *c->functions);
    struct catalog_function *f = &c->functions[c->num_functions++];
    f->schema = take_text(fields[0]);
    f->name = take_text(fields[1]);
    return CATALOG_OK;
}

static enum catalog_status take_type(struct catalog_builder *b, const struct slice *fields)
{
    struct catalog *c = b->catalog;
    if (c->num_types == CATALOG_TYPES_MAX) {
        return fail(b, "more than %zu types in the managed schemas", CATALOG_TYPES_MAX);
    }
    c->types = grow(c->types, c->num_types, &b->cap_types, sizeof *c->types);
    struct catalog_type *type = &c->types[c->num_types++];
    type->schema = take_text(fields[0]);
    type->name = take_text(fields[1]);
    return CATALOG_OK;
}

struct catalog_builder *catalog_builder_new(void)
{
    struct catalog_builder *b = mem_new(sizeof *b);
    b->catalog = mem_new(sizeof *b->catalog);
    return b;
}

/* UTF-8 without NUL in every field; only an index's constraint may be missing. */
static bool fields_fit(enum catalog_query query, const struct slice *fields, size_t num_fields)
{
    for (size_t i = 0; i < num_fields; i++) {
        bool may_be_null = query == CATALOG_QUERY_INDEXES && i == num_fields - 1;
        if (is_null(fields[i])) {
            if (!may_be_null) {
                return false;
            }
        } else if (fields[i].len > CATALOG_TEXT_MAX ||
                   !utf8_is_valid(fields[i], UTF8_NUL_REFUSED)) {
            return false;
        }
    }
    return true;
}

enum catalog_status catalog_builder_row(struct catalog_builder *builder, enum catalog_query query,
                                        const struct slice *fields, size_t num_fields)
{
    typedef enum catalog_status take_fn(struct catalog_builder *, const struct slice *);
    static take_fn *const take[CATALOG_QUERY_COUNT] = {
        [CATALOG_QUERY_FACTS] = take_facts,        [CATALOG_QUERY_RELATIONS] = take_relation,
        [CATALOG_QUERY_COLUMNS] = take_column,     [CATALOG_QUERY_INDEXES] = take_index,
        [CATALOG_QUERY_FUNCTIONS] = take_function, [CATALOG_QUERY_TYPES] = take_type,
    };
    check(builder != NULL && (size_t)query < CATALOG_QUERY_COUNT && fields != NULL);
    check(query >= builder->at);
    builder->at = query;
    if (builder->failed) {
        return CATALOG_WRONG;
    }
    if (num_fields != catalog_query_num_columns(query) || !fields_fit(query, fields, num_fields)) {
        return fail(builder, "unexpected answer to catalogue query %d", (int)query);
    }
    return take[query](builder, fields);
}

static int compare_columns(const void *a, const void *b)
{
    const struct catalog_column *left = a;
    const struct catalog_column *right = b;
    return (left->attnum > right->attnum) - (left->attnum < right->attnum);
}

/* Nothing is there twice: look-ups must have one answer. */
static bool is_unique(const void *items, size_t count, size_t size,
                      int (*compare)(const void *, const void *))
{
    for (size_t i = 1; i < count; i++) {
        const char *item = (const char *)items + i * size;
        if (compare(item - size, item) == 0) {
            return false;
        }
    }
    return true;
}

static bool put_in_order(struct catalog_builder *b)
{
    struct catalog *c = b->catalog;
    sort_relations(b);
    bool unique =
        is_unique(c->relations, c->num_relations, sizeof *c->relations, compare_relations);
    for (size_t i = 0; i < c->num_relations && unique; i++) {
        struct catalog_relation *r = &c->relations[i];
        if (r->num_columns > 0) {
            qsort(r->columns, r->num_columns, sizeof *r->columns, compare_columns);
        }
        unique = is_unique(r->columns, r->num_columns, sizeof *r->columns, compare_columns);
    }
    if (c->num_functions > 0) {
        qsort(c->functions, c->num_functions, sizeof *c->functions, compare_functions);
    }
    if (c->num_types > 0) {
        qsort(c->types, c->num_types, sizeof *c->types, compare_types);
    }
    return unique &&
           is_unique(c->functions, c->num_functions, sizeof *c->functions, compare_functions) &&
           is_unique(c->types, c->num_types, sizeof *c->types, compare_types);
}

enum catalog_status catalog_builder_finish(struct catalog_builder **builder, struct catalog **out,
                                           char *message, size_t cap)
{
    check(builder != NULL && *builder != NULL && out != NULL && message != NULL);
    struct catalog_builder *b = *builder;
    *out = NULL;
    if (!b->failed && !b->has_facts) {
        fail(b, "the server told nothing about itself");
    }
    if (!b->failed && !put_in_order(b)) {
        fail(b, "the server named something twice");
    }
    enum catalog_status status = b->failed ? CATALOG_WRONG : CATALOG_OK;
    snprintf(message, cap, "%s", b->message);
    if (status == CATALOG_OK) {
        *out = b->catalog;
        b->catalog = NULL;
    }
    catalog_builder_free(builder);
    return status;
}

void catalog_builder_free(struct catalog_builder **builder)
{
    if (*builder != NULL) {
        catalog_free(&(*builder)->catalog);
    }
    free(*builder);
    *builder = NULL;
}
