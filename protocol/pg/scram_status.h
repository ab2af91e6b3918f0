/* SPDX-License-Identifier: Apache-2.0
 *
 * What a step of SCRAM answers, on either side. */
#ifndef PROTOCOL_PG_SCRAM_STATUS_H
#define PROTOCOL_PG_SCRAM_STATUS_H

enum scram_status {
    SCRAM_OK,
    SCRAM_MALFORMED,  /* not a message of the mechanism, or one that asks for what is not offered */
    SCRAM_REFUSED,    /* the peer does not know the secret, or said that we do not */
    SCRAM_TOO_COSTLY, /* the server asks for more iterations than SCRAM_ITERATIONS_MAX */
};

#endif
