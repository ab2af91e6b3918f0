/* SPDX-License-Identifier: Apache-2.0
 *
 * One message, never two: worker after worker in the order of their numbers, which is also the
 * order they end in, so that no tour is sent to one that has ended. Owned by whoever has it. */
#include "proxy/console/tour.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "policy/config/upstream.h"
#include "protocol/check.h"
#include "protocol/mem.h"
#include "proxy/console/session.h"
#include "proxy/net/owner.h"
#include "proxy/net/protocol.h"

#define AGAIN_US INT64_C(20000)

static void go_on(struct tour *tour);

static void on_again(struct deadline *d)
{
    struct tour *tour = owner_of(d, struct tour, again);
    tour->next = 0;
    tour->num_busy = 0;
    go_on(tour);
}

static void end(struct tour *tour)
{
    console_rows_fini(&tour->rows);
    free(tour);
}

static void run_home(struct worker *worker, struct worker_message *message)
{
    struct tour *tour = owner_of(message, struct tour, message);
    struct console_session *session = tour->session;
    if (session != NULL && tour->num_busy > 0) {
        deadline_arm(worker, &tour->again, worker->now_us + AGAIN_US);
        return;
    }
    console_rows_end(&tour->rows);
    if (session != NULL) {
        check(session->tour == tour);
        session->tour = NULL;
        console_session_toured(session, &tour->rows);
    }
    end(tour);
}

static void run_visit(struct worker *worker, struct worker_message *message);

static void go_on(struct tour *tour)
{
    bool is_over = tour->next == tour->home->num_peers;
    struct worker *to = is_over ? tour->home : tour->home->peers[tour->next];
    tour->message.run = is_over ? run_home : run_visit;
    tour->next++;
    worker_post(to, &tour->message);
}

static void run_visit(struct worker *worker, struct worker_message *message)
{
    struct tour *tour = owner_of(message, struct tour, message);
    struct pg_worker *pg = protocol_state(worker, CONFIG_POSTGRES);
    if (pg != NULL) {
        tour->visit(tour, pg);
    }
    go_on(tour);
}

void tour_begin(struct console_session *session, const struct console_command *command,
                tour_fn *visit)
{
    check(session->tour == NULL);
    struct tour *tour = mem_new(sizeof *tour);
    tour->session = session;
    tour->home = session->console->worker;
    tour->visit = visit;
    tour->command = *command;
    tour->now_s = (uint64_t)time(NULL);
    tour->now_us = tour->home->now_us;
    deadline_init(&tour->again, on_again);
    console_rows_begin(&tour->rows);
    session->tour = tour;
    go_on(tour);
}

void tour_forget(struct tour **tour)
{
    if (*tour != NULL) {
        (*tour)->session = NULL;
        if (deadline_armed(&(*tour)->again)) { /* it is at home, so this is its only owner */
            deadline_disarm(&(*tour)->again);
            end(*tour);
        }
        *tour = NULL;
    }
}

bool tour_is_about_upstream(const struct tour *tour, const char *upstream)
{
    const struct console_command *c = &tour->command;
    return !c->is_tenant && (c->name[0] == '\0' || strcmp(c->name, upstream) == 0);
}

bool tour_is_about_tenant(const struct tour *tour, struct slice tenant)
{
    const struct console_command *c = &tour->command;
    return c->is_tenant && slice_equal(slice_text(c->name), tenant);
}
