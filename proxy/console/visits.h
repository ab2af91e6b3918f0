/* SPDX-License-Identifier: Apache-2.0
 *
 * What tours do on a worker's thread. */
#ifndef PROXY_CONSOLE_VISITS_H
#define PROXY_CONSOLE_VISITS_H

#include "proxy/console/run.h"
#include "proxy/console/tour.h"

/* The forms of what they show; their fill is NULL, since the rows come from the workers. */
extern const struct console_show console_show_clients;
extern const struct console_show console_show_servers;

tour_fn console_visit_clients;
tour_fn console_visit_servers;

/* Closes the sessions, and of an upstream the links, that the command is about. */
tour_fn console_visit_kill;

/* Links of today are not lent again. */
tour_fn console_visit_reconnect;

#endif
