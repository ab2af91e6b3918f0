/* SPDX-License-Identifier: Apache-2.0
 *
 * libevent's HTTP server on the main thread's base: a slow scraper never holds a worker. Requests
 * are small, so headers and bodies are capped and idle connections time out. It changes nothing
 * and shows no data of tenants but their names in metrics. Main thread. */
#include "proxy/admin.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>

#include "protocol/check.h"
#include "protocol/mem.h"
#include "proxy/log.h"
#include "proxy/metrics_text.h"
#include "proxy/net/listen_socket.h"
#include "proxy/net/worker.h"

#define ADMIN_TAG    0xad314a11U
#define HEADERS_MAX  ((ev_ssize_t)8192)
#define BODY_MAX     ((ev_ssize_t)1024)
#define IDLE_SECONDS 5
#define PAUSE_US     100000 /* while out of descriptors */

#define TYPE_TEXT    "text/plain; charset=utf-8"
#define TYPE_METRICS "text/plain; version=0.0.4; charset=utf-8"

struct admin {
    uint32_t tag;
    struct worker *worker;   /* borrows */
    struct metrics *metrics; /* borrows */
    struct admin_probes probes;
    struct listen_socket socket; /* owns; libevent uses the descriptor */
    struct evhttp *http;         /* owns */
};

static struct admin *admin_from(void *arg)
{
    struct admin *admin = arg;
    check(admin->tag == ADMIN_TAG);
    worker_begin_turn(admin->worker);
    return admin;
}

static void reply(struct evhttp_request *request, int code, const char *reason, const char *type,
                  const char *body, size_t len)
{
    struct evbuffer *buffer = evbuffer_new();
    check(buffer != NULL && evbuffer_add(buffer, body, len) == 0);
    struct evkeyvalq *headers = evhttp_request_get_output_headers(request);
    check(evhttp_add_header(headers, "Content-Type", type) == 0);
    check(evhttp_add_header(headers, "Cache-Control", "no-store") == 0);
    evhttp_send_reply(request, code, reason, buffer);
    evbuffer_free(buffer);
}

static void reply_text(struct evhttp_request *request, int code, const char *reason,
                       const char *body)
{
    reply(request, code, reason, TYPE_TEXT, body, strlen(body));
}

/* Whether the request may be answered; answers it otherwise. */
static bool is_get(struct evhttp_request *request)
{
    enum evhttp_cmd_type method = evhttp_request_get_command(request);
    if (method == EVHTTP_REQ_GET || method == EVHTTP_REQ_HEAD) {
        return true;
    }
    struct evkeyvalq *headers = evhttp_request_get_output_headers(request);
    check(evhttp_add_header(headers, "Allow", "GET, HEAD") == 0);
    reply_text(request, HTTP_BADMETHOD, "Method Not Allowed", "only GET\n");
    return false;
}

static void on_metrics(struct evhttp_request *request, void *arg)
{
    struct admin *admin = admin_from(arg);
    if (!is_get(request)) {
        return;
    }
    size_t len = 0;
    char *text = metrics_text(admin->metrics, &len);
    reply(request, HTTP_OK, "OK", TYPE_METRICS, text, len);
    free(text);
}

static void answer_probe(struct evhttp_request *request, const char *problem)
{
    if (!is_get(request)) {
        return;
    }
    if (problem == NULL) {
        reply_text(request, HTTP_OK, "OK", "ok\n");
        return;
    }
    char body[256];
    size_t len = strnlen(problem, sizeof body - 1);
    memcpy(body, problem, len);
    body[len] = '\n';
    reply(request, HTTP_SERVUNAVAIL, "Service Unavailable", TYPE_TEXT, body, len + 1);
}

static void on_livez(struct evhttp_request *request, void *arg)
{
    struct admin *admin = admin_from(arg);
    answer_probe(request, admin->probes.live(admin->probes.context));
}

static void on_readyz(struct evhttp_request *request, void *arg)
{
    struct admin *admin = admin_from(arg);
    answer_probe(request, admin->probes.ready(admin->probes.context));
}

static void on_other(struct evhttp_request *request, void *arg)
{
    (void)admin_from(arg);
    if (is_get(request)) {
        reply_text(request, HTTP_NOTFOUND, "Not Found", "try /metrics, /livez, /readyz\n");
    }
}

static void on_pause_over(evutil_socket_t fd, short what, void *arg)
{
    struct evconnlistener *listener = arg;
    (void)fd;
    (void)what;
    check(evconnlistener_enable(listener) == 0);
}

/* Out of descriptors: the socket stays readable, so the listener rests instead of being called
 * without end. Its argument is libevent's own. */
static void on_accept_failed(struct evconnlistener *listener, void *arg)
{
    const struct timeval pause = {.tv_usec = PAUSE_US};
    (void)arg;
    log_event(LOG_ACCEPT_PAUSED, log_text("listener", "admin"), log_text("error", strerror(errno)));
    check(evconnlistener_disable(listener) == 0);
    struct event_base *base = evconnlistener_get_base(listener);
    check(event_base_once(base, -1, EV_TIMEOUT, on_pause_over, listener, &pause) == 0);
}

static void set_up_http(struct admin *admin)
{
    const uint32_t every_method = EVHTTP_REQ_GET | EVHTTP_REQ_POST | EVHTTP_REQ_HEAD |
                                  EVHTTP_REQ_PUT | EVHTTP_REQ_DELETE | EVHTTP_REQ_OPTIONS |
                                  EVHTTP_REQ_TRACE | EVHTTP_REQ_CONNECT | EVHTTP_REQ_PATCH;
    struct evhttp *http = evhttp_new(admin->worker->base);
    check(http != NULL);
    evhttp_set_max_headers_size(http, HEADERS_MAX);
    evhttp_set_max_body_size(http, BODY_MAX);
    evhttp_set_timeout(http, IDLE_SECONDS);
    evhttp_set_allowed_methods(http, (ev_uint16_t)every_method); /* so that we answer 405 */
    check(evhttp_set_cb(http, "/metrics", on_metrics, admin) == 0);
    check(evhttp_set_cb(http, "/livez", on_livez, admin) == 0);
    check(evhttp_set_cb(http, "/readyz", on_readyz, admin) == 0);
    evhttp_set_gencb(http, on_other, admin);
    struct evhttp_bound_socket *bound = evhttp_accept_socket_with_handle(http, admin->socket.fd);
    check(bound != NULL);
    evconnlistener_set_error_cb(evhttp_bound_socket_get_listener(bound), on_accept_failed);
    admin->socket.fd = -1; /* libevent closes it */
    admin->http = http;
}

struct admin *admin_new(struct worker *worker, const struct config_address *address,
                        struct metrics *metrics, const struct admin_probes *probes,
                        const char **out_failure)
{
    struct admin *admin = mem_new(sizeof *admin);
    admin->tag = ADMIN_TAG;
    admin->worker = worker;
    admin->metrics = metrics;
    admin->probes = *probes;
    *out_failure = listen_socket_open(&admin->socket, address);
    if (*out_failure != NULL) {
        free(admin);
        return NULL;
    }
    set_up_http(admin);
    return admin;
}

const char *admin_address(const struct admin *admin)
{
    return admin->socket.address;
}

void admin_free(struct admin **admin)
{
    struct admin *a = *admin;
    *admin = NULL;
    if (a == NULL) {
        return;
    }
    evhttp_free(a->http);
    listen_socket_close(&a->socket);
    free(a);
}
