/* SPDX-License-Identifier: Apache-2.0
 *
 * What one cold plan costs: sql_plan_new and unref in a loop over a few statements, in microseconds
 * of CPU time per plan:
 *
 *   cmake --build --preset release --target bench_sql_rewrite
 *   build/release/bench/bench_sql_rewrite */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "policy/catalog/catalog.h"
#include "policy/sql/plan.h"
#include "tests/corpus_catalog.h"

#define ROUNDS_US ((int64_t)300000) /* how long each statement is repeated */

static const char pgbench_select[] = "SELECT total FROM orders WHERE id = 12345;";
static const char join_300[] =
    "SELECT o.id, o.total, c.name, k.name AS country FROM orders o JOIN customers c ON c.id = "
    "o.customer_id LEFT JOIN countries k ON k.code = c.name WHERE o.total > 100 AND o.total < 5000 "
    "AND c.name LIKE 'a%' AND o.id IN (1, 2, 3, 4, 5) GROUP BY o.id, o.total, c.name, k.name ORDER "
    "BY o.total DESC, c.name LIMIT 20 OFFSET 40";

static int64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void measure(const struct sql_environment *env, const char *name, const char *text,
                    enum sql_protocol protocol)
{
    struct sql_request request = {.text = slice_text(text), .protocol = protocol};
    int64_t begin = now_us();
    int64_t elapsed = 0;
    int64_t rounds = 0;
    size_t memory = 0;
    while (elapsed < ROUNDS_US) {
        for (int i = 0; i < 16; i++) {
            struct sql_plan *plan = sql_plan_new(env, &request);
            if (sql_plan_verdict(plan) != SQL_FORWARD) {
                fprintf(stderr, "%s: %s\n", name, sql_plan_refusal(plan)->message);
                exit(1);
            }
            memory = sql_plan_memory(plan);
            sql_plan_unref(&plan);
            rounds++;
        }
        elapsed = now_us() - begin;
    }
    printf("%-24s %8zu bytes %10.2f us %8zu bytes kept\n", name, strlen(text),
           (double)elapsed / (double)rounds, memory);
}

/* INSERT with that many rows of four values. */
static char *bulk_insert(size_t rows)
{
    static const char head[] = "INSERT INTO orders (id, customer_id, total) VALUES ";
    static const char row[] = "(1234567, 42, 99.50), ";
    char *text = calloc(1, sizeof(head) + rows * sizeof(row));
    size_t len = sizeof(head) - 1;
    memcpy(text, head, len);
    for (size_t i = 0; i < rows; i++) {
        memcpy(text + len, row, sizeof(row) - 1);
        len += sizeof(row) - 1;
    }
    text[len - 2] = '\0';
    return text;
}

int main(void)
{
    struct catalog *catalog = corpus_catalog_new();
    struct sql_environment env = {.catalog = catalog, .row = corpus_row(), .max_bytes = 4 << 20};
    char *bulk = bulk_insert(1000);
    measure(&env, "pgbench select", pgbench_select, SQL_SIMPLE);
    measure(&env, "pgbench select, extended", "SELECT total FROM orders WHERE id = $1",
            SQL_EXTENDED);
    measure(&env, "join", join_300, SQL_SIMPLE);
    measure(&env, "BEGIN", "BEGIN", SQL_SIMPLE);
    measure(&env, "insert of 1,000 rows", bulk, SQL_SIMPLE);
    free(bulk);
    catalog_free(&catalog);
    return 0;
}
