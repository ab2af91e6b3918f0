/* SPDX-License-Identifier: Apache-2.0
 *
 * The checker alone, on texts as they would be sent: each good one is proved, and each way of
 * removing, moving or weakening one guard of it is not. `=T` stands for the guard's operator and
 * the tenant's value, `T` in braces for the value. */
#include "policy/sql/libpg.h"
#include "tests/cmocka_all.h"

#include <stdio.h>
#include <string.h>

#include "policy/catalog/catalog.h"
#include "policy/sql/proof.h"
#include "policy/sql/query.h"
#include "protocol/bytes.h"
#include "tests/corpus_catalog.h"

#define TEXT_CAP 4096

struct sample {
    const char *text;
    bool is_proved;
};

static const struct sample samples[] = {
    /* References: WHERE. */
    {"SELECT 1 FROM public.orders WHERE public.orders.tenant_id =T", true},
    {"SELECT 1 FROM public.orders o WHERE o.tenant_id =T", true},
    {"SELECT 1 FROM public.orders o WHERE o.tenant_id =T AND o.id = 1", true},
    {"SELECT 1 FROM public.orders o WHERE o.id = 1 AND o.tenant_id =T", true},
    {"SELECT 1 FROM public.orders o WHERE o.tenant_id OPERATOR(pg_catalog.=) ANY (ARRAY[{T}])",
     true},
    {"SELECT 1 FROM public.countries", true},
    {"SELECT 1 FROM public.orders", false},
    {"SELECT 1 FROM orders WHERE orders.tenant_id =T", false},
    {"SELECT 1 FROM public.v_orders WHERE public.v_orders.tenant_id =T", false},
    {"SELECT 1 FROM pg_catalog.pg_class", true},
    {"SELECT 1 FROM pg_class", false},
    {"SELECT 1 FROM pg_catalog.pg_stats", false},
    {"SELECT 1 FROM pg_catalog.pg_stat_activity", false},
    {"SELECT 1 FROM pg_catalog.pg_stat_user_tables", false},
    {"SELECT 1 FROM pg_toast.pg_class", false},
    {"DELETE FROM pg_catalog.pg_class", false},
    {"SELECT pg_catalog.pg_get_viewdef(1)", true},
    {"SELECT pg_catalog.pg_relation_size(1)", false},
    {"SELECT 1 FROM public.nothing", false},
    {"SELECT 1 FROM public.orders o WHERE public.orders.tenant_id =T", false},
    {"SELECT 1 FROM public.orders WHERE orders.tenant_id =T", false},
    {"SELECT 1 FROM public.orders o WHERE tenant_id =T", false},
    {"SELECT 1 FROM public.orders o WHERE o.customer_id =T", false},
    {"MERGE INTO public.orders o USING (SELECT 1 AS id) s ON o.tenant_id =T AND o.id = s.id"
     " WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT (id, tenant_id) VALUES (1, {T})",
     true},
    {"MERGE INTO public.orders o USING (SELECT 1 AS id) s ON o.id = s.id WHEN MATCHED THEN DELETE",
     false},
    {"MERGE INTO public.orders o USING (SELECT 1 AS id) s ON o.tenant_id =T"
     " WHEN NOT MATCHED THEN INSERT (id, tenant_id) VALUES (1, 't2')",
     false},
    {"MERGE INTO public.orders o USING (SELECT 1 AS id) s ON o.tenant_id =T"
     " WHEN NOT MATCHED THEN INSERT (id) VALUES (1)",
     false},
    {"MERGE INTO public.orders o USING (SELECT 1 AS id) s ON o.tenant_id =T"
     " WHEN MATCHED THEN UPDATE SET tenant_id = 't2'",
     false},
    {"MERGE INTO public.orders o USING (SELECT 1 AS id) s ON o.tenant_id =T"
     " WHEN NOT MATCHED BY SOURCE THEN DELETE",
     false},
    {"MERGE INTO public.orders o USING public.customers s ON o.tenant_id =T AND s.tenant_id =T"
     " WHEN MATCHED THEN DELETE",
     false},
    {"MERGE INTO public.orders o USING (public.customers s JOIN (SELECT) _rf1 ON s.tenant_id =T)"
     " ON o.tenant_id =T WHEN MATCHED THEN DELETE",
     true},
    {"EXPLAIN (costs off) SELECT 1 FROM public.orders o WHERE o.tenant_id =T", true},
    {"COPY (SELECT 1 FROM public.orders o WHERE o.tenant_id =T) TO STDOUT", true},
    {"COPY (SELECT 1 FROM public.orders o) TO STDOUT", false},
    {"COPY public.orders TO STDOUT", false},
    {"COPY public.orders (id) FROM STDIN", false},
    {"COPY public.countries (code) FROM STDIN", false},
    {"COPY (SELECT 1) TO '/tmp/x'", false},
    {"EXPLAIN SELECT 1 FROM public.orders o WHERE o.tenant_id =T", false},
    {"EXPLAIN (costs off) SELECT 1 FROM public.orders o", false},
    {"EXPLAIN (costs off) EXECUTE rf_1", false},
    {"EXECUTE rf_1", false},
    {"EXECUTE p", true},
    {"PREPARE p AS SELECT 1 FROM public.orders o WHERE o.tenant_id =T", true},
    {"PREPARE p AS SELECT 1 FROM public.orders o", false},
    {"PREPARE rf_1 AS SELECT 1", false},
    {"DECLARE c CURSOR FOR SELECT 1 FROM public.orders o WHERE o.tenant_id =T", true},
    {"DECLARE c CURSOR FOR SELECT 1 FROM public.orders o", false},
    {"UPDATE public.orders SET total = 0 WHERE CURRENT OF c", true},
    {"UPDATE public.orders SET tenant_id = 't2' WHERE CURRENT OF c", false},
    {"DELETE FROM public.orders USING public.countries WHERE CURRENT OF c", false},
    {"SELECT 1 FROM public.orders o WHERE o.tenant_id =T OR o.id = 1", false},
    {"SELECT 1 FROM public.orders o WHERE NOT o.tenant_id =T", false},
    {"SELECT 1 FROM public.orders o WHERE o.tenant_id = {T}", false},
    {"SELECT 1 FROM public.orders o WHERE o.tenant_id OPERATOR(pg_catalog.<>) {T}", false},
    {"SELECT 1 FROM public.orders o WHERE o.tenant_id OPERATOR(public.=) {T}", false},
    {"SELECT 1 FROM public.orders o WHERE o.tenant_id OPERATOR(pg_catalog.=) 't2'", false},
    {"SELECT 1 FROM public.orders o WHERE o.tenant_id OPERATOR(pg_catalog.=) 't2'::pg_catalog.text",
     false},
    {"SELECT 1 FROM public.orders o WHERE o.tenant_id OPERATOR(pg_catalog.=) $1::pg_catalog.text",
     false},
    {"SELECT 1 FROM public.orders o WHERE o.tenant_id OPERATOR(pg_catalog.=) ANY (ARRAY[{T}, 'x'])",
     false},
    {"SELECT 1 FROM public.orders o WHERE o.tenant_id OPERATOR(pg_catalog.=) ALL (ARRAY[{T}])",
     false},
    {"SELECT 1 FROM public.orders o WHERE {T} OPERATOR(pg_catalog.=) {T}", false},
    {"SELECT 1 FROM public.orders o HAVING o.tenant_id =T", false},
    {"SELECT o.tenant_id =T FROM public.orders o", false},
    {"SELECT 1 FROM public.orders a, public.orders b WHERE a.tenant_id =T AND b.tenant_id =T",
     true},
    {"SELECT 1 FROM public.orders a, public.orders b WHERE a.tenant_id =T AND a.tenant_id =T",
     false},
    {"SELECT 1 FROM public.orders a, public.countries a WHERE a.tenant_id =T", false},
    {"SELECT 1 FROM public.orders AS o(tenant_id) WHERE o.tenant_id =T", false},
    {"SELECT 1 FROM (SELECT * FROM public.orders WHERE public.orders.tenant_id =T) AS o(x)", true},
    {"SELECT 1 FROM (SELECT * FROM public.orders) o WHERE o.tenant_id =T", false},
    /* References: joins. */
    {"SELECT 1 FROM public.countries k JOIN public.orders o ON true WHERE o.tenant_id =T", true},
    {"SELECT 1 FROM public.countries k JOIN public.orders o ON o.tenant_id =T", false},
    {"SELECT 1 FROM public.orders o LEFT JOIN public.countries k ON true WHERE o.tenant_id =T",
     true},
    {"SELECT 1 FROM public.countries k LEFT JOIN public.orders o ON true WHERE o.tenant_id =T",
     false},
    {"SELECT 1 FROM public.countries k LEFT JOIN public.orders o ON o.tenant_id =T", false},
    {"SELECT 1 FROM public.countries k LEFT JOIN (public.orders o JOIN (SELECT) x ON "
     "o.tenant_id =T) ON true",
     true},
    {"SELECT 1 FROM public.countries k LEFT JOIN (public.orders o LEFT JOIN (SELECT) x ON "
     "o.tenant_id =T) ON true",
     false},
    {"SELECT 1 FROM public.countries k LEFT JOIN (public.orders o JOIN (SELECT 1) x ON "
     "o.tenant_id =T) ON true",
     false},
    {"SELECT 1 FROM public.orders o FULL JOIN public.countries k ON true WHERE o.tenant_id =T",
     false},
    {"SELECT 1 FROM public.countries k RIGHT JOIN public.orders o ON true WHERE o.tenant_id =T",
     true},
    {"SELECT 1 FROM public.orders o RIGHT JOIN public.countries k ON true WHERE o.tenant_id =T",
     false},
    {"SELECT 1 FROM public.orders o JOIN public.countries k USING (id) WHERE o.tenant_id =T",
     false},
    {"SELECT 1 FROM public.orders o NATURAL JOIN public.countries k WHERE o.tenant_id =T", false},
    {"SELECT 1 FROM (public.orders o CROSS JOIN public.countries k) AS j WHERE o.tenant_id =T",
     false},
    {"SELECT 1 FROM public.orders TABLESAMPLE system (1) WHERE public.orders.tenant_id =T", true},
    {"SELECT 1 FROM public.orders TABLESAMPLE system (1)", false},
    /* Scopes. */
    {"WITH orders AS (SELECT 1) SELECT 1 FROM orders", true},
    {"WITH orders AS (SELECT 1) SELECT 1 FROM public.orders", false},
    {"WITH orders AS (SELECT 1 FROM orders) SELECT 1", false},
    {"WITH a AS (SELECT 1 FROM orders), orders AS (SELECT 1) SELECT 1", false},
    {"WITH RECURSIVE a AS (SELECT 1 FROM orders), orders AS (SELECT 1) SELECT 1", true},
    {"SELECT 1 FROM (WITH orders AS (SELECT 1) SELECT 1) s, orders", false},
    {"WITH x AS (DELETE FROM public.orders) SELECT 1", false},
    {"WITH x AS (DELETE FROM public.orders WHERE public.orders.tenant_id =T) SELECT 1", true},
    /* Everywhere in a query. */
    {"SELECT (SELECT 1 FROM public.orders)", false},
    {"SELECT 1 WHERE EXISTS (SELECT 1 FROM public.orders)", false},
    {"SELECT 1 GROUP BY (SELECT 1 FROM public.orders)", false},
    {"SELECT 1 HAVING (SELECT true FROM public.orders)", false},
    {"SELECT 1 ORDER BY (SELECT 1 FROM public.orders)", false},
    {"SELECT 1 LIMIT (SELECT 1 FROM public.orders)", false},
    {"SELECT 1 OFFSET (SELECT 1 FROM public.orders)", false},
    {"SELECT DISTINCT ON ((SELECT 1 FROM public.orders)) 1", false},
    {"VALUES ((SELECT 1 FROM public.orders))", false},
    {"SELECT pg_catalog.count(*) OVER w WINDOW w AS (ORDER BY (SELECT 1 FROM public.orders))",
     false},
    {"SELECT 1 UNION SELECT 1 FROM public.orders", false},
    {"SELECT 1 FROM pg_catalog.generate_series(1, (SELECT 1 FROM public.orders)) g", false},
    {"SELECT 1 FROM public.countries k JOIN public.countries l ON EXISTS (SELECT 1 FROM "
     "public.orders)",
     false},
    {"SELECT CASE WHEN true THEN (SELECT 1 FROM public.orders) END", false},
    {"SELECT pg_catalog.pg_read_file('x')", false},
    {"SELECT public.f_secdef_all_customers()", false},
    {"SELECT lower('x')", false},
    /* Changes. */
    {"UPDATE public.orders SET total = 1 WHERE public.orders.tenant_id =T", true},
    {"UPDATE public.orders SET total = 1", false},
    {"UPDATE public.orders SET total = 1 FROM public.customers c WHERE public.orders.tenant_id =T",
     false},
    {"UPDATE public.orders SET total = 1 FROM public.customers c WHERE c.tenant_id =T", false},
    {"UPDATE public.orders SET tenant_id = 't2' WHERE public.orders.tenant_id =T", false},
    {"UPDATE public.orders SET tenant_id = {T} WHERE public.orders.tenant_id =T", true},
    {"UPDATE public.orders SET (id, tenant_id) = (SELECT 1, {T}) WHERE public.orders.tenant_id =T",
     false},
    {"UPDATE public.orders SET (id, tenant_id) = (1, {T}) WHERE public.orders.tenant_id =T", true},
    {"UPDATE public.orders SET (id, tenant_id) = ({T}, 1) WHERE public.orders.tenant_id =T", false},
    {"UPDATE public.orders SET (id, tenant_id, total) = ROW((ROW()).*, {T}, (ROW(1, 2)).*) WHERE "
     "public.orders.tenant_id =T",
     false},
    {"UPDATE public.countries SET name = 'x'", false},
    {"DELETE FROM public.orders o USING public.orders x WHERE o.tenant_id =T AND x.tenant_id =T",
     true},
    {"DELETE FROM public.orders o USING public.orders x WHERE o.tenant_id =T", false},
    {"DELETE FROM public.orders o WHERE o.tenant_id =T RETURNING (SELECT 1 FROM public.orders)",
     false},
    /* New rows. */
    {"INSERT INTO public.orders (id, tenant_id) VALUES (1, {T})", true},
    {"INSERT INTO public.orders (id, tenant_id) VALUES (1, {T}), (2, {T})", true},
    {"INSERT INTO public.orders (id, tenant_id) VALUES (1, {T}), (2, 't2')", false},
    {"INSERT INTO public.orders (id, tenant_id) VALUES ({T}, 1)", false},
    {"INSERT INTO public.orders (id, tenant_id) VALUES (1, CASE WHEN true THEN {T} ELSE $1 END)",
     true},
    {"INSERT INTO public.orders (id, tenant_id) VALUES (1, CASE WHEN $1 THEN {T} ELSE $1 END)",
     false},
    {"INSERT INTO public.orders (id, tenant_id) VALUES (1, CASE WHEN true THEN $1 ELSE {T} END)",
     false},
    {"INSERT INTO public.orders (id) VALUES (1)", false},
    {"INSERT INTO public.orders VALUES (1, {T})", false},
    {"INSERT INTO public.orders DEFAULT VALUES", false},
    {"INSERT INTO public.orders (id, tenant_id) SELECT 1, {T}", true},
    {"INSERT INTO public.orders (id, tenant_id) SELECT *, {T} FROM public.countries", true},
    {"INSERT INTO public.orders (tenant_id, id) SELECT {T}, * FROM public.countries", false},
    {"INSERT INTO public.orders (id, tenant_id) SELECT 1, {T} UNION SELECT 1, 't2'", false},
    {"INSERT INTO public.orders (id, tenant_id) SELECT 1, {T} FROM public.orders", false},
    {"INSERT INTO public.orders (id, tenant_id, total) VALUES ((ROW()).*, {T}, (ROW(1, 2)).*)",
     false},
    {"INSERT INTO public.countries (code) VALUES ('x')", false},
    {"INSERT INTO public.orders (id, tenant_id) VALUES (1, {T}) ON CONFLICT (id, tenant_id) DO "
     "UPDATE SET total = 1 WHERE public.orders.tenant_id =T",
     true},
    {"INSERT INTO public.orders (id, tenant_id) VALUES (1, {T}) ON CONFLICT (id, tenant_id) DO "
     "UPDATE SET total = 1",
     false},
    {"INSERT INTO public.orders (id, tenant_id) VALUES (1, {T}) ON CONFLICT (id, tenant_id) DO "
     "UPDATE SET tenant_id = 't2' WHERE public.orders.tenant_id =T",
     false},
    /* Other statements. */
    {"BEGIN", true},
    {"TRUNCATE public.orders", false},
    {"SELECT 1 INTO x", false},
};

