/* SPDX-License-Identifier: Apache-2.0
 *
 * What is wrong with a file is said with line and column: one row per mistake. */
#include <string.h>

#include "policy/config/load.h"
#include "tests/cmocka_all.h"
#include "tests/policy/config/samples.h"

struct wrong {
    const char *text;
    const char *expected; /* how the message begins, file:line:column included */
};

/* Prints every difference, so that one run shows all of them; 1 for a difference. */
static int check_wrong(const struct wrong *wrong, char *const *environment)
{
    struct config *config = NULL;
    struct config_error error;
    char shown[1024];
    if (sample_load(wrong->text, environment, &config, &error) == CONFIG_OK) {
        config_free(&config);
        print_error("accepted, expected %s for:\n%s", wrong->expected, wrong->text);
        return 1;
    }
    assert_null(config);
    config_error_print(&error, shown, sizeof shown);
    if (strncmp(shown, wrong->expected, strlen(wrong->expected)) != 0) {
        print_error("got      %s\nexpected %s\nfor:\n%s", shown, wrong->expected, wrong->text);
        return 1;
    }
    return 0;
}

static void assert_wrong(const struct wrong *wrong, char *const *environment)
{
    assert_int_equal(check_wrong(wrong, environment), 0);
}

static const struct wrong not_yaml[] = {
    {"", "etc/t.yaml:1:1: the file is empty"},
    {"# nothing\n", "etc/t.yaml:1:1: the file is empty"},
    {"listeners: [", "etc/t.yaml:2:1: not valid YAML: did not find expected node content"},
    {"log:\n\tlevel: info\n", "etc/t.yaml:2:1: not valid YAML: found character that cannot start"},
    {"log: {level: info}\nlimits: \xff\n", "etc/t.yaml:2:9: not valid YAML: invalid leading UTF-8"},
    {"log: {level: info}\n--- {}\n", "etc/t.yaml:2:1: expected one document"},
    {"log: &x {level: info}\n", "etc/t.yaml:1:6: anchors are not supported"},
    {"log: {level: &x info}\n", "etc/t.yaml:1:14: anchors are not supported"},
    {"log: *x\n", "etc/t.yaml:1:6: aliases are not supported"},
    {"log: !!map {level: info}\n", "etc/t.yaml:1:6: tags are not supported"},
    {"log: {level: !x info}\n", "etc/t.yaml:1:14: tags are not supported"},
    {"log: {level: }\n", "etc/t.yaml:1:14: expected a value"},
    {"log: ~\n", "etc/t.yaml:1:6: expected a value"},
    {"log: {level: null}\n", "etc/t.yaml:1:14: expected a value"},
    {"log: {level: \"a\\0b\"}\n", "etc/t.yaml:1:14: expected a text without control"},
    {"? [a]\n: b\n", "etc/t.yaml:1:3: expected a plain text as key"},
    {"a: [[[[[[[[[[[[]]]]]]]]]]]]\n", "etc/t.yaml:1:11: nested too deep"},
};

static const struct wrong wrong_shape[] = {
    {"- a\n", "etc/t.yaml:1:1: expected a mapping (key: value), found a list"},
    {"text\n", "etc/t.yaml:1:1: expected a mapping (key: value), found a single value"},
    {"listener: []\n", "etc/t.yaml:1:1: unknown key \"listener\"; expected one of: listeners, "
                       "upstreams, tenants, isolation, limits, admin, log"},
    {"log: {levle: info}\n",
     "etc/t.yaml:1:7: unknown key \"levle\"; expected one of: format, level"},
    {"log:\n  level: info\n  level: warn\n", "etc/t.yaml:3:3: key \"level\" is there twice"},
    {"log: [info]\n", "etc/t.yaml:1:6: expected a mapping (key: value), found a list"},
    {"log: info\n", "etc/t.yaml:1:6: expected a mapping (key: value), found a single value"},
    {"log: {level: {a: b}}\n", "etc/t.yaml:1:14: expected a single value, found a mapping"},
    {"log: {level: [a]}\n", "etc/t.yaml:1:14: expected a single value, found a list"},
    {"listeners: {a: b}\n", "etc/t.yaml:1:12: expected a list, found a mapping"},
    {"listeners:\n  - {name: a}\n  - {name: b, bogus: c}\n",
     "etc/t.yaml:3:15: unknown key \"bogus\"; expected one of: name, protocol, bind, upstream, "
     "max_sessions, target, isolation, auth, tls"},
    {"listeners:\n  - {name: a}\n  - text\n", "etc/t.yaml:3:5: expected a mapping"},
    {"upstreams: [a]\n", "etc/t.yaml:1:13: upstreams: expected"},
    {"upstreams: {Main: {}}\n", "etc/t.yaml:1:13: upstreams: expected"},
    {"upstreams:\n  a: {}\n  a: {}\n", "etc/t.yaml:3:3: key \"a\" is there twice"},
    {"upstreams:\n  a: {}\n  b: {pool: {sise: 3}}\n",
     "etc/t.yaml:3:14: unknown key \"sise\"; expected one of: mode, pin, size,"},
    {"isolation:\n  row:\n    shared: [[a]]\n", "etc/t.yaml:3:14: expected a single value"},
};

