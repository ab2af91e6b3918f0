/* SPDX-License-Identifier: Apache-2.0
 *
 * A short list, searched from its start: it is read at login only. */
#include "proxy/pg/server_parameters.h"

#include <stdlib.h>
#include <string.h>

#include "protocol/check.h"
#include "protocol/mem.h"

#define NEWEST_MAJOR 18 /* of the grammar we parse with (libpg_query 18) */

bool server_parameters_set(struct server_parameters *p, struct slice name, struct slice value)
{
    if (name.len == 0 || name.len > SERVER_PARAMETER_BYTES_MAX ||
        value.len > SERVER_PARAMETER_BYTES_MAX) {
        return false;
    }
    size_t i = 0;
    while (i < p->num_items && !slice_equal(slice_text(p->items[i].name), name)) {
        i++;
    }
    if (i == SERVER_PARAMETERS_MAX) {
        return false;
    }
    if (i == p->num_items) {
        p->items[i].name = mem_copy_string((const char *)name.ptr, name.len);
        p->num_items++;
    }
    free(p->items[i].value);
    p->items[i].value = mem_copy_string((const char *)value.ptr, value.len);
    return true;
}

const char *server_parameters_find(const struct server_parameters *p, const char *name)
{
    for (size_t i = 0; i < p->num_items; i++) {
        if (strcmp(p->items[i].name, name) == 0) {
            return p->items[i].value;
        }
    }
    return NULL;
}

void server_parameters_fini(struct server_parameters *p)
{
    for (size_t i = 0; i < p->num_items; i++) {
        free(p->items[i].name);
        free(p->items[i].value);
    }
    *p = (struct server_parameters){.num_items = 0};
}

void server_parameters_copy(const struct server_parameters *from, struct server_parameters *to)
{
    server_parameters_fini(to);
    for (size_t i = 0; i < from->num_items; i++) {
        const struct server_parameter *item = &from->items[i];
        check(server_parameters_set(to, slice_text(item->name), slice_text(item->value)));
    }
}

static bool is_pin_broken(struct slice name, struct slice value)
{
    static const char *const pins[][2] = {
        {"client_encoding", "UTF8"},
        {"server_encoding", "UTF8"},
        {"standard_conforming_strings", "on"},
        {"integer_datetimes", "on"},
    };
    for (size_t i = 0; i < sizeof pins / sizeof pins[0]; i++) {
        if (slice_equal(name, slice_text(pins[i][0]))) {
            return !slice_equal(value, slice_text(pins[i][1]));
        }
    }
    return false;
}

/* The major version: the digits before the first character that is none ("15.4", "18beta1"). */
static bool is_major_known(struct slice version)
{
    unsigned major = 0;
    for (size_t i = 0; i < version.len && i < 4; i++) {
        if (version.ptr[i] < '0' || version.ptr[i] > '9') {
            break;
        }
        major = major * 10 + (version.ptr[i] - '0');
    }
    return major > 0 && major <= NEWEST_MAJOR;
}

enum server_parameter_verdict server_parameter_check(struct slice name, struct slice value)
{
    bool is_wrong = slice_equal(name, slice_text("server_version")) ? !is_major_known(value)
                                                                    : is_pin_broken(name, value);
    return is_wrong ? SERVER_PARAMETER_WRONG : SERVER_PARAMETER_FINE;
}
