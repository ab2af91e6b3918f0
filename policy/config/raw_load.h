/* SPDX-License-Identifier: Apache-2.0
 *
 * From YAML text to the structs of policy/config/raw.h: the shape is checked by libcyaml, and a
 * fault is reported where it stands. */
#ifndef POLICY_CONFIG_RAW_LOAD_H
#define POLICY_CONFIG_RAW_LOAD_H

#include "policy/config/document.h"
#include "policy/config/load.h"
#include "policy/config/raw.h"

/* A loaded configuration file. {0} is an empty one. */
struct raw_file {
    struct raw_config *config; /* owns */
    struct raw_schema *schema; /* private; owns */
};

/* A loaded tenants file. {0} is an empty one. */
struct raw_tenant_list {
    struct raw_tenant *items; /* owns */
    unsigned count;
};

/* Loads a configuration, of which document (which must outlive *out) holds the positions. file is
 * for messages. On CONFIG_OK release with raw_file_fini; otherwise *out is empty. */
MUST_USE enum config_status raw_file_load(struct slice text, const char *file,
                                          const struct document *document, struct raw_file *out,
                                          struct config_error *out_error);

void raw_file_fini(struct raw_file *file);

/* The same for a list of tenants. */
MUST_USE enum config_status raw_tenants_load(struct slice text, const char *file,
                                             const struct document *document,
                                             struct raw_tenant_list *out,
                                             struct config_error *out_error);

void raw_tenants_fini(struct raw_tenant_list *list);

#endif
