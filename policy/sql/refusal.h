/* SPDX-License-Identifier: Apache-2.0
 *
 * Why a statement may not be sent: what the session answers instead. */
#ifndef POLICY_SQL_REFUSAL_H
#define POLICY_SQL_REFUSAL_H

#include <stdint.h>

/* An ErrorResponse in the making. All texts are UTF-8 and never NULL: "" when there is nothing to
 * say. They live as long as the plan that they came from. */
struct sql_refusal {
    const char *sqlstate;
    const char *message;
    const char *detail;
    const char *hint;
    int32_t position; /* characters into the client's text, from 1; 0 when unknown */
};

#endif
