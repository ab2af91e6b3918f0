/* SPDX-License-Identifier: Apache-2.0 */
#include "proxy/net/stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "protocol/check.h"
#include "protocol/mem.h"
#include "proxy/net/owner.h"
#include "tests/cmocka_all.h"
#include "tests/proxy/net/peer.h"

#define MAX_MESSAGE ((size_t)256 * 1024)

/* Echoes lines: what is not a whole line stays in the stream. Lines can ask for more. */
struct echo {
    struct stream stream;
    struct worker_deferred deferred;
    unsigned num_inputs;
    unsigned num_closed;
    unsigned num_hangups;
    enum stream_end end;
    int error;
    bool *is_freed; /* set: the echo is on the heap and frees itself when it closes */
};

static void free_echo(struct worker_deferred *deferred)
{
    struct echo *e = owner_of(deferred, struct echo, deferred);
    *e->is_freed = true;
    free(e);
}

static void close_echo(struct echo *e)
{
    struct worker *worker = e->stream.worker;
    stream_close(&e->stream);
    stream_close(&e->stream);
    if (e->is_freed != NULL) {
        worker_defer(worker, &e->deferred, free_echo);
    }
}

/* What a line asks for; false when the stream was closed. */
static bool obey(struct echo *e, struct slice line)
{
    if (slice_equal(line, slice_text("close\n"))) {
        close_echo(e);
        return false;
    }
    if (slice_equal(line, slice_text("bye\n"))) {
        check(stream_write(&e->stream, slice_text("goodbye")));
        stream_close_after_flush(&e->stream, e->stream.worker->now_us + 10000000);
        return false;
    }
    if (slice_equal(line, slice_text("pause\n"))) {
        stream_pause(&e->stream);
    }
    check(stream_write(&e->stream, line));
    return true;
}

static void echo_lines(struct stream *s)
{
    struct echo *e = owner_of(s, struct echo, stream);
    e->num_inputs++;
    for (;;) {
        struct slice in = stream_input(s);
        const uint8_t *newline = in.len > 0 ? memchr(in.ptr, '\n', in.len) : NULL;
        if (newline == NULL) {
            return;
        }
        struct slice line = slice_of(in.ptr, (size_t)(newline - in.ptr) + 1);
        if (!obey(e, line)) {
            check(line.ptr[line.len - 1] == '\n'); /* still there to look at */
            return;
        }
        stream_consume(s, line.len);
    }
}

static void echo_closed(struct stream *s, enum stream_end end, int error)
{
    struct echo *e = owner_of(s, struct echo, stream);
    e->num_closed++;
    e->end = end;
    e->error = error;
    close_echo(e);
}

static void echo_hangup(struct stream *s)
{
    owner_of(s, struct echo, stream)->num_hangups++;
}

static const struct stream_ops echo_ops = {
    .on_input = echo_lines, .on_closed = echo_closed, .on_hangup = echo_hangup};

static void assert_got(int fd, const char *expected)
{
    char got[256];
    (void)peer_read(fd, got, sizeof got);
    assert_string_equal(got, expected);
}

static void test_echoes_lines_and_owns_nothing_when_idle(void **state)
{
    struct worker *worker = *state;
    struct peer_pair pair = peer_pair_tcp();
    struct echo e = {0};
    stream_init(&e.stream, worker, pair.stream_fd, &echo_ops, MAX_MESSAGE);
    peer_send(pair.test_fd, "one\ntwo\nthr");
    peer_turns(worker);
    assert_got(pair.test_fd, "one\ntwo\n");
    assert_int_equal(stream_input(&e.stream).len, 3);
    peer_send(pair.test_fd, "ee\n");
    peer_turns(worker);
    assert_got(pair.test_fd, "three\n");
    assert_null(e.stream.in.memory);
    assert_null(e.stream.out.memory);
    assert_int_equal(e.num_inputs, 2);
    peer_send(pair.test_fd, "last\nlost");
    close(pair.test_fd);
    peer_turns(worker);
    assert_int_equal(e.num_inputs, 3); /* shown before the end */
    assert_int_equal(e.num_closed, 1);
    assert_int_equal(e.end, STREAM_EOF);
}

