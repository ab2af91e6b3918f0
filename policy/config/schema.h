/* SPDX-License-Identifier: Apache-2.0
 *
 * The shape of the files: which keys may stand where, and whether a value is a text, a list or a
 * mapping, as libcyaml wants to be told. The structs of policy/config/raw.h are what it fills. */
#ifndef POLICY_CONFIG_SCHEMA_H
#define POLICY_CONFIG_SCHEMA_H

#include <cyaml/cyaml.h>

#include "policy/config/document.h"

#define NUM_ROOT_FIELDS 8 /* listeners ... log, and the end mark */

enum { ROOT_UPSTREAMS = 1 }; /* which of them is `upstreams` */

/* The schema of one configuration file. Must not move once it is initialised. */
struct raw_schema {
    cyaml_schema_value_t root; /* a struct raw_config * */
    /* private */
    cyaml_schema_field_t fields[NUM_ROOT_FIELDS];
    cyaml_schema_field_t *upstreams; /* owns */
};

/* Fits the schema to the upstreams the document names, at most UPSTREAMS_MAX (checked). Borrows
 * their names from the document until schema_fini. */
void schema_init(struct raw_schema *schema, const struct document *document);
void schema_fini(struct raw_schema *schema);

/* A sequence of struct raw_tenant. */
const cyaml_schema_value_t *schema_tenant_list(void);

#endif
