/* SPDX-License-Identifier: Apache-2.0 */
#include "proxy/metrics_text.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "proxy/metrics.h"
#include "tests/cmocka_all.h"

/* The page must hold exactly these lines, one after the other. */
static void assert_lines(struct metrics *m, const char *lines)
{
    size_t len = 0;
    char *text = metrics_text(m, &len);
    assert_int_equal(strlen(text), len);
    if (strstr(text, lines) == NULL) {
        fail_msg("not found:\n%s\nin:\n%s", lines, text);
    }
    free(text);
}

static void test_sums_the_shards_of_each_scope(void **state)
{
    (void)state;
    struct metrics *m = metrics_new(2);
    for (unsigned i = 0; i < 2; i++) {
        struct metrics_shard *shard = metrics_shard(m, i);
        metrics_add(metrics_worker(shard), METRIC_PROOF_FAILED, 2);
        metrics_add(metrics_tenant(shard, slice_text("acme")), METRIC_QUERIES_REFUSED, 3);
        metrics_add(metrics_upstream(shard, "main"), METRIC_LINKS_IDLE, 5);
        metrics_add(metrics_upstream(shard, "main"), METRIC_LINKS_IDLE, -1);
        metrics_add(metrics_upstream(shard, "main"), METRIC_POOL_WAIT_US, 1500000);
    }
    metrics_add(metrics_tenant(metrics_shard(m, 1), slice_text("glo\"b\\x")), METRIC_QUERIES_LOCAL,
                1);
    assert_lines(m, "# HELP ringfence_proof_failed_total Rewritten statements that did not pass "
                    "the proof and were refused.\n"
                    "# TYPE ringfence_proof_failed_total counter\n"
                    "ringfence_proof_failed_total 4\n");
    assert_lines(m, "ringfence_queries_total{tenant=\"acme\",verdict=\"local\"} 0\n"
                    "ringfence_queries_total{tenant=\"glo\\\"b\\\\x\",verdict=\"local\"} 1\n"
                    "ringfence_queries_total{tenant=\"acme\",verdict=\"refused\"} 6\n");
    assert_lines(m, "# TYPE ringfence_links gauge\n"
                    "ringfence_links{upstream=\"main\",state=\"connecting\"} 0\n"
                    "ringfence_links{upstream=\"main\",state=\"idle\"} 8\n");
    assert_lines(m, "ringfence_pool_wait_seconds_total{upstream=\"main\"} 3.000000\n");
    metrics_free(&m);
}

static void test_histogram_counts_up(void **state)
{
    (void)state;
    struct metrics *m = metrics_new(1);
    const int64_t times_us[] = {0, 100, 101, 1000, 60000000};
    for (size_t i = 0; i < sizeof times_us / sizeof times_us[0]; i++) {
        metrics_observe(metrics_shard(m, 0), METRIC_QUERY_DURATION, times_us[i]);
    }
    assert_lines(m, "# TYPE ringfence_query_duration_seconds histogram\n"
                    "ringfence_query_duration_seconds_bucket{le=\"0.0001\"} 2\n"
                    "ringfence_query_duration_seconds_bucket{le=\"0.00025\"} 3\n"
                    "ringfence_query_duration_seconds_bucket{le=\"0.0005\"} 3\n"
                    "ringfence_query_duration_seconds_bucket{le=\"0.001\"} 4\n");
    assert_lines(m, "ringfence_query_duration_seconds_bucket{le=\"10\"} 4\n"
                    "ringfence_query_duration_seconds_bucket{le=\"+Inf\"} 5\n"
                    "ringfence_query_duration_seconds_sum 60.001201\n"
                    "ringfence_query_duration_seconds_count 5\n");
    metrics_free(&m);
}

static void test_lag_is_the_largest_of_two_windows(void **state)
{
    (void)state;
    struct metrics *m = metrics_new(1);
    struct metrics_shard *shard = metrics_shard(m, 0);
    metrics_count_turn(shard, 1, 5000);
    metrics_count_turn(shard, 2, 10);
    assert_lines(m, "ringfence_loop_lag_max_seconds{loop=\"0\"} 0.005000\n");
    metrics_count_turn(shard, 20000000, 40);
    assert_lines(m, "ringfence_loop_lag_max_seconds{loop=\"0\"} 0.005000\n");
    metrics_count_turn(shard, 40000000, 30);
    assert_lines(m, "ringfence_loop_lag_max_seconds{loop=\"0\"} 0.000040\n");
    assert_lines(m, "ringfence_loop_turns_total 4\n");
    metrics_free(&m);
}

static atomic_bool is_done;

static void *count_all(void *arg)
{
    struct metrics_shard *shard = arg;
    for (int i = 0; i < 2000; i++) {
        char name[2] = {(char)('a' + i % 26), '\0'};
        metrics_add(metrics_tenant(shard, slice_text(name)), METRIC_QUERIES_LOCAL, 1);
        metrics_observe(shard, METRIC_WAIT_DURATION, i);
    }
    atomic_store(&is_done, true);
    return NULL;
}

static void test_scrapes_while_workers_count(void **state)
{
    (void)state;
    struct metrics *m = metrics_new(1);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, count_all, metrics_shard(m, 0)), 0);
    while (!atomic_load(&is_done)) {
        assert_lines(m, "# TYPE ringfence_queries_total counter\n");
    }
    pthread_join(thread, NULL);
    assert_lines(m, "ringfence_queries_total{tenant=\"a\",verdict=\"local\"} 77\n");
    metrics_free(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sums_the_shards_of_each_scope),
        cmocka_unit_test(test_histogram_counts_up),
        cmocka_unit_test(test_lag_is_the_largest_of_two_windows),
        cmocka_unit_test(test_scrapes_while_workers_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
