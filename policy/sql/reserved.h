/* SPDX-License-Identifier: Apache-2.0
 *
 * Names of prepared statements on a link that are the proxy's own. A client that could name one
 * would run what another tenant's session has prepared. */
#ifndef POLICY_SQL_RESERVED_H
#define POLICY_SQL_RESERVED_H

#include <stdbool.h>
#include <string.h>

#define SQL_RESERVED_PREFIX "rf_"

static inline bool sql_name_is_reserved(const char *name)
{
    return strncmp(name, SQL_RESERVED_PREFIX, strlen(SQL_RESERVED_PREFIX)) == 0;
}

#endif
