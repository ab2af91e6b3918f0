/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/config/render.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/cmocka_all.h"
#include "tests/policy/config/samples.h"

/* The rendered text of a configuration's text; owned by the caller. */
static char *render(const char *text)
{
    struct config *config = NULL;
    struct config_error error;
    if (sample_load(text, NULL, &config, &error) != CONFIG_OK) {
        char shown[1024];
        config_error_print(&error, shown, sizeof shown);
        fail_msg("refused: %s\n%s", shown, text);
    }
    char *rendered = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&rendered, &len);
    assert_non_null(out);
    config_render(config, out);
    fclose(out);
    config_free(&config);
    return rendered;
}

static const char everything[] =
    "listeners:\n"
    "  - {name: app-pg, protocol: postgres, bind: \"[::]:6432\", upstream: main,\n"
    "     auth: {users_file: /etc/users.txt,\n"
    "            query: {user: reader, password_file: pg.secret, sql: SELECT 'a' || $1, cache: "
    "3s}}}\n"
    "  - {name: app-redis, protocol: redis, bind: \"unix:/run/a b\", upstream: cache}\n"
    "upstreams:\n"
    "  main:\n"
    "    protocol: postgres\n"
    "    endpoints: [{address: \"db:5432\"}, {address: \"[::1]:1\"}]\n"
    "    database: 'app \"x\\y\"'\n"
    "    user: 'NULL'\n"
    "    password_file: pg.secret\n"
    "    pool: {idle_timeout: 90s, lifetime: 90m, wait_timeout: 1500us}\n"
    "  cache: {protocol: redis, endpoints: [{address: \"db:6379\"}]}\n" TENANTS "isolation:\n"
    "  row: {schemas: [public, \"Odd: one\"], shared: [public.countries]}\n"
    "  redis: {prefix: \"t/{tenant}:\"}\n"
    "limits: {statement_bytes: 1536KiB, plan_cache_bytes: 1GiB, workers: 2}\n"
    "admin: {bind: \"127.0.0.1:9930\"}\n";

static void assert_has(const char *text, const char *part)
{
    if (strstr(text, part) == NULL) {
        fail_msg("no \"%s\" in:\n%s", part, text);
    }
}

static void test_shows_what_is_in_force(void **state)
{
    (void)state;
    char *text = render(everything);
    assert_has(text, "    password_file: etc/pg.secret\n    # password: ***\n");
    assert_null(strstr(text, "s3cret"));
    assert_has(text, "    auth:\n      method: scram-sha-256\n      users_file: /etc/users.txt\n"
                     "      query:\n        user: reader\n"
                     "        password_file: etc/pg.secret\n"
                     "        sql: \"SELECT 'a' || $1\"\n"
                     "        timeout: 5s\n        cache: 3s\n        # password: ***\n");
    assert_has(text, "    database: \"app \\\"x\\\\y\\\"\"\n    user: \"NULL\"\n");
    assert_has(text, "      wait_timeout: 1500us\n");
    assert_has(text, "      idle_timeout: 90s\n      lifetime: 90m\n");
    assert_has(text, "  statement_bytes: 1536KiB\n");
    assert_has(text, "  plan_cache_bytes: 1GiB\n");
    assert_has(text, "  workers: 2\n");
    assert_has(text, "    # 2 tenants: 1 active, 1 suspended\n");
    assert_has(text, "    schemas: [public, \"Odd: one\"]\n");
    assert_has(text, "    unsafe_allow_privileged_role: false\n");
    assert_has(text, "admin:\n  bind: \"127.0.0.1:9930\"\n");
    free(text);
}

/* The text means the same again; only names of files were made relative to the folder before. */
static void test_means_the_same(void **state)
{
    (void)state;
    char *text = render(everything);
    char *found = NULL;
    while ((found = strstr(text, " etc/")) != NULL) {
        memmove(found + 1, found + 5, strlen(found + 5) + 1);
    }
    char *again = render(text);
    while ((found = strstr(again, " etc/")) != NULL) {
        memmove(found + 1, found + 5, strlen(found + 5) + 1);
    }
    assert_string_equal(text, again);
    free(text);
    free(again);
}

static void test_keys_are_listed(void **state)
{
    (void)state;
    struct config_key_facts key;
    size_t count = 0;
    bool has_size = false;
    for (; config_key_at(count, &key); count++) {
        assert_true(key.path[0] != '\0' && key.expects[0] != '\0' && key.meaning[0] != '\0');
        if (strcmp(key.path, "upstreams.NAME.pool.size") == 0) {
            has_size = true;
            assert_string_equal(key.expects, "a whole number from 1 to 10000");
            assert_string_equal(key.fallback, "20");
        }
    }
    assert_true(has_size);
    assert_true(count > 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shows_what_is_in_force),
        cmocka_unit_test(test_means_the_same),
        cmocka_unit_test(test_keys_are_listed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
