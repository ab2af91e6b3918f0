/* SPDX-License-Identifier: Apache-2.0
 *
 * From a YAML file to a checked configuration. Everything that is wrong is an error with file,
 * line and column: unknown keys, wrong types, values out of range, references to nothing. */
#ifndef POLICY_CONFIG_LOAD_H
#define POLICY_CONFIG_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/config/config.h"
#include "protocol/bytes.h"
#include "protocol/compiler.h"

#define CONFIG_FILE_MAX  ((size_t)1 << 20)  /* 1 MiB: the configuration itself */
#define TENANTS_FILE_MAX ((size_t)16 << 20) /* 16 MiB: about 400,000 tenants */

enum config_status { CONFIG_OK, CONFIG_WRONG };

/* What is wrong, where. line 0 when the fault has no place in the file (it cannot be read, or an
 * environment variable is wrong); column counts characters from 1. */
struct config_error {
    char file[256];
    uint32_t line;
    uint32_t column;
    char message[512]; /* one line, names what was expected; never a secret */
};

/* A whole file in memory. */
struct config_file {
    char *bytes; /* owns; a NUL stands behind the last byte */
    size_t len;
    bool is_public; /* others than owner and group may read it */
};

/* Reads a file of at most max bytes. False: failed, and message (cut at cap) says why. */
typedef bool config_read_fn(void *context, const char *path, size_t max, struct config_file *out,
                            char *message, size_t cap);

struct config_input {
    const char *path;          /* for messages; files it names are relative to its folder */
    struct slice text;         /* the YAML */
    char *const *environment;  /* NAME=value, ends with NULL; NULL: no overrides */
    config_read_fn *read_file; /* for password files and the tenants file */
    void *read_context;
};

/* Loads the file at path with everything it names. environment: the process's environ, for the
 * RINGFENCE_... overrides, or NULL. On CONFIG_OK *out is owned by the caller (config_free);
 * otherwise it is NULL and *out_error is filled in. */
MUST_USE enum config_status config_load(const char *path, char *const *environment,
                                        struct config **out, struct config_error *out_error);

/* The same from memory: nothing is read but through input->read_file. */
MUST_USE enum config_status config_load_text(const struct config_input *input, struct config **out,
                                             struct config_error *out_error);

/* Reads a regular file: the config_read_fn of config_load. context is not used. */
config_read_fn config_read_file;

/* Overwrites and releases the file's bytes. */
void config_file_fini(struct config_file *file);

/* Writes "file:line:column: message" (without what is 0) into text, cut at cap. */
void config_error_print(const struct config_error *error, char *text, size_t cap);

#endif
