/* SPDX-License-Identifier: Apache-2.0
 *
 * Backpressure: two streams that copy to each other, as sessions and links do. */
#include "proxy/net/stream.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "protocol/check.h"
#include "proxy/metrics.h"
#include "proxy/metrics_text.h"
#include "proxy/net/owner.h"
#include "tests/cmocka_all.h"
#include "tests/proxy/net/peer.h"

#define MAX_MESSAGE ((size_t)64 * 1024)
#define TOTAL       ((size_t)16 * 1024 * 1024)

struct half {
    struct stream stream;
    struct half *other;
    unsigned num_pauses;
    bool has_ended;
};

static void relay(struct stream *s)
{
    struct half *from = owner_of(s, struct half, stream);
    struct stream *to = &from->other->stream;
    struct slice in = stream_input(s);
    check(stream_write(to, in));
    stream_consume(s, in.len);
    if (stream_is_full(to)) {
        stream_pause(s);
        from->num_pauses++;
    }
}

static void drained(struct stream *s)
{
    check(stream_pending(s) < STREAM_LOW_WATER);
    stream_resume(&owner_of(s, struct half, stream)->other->stream);
}

static void ended(struct stream *s, enum stream_end end, int error)
{
    (void)end;
    (void)error;
    struct half *h = owner_of(s, struct half, stream);
    h->has_ended = true;
    if (stream_is_open(&h->other->stream)) {
        stream_close_after_flush(&h->other->stream, s->worker->now_us + 10000000);
    }
    stream_close(s);
}

static const struct stream_ops relay_ops = {
    .on_input = relay, .on_drained = drained, .on_closed = ended};

static uint8_t byte_at(size_t position)
{
    return (uint8_t)(position * 31 + position / 4093);
}

/* Sends as much of the pattern as the socket takes; answers the new position. */
static size_t feed(int fd, size_t position)
{
    uint8_t bytes[8192];
    size_t len = TOTAL - position < sizeof bytes ? TOTAL - position : sizeof bytes;
    for (size_t i = 0; i < len; i++) {
        bytes[i] = byte_at(position + i);
    }
    ssize_t n = len > 0 ? send(fd, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL) : 0;
    return position + (n > 0 ? (size_t)n : 0);
}

static size_t drink(int fd, size_t position, size_t most)
{
    uint8_t bytes[65536];
    ssize_t n = recv(fd, bytes, most, MSG_DONTWAIT);
    for (ssize_t i = 0; i < n; i++) {
        assert_int_equal(bytes[i], byte_at(position + (size_t)i));
    }
    return position + (n > 0 ? (size_t)n : 0);
}

static void test_a_slow_reader_stops_the_writer_and_loses_nothing(void **state)
{
    struct worker *worker = *state;
    struct peer_pair a = peer_pair_unix();
    struct peer_pair b = peer_pair_tcp();
    struct half left = {0};
    struct half right = {.other = &left};
    size_t sent = 0;
    size_t got = 0;
    size_t most_kept = 0;
    left.other = &right;
    stream_init(&left.stream, worker, a.stream_fd, &relay_ops, MAX_MESSAGE);
    stream_init(&right.stream, worker, b.stream_fd, &relay_ops, MAX_MESSAGE);
    while (got < TOTAL) {
        size_t before = sent;
        while ((sent = feed(a.test_fd, sent)) > before) {
            before = sent;
        }
        worker_turn(worker, 0);
        size_t kept = stream_pending(&right.stream) + stream_input(&left.stream).len;
        most_kept = kept > most_kept ? kept : most_kept;
        got = drink(b.test_fd, got, 50000);
    }
    assert_int_equal(sent, TOTAL);
    assert_true(left.num_pauses > 3);
    assert_true(most_kept <= STREAM_HIGH_WATER + WORKER_SCRATCH);
    close(a.test_fd);
    peer_turns(worker);
    assert_true(left.has_ended);
    close(b.test_fd);
    peer_turns(worker);
    assert_true(right.has_ended);
}

/* One that sends without pause does not keep another from its turn. */
static void test_work_per_turn_is_bounded(void **state)
{
    struct worker *worker = *state;
    struct peer_pair a = peer_pair_unix();
    struct peer_pair b = peer_pair_unix();
    struct half left = {0};
    struct half right = {.other = &left};
    static uint8_t flood[4 * 1024 * 1024];
    int size = (int)sizeof flood;
    left.other = &right;
    check(setsockopt(a.test_fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size) == 0);
    ssize_t sent = send(a.test_fd, flood, sizeof flood, MSG_DONTWAIT);
    stream_init(&left.stream, worker, a.stream_fd, &relay_ops, MAX_MESSAGE);
    stream_init(&right.stream, worker, b.stream_fd, &relay_ops, MAX_MESSAGE);
    assert_true(sent > 0);
    worker_turn(worker, 1000);
    size_t taken = 0;
    char got[65536];
    ssize_t n = 0;
    while ((n = recv(b.test_fd, got, sizeof got, MSG_DONTWAIT)) > 0) {
        taken += (size_t)n;
    }
    taken += stream_pending(&right.stream) + stream_input(&left.stream).len;
    assert_in_range(taken, 1, 5 * WORKER_SCRATCH);
    stream_close(&left.stream);
    stream_close(&right.stream);
    close(a.test_fd);
    close(b.test_fd);
}

static void test_bytes_are_counted_for_a_tenant(void **state)
{
    struct worker *worker = *state;
    struct peer_pair a = peer_pair_unix();
    struct peer_pair b = peer_pair_unix();
    struct half left = {0};
    struct half right = {.other = &left};
    struct metrics *metrics = metrics_new(1);
    struct metrics_shard *shard = metrics_shard(metrics, 0);
    size_t len = 0;
    left.other = &right;
    stream_init(&left.stream, worker, a.stream_fd, &relay_ops, MAX_MESSAGE);
    stream_init(&right.stream, worker, b.stream_fd, &relay_ops, MAX_MESSAGE);
    peer_send(a.test_fd, "before the login");
    peer_turns(worker);
    stream_count_for(&left.stream, metrics_tenant(shard, slice_text("acme")));
    peer_send(a.test_fd, "question");
    peer_send(b.test_fd, "long answer");
    peer_turns(worker);
    char *text = metrics_text(metrics, &len);
    assert_non_null(
        strstr(text, "ringfence_client_bytes_total{tenant=\"acme\",direction=\"received\"} 8\n"
                     "ringfence_client_bytes_total{tenant=\"acme\",direction=\"sent\"} 11\n"));
    free(text);
    stream_close(&left.stream);
    stream_close(&right.stream);
    metrics_free(&metrics);
    close(a.test_fd);
    close(b.test_fd);
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
        cmocka_unit_test(test_a_slow_reader_stops_the_writer_and_loses_nothing),
        cmocka_unit_test(test_work_per_turn_is_bounded),
        cmocka_unit_test(test_bytes_are_counted_for_a_tenant),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
