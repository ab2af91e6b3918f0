/* SPDX-License-Identifier: Apache-2.0 */
#include "proxy/net/address.h"

#include <string.h>

#include "policy/config/config.h"
#include "tests/cmocka_all.h"

static char *text(const char *s)
{
    static char copies[4][256];
    static unsigned next;
    char *copy = copies[next++ % 4];
    memcpy(copy, s, strlen(s) + 1);
    return copy;
}

static void test_resolves_prints_and_places(void **state)
{
    (void)state;
    static const struct {
        const char *host;
        const char *path;
        const char *printed;
        enum incoming_peer peer;
    } cases[] = {
        {"127.0.0.1", NULL, "127.0.0.1:6432", PEER_LOOPBACK},
        {"127.255.0.9", NULL, "127.255.0.9:6432", PEER_LOOPBACK},
        {"10.1.2.3", NULL, "10.1.2.3:6432", PEER_REMOTE},
        {"::1", NULL, "[::1]:6432", PEER_LOOPBACK},
        {"::ffff:127.0.0.1", NULL, "[::ffff:127.0.0.1]:6432", PEER_LOOPBACK},
        {"::ffff:10.0.0.1", NULL, "[::ffff:10.0.0.1]:6432", PEER_REMOTE},
        {"2001:db8::1", NULL, "[2001:db8::1]:6432", PEER_REMOTE},
        {NULL, "/run/rf.sock", "unix:/run/rf.sock", PEER_UNIX},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct config_address configured = {.is_unix = cases[i].path != NULL, .port = 6432};
        configured.host = cases[i].host != NULL ? text(cases[i].host) : NULL;
        configured.path = cases[i].path != NULL ? text(cases[i].path) : NULL;
        struct address address;
        char printed[128];
        assert_null(address_resolve(&configured, &address));
        address_print(&address, printed, sizeof printed);
        assert_string_equal(printed, cases[i].printed);
        assert_int_equal(address_peer(&address), cases[i].peer);
    }
}

static void test_says_what_cannot_be_resolved(void **state)
{
    (void)state;
    struct address address;
    char path[200];
    memset(path, 'p', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    struct config_address too_long = {.is_unix = true, .path = path};
    assert_non_null(address_resolve(&too_long, &address));
    path[107] = '\0';
    assert_null(address_resolve(&too_long, &address));
    struct config_address no_host = {.host = text("256.1.1.1.invalid"), .port = 1};
    assert_non_null(address_resolve(&no_host, &address));
}

static void test_an_unnamed_peer_has_a_name(void **state)
{
    (void)state;
    struct address address = {.storage = {.ss_family = AF_UNIX}, .len = sizeof(sa_family_t)};
    char printed[16];
    address_print(&address, printed, sizeof printed);
    assert_string_equal(printed, "unix");
    assert_int_equal(address_peer(&address), PEER_UNIX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_resolves_prints_and_places),
        cmocka_unit_test(test_says_what_cannot_be_resolved),
        cmocka_unit_test(test_an_unnamed_peer_has_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
