/* SPDX-License-Identifier: Apache-2.0
 *
 * tls-server-end-point is the one type that PostgreSQL knows. */
#include "protocol/pg/scram_binding.h"

#include <string.h>

#include "protocol/check.h"

struct scram_binding scram_binding_of(struct slice end_point)
{
    struct scram_binding binding = {.flag = SCRAM_BINDING_NO, .end_point_len = end_point.len};
    check(end_point.len <= sizeof binding.end_point);
    if (end_point.len > 0) {
        memcpy(binding.end_point, end_point.ptr, end_point.len);
    }
    return binding;
}

void scram_binding_write_header(const struct scram_binding *binding, struct writer *w)
{
    writer_u8(w, (uint8_t)binding->flag);
    if (binding->flag == SCRAM_BINDING_YES) {
        writer_bytes(w, slice_text("=tls-server-end-point"));
    }
    writer_bytes(w, slice_text(",,"));
}

void scram_binding_write_input(const struct scram_binding *binding, struct writer *w)
{
    scram_binding_write_header(binding, w);
    if (binding->flag == SCRAM_BINDING_YES) {
        writer_bytes(w, slice_of(binding->end_point, binding->end_point_len));
    }
}
