/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading the configuration again. */
#ifndef PROXY_RELOAD_H
#define PROXY_RELOAD_H

#include <stdint.h>

struct config;
struct snapshot;

/* Reads the file that old was made of and makes a new snapshot that keeps old's catalogues where
 * they still belong. NULL when anything is wrong: logged with file, line and column. */
struct snapshot *reload_read(const struct snapshot *old, char *const *environment, uint64_t epoch);

/* Logs what changed in the file but takes effect with a restart only. */
void reload_tell_what_stays(const struct config *old, const struct config *fresh);

/* The log's format and level as the configuration says; logs the configuration's warnings. */
void reload_configure_log(const struct config *config);

#endif
