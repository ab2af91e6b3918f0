/* SPDX-License-Identifier: Apache-2.0
 *
 * A whole server with a protocol of the test's own, which greets and echoes, on Unix sockets in a
 * folder of the test's own. */
#include "proxy/server.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "policy/snapshot.h"
#include "protocol/check.h"
#include "protocol/mem.h"
#include "proxy/log.h"
#include "tests/cmocka_all.h"
#include "tests/proxy/echo_protocol.h"

#define PATIENCE_MS 5000

/* The fixture. */

struct fixture {
    char folder[64];
    struct server *server;
    pthread_t thread;
    int result;
};

static void write_file(const struct fixture *f, const char *name, const char *text)
{
    char path[128];
    check(snprintf(path, sizeof path, "%s/%s", f->folder, name) < (int)sizeof path);
    FILE *file = fopen(path, "w");
    check(file != NULL && fputs(text, file) >= 0 && fclose(file) == 0);
}

static const char config_text[] =
    "listeners:\n"
    "  - {name: a, protocol: redis, bind: \"unix:%s/a.sock\", upstream: cache}\n"
    "%s"
    "upstreams:\n"
    "  cache: {protocol: redis, endpoints: [{address: \"127.0.0.1:1\"}]}\n"
    "  main: {protocol: postgres, endpoints: [{address: \"127.0.0.1:1\"}], database: app,"
    " user: app_rw}\n"
    "tenants: {identify: [{static: acme}], source: {file: tenants.yaml}}\n"
    "isolation: {row: {column: tenant_id, schemas: [public]},"
    " redis: {mode: prefix, prefix: \"{tenant}:\"}}\n"
    "limits: {workers: 2, sessions: %d}\n"
    "admin: {bind: \"unix:%s/admin.sock\"}\n"
    "log: {format: text, level: error}\n";

static void write_config(const struct fixture *f, const char *more_listeners, int sessions)
{
    char text[2048];
    check(snprintf(text, sizeof text, config_text, f->folder, more_listeners, sessions, f->folder) <
          (int)sizeof text);
    write_file(f, "ringfence.yaml", text);
}

static void *run_server(void *arg)
{
    struct fixture *f = arg;
    f->result = server_run(f->server);
    return NULL;
}

static void sleep_ms(long ms)
{
    struct timespec ts = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&ts, NULL);
}

