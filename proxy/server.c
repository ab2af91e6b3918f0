/* SPDX-License-Identifier: Apache-2.0
 *
 * The main thread. Its own worker (index = number of workers) runs the acceptors, the admin
 * server, the signals and the loading of catalogues; sockets go to the worker with the fewest
 * sessions. The newest snapshot lives here; every change of it goes to all workers by message.
 *
 * phases: STARTING -> SERVING -> DRAINING -> STOPPING. Listeners are closed from DRAINING on; the
 * admin server answers until the end. Nothing here decides allow or deny. */
#include "proxy/server.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "policy/catalog/catalog.h"
#include "policy/snapshot.h"
#include "protocol/check.h"
#include "protocol/mem.h"
#include "proxy/admin.h"
#include "proxy/console/console.h"
#include "proxy/crew.h"
#include "proxy/listeners.h"
#include "proxy/log.h"
#include "proxy/metrics.h"
#include "proxy/net/deadline.h"
#include "proxy/net/owner.h"
#include "proxy/net/worker.h"
#include "proxy/reload.h"
#include "proxy/signals.h"

#define SERVER_TAG       0x5e44e401U
#define MOST_TURNED_AWAY 256 /* sessions over the limit that are told so; more are just closed */
#define DRAIN_LOOK_US    INT64_C(20000)
#define HEARTBEAT_MAX_US INT64_C(5000000)

enum phase { STARTING, SERVING, DRAINING, STOPPING };

struct server {
    uint32_t tag;
    enum phase phase;
    struct server_parts parts;
    struct snapshot *snapshot; /* shares; the newest */
    uint64_t epoch;            /* of the newest snapshot */
    struct metrics *metrics;
    struct worker *main;     /* this thread's */
    struct worker **workers; /* owns each */
    unsigned num_workers;
    struct protocol_table table;
    struct listeners *listeners;
    struct catalogs *catalogs;
    struct admin *admin;     /* NULL without admin.bind */
    struct console *console; /* NULL without admin.console */
    struct signals *signals;
    struct deadline drain_look;
    int64_t drain_until_us;
    bool is_interrupted; /* SIGINT came */
    bool was_ready;      /* said so in the log */
};

static uint32_t count_sessions(const struct server *server)
{
    return crew_count_sessions(server->workers, server->num_workers);
}

static struct server *server_from(void *context)
{
    struct server *server = context;
    check(server->tag == SERVER_TAG);
    return server;
}

static void on_incoming(void *context, struct incoming *incoming)
{
    struct server *server = server_from(context);
    const struct config_limits *limits = &snapshot_config(server->snapshot)->limits;
    uint32_t sessions = count_sessions(server);
    if (sessions >= limits->sessions + MOST_TURNED_AWAY) {
        log_event(LOG_SESSION_REFUSED, log_text("listener", incoming->listener->name),
                  log_text("peer", incoming->name), log_text("reason", "too many sessions"));
        (void)close(incoming->fd);
        return;
    }
    incoming->over_limit = sessions >= limits->sessions;
    protocol_send_incoming(crew_least_loaded(server->workers, server->num_workers), incoming);
}

/* Snapshots. */

/* Takes the reference over. */
static void adopt(struct server *server, struct snapshot *fresh)
{
    snapshot_unref(&server->snapshot);
    server->snapshot = fresh;
    server->epoch = snapshot_epoch(fresh);
    for (unsigned i = 0; i < server->num_workers; i++) {
        protocol_send_snapshot(server->workers[i], fresh);
    }
}

static void say_when_ready(struct server *server)
{
    if (!server->was_ready && server->phase == SERVING && catalogs_are_complete(server->catalogs)) {
        server->was_ready = true;
        log_event(LOG_READY, log_number("workers", server->num_workers));
    }
}

static void on_catalog(void *context, struct snapshot *snapshot, size_t upstream_index,
                       struct catalog **catalog)
{
    struct server *server = server_from(context);
    check(snapshot == server->snapshot);
    adopt(server, snapshot_with_catalog(snapshot, upstream_index, catalog, server->epoch + 1));
    catalogs_note(server->catalogs, server->snapshot);
    say_when_ready(server);
}

