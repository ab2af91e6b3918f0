/* SPDX-License-Identifier: Apache-2.0 */
#include "proxy/net/acceptor.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "policy/config/config.h"
#include "protocol/check.h"
#include "proxy/log.h"
#include "proxy/net/address.h"
#include "tests/cmocka_all.h"
#include "tests/proxy/net/peer.h"

#define MOST 64

struct guests {
    int fds[MOST];
    unsigned num;
    enum incoming_peer peer;
    char name[INCOMING_NAME_SIZE];
};

static void welcome(void *context, int fd, enum incoming_peer peer, const char *name)
{
    struct guests *guests = context;
    check(guests->num < MOST && (fcntl(fd, F_GETFL) & O_NONBLOCK) != 0 &&
          (fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
    guests->fds[guests->num++] = fd;
    guests->peer = peer;
    memcpy(guests->name, name, strlen(name) + 1);
}

static void see_off(struct guests *guests)
{
    while (guests->num > 0) {
        close(guests->fds[--guests->num]);
    }
}

static struct acceptor *listen_on(struct worker *worker, char *host, char *path,
                                  struct guests *guests)
{
    struct config_address a = {.is_unix = path != NULL, .host = host, .path = path};
    const char *failure = NULL;
    struct acceptor *acceptor = acceptor_new(worker, &a, welcome, guests, &failure);
    assert_int_equal(acceptor == NULL, failure != NULL);
    return acceptor;
}

static int knock(const struct acceptor *acceptor)
{
    const char *text = acceptor_address(acceptor);
    const char *port = strrchr(text, ':') + 1;
    struct sockaddr_in in4 = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    bool is_unix = strncmp(text, "unix:", 5) == 0;
    in4.sin_port = htons((uint16_t)strtoul(port, NULL, 10));
    if (is_unix) {
        memcpy(un.sun_path, text + 5, strlen(text + 5) + 1);
    }
    int fd = socket(is_unix ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    check(fd >= 0);
    check((is_unix ? connect(fd, (struct sockaddr *)&un, sizeof un)
                   : connect(fd, (struct sockaddr *)&in4, sizeof in4)) == 0);
    return fd;
}

static void test_accepts_over_tcp_on_a_free_port(void **state)
{
    struct worker *worker = *state;
    struct guests guests = {0};
    char host[] = "127.0.0.1";
    struct acceptor *acceptor = listen_on(worker, host, NULL, &guests);
    assert_non_null(acceptor);
    int a = knock(acceptor);
    int b = knock(acceptor);
    peer_turns(worker);
    assert_int_equal(guests.num, 2);
    assert_int_equal(guests.peer, PEER_LOOPBACK);
    assert_int_equal(strncmp(guests.name, "127.0.0.1:", 10), 0);
    see_off(&guests);
    close(a);
    close(b);
    acceptor_free(&acceptor);
    acceptor_free(&acceptor);
}

static void test_unix_sockets_replace_stale_files_only(void **state)
{
    struct worker *worker = *state;
    struct guests guests = {0};
    char folder[] = "/tmp/rf-acceptor-XXXXXX";
    char path[64];
    check(mkdtemp(folder) != NULL);
    snprintf(path, sizeof path, "%s/s", folder);
    struct acceptor *first = listen_on(worker, NULL, path, &guests);
    assert_non_null(first);
    assert_null(listen_on(worker, NULL, path, &guests)); /* somebody listens there */
    peer_turns(worker);
    see_off(&guests); /* who asked whether that is so */
    int fd = knock(first);
    peer_turns(worker);
    assert_int_equal(guests.num, 1);
    assert_int_equal(guests.peer, PEER_UNIX);
    assert_string_equal(guests.name, "unix");
    see_off(&guests);
    close(fd);
    acceptor_free(&first);
    assert_int_equal(access(path, F_OK), -1);

    struct sockaddr_un un = {.sun_family = AF_UNIX}; /* left behind by a crash */
    memcpy(un.sun_path, path, strlen(path) + 1);
    int stale = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    check(bind(stale, (struct sockaddr *)&un, sizeof un) == 0 && close(stale) == 0);
    first = listen_on(worker, NULL, path, &guests);
    assert_non_null(first);
    acceptor_free(&first);

    FILE *file = fopen(path, "w"); /* no socket at all: not ours to remove */
    check(file != NULL && fclose(file) == 0);
    assert_null(listen_on(worker, NULL, path, &guests));
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
}

static void test_a_taken_port_is_a_failure(void **state)
{
    struct worker *worker = *state;
    struct peer_listener taken = peer_listen();
    char host[] = "127.0.0.1";
    struct config_address a = {.host = host, .port = ntohs(taken.address.sin_port)};
    const char *failure = NULL;
    assert_null(acceptor_new(worker, &a, welcome, NULL, &failure));
    assert_non_null(failure);
    close(taken.fd);
}

/* Out of descriptors: one is turned away, the rest waits until there are some again. */
static void test_out_of_descriptors(void **state)
{
    struct worker *worker = *state;
    struct guests guests = {0};
    char host[] = "127.0.0.1";
    char got[16];
    struct acceptor *acceptor = listen_on(worker, host, NULL, &guests);
    assert_non_null(acceptor);
    int log_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
    log_set_fd(log_fd);
    int first = knock(acceptor);
    int second = knock(acceptor);
    struct rlimit before;
    check(getrlimit(RLIMIT_NOFILE, &before) == 0);
    int lowest_free = dup(0);
    close(lowest_free);
    struct rlimit none = {.rlim_cur = (rlim_t)lowest_free, .rlim_max = before.rlim_max};
    check(setrlimit(RLIMIT_NOFILE, &none) == 0);
    worker_turn(worker, 1000);
    worker_turn(worker, 1000);
    assert_int_equal(guests.num, 0);
    assert_false(peer_read(first, got, sizeof got)); /* told at once */
    check(setrlimit(RLIMIT_NOFILE, &before) == 0);
    for (int i = 0; i < 1000 && guests.num == 0; i++) {
        worker_turn(worker, 1000);
    }
    assert_int_equal(guests.num, 1);
    log_set_fd(STDERR_FILENO);
    see_off(&guests);
    close(first);
    close(second);
    close(log_fd);
    acceptor_free(&acceptor);
}

static int set_up(void **state)
{
    *state = worker_new(0);
    return *state != NULL ? 0 : -1;
}

static int tear_down(void **state)
{
    struct worker *worker = *state;
    worker_free(&worker);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accepts_over_tcp_on_a_free_port),
        cmocka_unit_test(test_unix_sockets_replace_stale_files_only),
        cmocka_unit_test(test_a_taken_port_is_a_failure),
        cmocka_unit_test(test_out_of_descriptors),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
