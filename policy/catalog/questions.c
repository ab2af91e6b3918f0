/* SPDX-License-Identifier: Apache-2.0
 *
 * One query per kind of problem; its rows are: is it an error, what object, what is wrong. What to
 * do about it is the same for all rows and stands beside the query. The server judges names,
 * rights and dependencies, for it alone knows them; what catalog_lint() finds is not asked again.
 * A query sees what the proxy's role may see of the system catalogues, which is all of these. */
#include "policy/catalog/questions.h"

#include <stdlib.h>
#include <string.h>

#include "policy/catalog/query_text.h"
#include "protocol/check.h"
#include "protocol/mem.h"

#define EQ       " OPERATOR(pg_catalog.=) "
#define NE       " OPERATOR(pg_catalog.<>) "
#define GT       " OPERATOR(pg_catalog.>) "
#define MATCHES  " OPERATOR(pg_catalog.~) "
#define MINUS    " OPERATOR(pg_catalog.-) "
#define CHARS(x) "ANY (ARRAY[" x "]::pg_catalog.\"char\"[])"

/* What the configuration says, filled in. */
#define COLUMN    "{column}"
#define SCHEMAS   "{schemas}"
#define SHARED    "{shared}"
#define VIEWS     "{views}"
#define FUNCTIONS "{functions}"
#define POLICIES \
    "{policies}::pg_catalog.bool" /* whether policies are to hold: enforce is both or rls */

/* t: the tables of tenants. */
#define TENANT_TABLES                                                                    \
    "WITH RECURSIVE t AS (SELECT c.oid, c.relkind, c.relispartition, c.relowner,"        \
    " c.relrowsecurity, c.relforcerowsecurity, a.attnum,"                                \
    " pg_catalog.concat(n.nspname, '.', c.relname) AS object FROM pg_catalog.pg_class c" \
    " JOIN pg_catalog.pg_namespace n ON n.oid" EQ "c.relnamespace"                       \
    " JOIN pg_catalog.pg_attribute a ON a.attrelid" EQ "c.oid AND a.attname" EQ COLUMN   \
    " AND a.attnum" GT "0 AND NOT a.attisdropped"                                        \
    " WHERE n.nspname" EQ "ANY (" SCHEMAS ") AND c.relkind" EQ CHARS("'r', 'p'") ")"

/* v: views that read them, over any number of other views, and that the role may read. */
#define TENANT_VIEWS                                                               \
    TENANT_TABLES                                                                  \
    ", below(oid) AS (SELECT t.oid FROM t UNION SELECT r.ev_class FROM below b"    \
    " JOIN pg_catalog.pg_depend d ON d.refobjid" EQ "b.oid"                        \
    " AND d.refclassid" EQ "'pg_catalog.pg_class'::pg_catalog.regclass"            \
    " AND d.classid" EQ "'pg_catalog.pg_rewrite'::pg_catalog.regclass"             \
    " JOIN pg_catalog.pg_rewrite r ON r.oid" EQ "d.objid),"                        \
    " v AS (SELECT c.oid, c.relkind,"                                              \
    " pg_catalog.concat(n.nspname, '.', c.relname) AS object, EXISTS (SELECT FROM" \
    " pg_catalog.pg_options_to_table(c.reloptions) o WHERE o.option_name" EQ       \
    "'security_invoker' AND o.option_value::pg_catalog.bool) AS is_invoker"        \
    " FROM below b JOIN pg_catalog.pg_class c ON c.oid" EQ "b.oid"                 \
    " JOIN pg_catalog.pg_namespace n ON n.oid" EQ "c.relnamespace"                 \
    " WHERE c.relkind" EQ CHARS(                                                   \
        "'v', 'm'") " AND pg_catalog.has_any_column_privilege(CURRENT_USER, c.oid, 'SELECT')) "

#define ME         "pg_catalog.pg_roles me WHERE me.rolname" EQ "CURRENT_USER"
#define IS_SUPER   "(SELECT me.rolsuper FROM " ME ")"
#define OWNS(what) "pg_catalog.pg_has_role(CURRENT_USER, " what ", 'USAGE')"

/* How often a pattern is found in the text: what is longer when a character follows each. */
#define FOUND(text, pattern)                                                                      \
    "(pg_catalog.length(pg_catalog.regexp_replace(" text ", " pattern ", E'\\\\&.', 'gi'))" MINUS \
    "pg_catalog.length(" text "))"
