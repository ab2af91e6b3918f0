/* SPDX-License-Identifier: Apache-2.0
 *
 * How a link proves to its server who it is, and the server to it: the part of a login that the
 * messages of type 'R' are about. */
#ifndef PROXY_PG_LINK_AUTH_H
#define PROXY_PG_LINK_AUTH_H

#include <stdbool.h>

#include "protocol/bytes.h"
#include "protocol/pg/scram_client.h"
#include "proxy/pg/link_keys.h"

struct link;

/* How far SCRAM is: each of the server's messages is good in one of them only. */
enum link_scram {
    LINK_SCRAM_NONE,
    LINK_SCRAM_FIRST_SENT,
    LINK_SCRAM_DERIVING, /* the proof waits for its keys */
    LINK_SCRAM_PROOF_SENT,
    LINK_SCRAM_SERVER_PROVED, /* its signature was right */
};

/* Embedded in a login; zeroed before its first use. */
struct link_auth {
    bool is_done; /* the server said so, after it proved itself if it began SCRAM */
    /* private */
    enum link_scram scram_state;
    bool is_bound;     /* SCRAM is, to the server's certificate */
    struct link *link; /* borrows */
    struct scram_client scram;
    struct link_keys_wish wish;
    char *password; /* owns; NULL when there is none */
};

/* Reads the password that is to be proved. */
void link_auth_begin(struct link_auth *auth, struct link *link);

/* Wipes it. Accepts a zeroed one. */
void link_auth_fini(struct link_auth *auth);

/* Takes an authentication message's body and answers it, at once or when keys have been derived.
 * What is wrong with it, or NULL; what goes wrong later ends in link_fail. */
const char *link_auth_take(struct link_auth *auth, struct slice body);

#endif
