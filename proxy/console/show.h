/* SPDX-License-Identifier: Apache-2.0
 *
 * What the SHOW commands show. Column names are PgBouncer's (1.24) where it has the command. */
#ifndef PROXY_CONSOLE_SHOW_H
#define PROXY_CONSOLE_SHOW_H

#include "protocol/pg/message_rows.h"
#include "proxy/console/run.h"

/* Names of columns by type, and the whole of them as the first two fields of a console_show. */
#define CONSOLE_TEXT(name)   \
    {                        \
        (name), PG_TYPE_TEXT \
    }
#define CONSOLE_NUMBER(name) \
    {                        \
        (name), PG_TYPE_INT8 \
    }
#define CONSOLE_COLUMNS(list) .columns = (list), .num_columns = sizeof(list) / sizeof((list)[0])

/* From the configuration. */
extern const struct console_show console_show_version;
extern const struct console_show console_show_state;
extern const struct console_show console_show_config;
extern const struct console_show console_show_databases;
extern const struct console_show console_show_users;
extern const struct console_show console_show_help;

/* From the counters. */
extern const struct console_show console_show_tenants;
extern const struct console_show console_show_pools;
extern const struct console_show console_show_lists;
extern const struct console_show console_show_mem;

#endif
