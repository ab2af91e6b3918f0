/* SPDX-License-Identifier: Apache-2.0
 *
 * A message that goes from worker to worker and then home, to look or to change something on each
 * of their threads. Nobody waits for it but the console session that sent it. */
#ifndef PROXY_CONSOLE_TOUR_H
#define PROXY_CONSOLE_TOUR_H

#include <stdbool.h>
#include <stdint.h>

#include "proxy/console/command.h"
#include "proxy/console/rows.h"
#include "proxy/net/deadline.h"
#include "proxy/net/worker.h"

struct console_session;
struct pg_worker;
struct tour;

/* What is done on a worker's thread. */
typedef void tour_fn(struct tour *tour, struct pg_worker *pg);

struct tour {
    struct worker_message message;
    struct console_session *session; /* borrows; home thread only; NULL: it is gone */
    struct worker *home;             /* borrows */
    unsigned next;                   /* of home's peers */
    tour_fn *visit;
    struct console_command command;
    struct console_rows rows; /* what was seen */
    uint32_t num_busy;        /* what was to end and has not; then it goes round again */
    struct deadline again;
    uint64_t now_s; /* wall clock when it began, as the next on the worker's clock */
    int64_t now_us;
};

/* Sends it off; session->tour is it until console_session_toured is called. */
void tour_begin(struct console_session *session, const struct console_command *command,
                tour_fn *visit);

/* The session wants no answer any more. NULL is fine. */
void tour_forget(struct tour **tour);

/* Whether the command is about that upstream, or that tenant. */
bool tour_is_about_upstream(const struct tour *tour, const char *upstream);
bool tour_is_about_tenant(const struct tour *tour, struct slice tenant);

#endif