#define BARE_COLUMN "pg_catalog.regexp_replace(" COLUMN ", E'(\\\\W)', E'\\\\\\\\\\\\1', 'g')"
/* The tenant column named in a clause, before any parenthesis. */
#define CLAUSE(head) \
    "pg_catalog.concat(E'" head "[^;()]*(?<!\\\\w)', " BARE_COLUMN ", E'(?!\\\\w)')"

struct question {
    const char *text;
    const char *advice;
};

/* clang-format off */
static const struct question questions[] = {
    /* An exclusion constraint keeps tenants apart only if it compares the column for equality. */
    {TENANT_TABLES
        " SELECT false, t.object, pg_catalog.concat(CASE WHEN x.indisprimary THEN 'primary key'"
        " WHEN x.indisexclusion THEN 'exclusion constraint' WHEN k.oid IS NULL"
        " THEN 'unique index' ELSE 'unique constraint' END, ' ', ic.relname,"
        " ' is without the tenant column: a conflict shows that another tenant has the value')"
        " FROM t JOIN pg_catalog.pg_index x ON x.indrelid" EQ "t.oid"
        " JOIN pg_catalog.pg_class ic ON ic.oid" EQ "x.indexrelid"
        " LEFT JOIN pg_catalog.pg_constraint k ON k.conindid" EQ "x.indexrelid"
        " AND k.contype" EQ CHARS("'p', 'u', 'x'")
        " WHERE (x.indisunique OR x.indisexclusion) AND x.indislive AND NOT ic.relispartition"
        " AND NOT CASE WHEN x.indisexclusion THEN EXISTS (SELECT FROM"
        " pg_catalog.generate_subscripts(k.conkey, 1) s(i) JOIN pg_catalog.pg_operator o"
        " ON o.oid" EQ "k.conexclop[s.i] WHERE k.conkey[s.i]" EQ "t.attnum AND o.oprname" EQ "'=')"
        " ELSE t.attnum" EQ "ANY ((x.indkey::pg_catalog.int2[])[0:x.indnkeyatts" MINUS "1]) END",
     "put the tenant column into the key"},
    /* To a table that nobody owns, a key of the tenant's own column tells nothing of others. */
    {TENANT_TABLES
        " SELECT rt.oid IS NOT NULL AND (k.confdeltype" EQ CHARS("'c', 'n', 'd'")
        " OR k.confupdtype" EQ CHARS("'c', 'n', 'd'") "),"
        " pg_catalog.concat(n.nspname, '.', c.relname),"
        " pg_catalog.concat('foreign key ', k.conname, ' to ', rn.nspname, '.', rc.relname,"
        " ' is without the tenant column on both sides: it reaches rows of other tenants')"
        " FROM pg_catalog.pg_constraint k"
        " JOIN pg_catalog.pg_class c ON c.oid" EQ "k.conrelid"
        " JOIN pg_catalog.pg_namespace n ON n.oid" EQ "c.relnamespace"
        " JOIN pg_catalog.pg_class rc ON rc.oid" EQ "k.confrelid"
        " JOIN pg_catalog.pg_namespace rn ON rn.oid" EQ "rc.relnamespace"
        " LEFT JOIN t ON t.oid" EQ "k.conrelid LEFT JOIN t rt ON rt.oid" EQ "k.confrelid"
        " WHERE k.contype" EQ "'f' AND k.conparentid" EQ "0"
        " AND (t.oid IS NOT NULL OR rt.oid IS NOT NULL)"
        " AND NOT CASE WHEN t.oid IS NULL THEN false WHEN rt.oid IS NULL THEN"
        " t.attnum" EQ "ANY (k.conkey) OR"
        " pg_catalog.concat(rn.nspname, '.', rc.relname)" EQ "ANY (" SHARED ")"
        " ELSE EXISTS (SELECT FROM pg_catalog.generate_subscripts(k.conkey, 1) s(i)"
        " WHERE k.conkey[s.i]" EQ "t.attnum AND k.confkey[s.i]" EQ "rt.attnum) END",
     "put the tenant column into it, or list the other table as shared if it is"},
    /* To a superuser no policy applies; catalog_lint() speaks of it. */
    {TENANT_TABLES
        " SELECT " POLICIES ", t.object, CASE WHEN " OWNS("t.relowner")
        " AND NOT t.relforcerowsecurity THEN pg_catalog.concat('the role ', CURRENT_USER,"
        " ' owns it, and without FORCE no policy holds for an owner')"
        " ELSE 'it has no row security' END"
        " FROM t WHERE NOT " IS_SUPER " AND (" OWNS("t.relowner") " AND NOT t.relforcerowsecurity"
        " OR " POLICIES " AND NOT t.relrowsecurity)",
     "give the proxy a role that owns nothing, and run what `ringfence policy sql` prints"},
    {"SELECT r.rolsuper OR r.rolbypassrls, CURRENT_USER,"
        " pg_catalog.concat('the role is a member of ', r.rolname, CASE WHEN r.rolsuper"
        " THEN ', a superuser' WHEN r.rolbypassrls THEN ', which bypasses row security' END)"
        " FROM pg_catalog.pg_roles r WHERE NOT " IS_SUPER " AND r.rolname" NE "CURRENT_USER"
        " AND pg_catalog.pg_has_role(CURRENT_USER, r.oid, 'MEMBER')"
        " AND (r.rolsuper OR r.rolbypassrls OR r.rolname" EQ "ANY (ARRAY['pg_read_all_data',"
        " 'pg_write_all_data', 'pg_maintain', 'pg_monitor', 'pg_read_all_settings',"
        " 'pg_read_all_stats', 'pg_stat_scan_tables', 'pg_read_server_files',"
        " 'pg_write_server_files', 'pg_execute_server_program', 'pg_signal_backend']))",
     "revoke the membership"},
    {"SELECT false, me.rolname, pg_catalog.concat('the role may ', pg_catalog.concat_ws(' and ',"
        " CASE WHEN me.rolcreaterole THEN 'create roles' END,"
        " CASE WHEN me.rolreplication THEN 'replicate, and so read everything' END))"
        " FROM " ME " AND NOT me.rolsuper AND (me.rolcreaterole OR me.rolreplication)",
     "take that from it"},
    {TENANT_VIEWS
        "SELECT " POLICIES ", v.object,"
        " 'a view over tables of tenants that reads them with the rights of its owner'"
        " FROM v WHERE v.relkind" EQ "'v' AND NOT v.is_invoker",
     "ALTER VIEW ... SET (security_invoker = true), from PostgreSQL 15 on, or revoke SELECT on it"},
    {TENANT_VIEWS
        "SELECT true, v.object, 'a materialized view, for which no policy can hold'"
        " FROM v WHERE " POLICIES " AND v.relkind" EQ "'m'",
     "revoke SELECT on it"},
    {TENANT_VIEWS
        "SELECT false, v.object,"
        " 'it reads tables of tenants and is not listed, so that statements on it are refused'"
        " FROM v WHERE v.object" NE "ALL (" VIEWS ") AND v.object" NE "ALL (" SHARED ")",
     "list it under isolation.row.views if each row has its tenant, or revoke SELECT on it"},
    {TENANT_VIEWS
        "SELECT true, v.object, 'it is listed as shared and shows rows of all tenants'"
        " FROM v WHERE v.object" EQ "ANY (" SHARED ")",
     "take it off isolation.row.shared"},
    /* By the look of its text: as many groups by the tenant column as queries with aggregates, as
     * many windows over a part by it as windows. */
    {TENANT_VIEWS
        "SELECT false, v.object,"
        " 'it may count or rank across tenants: an aggregate, or a window, of which the tenant"
        " column is no part'"
        " FROM v JOIN pg_catalog.pg_rewrite r ON r.ev_class" EQ "v.oid,"
        " LATERAL pg_catalog.pg_get_viewdef(v.oid) d(def)"
        " WHERE v.object" EQ "ANY (" VIEWS ")"
        " AND (" FOUND("r.ev_action::pg_catalog.text", "':hasAggs true'") GT
        FOUND("d.def", CLAUSE("GROUP BY "))
        " OR " FOUND("d.def", "E'\\\\mOVER [(\"\\\\w]'") GT
        FOUND("d.def", CLAUSE("\\\\mOVER \\\\(PARTITION BY ")) ")",
     "group and partition by the tenant column, or take it off isolation.row.views"},
    {"SELECT false, pg_catalog.concat(n.nspname, '.', p.proname, '(',"
        " pg_catalog.pg_get_function_identity_arguments(p.oid), ')'),"
        " pg_catalog.concat('the role ', CURRENT_USER, ' can call it, and it runs with the rights"
        " of ', o.rolname, CASE WHEN pg_catalog.concat(n.nspname, '.', p.proname)"
        EQ "ANY (" FUNCTIONS ") THEN '; tenants can, as isolation.row.functions.allow has it' END)"
        " FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid" EQ "p.pronamespace"
        " JOIN pg_catalog.pg_roles o ON o.oid" EQ "p.proowner"
        " WHERE p.prosecdef AND n.nspname" NE "ALL (ARRAY['pg_catalog', 'information_schema'])"
        " AND p.prorettype" NE "'pg_catalog.trigger'::pg_catalog.regtype"
        " AND p.prorettype" NE "'pg_catalog.event_trigger'::pg_catalog.regtype"
        " AND o.rolname" NE "CURRENT_USER"
        " AND pg_catalog.has_schema_privilege(CURRENT_USER, n.oid, 'USAGE')"
        " AND pg_catalog.has_function_privilege(CURRENT_USER, p.oid, 'EXECUTE')",
     "revoke EXECUTE from PUBLIC and from the role, or make it SECURITY INVOKER"},
    {TENANT_TABLES
        " SELECT false, pg_catalog.concat('publication ', p.pubname),"
        " 'it is FOR ALL TABLES and sends the rows of all tenants to each subscriber'"
        " FROM pg_catalog.pg_publication p WHERE p.puballtables AND EXISTS (SELECT FROM t)",
     "name its tables, or drop it"},
    /* A table that is partitioned by the tenant column first needs no index to find a tenant. */
    {TENANT_TABLES
        " SELECT false, t.object, 'no index begins with the tenant column: a statement of one"
        " tenant reads the rows of all, and its time tells how many there are'"
        " FROM t WHERE NOT t.relispartition AND NOT EXISTS (SELECT FROM pg_catalog.pg_index x"
        " WHERE x.indrelid" EQ "t.oid AND x.indkey[0]" EQ "t.attnum AND x.indisvalid"
        " AND x.indpred IS NULL) AND NOT EXISTS (SELECT FROM pg_catalog.pg_partitioned_table p"
        " WHERE p.partrelid" EQ "t.oid AND p.partattrs[0]" EQ "t.attnum)",
     "create one"},
};
/* clang-format on */

