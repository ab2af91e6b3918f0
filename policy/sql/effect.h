/* SPDX-License-Identifier: Apache-2.0
 *
 * What a statement does to the session beyond its result: what the next statement, or the next
 * user of the same connection, would notice. */
#ifndef POLICY_SQL_EFFECT_H
#define POLICY_SQL_EFFECT_H

enum sql_effect {
    SQL_EFFECT_NONE,
    SQL_EFFECT_BEGIN,
    SQL_EFFECT_COMMIT,
    SQL_EFFECT_ROLLBACK,
    SQL_EFFECT_SAVEPOINT, /* SAVEPOINT, RELEASE, ROLLBACK TO */
    SQL_EFFECT_SET_LOCAL, /* ends with the transaction: nothing to do */
    SQL_EFFECT_DISCARD_ALL,
    SQL_EFFECT_DEALLOCATE, /* see sql_plan_deallocates */
    SQL_EFFECT_UNKNOWN,    /* it may leave anything, or take statements of the link away */
/* The server keeps something for the session, so the session keeps the link: */
#define PIN(NAME, label) SQL_EFFECT_PIN_##NAME,
#include "policy/sql/pins.def"
#undef PIN
    SQL_EFFECTS
};

/* The name of all settings: RESET ALL. */
#define SQL_ALL_SETTINGS "*"

/* SET for the session. */
struct sql_setting {
    const char *name;
    const char *value; /* NULL: RESET */
};

/* The label of the pin, such as "listen"; NULL for an effect that pins nothing. */
const char *sql_effect_pin(enum sql_effect effect);

#endif
