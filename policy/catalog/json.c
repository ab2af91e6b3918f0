/* SPDX-License-Identifier: Apache-2.0
 *
 * Writes a catalogue with jansson, and reads one by handing every object to the builder as the
 * rows the server would have sent: what holds for the server's answers holds for a file. Objects
 * are unpacked strictly, so an unknown key is refused. jansson bounds the nesting; the text is
 * bounded here. */
#include "policy/catalog/json.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/check.h"
#include "protocol/mem.h"

#define FORMAT     2  /* of the file; another number is refused */
#define NUMBER_CAP 24 /* decimal digits of 64 bits, a sign and the NUL */

/* The relkind a kind came from. */
static char letter_of(enum relation_kind kind)
{
    static const char letters[] = {
        [RELATION_TABLE] = 'r',   [RELATION_PARTITIONED] = 'p', [RELATION_PARTITION] = 'r',
        [RELATION_VIEW] = 'v',    [RELATION_MATVIEW] = 'm',     [RELATION_SEQUENCE] = 'S',
        [RELATION_FOREIGN] = 'f', [RELATION_OTHER] = '?'};
    return letters[kind];
}

static void append(json_t *array, json_t *item)
{
    check(item != NULL && json_array_append_new(array, item) == 0);
}

static json_t *columns_json(const struct catalog_relation *r)
{
    json_t *array = json_array();
    for (size_t i = 0; i < r->num_columns; i++) {
        const struct catalog_column *c = &r->columns[i];
        append(array, json_pack("{s:s, s:i, s:I, s:s, s:b, s:b, s:b, s:b}", "name", c->name,
                                "attnum", (int)c->attnum, "type_oid", (json_int_t)c->type_oid,
                                "type_name", c->type_name, "is_generated", (int)c->is_generated,
                                "has_default", (int)c->has_default, "is_identity_always",
                                (int)c->is_identity_always, "is_not_null", (int)c->is_not_null));
    }
    return array;
}

static json_t *indexes_json(const struct catalog_relation *r)
{
    json_t *array = json_array();
    for (size_t i = 0; i < r->num_indexes; i++) {
        const struct catalog_index *x = &r->indexes[i];
        json_t *attnums = json_array();
        for (size_t k = 0; k < x->num_attnums; k++) {
            append(attnums, json_integer(x->attnums[k]));
        }
        append(array,
               json_pack("{s:s, s:b, s:b, s:b, s:b, s:s?, s:o}", "name", x->name, "is_unique",
                         (int)x->is_unique, "is_exclusion", (int)x->is_exclusion, "has_expressions",
                         (int)x->has_expressions, "is_partial", (int)x->is_partial,
                         "constraint_name", x->constraint_name, "attnums", attnums));
    }
    return array;
}

char *catalog_to_json(const struct catalog *catalog)
{
    check(catalog != NULL);
    json_t *relations = json_array();
    json_t *functions = json_array();
    json_t *types = json_array();
    for (size_t i = 0; i < catalog->num_relations; i++) {
        const struct catalog_relation *r = &catalog->relations[i];
        append(relations,
               json_pack("{s:s, s:s, s:s, s:b, s:b, s:b, s:o, s:o}", "schema", r->schema, "name",
                         r->name, "kind", relation_kind_name(r->kind), "is_inheritance_child",
                         (int)r->is_inheritance_child, "has_children", (int)r->has_children,
                         "is_row_secure", (int)r->is_row_secure, "columns", columns_json(r),
                         "indexes", indexes_json(r)));
    }
    for (size_t i = 0; i < catalog->num_functions; i++) {
        append(functions, json_pack("{s:s, s:s}", "schema", catalog->functions[i].schema, "name",
                                    catalog->functions[i].name));
    }
    for (size_t i = 0; i < catalog->num_types; i++) {
        append(types, json_pack("{s:s, s:s}", "schema", catalog->types[i].schema, "name",
                                catalog->types[i].name));
    }
    json_t *root = json_pack("{s:i, s:I, s:s, s:s, s:s, s:b, s:b, s:o, s:o, s:o}", "format", FORMAT,
                             "server_version_num", (json_int_t)catalog->server_version_num,
                             "server_encoding", catalog->server_encoding, "database",
                             catalog->database, "role", catalog->role, "is_superuser",
                             (int)catalog->is_superuser, "bypasses_rls", (int)catalog->bypasses_rls,
                             "relations", relations, "functions", functions, "types", types);
    check(root != NULL);
    char *text = json_dumps(root, JSON_INDENT(2));
    check(text != NULL);
    json_decref(root);
    return text;
}

/* A read in progress: the builder, whether it refused a row, and what jansson said. */
struct reader_state {
    struct catalog_builder *builder; /* owns */
    bool row_refused;
    json_error_t error;
};

static struct slice bool_text(int value)
{
    return slice_text(value ? "t" : "f");
}

static struct slice number_text(json_int_t value, char memory[NUMBER_CAP])
{
    snprintf(memory, NUMBER_CAP, "%" JSON_INTEGER_FORMAT, value);
    return slice_text(memory);
}

