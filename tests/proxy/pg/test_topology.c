/* SPDX-License-Identifier: Apache-2.0 */
#include "proxy/pg/topology.h"

#include <string.h>

#include "tests/cmocka_all.h"

#define SECOND INT64_C(1000000)

static char a[] = "a:1";
static char b[] = "b:1";
static char c[] = "c:1";
static char d[] = "d:1";
static const struct config_address three[] = {{.text = a}, {.text = b}, {.text = c}};

static struct topology three_endpoints(void)
{
    struct topology t = {.num_items = 0};
    topology_configure(&t, three, 3);
    return t;
}

static void assert_saw(struct topology *t, const char *address, enum endpoint_role role,
                       enum topology_news news)
{
    assert_int_equal(topology_saw(t, address, role), news);
    assert_int_equal(topology_role(t, address), role);
}

static void test_the_primary_moves_only_when_it_is_not_one_any_more(void **state)
{
    (void)state;
    struct topology t = three_endpoints();
    assert_saw(&t, "a:1", ENDPOINT_PRIMARY, TOPOLOGY_CHANGED);
    assert_saw(&t, "a:1", ENDPOINT_PRIMARY, TOPOLOGY_SAME);
    assert_saw(&t, "b:1", ENDPOINT_PRIMARY, TOPOLOGY_SPLIT);
    assert_true(topology_fits(&t, "a:1", CONFIG_TARGET_PRIMARY));
    assert_false(topology_fits(&t, "b:1", CONFIG_TARGET_PRIMARY));
    topology_failed(&t, "a:1", 0);
    assert_true(topology_fits(&t, "a:1", CONFIG_TARGET_PRIMARY)); /* nobody took over yet */
    assert_saw(&t, "b:1", ENDPOINT_PRIMARY, TOPOLOGY_CHANGED);
    assert_false(topology_fits(&t, "a:1", CONFIG_TARGET_PRIMARY));
    assert_true(topology_fits(&t, "b:1", CONFIG_TARGET_PRIMARY));
    assert_saw(&t, "a:1", ENDPOINT_PRIMARY, TOPOLOGY_SPLIT); /* it came back as what it was */
    assert_false(topology_fits(&t, "a:1", CONFIG_TARGET_PRIMARY));
    topology_fini(&t);
}

static void test_a_primary_that_comes_back_alone_is_the_same(void **state)
{
    (void)state;
    struct topology t = three_endpoints();
    assert_saw(&t, "a:1", ENDPOINT_PRIMARY, TOPOLOGY_CHANGED);
    topology_failed(&t, "a:1", 0);
    assert_saw(&t, "b:1", ENDPOINT_STANDBY, TOPOLOGY_CHANGED);
    assert_saw(&t, "a:1", ENDPOINT_PRIMARY, TOPOLOGY_CHANGED);
    assert_true(topology_fits(&t, "a:1", CONFIG_TARGET_PRIMARY));
    topology_fini(&t);
}

static void test_a_primary_that_became_a_standby_is_none(void **state)
{
    (void)state;
    struct topology t = three_endpoints();
    assert_saw(&t, "a:1", ENDPOINT_PRIMARY, TOPOLOGY_CHANGED);
    assert_saw(&t, "a:1", ENDPOINT_STANDBY, TOPOLOGY_CHANGED);
    assert_false(topology_fits(&t, "a:1", CONFIG_TARGET_PRIMARY));
    assert_saw(&t, "b:1", ENDPOINT_PRIMARY, TOPOLOGY_CHANGED);
    assert_true(topology_fits(&t, "b:1", CONFIG_TARGET_PRIMARY));
    topology_fini(&t);
}