static const struct wrong wrong_values[] = {
    {MINIMAL "log: {level: loud}\n",
     "etc/t.yaml:15:14: log.level: expected error, warn, info or debug, found \"loud\""},
    {MINIMAL "limits:\n  sessions: 0\n",
     "etc/t.yaml:16:13: limits.sessions: expected a whole number "
     "from 1 to 1000000, found \"0\""},
    {MINIMAL "limits: {sessions: -1}\n", "etc/t.yaml:15:20: limits.sessions"},
    {MINIMAL "limits: {sessions: 10.0}\n", "etc/t.yaml:15:20: limits.sessions"},
    {MINIMAL "limits: {sessions: 99999999999999999999999}\n", "etc/t.yaml:15:20: limits.sessions"},
    {MINIMAL "limits: {workers: 0}\n", "etc/t.yaml:15:19: limits.workers: expected auto, or"},
    {MINIMAL "limits: {statement_bytes: 4096}\n",
     "etc/t.yaml:15:27: limits.statement_bytes: expected a size with unit (B, KiB, MiB, GiB) from "
     "1KiB to 16MiB, found \"4096\""},
    {MINIMAL "limits: {statement_bytes: 1MB}\n", "etc/t.yaml:15:27: limits.statement_bytes"},
    {MINIMAL "limits: {statement_bytes: 17MiB}\n", "etc/t.yaml:15:27: limits.statement_bytes"},
    {MINIMAL "limits: {statement_bytes: 18446744073709551615GiB}\n", "etc/t.yaml:15:27: limits."},
    {MINIMAL "limits: {login_timeout: 0s}\n",
     "etc/t.yaml:15:25: limits.login_timeout: expected a duration with unit (us, ms, s, m, h) from "
     "100ms to 10m, found \"0s\""},
    {MINIMAL "limits: {login_timeout: 5}\n", "etc/t.yaml:15:25: limits.login_timeout"},
    {MINIMAL "limits: {login_timeout: s}\n", "etc/t.yaml:15:25: limits.login_timeout"},
    {MINIMAL "limits: {login_timeout: 5 s}\n", "etc/t.yaml:15:25: limits.login_timeout"},
    {MINIMAL "limits: {login_timeout: -5s}\n", "etc/t.yaml:15:25: limits.login_timeout"},
    {MINIMAL "admin: {}\n", "etc/t.yaml:15:8: admin.bind is missing"},
    {MINIMAL "admin: {bind: \"localhost:1\"}\n",
     "etc/t.yaml:15:15: admin.bind: expected a numeric"},
    {MINIMAL "admin: {bind: \"127.0.0.1:0\"}\n", "etc/t.yaml:15:15: admin.bind"},
    {MINIMAL "admin: {bind: \"127.0.0.1:65536\"}\n", "etc/t.yaml:15:15: admin.bind"},
    {MINIMAL "admin: {bind: \"127.0.0.1:1\", console: \"0.0.0.0:2\", write_users: u}\n",
     "etc/t.yaml:15:39: admin.console: expected a loopback"},
    {MINIMAL "admin: {bind: \"127.0.0.1:1\", console: \"127.0.0.1:2\"}\n",
     "etc/t.yaml:15:39: admin.console: nobody could log in"},
    {MINIMAL "admin: {bind: \"127.0.0.1:1\", read_users: u}\n",
     "etc/t.yaml:15:8: admin.console is missing: there are users"},
    {MINIMAL "admin: {bind: \"unix:run/x\"}\n", "etc/t.yaml:15:15: admin.bind"},
};

