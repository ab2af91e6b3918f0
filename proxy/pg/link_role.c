/* SPDX-License-Identifier: Apache-2.0
 *
 * The question names its function with its schema: no search path of the server's can answer it
 * with another one. */
#include "proxy/pg/link_role.h"

#include "policy/config/config.h"
#include "protocol/check.h"
#include "protocol/pg/backend.h"
#include "protocol/pg/bind.h"
#include "protocol/pg/message_request.h"
#include "proxy/pg/link.h"
#include "proxy/pg/outgoing.h"
#include "proxy/pg/server_parameters.h"

#define QUESTION      "SELECT pg_catalog.pg_is_in_recovery()"
#define QUESTION_ROOM ((size_t)64)

bool link_role_is_wanted(struct link *link)
{
    return link->ops->unfit != NULL && link->target->wanted != CONFIG_TARGET_ANY &&
           server_parameters_find(link_parameters(link), LINK_ROLE_SETTING) == NULL;
}

bool link_role_ask(struct link *link)
{
    struct outgoing out;
    if (!outgoing_begin(&out, &link->stream, QUESTION_ROOM)) {
        return false;
    }
    pg_write_query(&out.writer, slice_text(QUESTION));
    return outgoing_end(&out);
}

const char *link_role_take(struct server_parameters *parameters, struct slice row)
{
    uint16_t num_fields;
    struct slice left;
    struct pg_value value;
    if (pg_data_row_decode(row, &num_fields, &left) != PG_OK || num_fields != 1 ||
        !pg_value_next(&left, &value) || value.is_null) {
        return "malformed answer to whether the server is a standby";
    }
    bool is_standby = slice_equal(value.bytes, slice_text("t"));
    if (!is_standby && !slice_equal(value.bytes, slice_text("f"))) {
        return "malformed answer to whether the server is a standby";
    }
    bool fits = server_parameters_set(parameters, slice_text(LINK_ROLE_SETTING),
                                      slice_text(is_standby ? "on" : "off"));
    return fits ? NULL : "the server reports too many parameters";
}
