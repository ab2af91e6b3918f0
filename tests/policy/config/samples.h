/* SPDX-License-Identifier: Apache-2.0
 *
 * A small directory and the pieces of a configuration file that the loader's tests put together. */
#ifndef TESTS_POLICY_CONFIG_SAMPLES_H
#define TESTS_POLICY_CONFIG_SAMPLES_H

#include "policy/config/load.h"

#define LISTENERS  \
    "listeners:\n" \
    "  - {name: app-pg, protocol: postgres, bind: \"127.0.0.1:6432\", upstream: main}\n"
#define UPSTREAMS                               \
    "upstreams:\n"                              \
    "  main:\n"                                 \
    "    protocol: postgres\n"                  \
    "    endpoints: [{address: \"db:5432\"}]\n" \
    "    database: app\n"                       \
    "    user: app_rw\n"
#define TENANTS                                                             \
    "tenants:\n"                                                            \
    "  identify:\n"                                                         \
    "    - {startup_user: \"^(?<user>[^.]+)[.](?<tenant>[a-z0-9_-]+)$\"}\n" \
    "  source: {file: tenants.yaml}\n"
#define ISOLATION "isolation:\n  row: {}\n"
#define MINIMAL   LISTENERS UPSTREAMS TENANTS ISOLATION

/* environ is an array of char *; nothing writes to what these point at. */
#define ENVIRONMENT(...) ((char *[]){__VA_ARGS__, NULL})

/* Loads text as etc/t.yaml, next to the files of samples.c. */
enum config_status sample_load(const char *text, char *const *environment, struct config **out,
                               struct config_error *error);

#endif
