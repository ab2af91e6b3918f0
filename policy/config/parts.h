/* SPDX-License-Identifier: Apache-2.0
 *
 * The parts of a configuration, each from its raw form into reading->config. The order matters:
 * listeners look up upstreams. Every function stops at the first fault. */
#ifndef POLICY_CONFIG_PARTS_H
#define POLICY_CONFIG_PARTS_H

#include "policy/config/raw.h"
#include "policy/config/section.h"

/* The names below upstreams, which the schema is made from: well-formed and not too many. */
MUST_USE enum config_status check_upstream_names(struct reading *reading);

/* upstreams: endpoints, pools, passwords. */
MUST_USE enum config_status read_upstreams(struct reading *reading, const struct raw_config *raw);

/* listeners: references resolved, trust only where it is safe. */
MUST_USE enum config_status read_listeners(struct reading *reading, const struct raw_config *raw);

/* tenants: the rules and, from its own file, the list. */
MUST_USE enum config_status read_tenants(struct reading *reading, const struct raw_config *raw);

/* isolation: what the protocols in use need is there. */
MUST_USE enum config_status read_isolation(struct reading *reading, const struct raw_config *raw);

/* admin: the console is local, and somebody may log in to it. */
MUST_USE enum config_status read_admin(struct reading *reading, const struct raw_config *raw);

/* limits, log. */
MUST_USE enum config_status read_rest(struct reading *reading, const struct raw_config *raw);

/* The tls section of one listener or upstream, whose other keys have been read. */
MUST_USE enum config_status read_listener_tls(struct reading *reading,
                                              const struct section_place *listener,
                                              const struct raw_listener_tls *raw,
                                              struct config_listener *values);
MUST_USE enum config_status read_upstream_tls(struct reading *reading,
                                              const struct section_place *upstream,
                                              const struct raw_upstream_tls *raw,
                                              struct config_upstream *values);

/* The query section of a listener's auth, if it is there; upstreams are resolved. */
MUST_USE enum config_status read_auth_query(struct reading *reading,
                                            const struct section_place *auth,
                                            const struct raw_auth_query *raw,
                                            struct config_listener *listener);

/* The key password_file of the section at place: *path becomes absolute, *out_password what the
 * file holds. NULL at path is fine. */
MUST_USE enum config_status read_password_file(struct reading *reading,
                                               const struct section_place *place, char **path,
                                               char **out_password);

/* The name of a file relative to the folder of the configuration, owned by the caller. */
char *resolve_path(const struct reading *reading, const char *name);

#endif
