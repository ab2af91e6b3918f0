/* SPDX-License-Identifier: Apache-2.0
 *
 * Which settings (GUCs) a tenant may change and read. Everything else belongs to the proxy: the
 * path, the role, row security, what a string literal means, and what decides the order in which
 * the server evaluates conditions. Names are compared as the server does: ASCII, any case. */
#ifndef POLICY_SQL_SETTINGS_H
#define POLICY_SQL_SETTINGS_H

#include <stdbool.h>

enum sql_setting_verdict {
    SQL_SETTING_ALLOWED,
    SQL_SETTING_REFUSED,   /* 42501: not the tenant's to change */
    SQL_SETTING_BAD_VALUE, /* 22023: the setting may be named, but not with this value */
};

/* SET name TO value, SET LOCAL likewise. value is the text of the one constant; NULL for DEFAULT,
 * RESET, and lists of several values. */
enum sql_setting_verdict sql_setting_check_set(const char *name, const char *value);

/* SHOW name and current_setting('name'). Any dotted name may be read: only an operator can have
 * given it a value, because no tenant can set one. */
bool sql_setting_may_read(const char *name);

#endif