static bool give_row(struct reader_state *s, enum catalog_query query, const struct slice *fields,
                     size_t num_fields)
{
    s->row_refused = catalog_builder_row(s->builder, query, fields, num_fields) != CATALOG_OK;
    return !s->row_refused;
}

static bool read_kind(const char *name, char *out_letter, bool *out_partition)
{
    for (int kind = 0; kind <= RELATION_OTHER; kind++) {
        if (strcmp(relation_kind_name((enum relation_kind)kind), name) == 0) {
            *out_letter = letter_of((enum relation_kind)kind);
            *out_partition = kind == RELATION_PARTITION;
            return true;
        }
    }
    return false;
}

static bool read_relation(struct reader_state *s, json_t *item)
{
    const char *schema = NULL;
    const char *name = NULL;
    const char *kind = NULL;
    int is_child = 0;
    int has_children = 0;
    int is_row_secure = 0;
    json_t *columns = NULL;
    json_t *indexes = NULL;
    char letter = 0;
    bool is_partition = false;
    if (json_unpack_ex(item, &s->error, 0, "{s:s, s:s, s:s, s:b, s:b, s:b, s:o, s:o !}", "schema",
                       &schema, "name", &name, "kind", &kind, "is_inheritance_child", &is_child,
                       "has_children", &has_children, "is_row_secure", &is_row_secure, "columns",
                       &columns, "indexes", &indexes) != 0) {
        return false;
    }
    if (!read_kind(kind, &letter, &is_partition) || !json_is_array(columns) ||
        !json_is_array(indexes)) {
        return false;
    }
    const struct slice fields[] = {slice_text(schema),      slice_text(name),
                                   slice_of(&letter, 1),    bool_text(is_partition),
                                   bool_text(is_child),     bool_text(has_children),
                                   bool_text(is_row_secure)};
    return give_row(s, CATALOG_QUERY_RELATIONS, fields, sizeof fields / sizeof fields[0]);
}

static bool read_column(struct reader_state *s, struct slice schema, struct slice name,
                        json_t *item)
{
    const char *column = NULL;
    const char *type_name = NULL;
    json_int_t attnum = 0;
    json_int_t type_oid = 0;
    int is_generated = 0;
    int has_default = 0;
    int is_identity_always = 0;
    int is_not_null = 0;
    if (json_unpack_ex(item, &s->error, 0, "{s:s, s:I, s:I, s:s, s:b, s:b, s:b, s:b !}", "name",
                       &column, "attnum", &attnum, "type_oid", &type_oid, "type_name", &type_name,
                       "is_generated", &is_generated, "has_default", &has_default,
                       "is_identity_always", &is_identity_always, "is_not_null",
                       &is_not_null) != 0) {
        return false;
    }
    char attnum_memory[NUMBER_CAP];
    char oid_memory[NUMBER_CAP];
    const struct slice fields[] = {schema,
                                   name,
                                   slice_text(column),
                                   number_text(attnum, attnum_memory),
                                   number_text(type_oid, oid_memory),
                                   slice_text(type_name),
                                   bool_text(is_generated),
                                   bool_text(has_default),
                                   bool_text(is_identity_always),
                                   bool_text(is_not_null)};
    return give_row(s, CATALOG_QUERY_COLUMNS, fields, sizeof fields / sizeof fields[0]);
}

/* Attribute numbers the way the server writes an int2vector. */
static bool write_attnums(json_t *attnums, char *memory, size_t cap)
{
    size_t len = 0;
    memory[0] = '\0';
    for (size_t i = 0; i < json_array_size(attnums); i++) {
        json_t *attnum = json_array_get(attnums, i);
        if (!json_is_integer(attnum) || len >= cap) {
            return false;
        }
        len += (size_t)snprintf(memory + len, cap - len, "%s%" JSON_INTEGER_FORMAT,
                                i > 0 ? " " : "", json_integer_value(attnum));
    }
    return len < cap;
}

static bool read_index(struct reader_state *s, struct slice schema, struct slice name, json_t *item)
{
    const char *index = NULL;
    int is_unique = 0;
    int is_exclusion = 0;
    int has_expressions = 0;
    int is_partial = 0;
    json_t *constraint = NULL;
    json_t *attnums = NULL;
    char key[256];
    if (json_unpack_ex(item, &s->error, 0, "{s:s, s:b, s:b, s:b, s:b, s:o, s:o !}", "name", &index,
                       "is_unique", &is_unique, "is_exclusion", &is_exclusion, "has_expressions",
                       &has_expressions, "is_partial", &is_partial, "constraint_name", &constraint,
                       "attnums", &attnums) != 0) {
        return false;
    }
    if (!(json_is_string(constraint) || json_is_null(constraint)) || !json_is_array(attnums) ||
        !write_attnums(attnums, key, sizeof key)) {
        return false;
    }
    char count_memory[NUMBER_CAP];
    const char *constraint_name = json_string_value(constraint);
    const struct slice fields[] = {schema,
                                   name,
                                   slice_text(index),
                                   bool_text(is_unique),
                                   bool_text(is_exclusion),
                                   slice_text(key),
                                   number_text((json_int_t)json_array_size(attnums), count_memory),
                                   bool_text(has_expressions),
                                   bool_text(is_partial),
                                   constraint_name != NULL ? slice_text(constraint_name)
                                                           : (struct slice){0}};
    return give_row(s, CATALOG_QUERY_INDEXES, fields, sizeof fields / sizeof fields[0]);
}

