/* SPDX-License-Identifier: Apache-2.0
 *
 * A second reading of what a client sends before it is logged in, written apart from the proxy's:
 * what a listener has to answer, and as whose session the client may go on. */
#ifndef FUZZ_START_JUDGE_H
#define FUZZ_START_JUDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/bytes.h"

#define JUDGE_PENDING_MAX ((size_t)32 * 1024)
#define JUDGE_ANSWERS_MAX 2 /* N to GSSENCRequest, N or S to SSLRequest */

enum start_fate {
    START_WAITS,    /* for the rest of a packet, or for the first one */
    START_ENCRYPTS, /* nothing may come in the clear any more */
    START_CLOSED,   /* with an error at most */
    START_SESSION,  /* a startup packet was taken: the only one, ever */
};

struct start_judge {
    bool can_encrypt; /* the listener's rules */
    bool must_encrypt;
    bool is_encrypted;
    bool asked_ssl;
    bool asked_gss;
    bool is_direct;
    bool has_alpn;
    enum start_fate fate;
    char answers[JUDGE_ANSWERS_MAX];
    size_t num_answers;
    char tenant;   /* SESSION: that it may log in as: its first letter; '-': none */
    bool is_plain; /* SESSION: nothing is in it that could keep it from logging in */
    size_t len;
    uint8_t pending[JUDGE_PENDING_MAX];
};

/* What arrives in one piece, before anything of it was answered. */
void start_judge_hear(struct start_judge *judge, struct slice chunk);

/* The handshake is over. */
void start_judge_encrypted(struct start_judge *judge, bool has_alpn);

#endif