static void test_one_byte_at_a_time(void **state)
{
    struct worker *worker = *state;
    struct peer_pair pair = peer_pair_unix();
    struct echo e = {0};
    static const char text[] = "slow\nbut\nsteady\n";
    stream_init(&e.stream, worker, pair.stream_fd, &echo_ops, MAX_MESSAGE);
    for (size_t i = 0; i < sizeof text - 1; i++) {
        char byte[2] = {text[i], '\0'};
        peer_send(pair.test_fd, byte);
        worker_turn(worker, 0);
    }
    peer_turns(worker);
    assert_got(pair.test_fd, text);
    stream_close(&e.stream);
    close(pair.test_fd);
}

static void test_closes_inside_a_callback(void **state)
{
    struct worker *worker = *state;
    struct peer_pair pair = peer_pair_unix();
    bool is_freed = false;
    struct echo *e = mem_new(sizeof *e);
    e->is_freed = &is_freed;
    stream_init(&e->stream, worker, pair.stream_fd, &echo_ops, MAX_MESSAGE);
    peer_send(pair.test_fd, "part");
    peer_turns(worker);
    peer_send(pair.test_fd, "ial\nclose\nmore\n");
    peer_turns(worker);
    assert_true(is_freed);
    char got[64];
    assert_false(peer_read(pair.test_fd, got, sizeof got));
    close(pair.test_fd);
}

static void test_last_words_arrive_before_the_end(void **state)
{
    struct worker *worker = *state;
    struct peer_pair pair = peer_pair_tcp();
    struct echo e = {0};
    char got[64];
    stream_init(&e.stream, worker, pair.stream_fd, &echo_ops, MAX_MESSAGE);
    peer_send(pair.test_fd, "bye\nunread\n");
    peer_turns(worker);
    peer_send(pair.test_fd, "more that nobody reads\n"); /* must not cause a reset */
    peer_turns(worker);
    assert_true(peer_read(pair.test_fd, got, sizeof got));
    assert_string_equal(got, "goodbye");
    assert_false(peer_read(pair.test_fd, got, sizeof got));
    assert_int_equal(errno, 0);
    assert_int_equal(e.num_closed, 0);
    close(pair.test_fd);
    peer_turns(worker);
    assert_int_equal(e.num_closed, 1);
    assert_int_equal(e.end, STREAM_FLUSHED);
    assert_int_equal(e.num_inputs, 1);
}

static void test_a_flush_ends_at_its_deadline(void **state)
{
    struct worker *worker = *state;
    struct peer_pair pair = peer_pair_unix();
    struct echo e = {0};
    stream_init(&e.stream, worker, pair.stream_fd, &echo_ops, MAX_MESSAGE);
    stream_close_after_flush(&e.stream, worker->now_us + 20000);
    stream_close_after_flush(&e.stream, worker->now_us + 90000000);
    assert_true(stream_is_open(&e.stream));
    for (int i = 0; i < 200 && e.num_closed == 0; i++) {
        worker_turn(worker, 1000);
    }
    assert_int_equal(e.num_closed, 1);
    assert_int_equal(e.end, STREAM_FLUSHED);
    close(pair.test_fd);
}

static void test_a_peer_that_never_closes_is_not_waited_for_long(void **state)
{
    struct worker *worker = *state;
    struct peer_pair pair = peer_pair_unix();
    struct echo e = {0};
    int64_t start_us = worker->now_us;
    stream_init(&e.stream, worker, pair.stream_fd, &echo_ops, MAX_MESSAGE);
    stream_close_after_flush(&e.stream, start_us + 90000000);
    for (int i = 0; i < 100 && e.num_closed == 0; i++) {
        worker_turn(worker, 2000000);
    }
    assert_int_equal(e.end, STREAM_FLUSHED);
    assert_in_range(worker->now_us - start_us, 1000000, 30000000);
    close(pair.test_fd);
}

static void test_output_that_is_unsent_at_the_end_of_input_can_be_flushed(void **state)
{
    struct worker *worker = *state;
    struct peer_pair pair = peer_pair_unix();
    struct echo e = {0};
    stream_init(&e.stream, worker, pair.stream_fd, &echo_ops, MAX_MESSAGE);
    peer_send(pair.test_fd, "half\nbye\n");
    check(shutdown(pair.test_fd, SHUT_WR) == 0);
    peer_turns(worker);
    assert_got(pair.test_fd, "half\ngoodbye");
    assert_int_equal(e.end, STREAM_FLUSHED);
    close(pair.test_fd);
}

static void test_reset_by_the_peer(void **state)
{
    struct worker *worker = *state;
    struct peer_pair pair = peer_pair_tcp();
    struct echo e = {0};
    stream_init(&e.stream, worker, pair.stream_fd, &echo_ops, MAX_MESSAGE);
    peer_turns(worker);
    peer_reset(pair.test_fd);
    peer_turns(worker);
    assert_int_equal(e.num_closed, 1);
    assert_int_equal(e.end, STREAM_RESET);
    assert_int_equal(e.error, ECONNRESET);
}

