/* SPDX-License-Identifier: Apache-2.0
 *
 * Which built-in types a tenant may name, in a cast or anywhere else. A type is refused when its
 * input function reads the catalogue (reg*, "oid aliases"), when its values say something about
 * the server (xid, tid, pg_lsn, aclitem), or when nobody casts to it (pseudo-types). */
#ifndef POLICY_SQL_TYPES_H
#define POLICY_SQL_TYPES_H

#include <stdbool.h>

/* name: the type's name in pg_catalog, folded, without schema, modifier or array marks, as the
 * parser gives it ("int4", not "integer"). Arrays of an allowed type are allowed. "_int4", the
 * array type's own name, is allowed as well. */
bool sql_type_is_allowed(const char *name);

/* A type whose input or output looks a name up in the catalogues, or that only they use: by
 * isolation.row.metadata. */
bool sql_type_is_metadata(const char *name);

/* pg_catalog has a type of this name that was reviewed, allowed or not. */
bool sql_type_is_builtin(const char *name);

#endif
