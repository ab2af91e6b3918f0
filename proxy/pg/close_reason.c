/* SPDX-License-Identifier: Apache-2.0
 *
 * The rows of close_reason.def, to be asked by column. */
#include "proxy/pg/close_reason.h"

#include "protocol/check.h"

static const struct {
    const char *label;
    const char *sqlstate;
    const char *message;
} rows[CLOSE_REASONS] = {
#define CLOSE(suffix, label, sqlstate, message) [CLOSE_##suffix] = {label, sqlstate, message},
#include "proxy/pg/close_reason.def"
#undef CLOSE
};

const char *close_label(enum close_reason reason)
{
    check(reason < CLOSE_REASONS);
    return rows[reason].label;
}

const char *close_sqlstate(enum close_reason reason)
{
    check(reason < CLOSE_REASONS);
    return rows[reason].sqlstate;
}

const char *close_message(enum close_reason reason)
{
    check(reason < CLOSE_REASONS);
    return rows[reason].message;
}
