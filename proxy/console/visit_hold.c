/* SPDX-License-Identifier: Apache-2.0
 *
 * Holding up and letting go. A pause of a database retires its links, so that when it is over the
 * server has none of them left; a pause of a tenant leaves them to the others. */
#include "policy/config/upstream.h"
#include "protocol/check.h"
#include "proxy/console/visits.h"
#include "proxy/pg/link.h"
#include "proxy/pg/pg_worker.h"
#include "proxy/pg/session.h"

void console_hold(struct holds *holds, const struct console_command *command)
{
    const struct hold_target target = {.is_tenant = command->is_tenant,
                                       .name = slice_text(command->name)};
    if (command->verb == CONSOLE_PAUSE) {
        holds_add(holds, HOLD_PAUSED, target);
    } else if (command->verb == CONSOLE_RESUME) {
        holds_remove(holds, HOLD_PAUSED, target);
    } else if (command->verb == CONSOLE_DISABLE) {
        holds_add(holds, HOLD_DISABLED, target);
    } else {
        check(command->verb == CONSOLE_ENABLE);
        holds_remove(holds, HOLD_DISABLED, target);
    }
}

/* Links of a database that is paused, or sessions of a tenant that have one. */
static void count_busy(struct tour *tour, const struct pg_worker *pg)
{
    const struct session *s;
    TAILQ_FOREACH(s, &pg->sessions, entry)
    {
        tour->num_busy += s->link != NULL && tour_is_about_tenant(tour, session_tenant(s)) ? 1 : 0;
    }
    for (const struct pg_upstream *u = pg->upstreams; u != NULL; u = u->next) {
        if (tour_is_about_upstream(tour, u->target.upstream->name)) {
            const struct link *link;
            LIST_FOREACH(link, &u->links, entry)
            {
                tour->num_busy++;
            }
        }
    }
}

void console_visit_hold(struct tour *tour, struct pg_worker *pg)
{
    if (tour->command.verb == CONSOLE_PAUSE && pg->is_stopping) {
        return;
    }
    console_hold(&pg->holds, &tour->command);
    if (tour->command.verb == CONSOLE_PAUSE) {
        console_visit_reconnect(tour, pg);
        count_busy(tour, pg);
    }
    if (tour->command.verb == CONSOLE_RESUME) {
        for (struct pg_upstream *u = pg->upstreams; u != NULL; u = u->next) {
            pool_resume(&u->pool);
        }
    }
}
