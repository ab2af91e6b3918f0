/* SPDX-License-Identifier: Apache-2.0
 *
 * The question for one user's secret, and what a server's messages say to it. The name is only ever
 * the value of a parameter. The database decides with its own clock until when a user may log in:
 * it is asked for the time behind the question. */
#ifndef PROXY_PG_AUTH_ANSWER_H
#define PROXY_PG_AUTH_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/bytes.h"
#include "protocol/compiler.h"
#include "protocol/pg/frame.h"
#include "protocol/pg/scram_verifier.h"
#include "protocol/writer.h"

#define AUTH_NAME_MAX    ((size_t)255) /* bytes of a user's name; of longer ones nobody is asked */
#define AUTH_FAILURE_MAX ((size_t)256)

/* What became of the question. */
enum auth_outcome {
    AUTH_OUTCOME_MORE,   /* it is not answered yet */
    AUTH_OUTCOME_USER,   /* may log in: verifier, left_us */
    AUTH_OUTCOME_NOBODY, /* nobody of that name may: `why`, or NULL when there is no such row */
    AUTH_OUTCOME_FAILED, /* no answer: `failure`; the link is good for another question */
    AUTH_OUTCOME_BROKEN, /* the same, and it is not */
};

struct auth_answer {
    struct scram_verifier verifier; /* the caller cleanses it */
    int64_t left_us;                /* until VALID UNTIL; INT64_MAX: for ever */
    const char *why;                /* a constant text for the log */
    char failure[AUTH_FAILURE_MAX];
    /* private */
    unsigned step;
    bool has_failed;
    unsigned num_rows;
    bool may_log_in;
    bool has_verifier;
    bool is_other; /* the row is of another name than was asked for */
    bool is_limited;
    int64_t until; /* as the server writes times; while is_limited */
    int64_t now;
};

/* Room that the question needs at most. */
size_t auth_question_room(struct slice sql, struct slice user);

/* The question, up to its Sync. */
void auth_question_write(struct writer *w, struct slice sql, struct slice user);

/* Begins to listen. */
void auth_answer_init(struct auth_answer *a);

/* Takes one message of the server, asked for that user. */
MUST_USE enum auth_outcome auth_answer_take(struct auth_answer *a, struct slice user,
                                            const struct pg_frame *frame);

#endif