#define PG(bind, rest) \
    "listeners:\n  - {name: a, protocol: postgres, bind: \"" bind "\", upstream: main" rest "}\n"
#define AFTER UPSTREAMS TENANTS ISOLATION

static const struct wrong wrong_listeners[] = {
    {AFTER, "etc/t.yaml:1:1: listeners: expected a list of 1 to 64"},
    {"listeners: []\n" AFTER, "etc/t.yaml:1:12: listeners: expected a list of 1 to 64"},
    {"listeners:\n  - {protocol: postgres}\n" AFTER, "etc/t.yaml:2:5: listeners.0.name is missing"},
    {"listeners:\n  - {name: A}\n" AFTER,
     "etc/t.yaml:2:12: listeners.0.name: expected a name of 1 to 63 characters"},
    {"listeners:\n  - {name: a}\n" AFTER, "etc/t.yaml:2:5: listeners.a.protocol is missing"},
    {"listeners:\n  - {name: a, protocol: tcp}\n" AFTER,
     "etc/t.yaml:2:25: listeners.a.protocol: expected postgres or redis, found \"tcp\""},
    {PG("10.0.0.1:1", "") AFTER, "etc/t.yaml:2:5: listeners.a.auth.method: trust is for loopback"},
    {PG("10.0.0.1:1", ", auth: {method: trust}") AFTER,
     "etc/t.yaml:2:86: listeners.a.auth.method: trust is for loopback"},
    {PG("0.0.0.0:1", "") AFTER, "etc/t.yaml:2:5: listeners.a.auth.method: trust is for loopback"},
    {PG("[::]:1", "") AFTER, "etc/t.yaml:2:5: listeners.a.auth.method: trust is for loopback"},
    {PG("[0::1]:1", "") AFTER, "etc/t.yaml:2:5: listeners.a.auth.method: trust is for loopback"},
    {PG("127.0.0.1:1", ", auth: {method: scram-sha-256}") AFTER,
     "etc/t.yaml:2:87: listeners.a.auth.users_file is missing"},
    {PG("127.0.0.1:1", ", auth: {query: {usr: a}}") AFTER,
     "etc/t.yaml:2:87: unknown key \"usr\"; expected one of: upstream, database, user, "
     "password_file, sql, timeout, cache"},
    {PG("127.0.0.1:1", ", auth: {query: {}}") AFTER,
     "etc/t.yaml:2:86: listeners.a.auth.query.user is missing"},
    {PG("127.0.0.1:1", ", auth: {query: {user: app_rw}}") AFTER,
     "etc/t.yaml:2:93: listeners.a.auth.query.user: \"app_rw\" is whom statements of upstream "
     "\"main\" run as"},
    {PG("127.0.0.1:1", ", auth: {query: {user: a, upstream: x}}") AFTER,
     "etc/t.yaml:2:106: listeners.a.auth.query.upstream: there is no upstream \"x\""},
    {PG("127.0.0.1:1", ", auth: {query: {user: a, password_file: none}}") AFTER,
     "etc/t.yaml:2:111: listeners.a.auth.query.password_file: cannot read etc/none"},
    {PG("127.0.0.1:1", ", auth: {query: {user: a, sql: ''}}") AFTER,
     "etc/t.yaml:2:101: listeners.a.auth.query.sql: expected a text of 1 to 1500 bytes"},
    {PG("127.0.0.1:1", ", auth: {query: {user: a, cache: 6m}}") AFTER,
     "etc/t.yaml:2:103: listeners.a.auth.query.cache: expected a duration with unit (us, ms, s, m, "
     "h) "
     "from 1ms to 5m"},
    {PG("127.0.0.1:1", ", auth: {method: trust, query: {user: a}}") AFTER,
     "etc/t.yaml:2:94: listeners.a.auth.query: trust has no use for it"},
    {PG("127.0.0.1:1", ", auth: {method: trust, users_file: u}") AFTER,
     "etc/t.yaml:2:94: listeners.a.auth.users_file: trust has no use for it"},
    {PG("127.0.0.1:1", ", tls: {mode: require, key: k}") AFTER,
     "etc/t.yaml:2:77: listeners.a.tls.cert is missing: mode require needs one"},
    {PG("127.0.0.1:1", ", auth: {method: cert}") AFTER,
     "etc/t.yaml:2:87: listeners.a.auth.method: cert needs tls.mode require"},
    {PG("127.0.0.1:1", ", tls: {cert: c}") AFTER,
     "etc/t.yaml:2:77: listeners.a.tls.mode: off has no use"},
    {PG("127.0.0.1:1", ", tls: {mode: allow, cert: c, key: k, client_cert: required}") AFTER,
     "etc/t.yaml:2:77: listeners.a.tls.client_ca is missing"},
    {PG("127.0.0.1:1", ", tls: {mode: allow, cert: c, key: k, client_ca: a, client_cert: none}")
         AFTER,
     "etc/t.yaml:2:77: listeners.a.tls.client_ca: client_cert none"},
    {PG("unix:/tmp/x", ", tls: {mode: allow, cert: c, key: k}") AFTER,
     "etc/t.yaml:2:77: listeners.a.tls: only a postgres listener on TCP encrypts"},
    {PG("127.0.0.1:1", ", auth: {method: md5}") AFTER,
     "etc/t.yaml:2:87: listeners.a.auth.method: expected trust, scram-sha-256, cert, "
     "password or unsafe_md5"},
    {PG("127.0.0.1:1", ", auth: {method: password, users_file: u}") AFTER,
     "etc/t.yaml:2:87: listeners.a.auth.method: password needs tls.mode require"},
    {PG("127.0.0.1:1", ", auth: {method: password}") AFTER,
     "etc/t.yaml:2:87: listeners.a.auth.users_file is missing: password needs one, or query"},
    {PG("127.0.0.1:1", ", auth: {method: unsafe_md5}") AFTER,
     "etc/t.yaml:2:87: listeners.a.auth.users_file is missing: unsafe_md5 needs one"},
    {PG("127.0.0.1:1", ", auth: {method: unsafe_md5, query: {user: a}}") AFTER,
     "etc/t.yaml:2:99: listeners.a.auth.query: unsafe_md5 has no use for it"},
    {LISTENERS
     "  - {name: app-pg, protocol: postgres, bind: \"127.0.0.1:1\", upstream: main}\n" AFTER,
     "etc/t.yaml:3:12: listeners.app-pg.name: there is another listener of that name"},
    {LISTENERS "  - {name: b, protocol: postgres, bind: \"127.0.0.1:1\", upstream: main,\n"
               "     isolation: passthrough}\n" AFTER,
     "etc/t.yaml:4:17: listeners.b.isolation: listener \"app-pg\" has another one and the same "
     "upstream"},
    {LISTENERS
     "  - {name: b, protocol: postgres, bind: \"127.0.0.1:6432\", upstream: main}\n" AFTER,
     "etc/t.yaml:3:41: listeners.b.bind: listener \"app-pg\" has that address"},
    {"listeners:\n  - {name: a, protocol: redis, bind: \"127.0.0.1:1\", upstream: main}\n" AFTER,
     "etc/t.yaml:2:63: listeners.a.upstream: \"main\" speaks postgres, this listener does not"},
    {"listeners:\n  - {name: a, protocol: redis, bind: \"127.0.0.1:1\", upstream: nope}\n" AFTER,
     "etc/t.yaml:2:63: listeners.a.upstream: there is no upstream \"nope\""},
};

