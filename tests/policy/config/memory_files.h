/* SPDX-License-Identifier: Apache-2.0
 *
 * Files that exist only in a test: what config_load_text reads instead of the disk. */
#ifndef TESTS_POLICY_CONFIG_MEMORY_FILES_H
#define TESTS_POLICY_CONFIG_MEMORY_FILES_H

#include "policy/config/load.h"

struct memory_file {
    const char *path;
    const char *text;
    bool is_public;
};

/* Ends with an element without path. */
struct memory_files {
    const struct memory_file *items;
};

/* The config_read_fn whose context is a struct memory_files *. */
config_read_fn memory_file_read;

#endif
