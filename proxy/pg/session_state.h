/* SPDX-License-Identifier: Apache-2.0
 *
 * What a session waits for. Which moves are legal stands in session.c. */
#ifndef PROXY_PG_SESSION_STATE_H
#define PROXY_PG_SESSION_STATE_H

enum session_state {
    SESSION_STARTUP,  /* the startup packet is to come */
    SESSION_VERIFIER, /* a database is asked about its user */
    SESSION_SASL,     /* the client's first SCRAM message is to come */
    SESSION_PROOF,    /* its second */
    SESSION_PASSWORD, /* its password, or md5 of it, is to come */
    SESSION_CHECKING, /* a thread compares it */
    SESSION_GREETING, /* logged in; waits for what a server says of itself */
    SESSION_IDLE,     /* no link */
    SESSION_WAITING,  /* for a link; the message that needs one stays in the input */
    SESSION_ACTIVE,   /* has a link */
    SESSION_FLUSHING, /* its last message is being sent */
    SESSION_CLOSED,
    SESSION_STATES
};

#endif