#define UPSTREAM(body) LISTENERS "upstreams:\n  main: {" body "}\n" TENANTS ISOLATION

static const struct wrong wrong_upstreams[] = {
    {LISTENERS TENANTS ISOLATION, "etc/t.yaml:1:1: upstreams: expected at least one"},
    {LISTENERS "upstreams: {}\n" TENANTS, "etc/t.yaml:3:12: upstreams: expected at least one"},
    {UPSTREAM("protocol: postgres, database: x, user: u, endpoints: [{address: \"db:1\"}], "
              "tls: {mode: require, ca: a}"),
     "etc/t.yaml:4:89: upstreams.main.tls.ca: require checks nothing"},
    {UPSTREAM("protocol: postgres, database: x, user: u, endpoints: [{address: \"db:1\"}], "
              "tls: {mode: verify-full, cert: c}"),
     "etc/t.yaml:4:89: upstreams.main.tls: cert and key come together"},
    {UPSTREAM("protocol: redis, endpoints: [{address: \"db:1\"}], tls: {mode: require}"),
     "etc/t.yaml:4:64: upstreams.main.tls: only connections to postgres"},
    {UPSTREAM("database: x"), "etc/t.yaml:4:9: upstreams.main.protocol is missing"},
    {UPSTREAM("protocol: postgres"),
     "etc/t.yaml:4:9: upstreams.main.endpoints: expected a list of 1 to 16 addresses"},
    {UPSTREAM("protocol: postgres, endpoints: []"), "etc/t.yaml:4:41: upstreams.main.endpoints"},
    {UPSTREAM("protocol: postgres, endpoints: [{}]"),
     "etc/t.yaml:4:42: upstreams.main.endpoints.0.address is missing"},
    {UPSTREAM("protocol: postgres, endpoints: [{address: db}]"),
     "etc/t.yaml:4:52: upstreams.main.endpoints.0.address: expected host:port"},
    {UPSTREAM("protocol: postgres, endpoints: [{address: \"db:1\"}]"),
     "etc/t.yaml:4:9: upstreams.main.database is missing"},
    {UPSTREAM("protocol: postgres, endpoints: [{address: \"db:1\"}], database: d"),
     "etc/t.yaml:4:9: upstreams.main.user is missing"},
    {UPSTREAM("protocol: redis, endpoints: [{address: \"db:1\"}], database: d"),
     "etc/t.yaml:4:59: upstreams.main.database: a redis upstream has none"},
    {UPSTREAM("protocol: redis, endpoints: [{address: \"db:1\"}], user: u"),
     "etc/t.yaml:4:9: upstreams.main.password_file is missing"},
    {UPSTREAM("protocol: redis, endpoints: [{address: \"db:1\"}], password_file: nope"),
     "etc/t.yaml:4:74: upstreams.main.password_file: cannot read etc/nope: no such file"},
    {UPSTREAM("protocol: redis, endpoints: [{address: \"db:1\"}], password_file: empty.secret"),
     "etc/t.yaml:4:74: upstreams.main.password_file: expected one line"},
    {UPSTREAM("protocol: redis, endpoints: [{address: \"db:1\"}], password_file: lines.secret"),
     "etc/t.yaml:4:74: upstreams.main.password_file: expected one line"},
    {UPSTREAM("protocol: redis, endpoints: [{address: \"db:1\"}], password: hunter2"),
     "etc/t.yaml:4:59: unknown key \"password\"; expected one of: protocol, database, user, "
     "max_sessions, dns_ttl, password_file, endpoints, pool, tls"},
    {UPSTREAM("protocol: redis, endpoints: [{address: \"db:1\"}], pool: {size: 0}"),
     "etc/t.yaml:4:72: upstreams.main.pool.size: expected a whole number from 1 to 10000"},
};

