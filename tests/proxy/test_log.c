/* SPDX-License-Identifier: Apache-2.0 */
#include "proxy/log.h"

#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/cmocka_all.h"

static int pipe_fds[2];

static int open_pipe(void **state)
{
    (void)state;
    if (pipe2(pipe_fds, O_CLOEXEC) != 0 || fcntl(pipe_fds[0], F_SETFL, O_NONBLOCK) != 0) {
        return -1;
    }
    log_set_fd(pipe_fds[1]);
    log_configure(LOG_FORMAT_TEXT, LOG_LEVEL_INFO);
    return 0;
}

static int close_pipe(void **state)
{
    (void)state;
    log_set_fd(STDERR_FILENO);
    return close(pipe_fds[0]) == 0 && close(pipe_fds[1]) == 0 ? 0 : -1;
}

static size_t read_log(char *out, size_t cap)
{
    ssize_t n = read(pipe_fds[0], out, cap - 1);
    out[n > 0 ? n : 0] = '\0';
    return n > 0 ? (size_t)n : 0;
}

static void test_writes_what_the_level_allows(void **state)
{
    (void)state;
    char got[4096];
    log_event(LOG_LINK_OPENED, log_number("link", 1));
    assert_int_equal(read_log(got, sizeof got), 0);
    log_event(LOG_STOPPED, log_number("sessions", 2));
    assert_true(read_log(got, sizeof got) > 0);
    assert_non_null(strstr(got, " info stopped sessions=2\n"));
    log_configure(LOG_FORMAT_JSON, LOG_LEVEL_DEBUG);
    assert_true(log_wants(LOG_LINK_OPENED));
    log_event(LOG_LINK_OPENED, log_number("link", 1), log_text("upstream", "main"));
    assert_true(read_log(got, sizeof got) > 0);
    assert_non_null(strstr(got, "\"event\":\"link_opened\",\"link\":1,\"upstream\":\"main\"}\n"));
    log_configure(LOG_FORMAT_JSON, LOG_LEVEL_ERROR);
    assert_false(log_wants(LOG_STOPPED));
}

static void test_leaves_out_repeats_and_says_how_many(void **state)
{
    (void)state;
    char got[65536];
    uint64_t before = log_suppressed();
    for (int i = 0; i < 300; i++) {
        log_event(LOG_ACCEPT_PAUSED, log_number("i", i));
    }
    uint64_t left_out = log_suppressed() - before;
    assert_in_range(left_out, 290, 299); /* 1 a second; the test may cross a few */
    read_log(got, sizeof got);
    struct timespec wait = {.tv_sec = 1, .tv_nsec = 1000000};
    nanosleep(&wait, NULL);
    log_event(LOG_ACCEPT_PAUSED, log_number("i", 300));
    read_log(got, sizeof got);
    assert_non_null(strstr(got, "accept_paused suppressed="));
}

static void *log_many(void *arg)
{
    for (int i = 0; i < 90; i++) {
        log_event(LOG_LISTENING, log_text("from", arg), log_number("i", i));
    }
    return NULL;
}

static void test_a_full_pipe_drops_lines_and_never_blocks(void **state)
{
    (void)state;
    char filler[4096];
    memset(filler, '.', sizeof filler);
    assert_int_equal(fcntl(pipe_fds[1], F_SETFL, O_NONBLOCK), 0);
    while (write(pipe_fds[1], filler, sizeof filler) > 0) {
    }
    assert_int_equal(fcntl(pipe_fds[1], F_SETFL, 0), 0);
    uint64_t before = log_dropped();
    log_event(LOG_READY, log_number("n", 1));
    assert_int_equal(log_dropped() - before, 1);
}

static void test_lines_of_threads_do_not_mix(void **state)
{
    (void)state;
    pthread_t threads[2];
    char names[2][200];
    for (size_t i = 0; i < 2; i++) {
        memset(names[i], 'a' + (int)i, sizeof names[i] - 1);
        names[i][sizeof names[i] - 1] = '\0';
        assert_int_equal(pthread_create(&threads[i], NULL, log_many, names[i]), 0);
    }
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
    static char got[65536];
    size_t len = read_log(got, sizeof got);
    size_t lines = 0;
    for (char *line = got; line < got + len; lines++) {
        char *end = strchr(line, '\n');
        assert_non_null(end);
        *end = '\0';
        assert_non_null(strstr(line, " info listening "));
        assert_non_null(strstr(line, " i="));
        line = end + 1;
    }
    assert_true(lines >= 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_writes_what_the_level_allows, open_pipe, close_pipe),
        cmocka_unit_test_setup_teardown(test_leaves_out_repeats_and_says_how_many, open_pipe,
                                        close_pipe),
        cmocka_unit_test_setup_teardown(test_a_full_pipe_drops_lines_and_never_blocks, open_pipe,
                                        close_pipe),
        cmocka_unit_test_setup_teardown(test_lines_of_threads_do_not_mix, open_pipe, close_pipe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