static void test_last_words_of_a_peer_that_takes_none_are_shown(void **state)
{
    struct worker *worker = *state;
    struct peer_pair pair = peer_pair_unix();
    struct echo e = {0};
    stream_init(&e.stream, worker, pair.stream_fd, &echo_ops, MAX_MESSAGE);
    peer_send(pair.test_fd, "fatal\n");
    close(pair.test_fd);
    assert_true(stream_write(&e.stream, slice_text("anybody there?")));
    stream_resume(&e.stream);
    peer_turns(worker);
    assert_int_equal(e.num_inputs, 1);
    assert_int_equal(e.num_closed, 1);
    assert_true(stream_write(&e.stream, slice_text("after the end"))); /* goes nowhere */
    assert_int_equal(stream_pending(&e.stream), 0);
}

static void test_pause_keeps_input_and_resume_shows_it(void **state)
{
    struct worker *worker = *state;
    struct peer_pair pair = peer_pair_unix();
    struct echo e = {0};
    stream_init(&e.stream, worker, pair.stream_fd, &echo_ops, MAX_MESSAGE);
    peer_send(pair.test_fd, "pause\nrest");
    peer_turns(worker);
    peer_send(pair.test_fd, " of it\n");
    peer_turns(worker);
    assert_int_equal(e.num_inputs, 1);
    assert_int_equal(e.num_hangups, 0);
    stream_resume(&e.stream);
    stream_resume(&e.stream);
    assert_int_equal(e.num_inputs, 1); /* never from inside the call */
    peer_turns(worker);
    assert_true(e.num_inputs > 1);
    assert_got(pair.test_fd, "pause\nrest of it\n");
    stream_close(&e.stream);
    close(pair.test_fd);
}

static void test_resume_shows_kept_input_without_new_bytes(void **state)
{
    struct worker *worker = *state;
    struct peer_pair pair = peer_pair_unix();
    struct echo e = {0};
    stream_init(&e.stream, worker, pair.stream_fd, &echo_ops, MAX_MESSAGE);
    peer_send(pair.test_fd, "kept");
    peer_turns(worker);
    stream_pause(&e.stream);
    stream_resume(&e.stream);
    peer_turns(worker);
    assert_int_equal(e.num_inputs, 2);
    stream_pause(&e.stream);
    stream_resume(&e.stream);
    stream_pause(&e.stream);
    peer_turns(worker);
    assert_int_equal(e.num_inputs, 2);
    stream_close(&e.stream);
    close(pair.test_fd);
}

static void assert_hangup_is_noticed(struct worker *worker, struct peer_pair pair,
                                     void (*leave)(int fd))
{
    struct echo e = {0};
    stream_init(&e.stream, worker, pair.stream_fd, &echo_ops, MAX_MESSAGE);
    stream_pause(&e.stream);
    peer_send(pair.test_fd, "unread\n");
    peer_turns(worker);
    assert_int_equal(e.num_hangups, 0);
    leave(pair.test_fd);
    peer_turns(worker);
    assert_int_equal(e.num_hangups, 1);
    assert_int_equal(e.num_inputs, 0);
    assert_int_equal(e.num_closed, 0);
    stream_resume(&e.stream);
    peer_turns(worker);
    assert_int_equal(e.num_closed, 1);
    assert_int_equal(e.num_hangups, 1);
}

static void leave_in_order(int fd)
{
    check(close(fd) == 0);
}

static void test_a_paused_stream_notices_that_its_peer_left(void **state)
{
    assert_hangup_is_noticed(*state, peer_pair_tcp(), leave_in_order);
    assert_hangup_is_noticed(*state, peer_pair_unix(), leave_in_order);
    assert_hangup_is_noticed(*state, peer_pair_tcp(), peer_reset);
}

