/* SPDX-License-Identifier: Apache-2.0 */
#include "proxy/net/stream.h"

#include <string.h>
#include <unistd.h>

#include "protocol/check.h"
#include "proxy/net/owner.h"
#include "tests/cmocka_all.h"
#include "tests/proxy/net/peer.h"

#define MAX_MESSAGE ((size_t)256 * 1024)

/* Echoes lines: what is not a whole line stays in the stream. */
struct echo {
    struct stream stream;
    unsigned num_inputs;
    unsigned num_closed;
    enum stream_end end;
};

static void echo_lines(struct stream *s)
{
    owner_of(s, struct echo, stream)->num_inputs++;
    for (;;) {
        struct slice in = stream_input(s);
        const uint8_t *newline = in.len > 0 ? memchr(in.ptr, '\n', in.len) : NULL;
        if (newline == NULL) {
            return;
        }
        size_t len = (size_t)(newline - in.ptr) + 1;
        check(stream_write(s, slice_of(in.ptr, len)));
        stream_consume(s, len);
    }
}

static void echo_closed(struct stream *s, enum stream_end end, int error)
{
    (void)error;
    struct echo *e = owner_of(s, struct echo, stream);
    e->num_closed++;
    e->end = end;
    stream_close(s);
    stream_close(s);
}

static const struct stream_ops echo_ops = {.on_input = echo_lines, .on_closed = echo_closed};

static void test_echoes_lines(void **state)
{
    struct worker *worker = *state;
    struct peer_pair pair = peer_pair_tcp();
    struct echo e = {0};
    char got[64];
    stream_init(&e.stream, worker, pair.stream_fd, &echo_ops, MAX_MESSAGE);
    peer_send(pair.test_fd, "one\ntwo\nthr");
    peer_turns(worker);
    assert_true(peer_read(pair.test_fd, got, sizeof got));
    assert_string_equal(got, "one\ntwo\n");
    assert_int_equal(stream_input(&e.stream).len, 3);
    peer_send(pair.test_fd, "ee\n");
    peer_turns(worker);
    assert_true(peer_read(pair.test_fd, got, sizeof got));
    assert_string_equal(got, "three\n");
    assert_null(e.stream.in.memory); /* idle: owns no buffer */
    assert_null(e.stream.out.memory);
    assert_int_equal(e.num_inputs, 2);
    close(pair.test_fd);
    peer_turns(worker);
    assert_int_equal(e.num_closed, 1);
    assert_int_equal(e.end, STREAM_EOF);
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
        cmocka_unit_test(test_echoes_lines),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
