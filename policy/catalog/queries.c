/* SPDX-License-Identifier: Apache-2.0
 *
 * SQL text, and the one value that goes into it: the list of managed schemas. Functions, types and
 * operators are qualified and every relation is named with its schema, so the answers come from
 * the server's own catalogue even if the search path were not what it should be. */
#include "policy/catalog/queries.h"

#include <stdlib.h>

#include "policy/catalog/query_text.h"
#include "protocol/check.h"

/* Stands for ARRAY[...]: the managed schemas. */
#define HOLE     "{schemas}"
#define EQ       " OPERATOR(pg_catalog.=) "
#define NE       " OPERATOR(pg_catalog.<>) "
#define JOIN_STR " OPERATOR(pg_catalog.||) "
#define MANAGED  "n.nspname" EQ "ANY (" HOLE ")"

#define IS_RELATION "c.relkind" NE "ALL (ARRAY['i', 'I', 't', 'c']::pg_catalog.\"char\"[])"

struct query {
    size_t num_columns;
    const char *text;
};

/* clang-format off */
static const struct query queries[CATALOG_QUERY_COUNT] = {
    [CATALOG_QUERY_FACTS] = {6,
        "SELECT pg_catalog.current_setting('server_version_num'),"
        " pg_catalog.current_setting('server_encoding'), pg_catalog.current_database(),"
        " r.rolname, r.rolsuper, r.rolbypassrls"
        " FROM pg_catalog.pg_roles r WHERE r.rolname" EQ "CURRENT_USER"},
    /* Indexes, TOAST tables and row types cannot be named in a FROM clause. */
    [CATALOG_QUERY_RELATIONS] = {7,
        "SELECT n.nspname, c.relname, c.relkind, c.relispartition,"
        " EXISTS (SELECT FROM pg_catalog.pg_inherits i WHERE i.inhrelid" EQ "c.oid),"
        " EXISTS (SELECT FROM pg_catalog.pg_inherits i WHERE i.inhparent" EQ "c.oid),"
        " c.relrowsecurity AND (c.relforcerowsecurity"
        " OR NOT pg_catalog.pg_has_role(CURRENT_USER, c.relowner, 'USAGE'))"
        /* A view that asks for what the reader may see. */
        " OR c.relkind" EQ "'v' AND EXISTS (SELECT FROM"
        " pg_catalog.pg_options_to_table(c.reloptions) o"
        " WHERE o.option_name" EQ "'security_invoker' AND o.option_value::pg_catalog.bool)"
        " FROM pg_catalog.pg_class c"
        " JOIN pg_catalog.pg_namespace n ON n.oid" EQ "c.relnamespace"
        " WHERE " MANAGED " AND " IS_RELATION
        " ORDER BY 1, 2"},
    [CATALOG_QUERY_COLUMNS] = {10,
        "SELECT n.nspname, c.relname, a.attname, a.attnum, a.atttypid,"
        " pg_catalog.quote_ident(tn.nspname)" JOIN_STR "'.'" JOIN_STR
        "pg_catalog.quote_ident(t.typname),"
        " a.attgenerated" NE "'', a.atthasdef OR a.attidentity" NE "'',"
        " a.attidentity" EQ "'a', a.attnotnull"
        " FROM pg_catalog.pg_attribute a"
        " JOIN pg_catalog.pg_class c ON c.oid" EQ "a.attrelid"
        " JOIN pg_catalog.pg_namespace n ON n.oid" EQ "c.relnamespace"
        " JOIN pg_catalog.pg_type t ON t.oid" EQ "a.atttypid"
        " JOIN pg_catalog.pg_namespace tn ON tn.oid" EQ "t.typnamespace"
        " WHERE " MANAGED " AND " IS_RELATION
        " AND a.attnum OPERATOR(pg_catalog.>) 0 AND NOT a.attisdropped"
        " ORDER BY 1, 2, a.attnum"},
    /* indkey also lists INCLUDE columns; only the first indnkeyatts make the key. A foreign key
     * names the index it refers to as well, hence the constraint types. */
    [CATALOG_QUERY_INDEXES] = {10,
        "SELECT n.nspname, c.relname, ic.relname, x.indisunique, x.indisexclusion,"
        " x.indkey, x.indnkeyatts, x.indexprs IS NOT NULL, x.indpred IS NOT NULL, k.conname"
        " FROM pg_catalog.pg_index x"
        " JOIN pg_catalog.pg_class c ON c.oid" EQ "x.indrelid"
        " JOIN pg_catalog.pg_namespace n ON n.oid" EQ "c.relnamespace"
        " JOIN pg_catalog.pg_class ic ON ic.oid" EQ "x.indexrelid"
        " LEFT JOIN pg_catalog.pg_constraint k ON k.conindid" EQ "x.indexrelid"
        " AND k.contype" EQ "ANY (ARRAY['p', 'u', 'x']::pg_catalog.\"char\"[])"
        " WHERE " MANAGED " AND x.indislive AND (x.indisunique OR x.indisexclusion)"
        " AND " IS_RELATION
        " ORDER BY 1, 2, 3"},
    [CATALOG_QUERY_FUNCTIONS] = {2,
        "SELECT DISTINCT n.nspname, p.proname FROM pg_catalog.pg_proc p"
        " JOIN pg_catalog.pg_namespace n ON n.oid" EQ "p.pronamespace"
        " WHERE " MANAGED " ORDER BY 1, 2"},
    [CATALOG_QUERY_TYPES] = {2,
        "SELECT n.nspname, t.typname FROM pg_catalog.pg_type t"
        " JOIN pg_catalog.pg_namespace n ON n.oid" EQ "t.typnamespace"
        " WHERE " MANAGED " AND t.typisdefined"
        " AND t.typtype" EQ "ANY (ARRAY['e', 'd']::pg_catalog.\"char\"[])"
        " ORDER BY 1, 2"},
};
/* clang-format on */

