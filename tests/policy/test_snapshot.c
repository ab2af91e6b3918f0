/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/snapshot.h"

#include <string.h>

#include "tests/cmocka_all.h"
#include "tests/policy/catalog/sample_rows.h"
#include "tests/policy/config/samples.h"

static struct snapshot *make(const char *text, uint64_t epoch)
{
    struct config *config = NULL;
    struct snapshot *snapshot = NULL;
    struct config_error error;
    assert_int_equal(sample_load(text, NULL, &config, &error), CONFIG_OK);
    assert_int_equal(snapshot_new(&config, epoch, &snapshot, &error), CONFIG_OK);
    assert_null(config);
    return snapshot;
}

static void test_parts(void **state)
{
    (void)state;
    struct snapshot *s = make(MINIMAL, 7);
    const struct config *config = snapshot_config(s);
    assert_int_equal(snapshot_epoch(s), 7);
    assert_int_equal(config->num_tenants, 2);
    assert_non_null(snapshot_tenant_rules(s));
    assert_null(snapshot_users(s, &config->listeners[0]));
    assert_null(snapshot_catalog(s, &config->upstreams[0]));
    snapshot_unref(&s);
    assert_null(s);
    snapshot_unref(&s);
}

/* A new catalogue is a new snapshot; the old one goes on as it was until its last user lets go. */
static void test_new_catalogue(void **state)
{
    (void)state;
    struct snapshot *first = make(MINIMAL, 1);
    const struct config_upstream *upstream = &snapshot_config(first)->upstreams[0];
    struct catalog *catalog = sample_catalog();
    const struct catalog *expected = catalog;
    struct snapshot *second = snapshot_with_catalog(first, 0, &catalog, 2);
    assert_null(catalog);
    assert_null(snapshot_catalog(first, upstream));
    assert_ptr_equal(snapshot_config(second), snapshot_config(first));
    assert_ptr_equal(snapshot_catalog(second, upstream), expected);
    catalog = sample_catalog();
    struct snapshot *third = snapshot_with_catalog(second, 0, &catalog, 3);
    assert_ptr_equal(snapshot_catalog(second, upstream), expected);
    assert_ptr_not_equal(snapshot_catalog(third, upstream), expected);
    struct snapshot *again = snapshot_ref(second);
    snapshot_unref(&second);
    snapshot_unref(&first);
    assert_string_equal(snapshot_catalog(again, upstream)->database, "app");
    snapshot_unref(&again);
    assert_int_equal(snapshot_epoch(third), 3);
    assert_non_null(catalog_find(snapshot_catalog(third, upstream), "public", "orders"));
    snapshot_unref(&third);
}

static void test_reload_keeps_catalogues_of_the_same_place(void **state)
{
    (void)state;
    struct snapshot *old = make(MINIMAL, 1);
    struct catalog *catalog = sample_catalog();
    struct snapshot *loaded = snapshot_with_catalog(old, 0, &catalog, 2);
    struct snapshot *same = make(MINIMAL, 3);
    snapshot_keep_catalogs(same, loaded);
    assert_non_null(snapshot_catalog(same, &snapshot_config(same)->upstreams[0]));
    struct snapshot *moved =
        make(LISTENERS "upstreams:\n  main: {protocol: postgres, database: app, "
                       "user: app_rw, endpoints: [{address: \"db2:5432\"}]}\n" TENANTS ISOLATION,
             4);
    snapshot_keep_catalogs(moved, loaded);
    assert_null(snapshot_catalog(moved, &snapshot_config(moved)->upstreams[0]));
    snapshot_unref(&old);
    snapshot_unref(&loaded);
    snapshot_unref(&same);
    snapshot_unref(&moved);
}

/* What is wrong with a rule or a users file is found before anything is served. */
static void test_wrong_parts(void **state)
{
    (void)state;
    static const char *const texts[] = {
        LISTENERS UPSTREAMS "tenants:\n  identify: [{startup_user: \"(\"}]\n"
                            "  source: {file: tenants.yaml}\n" ISOLATION,
        "listeners:\n  - {name: a, protocol: postgres, bind: \"0.0.0.0:1\", upstream: main,\n"
        "     auth: {users_file: /nonexistent/users.txt}}\n" UPSTREAMS TENANTS ISOLATION};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct config *config = NULL;
        struct snapshot *snapshot = NULL;
        struct config_error error;
        assert_int_equal(sample_load(texts[i], NULL, &config, &error), CONFIG_OK);
        assert_int_equal(snapshot_new(&config, 1, &snapshot, &error), CONFIG_WRONG);
        assert_null(config);
        assert_null(snapshot);
        assert_true(error.message[0] != '\0');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_new_catalogue),
        cmocka_unit_test(test_reload_keeps_catalogues_of_the_same_place),
        cmocka_unit_test(test_wrong_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