#define WITH_TENANTS(body) LISTENERS UPSTREAMS "tenants:\n" body ISOLATION
#define RULE               "  identify: [{static: acme}]\n"

static const struct wrong wrong_tenants[] = {
    {LISTENERS UPSTREAMS ISOLATION, "etc/t.yaml:1:1: tenants.identify: expected a list of 1 to 16"},
    {WITH_TENANTS("  source: {file: tenants.yaml}\n"),
     "etc/t.yaml:10:3: tenants.identify: expected"},
    {WITH_TENANTS("  identify: []\n"), "etc/t.yaml:10:13: tenants.identify: expected"},
    {WITH_TENANTS("  identify: [{}]\n"),
     "etc/t.yaml:10:14: tenants.identify.0: expected exactly one of startup_user"},
    {WITH_TENANTS("  identify: [{static: acme, redis_user: x}]\n"),
     "etc/t.yaml:10:14: tenants.identify.0: expected exactly one"},
    {WITH_TENANTS("  identify: [{startup_option: a}, {startup_option: b}]\n"
                  "  source: {file: tenants.yaml}\n"),
     "etc/t.yaml:10:52: tenants.identify.1.startup_option: expected one such rule"},
    {WITH_TENANTS("  identify: [{startup_option: A}]\n  source: {file: tenants.yaml}\n"),
     "etc/t.yaml:10:31: tenants.identify.0.startup_option: expected"},
    {WITH_TENANTS(RULE), "etc/t.yaml:10:3: tenants.source.file is missing"},
    {WITH_TENANTS("  identify: [{static: initech}]\n  source: {file: tenants.yaml}\n"),
     "etc/t.yaml:10:23: tenants.identify.0.static: \"initech\" is not in the list of tenants"},
    {WITH_TENANTS(RULE "  source: {file: nope.yaml}\n"),
     "etc/t.yaml:11:18: tenants.source.file: cannot read etc/nope.yaml: no such file"},
    {WITH_TENANTS(RULE "  source: {file: double.yaml}\n"),
     "etc/double.yaml:3:23: tenant \"b\" is there twice"},
    {WITH_TENANTS(RULE "  source: {file: badid.yaml}\n"),
     "etc/badid.yaml:2:8: tenants.1.id: expected 1 to 63 characters"},
    {WITH_TENANTS(RULE "  source: {file: badstate.yaml}\n"),
     "etc/badstate.yaml:2:10: tenants.0.state: expected active or suspended, found \"gone\""},
    {WITH_TENANTS(RULE "  source: {file: noid.yaml}\n"),
     "etc/noid.yaml:2:3: tenants.1.id is missing"},
    {WITH_TENANTS(RULE "  source: {file: mapping.yaml}\n"),
     "etc/mapping.yaml:1:1: expected a list, found a mapping"},
    {WITH_TENANTS(RULE "  source: {file: badkey.yaml}\n"),
     "etc/badkey.yaml:2:16: unknown key \"tier\"; expected one of: id, state"},
    {WITH_TENANTS(RULE "  source: {file: broken.yaml}\n"), "etc/broken.yaml:3:1: not valid YAML"},
    {WITH_TENANTS(RULE "  source: {file: none.yaml}\n"),
     "etc/t.yaml:10:23: tenants.identify.0.static: \"acme\" is not in the list"},
};

