/* SPDX-License-Identifier: Apache-2.0
 *
 * Any text through the SQL pipeline, as a Query and as a Parse message. Whatever it is, the process
 * goes on. What would be forwarded is looked at with other eyes than the rewriter's own proof:
 *
 *   - it parses, and every reference to a tenant relation in it is matched by a tenant value
 *   - it differs between two tenants in their values only, so that no sentinel is left behind
 *   - given back to the pipeline it is a statement again
 *
 * A failed proof is no failure here: it refuses, and costs a statement that the server might have
 * taken. The integration tests look for those. */
#include <pg_query.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/sql/plan.h"
#include "protocol/check.h"
#include "tests/corpus_catalog.h"

#define MAX_BYTES ((size_t)64 << 10) /* enough for every construct, small enough to be quick */

/* Same length, so that texts can be compared byte by byte; in no seed. */
static const char tenant_a[] = "zq-tenant-aaaaa";
static const char tenant_b[] = "zq-tenant-bbbbb";

static const char *const tenant_relations[] = {
    "customers", "events", "events_2026_01", "events_2026_02", "events_default", "orders",
};

static struct sql_environment environment;

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    environment = (struct sql_environment){
        .catalog = corpus_catalog_new(), .row = corpus_row(), .max_bytes = MAX_BYTES};
    return 0;
}

static size_t count(const char *text, const char *part)
{
    size_t found = 0;
    for (const char *at = strstr(text, part); at != NULL; at = strstr(at + 1, part)) {
        found++;
    }
    return found;
}

/* The text for a tenant with a NUL behind it, owned by the caller. */
static char *text_for(const struct sql_plan *plan, const char *tenant)
{
    size_t len = sql_plan_text_len(plan, slice_text(tenant));
    char *text = malloc(len + 1);
    check(text != NULL);
    struct writer w = writer_over(text, len);
    sql_plan_write_text(plan, slice_text(tenant), &w);
    struct slice written;
    check(writer_done(&w, &written) && written.len == len);
    text[len] = '\0';
    check(strlen(text) == len);
    return text;
}

/* Every byte that differs belongs to a tenant's value. */
static void check_difference(const char *a, const char *b)
{
    const size_t tail = strlen("aaaaa");
    check(strlen(a) == strlen(b));
    while (*a != '\0') {
        if (*a == *b) {
            a++;
            b++;
            continue;
        }
        check(memcmp(a, "aaaaa", tail) == 0 && memcmp(b, "bbbbb", tail) == 0);
        a += tail;
        b += tail;
    }
}

/* Marks the byte at which a reference stands; true if it is the first to. The tree shows the
 * sub-select of a multi-column SET once for each column. */
static bool is_new_place(bool *places, size_t num_places, const char *reference)
{
    const char *location = strstr(reference, "\"location\":");
    check(location != NULL);
    size_t place = strtoul(location + strlen("\"location\":"), NULL, 10);
    check(place < num_places);
    bool is_new = !places[place];
    places[place] = true;
    return is_new;
}

/* How many references to tenant relations libpg_query's JSON shows. We emit them qualified; a CTE
 * never is. */
static size_t count_references(const char *text)
{
    PgQueryParseResult result = pg_query_parse(text);
    check(result.error == NULL);
    size_t num_places = strlen(text) + 1;
    bool *places = calloc(num_places, sizeof *places);
    check(places != NULL);
    size_t references = 0;
    for (size_t i = 0; i < sizeof tenant_relations / sizeof tenant_relations[0]; i++) {
        char part[96];
        snprintf(part, sizeof part, "\"schemaname\":\"public\",\"relname\":\"%s\"",
                 tenant_relations[i]);
        for (const char *at = strstr(result.parse_tree, part); at != NULL;
             at = strstr(at + 1, part)) {
            references += is_new_place(places, num_places, at);
        }
    }
    free(places);
    /* A cursor's row needs no guard: the cursor's query has it. */
    size_t of_cursors = count(result.parse_tree, "\"CurrentOfExpr\":{");
    /* Rows that come in are given their tenant outside of the text. */
    size_t coming_in = count(result.parse_tree, "\"is_from\":true");
    check(of_cursors + coming_in <= references);
    pg_query_free_parse_result(result);
    return references - of_cursors - coming_in;
}

static struct sql_plan *plan_of(struct slice text, enum sql_protocol protocol)
{
    struct sql_request request = {.text = text, .protocol = protocol};
    return sql_plan_new(&environment, &request);
}

static void check_simple(const struct sql_plan *plan)
{
    if (sql_plan_admit(plan, slice_text(tenant_a)) != NULL) {
        return; /* it holds another tenant's value: refused at use */
    }
    char *a = text_for(plan, tenant_a);
    char *b = text_for(plan, tenant_b);
    check_difference(a, b);
    check(count(a, tenant_a) >= count_references(a));
    struct sql_plan *again = plan_of(slice_text(a), SQL_SIMPLE);
    check(sql_plan_verdict(again) != SQL_EMPTY);
    sql_plan_unref(&again);
    free(a);
    free(b);
}

static void check_extended(const struct sql_plan *plan)
{
    if (sql_plan_admit(plan, slice_text(tenant_a)) != NULL) {
        return;
    }
    if (sql_plan_is_tenants_own(plan)) { /* as in the simple protocol */
        check_simple(plan);
        return;
    }
    char *text = text_for(plan, tenant_a);
    check(count(text, tenant_a) == 0); /* a plan of a Parse message knows no tenant */
    size_t references = count_references(text);
    if (references > 0) {
        check(sql_plan_added_type(plan) != 0);
        char part[16];
        snprintf(part, sizeof part, "$%d", sql_plan_num_params(plan) + 1);
        check(count(text, part) >= references);
    }
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (environment.catalog == NULL) {
        LLVMFuzzerInitialize(NULL, NULL);
    }
    if (memmem(data, size, "zq-tenant", strlen("zq-tenant")) != NULL) {
        return 0; /* the fuzzer learnt our tenants' names: counting them means nothing */
    }
    for (int protocol = SQL_SIMPLE; protocol <= SQL_EXTENDED; protocol++) {
        struct sql_plan *plan = plan_of(slice_of(data, size), (enum sql_protocol)protocol);
        if (sql_plan_verdict(plan) == SQL_FORWARD && !sql_plan_is_discard_all(plan)) {
            (protocol == SQL_SIMPLE ? check_simple : check_extended)(plan);
        }
        sql_plan_unref(&plan);
    }
    return 0;
}
