/* SPDX-License-Identifier: Apache-2.0
 *
 * Streams that connect. */
#include <errno.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "proxy/net/owner.h"
#include "proxy/net/stream.h"
#include "tests/cmocka_all.h"
#include "tests/proxy/net/peer.h"

#define MAX_MESSAGE ((size_t)256 * 1024)

struct client {
    struct stream stream;
    unsigned num_connected;
    unsigned num_closed;
    enum stream_end end;
    int error;
};

static void ignore_input(struct stream *s)
{
    stream_consume(s, stream_input(s).len);
}

static void note_connected(struct stream *s)
{
    owner_of(s, struct client, stream)->num_connected++;
}

static void note_closed(struct stream *s, enum stream_end end, int error)
{
    struct client *e = owner_of(s, struct client, stream);
    e->num_closed++;
    e->end = end;
    e->error = error;
    stream_close(s);
}

static const struct stream_ops client_ops = {
    .on_input = ignore_input, .on_closed = note_closed, .on_connected = note_connected};

static void assert_got(int fd, const char *expected)
{
    char got[256];
    (void)peer_read(fd, got, sizeof got);
    assert_string_equal(got, expected);
}

static struct sockaddr_un unix_address(const char *path)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    memcpy(a.sun_path, path, strlen(path) + 1);
    return a;
}

static void test_a_connection_that_fails_says_so_later(void **state)
{
    struct worker *worker = *state;
    struct sockaddr_un a = unix_address("/nonexistent/socket");
    struct sockaddr unknown = {.sa_family = 250};
    struct client c = {0};
    stream_connect(&c.stream, worker, (struct sockaddr *)&a, sizeof a, &client_ops, MAX_MESSAGE);
    assert_true(stream_write(&c.stream, slice_text("too early")));
    assert_int_equal(c.num_closed, 0);
    peer_turns(worker);
    assert_int_equal(c.num_closed, 1);
    assert_int_equal(c.end, STREAM_CONNECT_FAILED);
    assert_int_equal(c.error, ENOENT);
    c = (struct client){0};
    stream_connect(&c.stream, worker, &unknown, sizeof unknown, &client_ops, MAX_MESSAGE);
    peer_turns(worker);
    assert_int_equal(c.error, EAFNOSUPPORT);
}

static void test_writes_before_the_connection_are_sent_after_it(void **state)
{
    struct worker *worker = *state;
    struct peer_listener listener = peer_listen();
    struct client c = {0};
    stream_connect(&c.stream, worker, (struct sockaddr *)&listener.address, sizeof listener.address,
                   &client_ops, MAX_MESSAGE);
    assert_true(stream_write(&c.stream, slice_text("early")));
    peer_turns(worker);
    assert_int_equal(c.num_connected, 1);
    int fd = accept(listener.fd, NULL, NULL);
    assert_true(fd >= 0);
    assert_got(fd, "early");
    stream_close(&c.stream);
    close(fd);
    close(listener.fd);
    c = (struct client){0};
    stream_connect(&c.stream, worker, (struct sockaddr *)&listener.address, sizeof listener.address,
                   &client_ops, MAX_MESSAGE);
    peer_turns(worker);
    assert_int_equal(c.end, STREAM_CONNECT_FAILED);
    assert_int_equal(c.error, ECONNREFUSED);
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
        cmocka_unit_test(test_a_connection_that_fails_says_so_later),
        cmocka_unit_test(test_writes_before_the_connection_are_sent_after_it),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