struct run {
    struct sql_query q;
    const char *text;
};

static void prove(void *arg)
{
    struct run *run = arg;
    sql_proof_check(&run->q, libpg_parse(run->text));
}

static void expand(const char *sample, char out[TEXT_CAP])
{
    size_t len = 0;
    for (const char *at = sample; *at != '\0';) {
        const char *piece = NULL;
        if (strncmp(at, "=T", 2) == 0) {
            piece = "OPERATOR(pg_catalog.=) 'sentinel'::pg_catalog.text";
            at += 2;
        } else if (strncmp(at, "{T}", 3) == 0) {
            piece = "'sentinel'::pg_catalog.text";
            at += 3;
        } else {
            out[len++] = *at++;
            continue;
        }
        assert_true(len + strlen(piece) + 1 < TEXT_CAP);
        memcpy(out + len, piece, strlen(piece));
        len += strlen(piece);
    }
    out[len] = '\0';
}

static void check_all(void **state)
{
    (void)state;
    struct catalog *catalog = corpus_catalog_new();
    struct sql_environment env = {.catalog = catalog, .row = corpus_row(), .max_bytes = 1 << 20};
    struct sql_request request = {.protocol = SQL_SIMPLE};
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        char text[TEXT_CAP];
        expand(samples[i].text, text);
        struct run run = {
            .q = {.env = &env, .request = &request, .uses_literals = true, .sentinel = "sentinel"},
            .text = text};
        struct libpg_error error = {0};
        bool is_proved = libpg_run(prove, &run, &error);
        if (is_proved != samples[i].is_proved ||
            (!is_proved && strncmp(error.message, "not proved", 10) != 0)) {
            fail_msg("%s: %s", samples[i].text, is_proved ? "proved" : error.message);
        }
        libpg_error_fini(&error);
    }
    catalog_free(&catalog);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(check_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