/* How many rows and the sum of their xmin: every DDL statement adds, removes or rewrites a row of
 * one of these tables, and a rewritten row has a new xmin. */
#define DIGEST_OF(from)                                   \
    "(SELECT pg_catalog.concat(pg_catalog.count(*), ' '," \
    " pg_catalog.sum(d.xmin::pg_catalog.text::pg_catalog.int8)) FROM pg_catalog." from "), "
#define IN_NS       EQ "ANY (SELECT ns.oid FROM ns)"
#define OF_RELATION EQ "ANY (SELECT c.oid FROM pg_catalog.pg_class c WHERE c.relnamespace" IN_NS ")"

/* clang-format off */
static const char digest_query[] =
    "WITH ns AS (SELECT n.oid FROM pg_catalog.pg_namespace n WHERE " MANAGED ")"
    " SELECT pg_catalog.concat_ws(' ', "
    DIGEST_OF("pg_namespace d WHERE d.oid" IN_NS)
    DIGEST_OF("pg_class d WHERE d.relnamespace" IN_NS)
    DIGEST_OF("pg_attribute d WHERE d.attrelid" OF_RELATION)
    DIGEST_OF("pg_inherits d WHERE d.inhrelid" OF_RELATION)
    DIGEST_OF("pg_rewrite d WHERE d.ev_class" OF_RELATION)
    DIGEST_OF("pg_index d WHERE d.indrelid" OF_RELATION)
    DIGEST_OF("pg_constraint d WHERE d.conrelid" OF_RELATION)
    DIGEST_OF("pg_proc d WHERE d.pronamespace" IN_NS)
    DIGEST_OF("pg_type d WHERE d.typnamespace" IN_NS)
    "(SELECT pg_catalog.concat(r.rolname, r.rolsuper, r.rolbypassrls)"
    " FROM pg_catalog.pg_roles r WHERE r.rolname" EQ "CURRENT_USER))";
/* clang-format on */

size_t catalog_query_num_columns(enum catalog_query query)
{
    check((size_t)query < CATALOG_QUERY_COUNT);
    return queries[query].num_columns;
}

/* text with the hole filled in; owned by the caller. */
static char *fill(const char *text, char *const *schemas, size_t num_schemas)
{
    const struct query_hole hole = {HOLE, query_text_array(schemas, num_schemas)};
    char *filled = query_text_fill(text, &hole, 1);
    free(hole.value);
    return filled;
}

char *catalog_query_text(enum catalog_query query, char *const *schemas, size_t num_schemas)
{
    check((size_t)query < CATALOG_QUERY_COUNT && (schemas != NULL || num_schemas == 0));
    return fill(queries[query].text, schemas, num_schemas);
}

char *catalog_digest_text(char *const *schemas, size_t num_schemas)
{
    check(schemas != NULL || num_schemas == 0);
    return fill(digest_query, schemas, num_schemas);
}
