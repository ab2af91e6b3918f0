/* SPDX-License-Identifier: Apache-2.0 */
#include "proxy/pg/holds.h"

#include "tests/cmocka_all.h"

static struct hold_target database(const char *name)
{
    return (struct hold_target){.name = slice_text(name)};
}

static struct hold_target tenant(const char *name)
{
    return (struct hold_target){.is_tenant = true, .name = slice_text(name)};
}

static void test_names_and_kinds_are_kept_apart(void **state)
{
    (void)state;
    struct holds holds = {{NULL}};
    holds_add(&holds, HOLD_PAUSED, database("main"));
    holds_add(&holds, HOLD_PAUSED, database("main"));
    holds_add(&holds, HOLD_DISABLED, tenant("acme"));
    assert_true(holds_has(&holds, HOLD_PAUSED, database("main")));
    assert_false(holds_has(&holds, HOLD_PAUSED, tenant("main")));
    assert_false(holds_has(&holds, HOLD_PAUSED, database("mai")));
    assert_false(holds_has(&holds, HOLD_DISABLED, database("main")));
    assert_true(holds_session(&holds, HOLD_DISABLED, "main", slice_text("acme")));
    assert_false(holds_session(&holds, HOLD_DISABLED, "main", slice_text("globex")));
    assert_false(holds_session(&holds, HOLD_DISABLED, "acme", slice_text("")));
    holds_remove(&holds, HOLD_PAUSED, tenant("main"));
    assert_true(holds_any(&holds, HOLD_PAUSED));
    holds_remove(&holds, HOLD_PAUSED, database("main"));
    assert_false(holds_any(&holds, HOLD_PAUSED));
    assert_true(holds_any(&holds, HOLD_DISABLED));
    holds_fini(&holds);
}

static void test_all_databases(void **state)
{
    (void)state;
    struct holds holds = {{NULL}};
    holds_add(&holds, HOLD_PAUSED, database(""));
    holds_add(&holds, HOLD_PAUSED, database("main"));
    holds_add(&holds, HOLD_PAUSED, tenant("acme"));
    assert_true(holds_has(&holds, HOLD_PAUSED, database("other")));
    assert_false(holds_has(&holds, HOLD_PAUSED, tenant("globex")));
    holds_remove(&holds, HOLD_PAUSED, database(""));
    assert_false(holds_has(&holds, HOLD_PAUSED, database("main")));
    assert_true(holds_has(&holds, HOLD_PAUSED, tenant("acme"))); /* it was named by itself */
    holds_fini(&holds);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_and_kinds_are_kept_apart),
        cmocka_unit_test(test_all_databases),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