static void count_reload(struct server *server, enum metric metric)
{
    metrics_add(metrics_worker(server->main->metrics), metric, 1);
}

/* False, with nothing changed, when the configuration is wrong. */
static bool reload(struct server *server)
{
    struct snapshot *fresh =
        reload_read(server->snapshot, server->parts.environment, server->epoch + 1);
    if (fresh == NULL || !listeners_follow(server->listeners, fresh)) {
        snapshot_unref(&fresh);
        count_reload(server, METRIC_RELOADS_FAILED);
        return false;
    }
    reload_tell_what_stays(snapshot_config(server->snapshot), snapshot_config(fresh));
    reload_configure_log(snapshot_config(fresh));
    adopt(server, fresh);
    catalogs_follow(server->catalogs, fresh);
    count_reload(server, METRIC_RELOADS_DONE);
    log_event(LOG_RELOADED, log_number("epoch", (int64_t)server->epoch));
    return true;
}

/* The end. */

static void stop(struct server *server)
{
    if (server->phase == STOPPING) {
        return;
    }
    server->phase = STOPPING;
    deadline_disarm(&server->drain_look);
    listeners_close(server->listeners);
    for (unsigned i = 0; i < server->num_workers; i++) {
        if (server->workers[i]->host != NULL) {
            protocol_send_stop(server->workers[i]);
        }
    }
    worker_stop(server->main);
}

static void look_at_drain(struct deadline *d)
{
    struct server *server = owner_of(d, struct server, drain_look);
    check(server->tag == SERVER_TAG);
    uint32_t left = count_sessions(server);
    if (left > 0 && server->main->now_us < server->drain_until_us) {
        deadline_arm(server->main, d, server->main->now_us + DRAIN_LOOK_US);
        return;
    }
    if (left > 0) {
        log_event(LOG_DRAIN_TIMEOUT, log_number("sessions", left));
    }
    stop(server);
}

/* waits: for clients of session pools, too, not for transactions only. */
static void drain(struct server *server, bool waits)
{
    bool is_first = server->phase == SERVING;
    server->phase = DRAINING;
    log_event(LOG_DRAINING, log_number("sessions", count_sessions(server)));
    listeners_close(server->listeners);
    for (unsigned i = 0; i < server->num_workers; i++) {
        protocol_send_drain(server->workers[i], waits);
    }
    if (!is_first) {
        return; /* the time runs already */
    }
    server->drain_until_us =
        server->main->now_us + snapshot_config(server->snapshot)->limits.drain_timeout_us;
    deadline_arm(server->main, &server->drain_look, server->main->now_us + DRAIN_LOOK_US);
}

static void on_signal(void *context, int signal_number)
{
    struct server *server = server_from(context);
    log_event(LOG_SIGNAL, log_number("number", signal_number));
    if (signal_number == SIGHUP && server->phase == SERVING) {
        (void)reload(server); /* it logs and counts a failure itself */
    } else if (signal_number == SIGTERM && server->phase == SERVING) {
        drain(server, true);
    } else if (signal_number == SIGINT && (server->phase == SERVING || server->phase == DRAINING) &&
               !server->is_interrupted) {
        server->is_interrupted = true;
        drain(server, false);
    } else if (signal_number != SIGHUP) {
        stop(server); /* SIGQUIT, or the same signal again */
    }
}

/* What the console asks for. */

static struct snapshot *lend_snapshot(void *context)
{
    return server_from(context)->snapshot;
}

static bool is_serving(void *context)
{
    return server_from(context)->phase == SERVING;
}

static bool reload_for_console(void *context)
{
    struct server *server = server_from(context);
    return server->phase == SERVING && reload(server);
}

