/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/catalog/builder.h"

#include <stdio.h>
#include <stdlib.h>

#include "protocol/mem.h"

struct catalog_builder {
    struct catalog *catalog;
};

struct catalog_builder *catalog_builder_new(void)
{
    return mem_new(sizeof(struct catalog_builder));
}

enum catalog_status catalog_builder_row(struct catalog_builder *builder, enum catalog_query query,
                                        const struct slice *fields, size_t num_fields)
{
    (void)builder;
    (void)query;
    (void)fields;
    (void)num_fields;
    return CATALOG_WRONG;
}

enum catalog_status catalog_builder_finish(struct catalog_builder **builder, struct catalog **out,
                                           char *message, size_t cap)
{
    catalog_builder_free(builder);
    *out = NULL;
    snprintf(message, cap, "the builder has not landed yet");
    return CATALOG_WRONG;
}

void catalog_builder_free(struct catalog_builder **builder)
{
    free(*builder);
    *builder = NULL;
}