static void test_what_fits_which_target(void **state)
{
    (void)state;
    struct topology t = three_endpoints();
    assert_saw(&t, "a:1", ENDPOINT_PRIMARY, TOPOLOGY_CHANGED);
    assert_false(topology_fits(&t, "a:1", CONFIG_TARGET_STANDBY));
    assert_false(topology_fits(&t, "a:1", CONFIG_TARGET_PREFER_STANDBY)); /* b may be one */
    topology_failed(&t, "b:1", 0);
    topology_failed(&t, "c:1", 0);
    assert_true(topology_fits(&t, "a:1", CONFIG_TARGET_PREFER_STANDBY));
    assert_saw(&t, "b:1", ENDPOINT_STANDBY, TOPOLOGY_CHANGED);
    assert_false(topology_fits(&t, "a:1", CONFIG_TARGET_PREFER_STANDBY));
    for (enum config_target target = CONFIG_TARGET_PRIMARY; target < CONFIG_TARGETS; target++) {
        assert_int_equal(topology_fits(&t, "b:1", target), target != CONFIG_TARGET_PRIMARY);
        assert_false(topology_fits(&t, "unheard:1", target));
    }
    assert_true(topology_fits(&t, "a:1", CONFIG_TARGET_ANY));
    topology_fini(&t);
}

static void test_the_next_one_to_try(void **state)
{
    (void)state;
    struct topology t = three_endpoints();
    assert_int_equal(topology_next(&t, CONFIG_TARGET_PRIMARY, 4, 0), 1); /* counted round */
    assert_saw(&t, "c:1", ENDPOINT_PRIMARY, TOPOLOGY_CHANGED);
    assert_saw(&t, "a:1", ENDPOINT_STANDBY, TOPOLOGY_CHANGED);
    topology_failed(&t, "b:1", SECOND);
    assert_int_equal(topology_next(&t, CONFIG_TARGET_PRIMARY, 0, 2 * SECOND), 2);
    assert_int_equal(topology_next(&t, CONFIG_TARGET_STANDBY, 1, 2 * SECOND), 0);
    assert_int_equal(topology_next(&t, CONFIG_TARGET_STANDBY, 1, 6 * SECOND), 1);
    topology_failed(&t, "a:1", 6 * SECOND);
    topology_failed(&t, "b:1", 6 * SECOND);
    assert_int_equal(topology_next(&t, CONFIG_TARGET_STANDBY, 7, 7 * SECOND), 7); /* in turn */
    topology_fini(&t);
}

static void test_a_reload_keeps_what_is_known_of_those_that_stay(void **state)
{
    (void)state;
    static const struct config_address others[] = {{.text = d}, {.text = a}};
    struct topology t = three_endpoints();
    assert_saw(&t, "a:1", ENDPOINT_PRIMARY, TOPOLOGY_CHANGED);
    assert_saw(&t, "b:1", ENDPOINT_STANDBY, TOPOLOGY_CHANGED);
    topology_configure(&t, others, 2);
    assert_int_equal(topology_role(&t, "a:1"), ENDPOINT_PRIMARY);
    assert_int_equal(topology_role(&t, "b:1"), ENDPOINT_UNKNOWN);
    assert_int_equal(topology_saw(&t, "b:1", ENDPOINT_PRIMARY), TOPOLOGY_SAME);
    assert_true(topology_fits(&t, "a:1", CONFIG_TARGET_PRIMARY));
    topology_configure(&t, others, 1);
    assert_false(topology_fits(&t, "a:1", CONFIG_TARGET_PRIMARY));
    assert_saw(&t, "d:1", ENDPOINT_PRIMARY, TOPOLOGY_CHANGED);
    topology_fini(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_primary_moves_only_when_it_is_not_one_any_more),
        cmocka_unit_test(test_a_primary_that_comes_back_alone_is_the_same),
        cmocka_unit_test(test_a_primary_that_became_a_standby_is_none),
        cmocka_unit_test(test_what_fits_which_target),
        cmocka_unit_test(test_the_next_one_to_try),
        cmocka_unit_test(test_a_reload_keeps_what_is_known_of_those_that_stay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