static void shut_down(void *context, enum console_end how)
{
    static const int signals[] = {
        [CONSOLE_END_NOW] = SIGQUIT,
        [CONSOLE_END_CLIENTS] = SIGTERM,
        [CONSOLE_END_SERVERS] = SIGINT,
    };
    struct server *server = server_from(context);
    if (how != CONSOLE_END_CLIENTS || server->phase == SERVING) {
        on_signal(server, signals[how]);
    }
}

/* Probes. */

static const char *probe_live(void *context)
{
    struct server *server = server_from(context);
    for (unsigned i = 0; i < server->num_workers; i++) {
        if (server->main->now_us - worker_heartbeat_us(server->workers[i]) > HEARTBEAT_MAX_US) {
            return "a worker does not answer";
        }
    }
    return NULL;
}

static const char *probe_ready(void *context)
{
    struct server *server = server_from(context);
    if (server->phase != SERVING) {
        return server->phase == STARTING ? "starting" : "draining";
    }
    return catalogs_are_complete(server->catalogs) ? NULL : "a catalogue is not loaded yet";
}

/* Life. */

static struct worker *new_worker(struct server *server, unsigned index)
{
    struct worker *worker = worker_new(index);
    if (worker != NULL) {
        worker->metrics = metrics_shard(server->metrics, index);
        worker->peers = server->workers;
        worker->num_peers = server->num_workers;
    }
    return worker;
}

static bool make_workers(struct server *server)
{
    server->main = new_worker(server, server->num_workers);
    for (unsigned i = 0; i < server->num_workers; i++) {
        server->workers[i] = new_worker(server, i);
        if (server->workers[i] == NULL) {
            return false;
        }
    }
    return server->main != NULL;
}

static void make_shared(struct server *server)
{
    for (unsigned i = 0; i < PROTOCOL_MOST; i++) {
        const struct protocol_ops *ops = server->parts.protocols[i];
        server->table.ops[i] = ops;
        if (ops != NULL && ops->share != NULL) {
            server->table.shared[i] = ops->share(server->num_workers);
        }
    }
}

struct server *server_new(const struct server_parts *parts, struct snapshot *snapshot)
{
    struct server *server = mem_new(sizeof *server);
    server->tag = SERVER_TAG;
    server->parts = *parts;
    server->snapshot = snapshot_ref(snapshot);
    server->epoch = snapshot_epoch(snapshot);
    server->num_workers = crew_size(snapshot_config(snapshot));
    server->metrics = metrics_new(server->num_workers + 1);
    server->workers = mem_new_array(server->num_workers, sizeof(struct worker *));
    deadline_init(&server->drain_look, look_at_drain);
    if (!make_workers(server)) {
        log_event(LOG_START_FAILED, log_text("error", "too few file descriptors"));
        server_free(&server);
        return NULL;
    }
    make_shared(server);
    server->listeners = listeners_new(server->main, on_incoming, server);
    server->catalogs = catalogs_new(server->main, parts->catalog_load, on_catalog, server);
    return server;
}

static bool open_admin(struct server *server)
{
    const struct config_admin *config = snapshot_config(server->snapshot)->admin;
    const struct config_address *bind = config != NULL ? &config->bind : NULL;
    const struct admin_probes probes = {
        .live = probe_live, .ready = probe_ready, .context = server};
    const char *failure = NULL;
    if (bind == NULL) {
        return true;
    }
    server->admin = admin_new(server->main, bind, server->metrics, &probes, &failure);
    if (server->admin == NULL) {
        log_event(LOG_LISTEN_FAILED, log_text("listener", "admin"), log_text("address", bind->text),
                  log_text("error", failure));
        return false;
    }
    log_event(LOG_LISTENING, log_text("listener", "admin"),
              log_text("address", admin_address(server->admin)), log_text("protocol", "http"));
    return true;
}