/* A function or a type. */
static bool read_name(struct reader_state *s, enum catalog_query query, json_t *item)
{
    const char *schema = NULL;
    const char *name = NULL;
    if (json_unpack_ex(item, &s->error, 0, "{s:s, s:s !}", "schema", &schema, "name", &name) != 0) {
        return false;
    }
    const struct slice fields[] = {slice_text(schema), slice_text(name)};
    return give_row(s, query, fields, sizeof fields / sizeof fields[0]);
}

typedef bool read_part_fn(struct reader_state *s, struct slice schema, struct slice name,
                          json_t *item);

/* The columns or the indexes of every relation. */
static bool read_parts(struct reader_state *s, json_t *relations, const char *key,
                       read_part_fn *read_part)
{
    for (size_t i = 0; i < json_array_size(relations); i++) {
        json_t *relation = json_array_get(relations, i);
        json_t *parts = json_object_get(relation, key);
        struct slice schema = slice_text(json_string_value(json_object_get(relation, "schema")));
        struct slice name = slice_text(json_string_value(json_object_get(relation, "name")));
        for (size_t k = 0; k < json_array_size(parts); k++) {
            if (!read_part(s, schema, name, json_array_get(parts, k))) {
                return false;
            }
        }
    }
    return true;
}

static bool read_names(struct reader_state *s, enum catalog_query query, json_t *items)
{
    for (size_t i = 0; i < json_array_size(items); i++) {
        if (!read_name(s, query, json_array_get(items, i))) {
            return false;
        }
    }
    return true;
}

static bool read_relations(struct reader_state *s, json_t *relations)
{
    for (size_t i = 0; i < json_array_size(relations); i++) {
        if (!read_relation(s, json_array_get(relations, i))) {
            return false;
        }
    }
    return read_parts(s, relations, "columns", read_column) &&
           read_parts(s, relations, "indexes", read_index);
}

static bool read_root(struct reader_state *s, json_t *root)
{
    json_int_t format = 0;
    json_int_t version = 0;
    const char *encoding = NULL;
    const char *database = NULL;
    const char *role = NULL;
    int is_superuser = 0;
    int bypasses_rls = 0;
    json_t *relations = NULL;
    json_t *functions = NULL;
    json_t *types = NULL;
    if (json_unpack_ex(root, &s->error, 0, "{s:I, s:I, s:s, s:s, s:s, s:b, s:b, s:o, s:o, s:o !}",
                       "format", &format, "server_version_num", &version, "server_encoding",
                       &encoding, "database", &database, "role", &role, "is_superuser",
                       &is_superuser, "bypasses_rls", &bypasses_rls, "relations", &relations,
                       "functions", &functions, "types", &types) != 0) {
        return false;
    }
    if (format != FORMAT || !json_is_array(relations) || !json_is_array(functions) ||
        !json_is_array(types)) {
        return false;
    }
    char version_memory[NUMBER_CAP];
    const struct slice fields[] = {number_text(version, version_memory),
                                   slice_text(encoding),
                                   slice_text(database),
                                   slice_text(role),
                                   bool_text(is_superuser),
                                   bool_text(bypasses_rls)};
    return give_row(s, CATALOG_QUERY_FACTS, fields, sizeof fields / sizeof fields[0]) &&
           read_relations(s, relations) && read_names(s, CATALOG_QUERY_FUNCTIONS, functions) &&
           read_names(s, CATALOG_QUERY_TYPES, types);
}

enum catalog_status catalog_from_json(struct slice text, struct catalog **out, char *message,
                                      size_t cap)
{
    check(out != NULL && message != NULL && cap > 0);
    *out = NULL;
    if (text.len > CATALOG_JSON_MAX) {
        snprintf(message, cap, "larger than %zu bytes", CATALOG_JSON_MAX);
        return CATALOG_WRONG;
    }
    struct reader_state s = {.builder = catalog_builder_new()};
    const char *bytes = text.len > 0 ? (const char *)text.ptr : "";
    json_t *root = json_loadb(bytes, text.len, JSON_REJECT_DUPLICATES, &s.error);
    if (root == NULL) {
        snprintf(message, cap, "line %d, column %d: %s", s.error.line, s.error.column,
                 s.error.text);
        catalog_builder_free(&s.builder);
        return CATALOG_WRONG;
    }
    bool fits = read_root(&s, root);
    json_decref(root);
    if (fits || s.row_refused) {
        return catalog_builder_finish(&s.builder, out, message, cap);
    }
    catalog_builder_free(&s.builder);
    snprintf(message, cap, "not a catalogue: %s",
             s.error.text[0] != '\0' ? s.error.text : "a value is not what it should be");
    return CATALOG_WRONG;
}