#define NUM_QUESTIONS (sizeof questions / sizeof questions[0])

enum { FIELD_IS_ERROR, FIELD_OBJECT, FIELD_WHAT, FIELDS };

size_t catalog_question_count(void)
{
    return NUM_QUESTIONS;
}

char *catalog_question_text(size_t question, const struct config_row *row)
{
    check(question < NUM_QUESTIONS && row != NULL && row->is_set);
    const struct query_hole holes[] = {
        {COLUMN, query_text_constant(row->column)},
        {SCHEMAS, query_text_array(row->schemas, row->num_schemas)},
        {SHARED, query_text_array(row->shared, row->num_shared)},
        {VIEWS, query_text_array(row->views, row->num_views)},
        {FUNCTIONS, query_text_array(row->functions_allow, row->num_functions_allow)},
        {"{policies}", query_text_constant(row->enforce == ENFORCE_REWRITE ? "f" : "t")},
    };
    const size_t num_holes = sizeof holes / sizeof holes[0];
    char *text = query_text_fill(questions[question].text, holes, num_holes);
    for (size_t i = 0; i < num_holes; i++) {
        free(holes[i].value);
    }
    return text;
}

bool catalog_question_take(size_t question, const struct slice *fields, size_t num_fields,
                           struct catalog_problems *problems)
{
    check(question < NUM_QUESTIONS && problems != NULL);
    if (num_fields != FIELDS || fields[FIELD_IS_ERROR].len != 1 ||
        fields[FIELD_OBJECT].ptr == NULL || fields[FIELD_WHAT].ptr == NULL) {
        return false;
    }
    char *object =
        mem_copy_string((const char *)fields[FIELD_OBJECT].ptr, fields[FIELD_OBJECT].len);
    catalog_problems_add(problems, fields[FIELD_IS_ERROR].ptr[0] == 't', object, "%.*s; %s",
                         (int)fields[FIELD_WHAT].len, (const char *)fields[FIELD_WHAT].ptr,
                         questions[question].advice);
    free(object);
    return true;
}