#define ROW(body)   LISTENERS UPSTREAMS TENANTS "isolation:\n  row: {" body "}\n"
#define REDIS(body) ROW("") "  redis: {" body "}\n"

static const struct wrong wrong_isolation[] = {
    {LISTENERS UPSTREAMS TENANTS, "etc/t.yaml:1:1: isolation.row is missing"},
    {LISTENERS UPSTREAMS TENANTS "isolation: {redis: {}}\n",
     "etc/t.yaml:13:12: isolation.row is missing: a listener speaks postgres"},
    {ROW("column: \"\""), "etc/t.yaml:14:17: isolation.row.column: expected an SQL name"},
    {ROW("schemas: []"), "etc/t.yaml:14:18: isolation.row.schemas: expected at least one"},
    {ROW("schemas: [a, a]"), "etc/t.yaml:14:22: isolation.row.schemas: named twice"},
    {ROW("schemas: [a, pg_catalog]"), "etc/t.yaml:14:22: isolation.row.schemas: expected the name"},
    {ROW("schemas: [information_schema]"), "etc/t.yaml:14:19: isolation.row.schemas"},
    {ROW("shared: [countries]"),
     "etc/t.yaml:14:18: isolation.row.shared: expected schema.table in one of the managed"},
    {ROW("shared: [other.t]"), "etc/t.yaml:14:18: isolation.row.shared"},
    {ROW("shared: [public.t, public.a.b]"), "etc/t.yaml:14:28: isolation.row.shared"},
    {ROW("shared: [public.t, public.t]"), "etc/t.yaml:14:28: isolation.row.shared: named twice"},
    {ROW("functions: {allow: [f]}"),
     "etc/t.yaml:14:29: isolation.row.functions.allow: expected schema.function"},
    {ROW("enforce: maybe"),
     "etc/t.yaml:14:18: isolation.row.enforce: expected rewrite, rls or both, found \"maybe\""},
    {ROW("views: [other.v]"), "etc/t.yaml:14:17: isolation.row.views: expected schema.table in"},
    {ROW("setting: tenant"), "etc/t.yaml:14:18: isolation.row.setting: expected two names of"},
    {ROW("setting: a.b.c"), "etc/t.yaml:14:18: isolation.row.setting: expected two names of"},
    {ROW("setting: \"a.b; x\""), "etc/t.yaml:14:18: isolation.row.setting: expected two names"},
    {ROW("setting: App.tenant"), "etc/t.yaml:14:18: isolation.row.setting: expected two names"},
    {ROW("setting: 1a.b"), "etc/t.yaml:14:18: isolation.row.setting: expected two names"},
    {ROW("unsafe_allow_privileged_role: yes"),
     "etc/t.yaml:14:39: isolation.row.unsafe_allow_privileged_role: expected true or false"},
    {REDIS("mode: database"), "etc/t.yaml:15:17: isolation.redis.mode: expected prefix"},
    {REDIS("prefix: \"{tenant}\""), "etc/t.yaml:15:19: isolation.redis.prefix: expected a text"},
    {REDIS("prefix: \"x{tenant}\""), "etc/t.yaml:15:19: isolation.redis.prefix: expected {tenant}"},
    {REDIS("prefix: \"{tenant}-\""), "etc/t.yaml:15:19: isolation.redis.prefix: expected {tenant}"},
    {REDIS("prefix: \"{tenant}:*\""),
     "etc/t.yaml:15:19: isolation.redis.prefix: expected {tenant}"},
    {REDIS("prefix: \"{tenant}:{tenant}:\""), "etc/t.yaml:15:19: isolation.redis.prefix"},
    {REDIS("prefix: \"tenants-all:\""), "etc/t.yaml:15:19: isolation.redis.prefix"},
};

