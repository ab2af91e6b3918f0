/* SPDX-License-Identifier: Apache-2.0
 *
 * A client in miniature. It sends messages from a menu, or any bytes of a script, and looks at what
 * comes back: it aborts when an answer carries the token of another client or the rows of another
 * tenant, or, while it kept to the menu, when there are more answers than questions. */
#ifndef FUZZ_MODEL_CLIENT_H
#define FUZZ_MODEL_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/bytes.h"

struct model_client {
    unsigned number;
    int fd; /* -1: not connected */
    char tenant;
    bool is_wild;   /* has sent bytes of a script */
    bool is_closed; /* by the proxy */
    bool has_key;
    uint32_t process_id;
    uint8_t key[4];
    uint32_t num_statements; /* that carried a token */
    bool is_in_batch;        /* extended messages without their Sync */
    unsigned num_asked;      /* for a ReadyForQuery */
    unsigned num_in_batches; /* of them: a Query that an error before it would have skipped */
    unsigned num_ready;
    uint8_t *in; /* owns */
    size_t in_len;
};

/* Takes a connected non-blocking socket over and sends the startup packet; tenant: 'a' or 'g'. */
void model_client_open(struct model_client *client, unsigned number, int fd, char tenant);
void model_client_close(struct model_client *client);

/* Sends message number choice (counted round) of the menu; detail picks among its forms. */
void model_client_ask(struct model_client *client, uint8_t choice, uint8_t detail);

/* Ends what may be open or hold a link: Sync, ROLLBACK, DISCARD ALL. */
void model_client_wind_up(struct model_client *client);

/* Sends bytes as they are. */
void model_client_shout(struct model_client *client, struct slice bytes);

/* Reads what has arrived; true when there was something. checks: the server was honest so far. */
bool model_client_hear(struct model_client *client, bool checks);

#endif