static bool open_console(struct server *server)
{
    const struct config_admin *config = snapshot_config(server->snapshot)->admin;
    const struct console_host host = {.snapshot = lend_snapshot,
                                      .is_serving = is_serving,
                                      .reload = reload_for_console,
                                      .shut_down = shut_down,
                                      .context = server,
                                      .metrics = server->metrics};
    const char *failure = NULL;
    if (config == NULL || config->console.text == NULL) {
        return true;
    }
    server->console = console_new(server->main, &config->console, &host, &failure);
    if (server->console == NULL) {
        log_event(LOG_LISTEN_FAILED, log_text("listener", "console"),
                  log_text("address", config->console.text), log_text("error", failure));
        return false;
    }
    log_event(LOG_LISTENING, log_text("listener", "console"),
              log_text("address", console_address(server->console)),
              log_text("protocol", "postgres"));
    return true;
}

/* False, with all that was started still to be ended, when the system refuses a thread. */
static bool start_workers(struct server *server)
{
    for (unsigned i = 0; i < server->num_workers; i++) {
        struct worker *worker = server->workers[i];
        worker->catalog_wishes = catalogs_wishes(server->catalogs);
        protocol_attach(worker, &server->table, server->snapshot);
        int error = worker_start(worker);
        if (error != 0) {
            log_event(LOG_START_FAILED, log_text("error", strerror(error)));
            return false;
        }
    }
    return true;
}

/* Whether this build speaks what the configuration asks for. */
static bool has_protocols(const struct server *server)
{
    const struct config *config = snapshot_config(server->snapshot);
    for (size_t i = 0; i < config->num_listeners; i++) {
        if (server->parts.protocols[config->listeners[i].protocol] == NULL) {
            log_event(LOG_START_FAILED, log_text("listener", config->listeners[i].name),
                      log_text("error", "this build does not speak the listener's protocol"));
            return false;
        }
    }
    return true;
}

static bool start(struct server *server)
{
    server->signals = signals_new(server->main, on_signal, server);
    if (server->signals == NULL || !has_protocols(server) || !open_admin(server) ||
        !open_console(server) || !listeners_follow(server->listeners, server->snapshot) ||
        !start_workers(server)) {
        return false;
    }
    catalogs_follow(server->catalogs, server->snapshot);
    server->phase = SERVING;
    say_when_ready(server);
    return true;
}

static void end_workers(struct server *server)
{
    for (unsigned i = 0; i < server->num_workers; i++) {
        worker_join(server->workers[i]);
    }
    for (unsigned i = 0; i < server->num_workers; i++) {
        protocol_detach(server->workers[i]);
    }
}

int server_run(struct server *server)
{
    bool is_started = start(server);
    if (is_started) {
        worker_run(server->main);
    }
    uint32_t left = count_sessions(server);
    stop(server);
    end_workers(server);
    log_event(LOG_STOPPED, log_number("sessions_closed", left));
    return is_started ? 0 : 1;
}

struct sent_signal {
    struct worker_message message;
    struct server *server;
    int number;
};

static void run_signal(struct worker *worker, struct worker_message *message)
{
    (void)worker;
    struct sent_signal *sent = owner_of(message, struct sent_signal, message);
    on_signal(sent->server, sent->number);
    free(sent);
}

void server_signal(struct server *server, int signal_number)
{
    struct sent_signal *sent = mem_new(sizeof *sent);
    sent->message.run = run_signal;
    sent->server = server;
    sent->number = signal_number;
    worker_post(server->main, &sent->message);
}

void server_free(struct server **server)
{
    struct server *s = *server;
    *server = NULL;
    if (s == NULL) {
        return;
    }
    check(s->tag == SERVER_TAG);
    catalogs_free(&s->catalogs);
    listeners_free(&s->listeners);
    admin_free(&s->admin);
    console_free(&s->console);
    signals_free(&s->signals);
    deadline_disarm(&s->drain_look);
    for (unsigned i = 0; i < s->num_workers; i++) {
        worker_free(&s->workers[i]);
    }
    worker_free(&s->main);
    for (unsigned i = 0; i < PROTOCOL_MOST; i++) {
        if (s->table.shared[i] != NULL) {
            s->table.ops[i]->unshare(s->table.shared[i]);
        }
    }
    free(s->workers);
    metrics_free(&s->metrics);
    snapshot_unref(&s->snapshot);
    free(s);
}
