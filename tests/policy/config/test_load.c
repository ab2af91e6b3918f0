/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/config/load.h"

#include <stdio.h>
#include <string.h>

#include "protocol/mem.h"
#include "tests/cmocka_all.h"
#include "tests/policy/config/samples.h"

static struct config *load_good(const char *text, char *const *environment)
{
    struct config *config = NULL;
    struct config_error error;
    if (sample_load(text, environment, &config, &error) != CONFIG_OK) {
        char shown[1024];
        config_error_print(&error, shown, sizeof shown);
        fail_msg("refused: %s", shown);
    }
    assert_non_null(config);
    return config;
}

static void test_minimal_gets_defaults(void **state)
{
    (void)state;
    struct config *c = load_good(MINIMAL, NULL);
    assert_int_equal(c->num_listeners, 1);
    assert_string_equal(c->listeners[0].name, "app-pg");
    assert_string_equal(c->listeners[0].bind.host, "127.0.0.1");
    assert_int_equal(c->listeners[0].bind.port, 6432);
    assert_int_equal(c->listeners[0].auth, CONFIG_AUTH_TRUST);
    assert_ptr_equal(c->listeners[0].upstream, &c->upstreams[0]);
    assert_int_equal(c->upstreams[0].pool.mode, CONFIG_POOL_TRANSACTION);
    assert_int_equal(c->upstreams[0].pool.size, 20);
    assert_int_equal(c->upstreams[0].pool.wait_timeout_us, 5000000);
    assert_int_equal(c->upstreams[0].pool.lifetime_us, 3600000000);
    assert_null(c->upstreams[0].password);
    assert_string_equal(c->row.column, "tenant_id");
    assert_int_equal(c->row.num_schemas, 1);
    assert_string_equal(c->row.schemas[0], "public");
    assert_null(c->row.schemas[1]);
    assert_int_equal(c->row.num_shared, 0);
    assert_non_null(c->row.shared);
    assert_int_equal(c->row.fence, FENCE_AUTO);
    assert_false(c->redis.is_set);
    assert_int_equal(c->limits.statement_bytes, 256 << 10);
    assert_int_equal(c->limits.workers, 0);
    assert_null(c->admin);
    assert_int_equal(c->log.level, CONFIG_LOG_INFO);
    assert_int_equal(c->num_tenants, 2);
    assert_string_equal(c->tenants[0].id, "acme");
    assert_int_equal(c->tenants[1].state, TENANT_SUSPENDED);
    assert_string_equal(c->tenants_file, "etc/tenants.yaml");
    assert_int_equal(c->num_warnings, 1); /* trust over TCP */
    config_free(&c);
    assert_null(c);
}

static const char full[] =
    "listeners:\n"
    "  - name: app-pg\n"
    "    protocol: postgres\n"
    "    bind: 0.0.0.0:6432\n"
    "    upstream: main\n"
    "    auth:\n"
    "      users_file: users.txt\n"
    "      query: {upstream: main, database: names, user: reader, password_file: public.secret,\n"
    "              sql: SELECT $1, timeout: 250ms, cache: 2s}\n"
    "  - {name: app-redis, protocol: redis, bind: \"unix:/run/rf/redis.sock\", upstream: cache}\n"
    "upstreams:\n"
    "  cache: {protocol: redis, endpoints: [{address: \"[::1]:6379\"}]}\n"
    "  main:\n"
    "    protocol: postgres\n"
    "    endpoints: [{address: \"db.internal:5432\"}, {address: \"unix:/run/pg/.s.PGSQL.5432\"}]\n"
    "    database: app\n"
    "    user: app_rw\n"
    "    password_file: public.secret\n"
    "    pool: {mode: session, size: 7, wait_timeout: 250ms, idle_timeout: 2m, lifetime: 12h}\n"
    "tenants:\n"
    "  identify:\n"
    "    - startup_option: ringfence.tenant\n"
    "    - redis_user: '^(?<tenant>[a-z0-9_-]+)$'\n"
    "    - static: acme\n"
    "  source: {file: tenants.yaml}\n"
    "isolation:\n"
    "  row:\n"
    "    column: org\n"
    "    schemas: [app, public]\n"
    "    shared: [public.countries]\n"
    "    enforce: rewrite\n"
    "    fence: never\n"
    "    functions: {allow: [public.slugify, pg_catalog.pg_sleep]}\n"
    "    unsafe_allow_privileged_role: true\n"
    "  redis: {mode: prefix, prefix: \"t:{tenant}/\"}\n"
    "limits: {statement_bytes: 64KiB, sessions: 5, workers: 3, login_timeout: 1m}\n"
    "admin: {bind: \"127.0.0.1:9930\"}\n"
    "log: {format: text, level: debug}\n";

