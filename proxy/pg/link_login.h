/* SPDX-License-Identifier: Apache-2.0
 *
 * How a link logs in to its server: startup packet with the pins, authentication, and what the
 * server reports until it is ready. Memory for it exists only as long as it takes. */
#ifndef PROXY_PG_LINK_LOGIN_H
#define PROXY_PG_LINK_LOGIN_H

struct link;
struct link_login;
struct server_parameters;

struct link_login *link_login_new(void);

/* Wipes and releases it and clears the pointer; NULL is fine. */
void link_login_free(struct link_login **login);

/* Sends the startup packet. */
void link_login_begin(struct link *link);

/* Handles what the server sent. Ends in ops->ready with the link IDLE, or in link_fail. */
void link_login_input(struct link *link);

/* What the server reported so far. Borrows. */
struct server_parameters *link_login_parameters(struct link_login *login);

#endif
