/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/tenant/identify.h"

#include <stdio.h>
#include <string.h>

#include "tests/cmocka_all.h"
#include "tests/guarded.h"
#include "tests/policy/config/samples.h"

#define RULES(rules)                                                        \
    LISTENERS UPSTREAMS "tenants:\n  identify:\n" rules "  source: {file: " \
                        "tenants.yaml}\n" ISOLATION
#define USER_RULE   "    - {startup_user: \"^(?<user>[^.]+)[.](?<tenant>[a-z0-9_-]+)$\"}\n"
#define REDIS_RULE  "    - {redis_user: \"(?<tenant>[a-z]+)\"}\n"
#define OPTION_RULE "    - {startup_option: ringfence.tenant}\n"
#define STATIC_RULE "    - {static: acme}\n"

struct fixture {
    struct config *config;
    struct tenant_rules *rules;
};

static struct fixture rules_of(const char *text)
{
    struct fixture f = {0};
    struct config_error error;
    assert_int_equal(sample_load(text, NULL, &f.config, &error), CONFIG_OK);
    assert_int_equal(tenant_rules_new(f.config, &f.rules, &error), CONFIG_OK);
    return f;
}

static void fixture_fini(struct fixture *f)
{
    tenant_rules_free(&f->rules);
    config_free(&f->config);
}

struct question {
    const char *user;
    size_t user_len; /* 0: all of it */
    const char *option;
    bool is_redis;
    enum tenant_status expected;
    const char *role; /* when FOUND or NOT_ACTIVE */
};

static void ask(const struct fixture *f, const struct question *q)
{
    struct tenant_facts facts = {
        .startup_user = guarded_copy(q->user, q->user_len > 0 ? q->user_len : strlen(q->user)),
        .startup_option = guarded_copy(q->option, strlen(q->option)),
        .is_redis = q->is_redis};
    struct tenant_identity identity;
    enum tenant_status status = tenant_identify(f->rules, &facts, &identity);
    if (status != q->expected) {
        fail_msg("%s / %s: %d, expected %d", q->user, q->option, (int)status, (int)q->expected);
    }
    bool known = status == TENANT_FOUND || status == TENANT_NOT_ACTIVE;
    assert_int_equal(known, identity.tenant != NULL);
    if (known) {
        assert_true(slice_equal(identity.role, slice_text(q->role)));
    }
    guarded_free(facts.startup_user);
    guarded_free(facts.startup_option);
}

#define ASK_ALL(fixture, questions)                                         \
    for (size_t i = 0; i < sizeof(questions) / sizeof(questions)[0]; i++) { \
        ask((fixture), &(questions)[i]);                                    \
    }

static void test_startup_user(void **state)
{
    (void)state;
    static const struct question questions[] = {
        {"app.acme", 0, "", false, TENANT_FOUND, "app"},
        {"app.globex", 0, "", false, TENANT_NOT_ACTIVE, "app"},
        {"app.initech", 0, "", false, TENANT_UNKNOWN, NULL},
        {"app.acme", 0, "acme", false, TENANT_FOUND, "app"}, /* no option rule: not looked at */
        {"app.acme", 0, "globex", false, TENANT_FOUND, "app"},
        {"app", 0, "", false, TENANT_NONE, NULL},
        {"", 0, "", false, TENANT_NONE, NULL},
        {".acme", 0, "", false, TENANT_NONE, NULL},
        {"app.Acme", 0, "", false, TENANT_NONE, NULL},
        {"app.acme\n", 0, "", false, TENANT_NONE, NULL},
        {"app.acme.", 0, "", false, TENANT_NONE, NULL},
        {"app.acme\0x", 10, "", false, TENANT_NONE, NULL},
        {"app.acme\0", 9, "", false, TENANT_NONE, NULL},
        {"app.acme", 0, "", true, TENANT_NONE, NULL}, /* the rule is for postgres */
        {"a\xffp.acme", 0, "", false, TENANT_FOUND, "a\xffp"},
        {"app.acm", 0, "", false, TENANT_UNKNOWN, NULL},
        {"app.acmee", 0, "", false, TENANT_UNKNOWN, NULL},
    };
    struct fixture f = rules_of(RULES(USER_RULE));
    ASK_ALL(&f, questions);
    assert_null(tenant_option_name(f.rules));
    fixture_fini(&f);
}

