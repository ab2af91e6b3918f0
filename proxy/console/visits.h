/* SPDX-License-Identifier: Apache-2.0
 *
 * What tours do on a worker's thread. */
#ifndef PROXY_CONSOLE_VISITS_H
#define PROXY_CONSOLE_VISITS_H

#include "proxy/console/run.h"
#include "proxy/console/tour.h"

struct holds;

/* The forms of what they show; their fill is NULL, since the rows come from the workers. */
extern const struct console_show console_show_clients;
extern const struct console_show console_show_servers;

tour_fn console_visit_clients;
tour_fn console_visit_servers;

/* Closes the sessions, and of an upstream the links, that the command is about. */
tour_fn console_visit_kill;

/* Links of today are not lent again. */
tour_fn console_visit_reconnect;

/* PAUSE, RESUME, DISABLE and ENABLE, in a worker's list or the console's own. */
void console_hold(struct holds *holds, const struct console_command *command);

/* The same on a worker; PAUSE counts what is still in use. */
tour_fn console_visit_hold;

#endif