static int connect_to(const struct fixture *f, const char *name)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    check(snprintf(a.sun_path, sizeof a.sun_path, "%s/%s", f->folder, name) <
          (int)sizeof a.sun_path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct timeval patience = {.tv_sec = PATIENCE_MS / 1000};
    check(fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0);
    if (connect(fd, (struct sockaddr *)&a, sizeof a) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

/* What arrives next; "" at the end. */
static const char *receive(int fd)
{
    static char text[65536];
    ssize_t n = recv(fd, text, sizeof text - 1, 0);
    text[n > 0 ? n : 0] = '\0';
    return text;
}

static void say(int fd, const char *text)
{
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

static const char *http(const struct fixture *f, const char *request)
{
    static char text[262144];
    size_t len = 0;
    ssize_t n = 0;
    int fd = connect_to(f, "admin.sock");
    if (fd < 0) {
        return "";
    }
    say(fd, request);
    while ((n = recv(fd, text + len, sizeof text - 1 - len, 0)) > 0) {
        len += (size_t)n;
    }
    text[len] = '\0';
    close(fd);
    return text;
}

#define GET(path) "GET " path " HTTP/1.0\r\n\r\n"

static bool starts_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

static void wait_until_http(const struct fixture *f, const char *request, const char *start)
{
    for (int waited = 0; !starts_with(http(f, request), start); waited += 10) {
        assert_true(waited < PATIENCE_MS);
        sleep_ms(10);
    }
}

static int start(void **state)
{
    struct fixture *f = mem_new(sizeof *f);
    struct config_error error;
    struct config *config = NULL;
    struct snapshot *snapshot = NULL;
    char path[128];
    snprintf(f->folder, sizeof f->folder, "/tmp/rf-server-XXXXXX");
    check(mkdtemp(f->folder) != NULL);
    write_file(f, "tenants.yaml", "- {id: acme}\n");
    write_config(f, "", 3);
    snprintf(path, sizeof path, "%s/ringfence.yaml", f->folder);
    log_configure(LOG_FORMAT_TEXT, LOG_LEVEL_ERROR);
    echo_catalog_set_works(true);
    if (config_load(path, NULL, &config, &error) != CONFIG_OK ||
        snapshot_new(&config, 1, &snapshot, &error) != CONFIG_OK) {
        config_error_print(&error, path, sizeof path);
        fprintf(stderr, "%s\n", path);
        return -1;
    }
    const struct server_parts parts = {.protocols = {[CONFIG_REDIS] = &echo_protocol},
                                       .catalog_load = &echo_catalog_load};
    f->server = server_new(&parts, snapshot);
    snapshot_unref(&snapshot);
    check(pthread_create(&f->thread, NULL, run_server, f) == 0);
    *state = f;
    wait_until_http(f, GET("/readyz"), "HTTP/1.0 200");
    return 0;
}

static void remove_file(const struct fixture *f, const char *name)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", f->folder, name);
    unlink(path);
}

static void join(struct fixture *f)
{
    pthread_join(f->thread, NULL);
    assert_int_equal(f->result, 0);
    assert_int_equal(connect_to(f, "a.sock"), -1);
    server_free(&f->server);
}

static int finish(void **state)
{
    struct fixture *f = *state;
    if (f->server != NULL) {
        server_signal(f->server, SIGINT);
        join(f);
    }
    remove_file(f, "tenants.yaml");
    remove_file(f, "ringfence.yaml");
    check(rmdir(f->folder) == 0); /* the sockets' files are gone */
    free(f);
    return 0;
}

static int client(const struct fixture *f, const char *name, const char *greeting)
{
    int fd = connect_to(f, name);
    assert_true(fd >= 0);
    assert_string_equal(receive(fd), greeting);
    return fd;
}

static void test_serves_and_turns_away_over_the_limit(void **state)
{
    struct fixture *f = *state;
    int fds[4];
    for (int i = 0; i < 3; i++) {
        fds[i] = client(f, "a.sock", "hello 1");
        say(fds[i], "ping");
        assert_string_equal(receive(fds[i]), "ping");
    }
    fds[3] = client(f, "a.sock", "full 1");
    for (int i = 0; i < 4; i++) {
        close(fds[i]);
    }
}

static void test_admin_answers(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *request;
        const char *start;
        const char *body;
    } cases[] = {
        {GET("/livez"), "HTTP/1.0 200", "\r\n\r\nok\n"},
        {GET("/readyz"), "HTTP/1.0 200", "\r\n\r\nok\n"},
        {GET("/metrics"), "HTTP/1.0 200", "\r\n\r\n# HELP ringfence_"},
        {GET("/metrics"), "HTTP/1.0 200", "Content-Type: text/plain; version=0.0.4"},
        {GET("/"), "HTTP/1.0 404", "try /metrics"},
        {GET("/metrics/x"), "HTTP/1.0 404", "try /metrics"},
        {"POST /metrics HTTP/1.0\r\nContent-Length: 0\r\n\r\n", "HTTP/1.0 405", "Allow: GET"},
        {"DELETE /livez HTTP/1.0\r\n\r\n", "HTTP/1.0 405", "Allow: GET"},
        {"PUT /x HTTP/1.0\r\nContent-Length: 0\r\n\r\n", "HTTP/1.0 405", "Allow: GET"},
        {"nonsense\r\n\r\n", "HTTP/1.1 400", "400"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *text = http(f, cases[i].request);
        if (!starts_with(text, cases[i].start) || strstr(text, cases[i].body) == NULL) {
            fail_msg("%s -> %s", cases[i].request, text);
        }
    }
}

static void wait_for_tenants(const struct fixture *f, const char *greeting)
{
    for (int waited = 0; waited < PATIENCE_MS; waited += 10) {
        int fd = connect_to(f, "a.sock");
        bool is_there = fd >= 0 && strcmp(receive(fd), greeting) == 0;
        close(fd);
        if (is_there) {
            return;
        }
        sleep_ms(10);
    }
    fail();
}

static void test_reload_keeps_sessions_and_moves_listeners(void **state)
{
    struct fixture *f = *state;
    char second[256];
    int old = client(f, "a.sock", "hello 1");
    unsigned before = echo_num_refreshes();
    write_file(f, "tenants.yaml", "- {id: acme}\n- {id: globex}\n");
    snprintf(second, sizeof second,
             "  - {name: b, protocol: redis, bind: \"unix:%s/b.sock\", upstream: cache}\n",
             f->folder);
    write_config(f, second, 50);
    server_signal(f->server, SIGHUP);
    wait_for_tenants(f, "hello 2");
    close(client(f, "b.sock", "hello 2"));
    say(old, "still here");
    assert_string_equal(receive(old), "still here");
    assert_true(echo_num_refreshes() >= before + 2); /* both workers */
    write_config(f, "", 50);
    server_signal(f->server, SIGHUP);
    int gone = 0;
    for (int waited = 0; waited < PATIENCE_MS && gone >= 0; waited += 10) {
        gone = connect_to(f, "b.sock");
        close(gone);
        sleep_ms(10);
    }
    assert_int_equal(gone, -1);
    close(old);
}

static void test_wrong_reload_changes_nothing(void **state)
{
    struct fixture *f = *state;
    char taken[160];
    int log_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
    log_set_fd(log_fd);
    write_file(f, "ringfence.yaml", "listeners: [\n");
    server_signal(f->server, SIGHUP);
    snprintf(taken, sizeof taken,
             "  - {name: b, protocol: redis, bind: \"unix:/nonexistent/b.sock\", upstream: "
             "cache}\n");
    write_config(f, taken, 50);
    server_signal(f->server, SIGHUP);
    wait_until_http(f, GET("/readyz"), "HTTP/1.0 200");
    for (int waited = 0;
         strstr(http(f, GET("/metrics")), "ringfence_reloads_total{result=\"failed\"} 2\n") == NULL;
         waited += 10) {
        assert_true(waited < PATIENCE_MS);
        sleep_ms(10);
    }
    close(client(f, "a.sock", "hello 1"));
    log_set_fd(STDERR_FILENO);
    close(log_fd);
}

static void test_drain_waits_for_who_is_busy(void **state)
{
    struct fixture *f = *state;
    int idle = client(f, "a.sock", "hello 1");
    int busy = client(f, "a.sock", "hello 1");
    say(busy, "hold");
    assert_string_equal(receive(busy), "hold");
    server_signal(f->server, SIGTERM);
    assert_string_equal(receive(idle), "");
    close(idle);
    wait_until_http(f, GET("/readyz"), "HTTP/1.0 503");
    assert_non_null(strstr(http(f, GET("/readyz")), "draining"));
    assert_int_equal(connect_to(f, "a.sock"), -1);
    say(busy, "more");
    assert_string_equal(receive(busy), "more");
    say(busy, "free");
    assert_string_equal(receive(busy), "free");
    assert_string_equal(receive(busy), "");
    close(busy);
    join(f);
}

static void test_second_term_stops_at_once(void **state)
{
    struct fixture *f = *state;
    int busy = client(f, "a.sock", "hello 1");
    say(busy, "hold");
    assert_string_equal(receive(busy), "hold");
    server_signal(f->server, SIGTERM);
    server_signal(f->server, SIGTERM);
    assert_string_equal(receive(busy), "");
    join(f);
    close(busy);
}

static void test_is_not_ready_without_a_catalog(void **state)
{
    struct fixture *f = *state;
    int log_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
    char text[2048];
    log_set_fd(log_fd);
    echo_catalog_set_works(false);
    snprintf(text, sizeof text, config_text, f->folder, "", 5, f->folder);
    char *database = strstr(text, "database: app");
    memcpy(database, "database: two", strlen("database: two"));
    write_file(f, "ringfence.yaml", text);
    server_signal(f->server, SIGHUP);
    wait_until_http(f, GET("/readyz"), "HTTP/1.0 503");
    assert_non_null(strstr(http(f, GET("/readyz")), "catalogue"));
    echo_catalog_set_works(true);
    wait_until_http(f, GET("/readyz"), "HTTP/1.0 200");
    log_set_fd(STDERR_FILENO);
    close(log_fd);
}

#define SERVED(test) cmocka_unit_test_setup_teardown(test, start, finish)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SERVED(test_serves_and_turns_away_over_the_limit),
        SERVED(test_admin_answers),
        SERVED(test_reload_keeps_sessions_and_moves_listeners),
        SERVED(test_wrong_reload_changes_nothing),
        SERVED(test_drain_waits_for_who_is_busy),
        SERVED(test_second_term_stops_at_once),
        SERVED(test_is_not_ready_without_a_catalog),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