static void test_an_expression_matches_the_whole_name(void **state)
{
    (void)state;
    static const struct question questions[] = {
        {"acme", 0, "", true, TENANT_FOUND, "acme"},
        {"acme2", 0, "", true, TENANT_NONE, NULL},
        {"2acme", 0, "", true, TENANT_NONE, NULL},
        {"acme globex", 0, "", true, TENANT_NONE, NULL},
        {"acme", 0, "", false, TENANT_NONE, NULL},
    };
    struct fixture f = rules_of(RULES(REDIS_RULE));
    ASK_ALL(&f, questions);
    fixture_fini(&f);
}

static void test_first_that_yields_decides(void **state)
{
    (void)state;
    static const struct question questions[] = {
        {"app.acme", 0, "", false, TENANT_FOUND, "app"},
        {"app.acme", 0, "acme", false, TENANT_FOUND, "app"},
        {"app.acme", 0, "globex", false, TENANT_AMBIGUOUS, NULL},
        {"app.initech", 0, "acme", false, TENANT_AMBIGUOUS, NULL},
        {"plain", 0, "acme", false, TENANT_FOUND, "plain"},
        {"plain", 0, "globex", false, TENANT_NOT_ACTIVE, "plain"},
        {"plain", 0, "initech", false, TENANT_UNKNOWN, NULL},
        {"plain", 0, "' OR 1=1", false, TENANT_UNKNOWN, NULL},
        {"plain", 0, "", false, TENANT_FOUND, "plain"},    /* static */
        {"acme", 0, "globex", true, TENANT_FOUND, "acme"}, /* redis has no options */
        {"globex", 0, "", true, TENANT_FOUND, "globex"},   /* static: no redis_user rule */
    };
    struct fixture f = rules_of(RULES(USER_RULE OPTION_RULE STATIC_RULE));
    ASK_ALL(&f, questions);
    assert_string_equal(tenant_option_name(f.rules), "ringfence.tenant");
    fixture_fini(&f);
}

/* Nothing a user types may run for long; what hits the limit is refused, not passed on. */
static void test_limits(void **state)
{
    (void)state;
    struct fixture f = rules_of(RULES("    - {startup_user: \"(a+)+(?<tenant>b)\"}\n" STATIC_RULE));
    char user[2048];
    memset(user, 'a', sizeof user);
    memcpy(user + 60, "bb", 3); /* takes 2^60 steps to find out that it does not match */
    ask(&f, &(struct question){user, 0, "", false, TENANT_NONE, NULL});
    memset(user, 'a', sizeof user);
    user[sizeof user - 1] = '\0'; /* too long for an expression: the next rule */
    ask(&f, &(struct question){user, 0, "", false, TENANT_FOUND, user});
    fixture_fini(&f);
}

static void assert_refused(const char *text, const char *expected)
{
    struct config *config = NULL;
    struct tenant_rules *rules = NULL;
    struct config_error error;
    char shown[1024];
    assert_int_equal(sample_load(text, NULL, &config, &error), CONFIG_OK);
    assert_int_equal(tenant_rules_new(config, &rules, &error), CONFIG_WRONG);
    assert_null(rules);
    config_error_print(&error, shown, sizeof shown);
    if (strncmp(shown, expected, strlen(expected)) != 0) {
        fail_msg("got %s\nexpected %s", shown, expected);
    }
    config_free(&config);
}

static void test_wrong_expressions(void **state)
{
    (void)state;
    assert_refused(RULES("    - {startup_user: \"(?<tenant>\"}\n"),
                   "etc/t.yaml:11:22: tenants.identify: expected a regular expression: ");
    assert_refused(RULES(USER_RULE "    - {redis_user: \".*\"}\n"),
                   "etc/t.yaml:12:20: tenants.identify: expected one group (?<tenant>...)");
    assert_refused(RULES("    - {startup_user: \"(?J)(?<tenant>a)|(?<tenant>b)\"}\n"),
                   "etc/t.yaml:11:22: tenants.identify: expected one group (?<tenant>...)");
    assert_refused(RULES("    - {startup_user: \"(*UTF)(?<tenant>a)\"}\n"),
                   "etc/t.yaml:11:22: tenants.identify: expected a regular expression");
}

static void test_nothing_is_fine(void **state)
{
    (void)state;
    struct tenant_rules *rules = NULL;
    tenant_rules_free(&rules);
    assert_null(rules);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_startup_user),
        cmocka_unit_test(test_an_expression_matches_the_whole_name),
        cmocka_unit_test(test_first_that_yields_decides),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_wrong_expressions),
        cmocka_unit_test(test_nothing_is_fine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