/* The next descriptor has the number of the one just closed, within one turn. */
static void test_a_descriptor_used_again_in_the_same_turn(void **state)
{
    struct worker *worker = *state;
    for (int i = 0; i < 4; i++) {
        struct peer_pair old = peer_pair_unix();
        struct echo first = {0};
        struct echo second = {0};
        stream_init(&first.stream, worker, old.stream_fd, &echo_ops, MAX_MESSAGE);
        peer_turns(worker);
        if (i % 2 == 1) {
            stream_pause(&first.stream);
        }
        struct peer_pair fresh = peer_pair_unix();
        stream_close(&first.stream);
        int fd = dup(fresh.stream_fd);
        close(fresh.stream_fd);
        assert_int_equal(fd, old.stream_fd);
        stream_init(&second.stream, worker, fd, &echo_ops, MAX_MESSAGE);
        peer_send(fresh.test_fd, "new\n");
        peer_turns(worker);
        assert_got(fresh.test_fd, "new\n");
        stream_close(&second.stream);
        close(fresh.test_fd);
        close(old.test_fd);
    }
}

static void test_a_message_that_never_ends_is_cut_off(void **state)
{
    struct worker *worker = *state;
    struct peer_pair pair = peer_pair_unix();
    struct echo e = {0};
    char filler[4096];
    memset(filler, 'x', sizeof filler);
    stream_init(&e.stream, worker, pair.stream_fd, &echo_ops, MAX_MESSAGE);
    for (int i = 0; i < 1000 && e.num_closed == 0; i++) {
        (void)send(pair.test_fd, filler, sizeof filler, MSG_DONTWAIT | MSG_NOSIGNAL);
        worker_turn(worker, 0);
        assert_true(stream_input(&e.stream).len <= MAX_MESSAGE);
    }
    assert_int_equal(e.num_closed, 1);
    assert_int_equal(e.end, STREAM_TOO_LARGE);
    close(pair.test_fd);
}

static void test_output_has_a_cap(void **state)
{
    struct worker *worker = *state;
    struct peer_pair pair = peer_pair_unix();
    struct echo e = {0};
    static uint8_t big[1024 * 1024];
    unsigned num_written = 0;
    stream_init(&e.stream, worker, pair.stream_fd, &echo_ops, MAX_MESSAGE);
    stream_set_max_out(&e.stream, 4 * sizeof big);
    while (num_written < 100 && stream_write(&e.stream, slice_of(big, sizeof big))) {
        num_written++;
    }
    assert_in_range(num_written, 4, 6); /* the socket takes some of it */
    assert_true(stream_pending(&e.stream) <= 4 * sizeof big);
    assert_null(stream_reserve(&e.stream, 4 * sizeof big));
    assert_true(stream_is_full(&e.stream));
    stream_close(&e.stream);
    close(pair.test_fd);
}

static void test_messages_are_built_in_place(void **state)
{
    struct worker *worker = *state;
    struct peer_pair pair = peer_pair_unix();
    struct echo e = {0};
    stream_init(&e.stream, worker, pair.stream_fd, &echo_ops, MAX_MESSAGE);
    uint8_t *room = stream_reserve(&e.stream, 100);
    assert_non_null(room);
    stream_commit(&e.stream, 0);
    assert_null(e.stream.out.memory);
    room = stream_reserve(&e.stream, 100);
    assert_non_null(room);
    memcpy(room, "made here", 9);
    stream_commit(&e.stream, 9);
    assert_true(stream_write(&e.stream, slice_text(", and copied")));
    assert_got(pair.test_fd, ""); /* at the end of the turn, and at once */
    worker_turn(worker, 0);
    assert_got(pair.test_fd, "made here, and copied");
    stream_close(&e.stream);
    close(pair.test_fd);
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
        cmocka_unit_test(test_echoes_lines_and_owns_nothing_when_idle),
        cmocka_unit_test(test_one_byte_at_a_time),
        cmocka_unit_test(test_closes_inside_a_callback),
        cmocka_unit_test(test_last_words_arrive_before_the_end),
        cmocka_unit_test(test_a_flush_ends_at_its_deadline),
        cmocka_unit_test(test_a_peer_that_never_closes_is_not_waited_for_long),
        cmocka_unit_test(test_output_that_is_unsent_at_the_end_of_input_can_be_flushed),
        cmocka_unit_test(test_reset_by_the_peer),
        cmocka_unit_test(test_last_words_of_a_peer_that_takes_none_are_shown),
        cmocka_unit_test(test_pause_keeps_input_and_resume_shows_it),
        cmocka_unit_test(test_resume_shows_kept_input_without_new_bytes),
        cmocka_unit_test(test_a_paused_stream_notices_that_its_peer_left),
        cmocka_unit_test(test_a_descriptor_used_again_in_the_same_turn),
        cmocka_unit_test(test_a_message_that_never_ends_is_cut_off),
        cmocka_unit_test(test_output_has_a_cap),
        cmocka_unit_test(test_messages_are_built_in_place),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