static void test_everything_set(void **state)
{
    (void)state;
    struct config *c = load_good(full, NULL);
    const struct config_upstream *main_upstream = config_upstream_find(c, "main");
    assert_ptr_equal(config_listener_find(c, "app-pg")->upstream, main_upstream);
    assert_string_equal(main_upstream->password, "s3cret");
    assert_int_equal(main_upstream->num_endpoints, 2);
    assert_string_equal(main_upstream->endpoints[1].path, "/run/pg/.s.PGSQL.5432");
    assert_int_equal(main_upstream->pool.mode, CONFIG_POOL_SESSION);
    assert_int_equal(main_upstream->pool.wait_timeout_us, 250000);
    assert_string_equal(c->listeners[0].users_file, "etc/users.txt");
    assert_int_equal(c->listeners[0].auth, CONFIG_AUTH_SCRAM_SHA_256);
    const struct config_auth_query *query = c->listeners[0].query;
    assert_ptr_equal(query->upstream, main_upstream);
    assert_string_equal(query->database, "names");
    assert_string_equal(query->user, "reader");
    assert_string_equal(query->password, "s3cret");
    assert_string_equal(query->password_file, "etc/public.secret");
    assert_string_equal(query->sql, "SELECT $1");
    assert_int_equal(query->timeout_us, 250000);
    assert_int_equal(query->cache_us, 2000000);
    assert_null(c->listeners[1].query);
    assert_string_equal(c->upstreams[0].endpoints[0].host, "::1");
    assert_string_equal(c->row.schemas[1], "public");
    assert_string_equal(c->row.functions_allow[1], "pg_catalog.pg_sleep");
    assert_true(c->row.unsafe_allow_privileged_role);
    assert_string_equal(c->redis.prefix, "t:{tenant}/");
    assert_int_equal(c->limits.workers, 3);
    assert_int_equal(c->admin->bind.port, 9930);
    assert_int_equal(c->log.format, CONFIG_LOG_TEXT);
    assert_int_equal(c->identify[0].kind, IDENTIFY_STARTUP_OPTION);
    assert_int_equal(c->identify[1].line, 23);
    assert_int_equal(c->identify[1].column, 19);
    /* password files twice, option without credential, function beyond the list, unsafe role */
    assert_int_equal(c->num_warnings, 5);
    config_free(&c);
}

static void test_environment_overrides(void **state)
{
    (void)state;
    char address[] = "RINGFENCE_UPSTREAMS_MAIN_ENDPOINTS_0_ADDRESS=10.1.1.1:5433";
    char user[] = "RINGFENCE_UPSTREAMS_MAIN_USER=other";
    char password[] = "RINGFENCE_UPSTREAMS_MAIN_PASSWORD_FILE=pg.secret";
    char bytes[] = "RINGFENCE_LIMITS_STATEMENT_BYTES=2MiB";
    char level[] = "RINGFENCE_LOG_LEVEL=debug";
    char bind[] = "RINGFENCE_LISTENERS_APP_PG_BIND=unix:/run/x";
    char schemas[] = "RINGFENCE_ISOLATION_ROW_SCHEMAS=app,public";
    char unknown[] = "RINGFENCE_SERVICE_HOST=10.0.0.1";
    char other[] = "RINGFENCE=1";
    struct config *c = load_good(
        MINIMAL, ENVIRONMENT(address, user, password, bytes, level, bind, schemas, unknown, other));
    assert_string_equal(c->upstreams[0].endpoints[0].text, "10.1.1.1:5433");
    assert_string_equal(c->upstreams[0].user, "other");
    assert_string_equal(c->upstreams[0].password, "s3cret");
    assert_int_equal(c->limits.statement_bytes, 2 << 20);
    assert_int_equal(c->log.level, CONFIG_LOG_DEBUG);
    assert_true(c->listeners[0].bind.is_unix);
    assert_int_equal(c->row.num_schemas, 2);
    assert_string_equal(c->row.schemas[0], "app");
    assert_int_equal(c->num_warnings, 1);
    assert_string_equal(c->warnings[0], "environment: RINGFENCE_SERVICE_HOST stands for no key of "
                                        "this configuration");
    config_free(&c);
}

static void test_every_prefix_is_refused_or_whole(void **state)
{
    (void)state;
    char text[sizeof full];
    for (size_t len = 0; len < sizeof full - 1; len++) {
        memcpy(text, full, len);
        text[len] = '\0';
        struct config *config = NULL;
        struct config_error error;
        if (sample_load(text, NULL, &config, &error) == CONFIG_OK) {
            assert_int_equal(config->num_listeners, 2);
        } else {
            assert_null(config);
            assert_true(error.line > 0 && error.column > 0);
            assert_true(error.message[0] != '\0');
        }
        config_free(&config);
    }
}

/* One file for everything that is named: a long list of tenants, last one first. */
static bool read_long_list(void *context, const char *path, size_t max, struct config_file *out,
                           char *message, size_t cap)
{
    static const size_t num_tenants = 20000;
    static const size_t line_cap = 32;
    (void)context;
    (void)path;
    (void)max;
    (void)message;
    (void)cap;
    *out = (struct config_file){.bytes = mem_new(num_tenants * line_cap)};
    for (size_t i = num_tenants; i > 0; i--) {
        out->len += (size_t)snprintf(out->bytes + out->len, line_cap, "- {id: t-%05zu}\n", i - 1);
    }
    return true;
}

static void test_long_list_of_tenants(void **state)
{
    (void)state;
    struct config *config = NULL;
    struct config_error error;
    struct config_input input = {
        .path = "t.yaml", .text = slice_text(MINIMAL), .read_file = read_long_list};
    assert_int_equal(config_load_text(&input, &config, &error), CONFIG_OK);
    assert_int_equal(config->num_tenants, 20000);
    assert_string_equal(config->tenants[0].id, "t-00000");
    assert_string_equal(config->tenants[19999].id, "t-19999");
    config_free(&config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_minimal_gets_defaults),
        cmocka_unit_test(test_everything_set),
        cmocka_unit_test(test_environment_overrides),
        cmocka_unit_test(test_long_list_of_tenants),
        cmocka_unit_test(test_every_prefix_is_refused_or_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
