/* SPDX-License-Identifier: Apache-2.0 */
#include "proxy/metrics.h"

#include <stdio.h>

#include "tests/cmocka_all.h"

static void test_a_name_has_one_group_per_shard(void **state)
{
    (void)state;
    struct metrics *m = metrics_new(2);
    struct metrics_shard *a = metrics_shard(m, 0);
    struct metrics_shard *b = metrics_shard(m, 1);
    struct metrics_group *acme = metrics_tenant(a, slice_text("acme"));
    assert_non_null(acme);
    assert_ptr_equal(acme, metrics_tenant(a, slice_text("acme")));
    assert_ptr_not_equal(acme, metrics_tenant(b, slice_text("acme")));
    assert_ptr_not_equal(acme, metrics_tenant(a, slice_text("acm")));
    assert_ptr_not_equal(acme, metrics_upstream(a, "acme"));
    metrics_free(&m);
    assert_null(m);
    metrics_free(&m);
}

static void test_tenants_beyond_the_cap_share_a_group(void **state)
{
    (void)state;
    struct metrics *m = metrics_new(1);
    struct metrics_shard *shard = metrics_shard(m, 0);
    struct metrics_group *last = NULL;
    struct metrics_group *group = NULL;
    for (unsigned i = 0; i < METRICS_MOST_TENANTS + 2; i++) {
        char name[32];
        int len = snprintf(name, sizeof name, "t%u", i);
        last = group;
        group = metrics_tenant(shard, slice_of(name, (size_t)len));
        assert_int_equal(group == last, i == METRICS_MOST_TENANTS + 1);
    }
    assert_ptr_not_equal(metrics_tenant(shard, slice_text("t999")), group);
    metrics_free(&m);
}

static void test_counting_into_nothing_does_nothing(void **state)
{
    (void)state;
    assert_null(metrics_worker(NULL));
    assert_null(metrics_tenant(NULL, slice_text("acme")));
    assert_null(metrics_upstream(NULL, "main"));
    metrics_add(NULL, METRIC_QUERIES_FORWARDED, 1);
    metrics_observe(NULL, METRIC_QUERY_DURATION, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_name_has_one_group_per_shard),
        cmocka_unit_test(test_tenants_beyond_the_cap_share_a_group),
        cmocka_unit_test(test_counting_into_nothing_does_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