#define COUNT_WRONG(table, count)                                   \
    for (size_t i = 0; i < sizeof(table) / sizeof(table)[0]; i++) { \
        (count) += check_wrong(&(table)[i], NULL);                  \
    }

static void test_wrong_files(void **state)
{
    (void)state;
    int differences = 0;
    COUNT_WRONG(not_yaml, differences);
    COUNT_WRONG(wrong_shape, differences);
    COUNT_WRONG(wrong_values, differences);
    COUNT_WRONG(wrong_listeners, differences);
    COUNT_WRONG(wrong_upstreams, differences);
    COUNT_WRONG(wrong_tenants, differences);
    COUNT_WRONG(wrong_isolation, differences);
    assert_int_equal(differences, 0);
}

static void test_wrong_overrides(void **state)
{
    (void)state;
    char bytes[] = "RINGFENCE_LIMITS_STATEMENT_BYTES=lots";
    assert_wrong(&(struct wrong){MINIMAL, "environment: RINGFENCE_LIMITS_STATEMENT_BYTES: expected "
                                          "a size with unit (B, KiB, MiB, GiB) from 1KiB to 16MiB, "
                                          "found \"lots\""},
                 ENVIRONMENT(bytes));
    char bind[] = "RINGFENCE_LISTENERS_APP_PG_BIND=0.0.0.0:1";
    assert_wrong(&(struct wrong){MINIMAL, "etc/t.yaml:2:5: listeners.app-pg.auth.method: trust is"},
                 ENVIRONMENT(bind));
    char schemas[] = "RINGFENCE_ISOLATION_ROW_SCHEMAS=a,,b";
    assert_wrong(&(struct wrong){MINIMAL, "environment: RINGFENCE_ISOLATION_ROW_SCHEMAS: expected"},
                 ENVIRONMENT(schemas));
    char broken[] = "RINGFENCE_ISOLATION_ROW_SCHEMAS=b,c\xc6";
    assert_wrong(&(struct wrong){MINIMAL, "environment: RINGFENCE_ISOLATION_ROW_SCHEMAS: expected "
                                          "UTF-8 text without control characters"},
                 ENVIRONMENT(broken));
    char control[] = "RINGFENCE_ISOLATION_ROW_COLUMN=a\x1b";
    assert_wrong(&(struct wrong){MINIMAL, "environment: RINGFENCE_ISOLATION_ROW_COLUMN: expected "
                                          "UTF-8 text without control characters"},
                 ENVIRONMENT(control));
    char two[] = "RINGFENCE_UPSTREAMS_A_B_USER=x";
    assert_wrong(
        &(struct wrong){LISTENERS
                        "upstreams:\n  a-b: {protocol: redis, endpoints: [{address: \"x:1\"}], "
                        "password_file: pg.secret}\n"
                        "  a_b: {protocol: redis, endpoints: [{address: \"x:1\"}]}\n" TENANTS,
                        "environment: RINGFENCE_UPSTREAMS_A_B_USER stands for two keys"},
        ENVIRONMENT(two));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wrong_files),
        cmocka_unit_test(test_wrong_overrides),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
