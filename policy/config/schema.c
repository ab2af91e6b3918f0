/* SPDX-License-Identifier: Apache-2.0
 *
 * libcyaml's schemas, made from policy/config/keys.def. Every key is optional here and every
 * scalar a string: what is required and what fits is decided by the conversion, which can say
 * where. The names of upstreams are free, which a libcyaml schema cannot say, so one field per
 * name found in the document is added to a copy of the root schema. */
#include "policy/config/schema.h"

#include <stdlib.h>
#include <string.h>

#include "policy/config/raw.h"
#include "protocol/check.h"
#include "protocol/mem.h"

#define FIELD(raw_struct, name)                                                                \
    CYAML_FIELD_STRING_PTR(#name, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct raw_struct, \
                           raw_##name, 0, CYAML_UNLIMITED),
#define MAPPING(raw_struct, name, fields) \
    CYAML_FIELD_MAPPING(#name, CYAML_FLAG_OPTIONAL, struct raw_struct, name, fields)
#define LIST(raw_struct, name, entry)                                                              \
    CYAML_FIELD_SEQUENCE(#name, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct raw_struct, name, \
                         &(entry), 0, CYAML_UNLIMITED)

static const cyaml_schema_value_t text_entry = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 0, CYAML_UNLIMITED)};

static const cyaml_schema_field_t auth_query_fields[] = {
#define AUTH_QUERY_KEY(name, ...) FIELD(raw_auth_query, name)
#include "policy/config/keys.def"
    CYAML_FIELD_END};

static const cyaml_schema_field_t auth_fields[] = {
#define AUTH_KEY(name, ...) FIELD(raw_auth, name)
#include "policy/config/keys.def"
    MAPPING(raw_auth, query, auth_query_fields), CYAML_FIELD_END};

static const cyaml_schema_field_t listener_tls_fields[] = {
#define LISTENER_TLS_KEY(name, ...) FIELD(raw_listener_tls, name)
#include "policy/config/keys.def"
    CYAML_FIELD_END};

static const cyaml_schema_field_t upstream_tls_fields[] = {
#define UPSTREAM_TLS_KEY(name, ...) FIELD(raw_upstream_tls, name)
#include "policy/config/keys.def"
    CYAML_FIELD_END};

static const cyaml_schema_field_t listener_fields[] = {
#define LISTENER_KEY(name, ...) FIELD(raw_listener, name)
#include "policy/config/keys.def"
    MAPPING(raw_listener, auth, auth_fields), MAPPING(raw_listener, tls, listener_tls_fields),
    CYAML_FIELD_END};

static const cyaml_schema_value_t listener_entry = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct raw_listener, listener_fields)};

static const cyaml_schema_field_t endpoint_fields[] = {
#define ENDPOINT_KEY(name, ...) FIELD(raw_endpoint, name)
#include "policy/config/keys.def"
    CYAML_FIELD_END};

static const cyaml_schema_value_t endpoint_entry = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct raw_endpoint, endpoint_fields)};

static const cyaml_schema_field_t pool_fields[] = {
#define POOL_KEY(name, ...) FIELD(raw_pool, name)
#include "policy/config/keys.def"
    CYAML_FIELD_END};

static const cyaml_schema_field_t upstream_fields[] = {
#define UPSTREAM_KEY(name, ...) FIELD(raw_upstream, name)
#include "policy/config/keys.def"
    LIST(raw_upstream, endpoints, endpoint_entry), MAPPING(raw_upstream, pool, pool_fields),
    MAPPING(raw_upstream, tls, upstream_tls_fields), CYAML_FIELD_END};

static const cyaml_schema_field_t identify_fields[] = {
#define IDENTIFY_KEY(name, ...) FIELD(raw_identify, name)
#include "policy/config/keys.def"
    CYAML_FIELD_END};

static const cyaml_schema_value_t identify_entry = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct raw_identify, identify_fields)};

static const cyaml_schema_field_t source_fields[] = {
#define SOURCE_KEY(name, ...) FIELD(raw_source, name)
#include "policy/config/keys.def"
    CYAML_FIELD_END};

static const cyaml_schema_field_t tenants_fields[] = {LIST(raw_tenants, identify, identify_entry),
                                                      MAPPING(raw_tenants, source, source_fields),
                                                      CYAML_FIELD_END};

static const cyaml_schema_field_t functions_fields[] = {LIST(raw_functions, allow, text_entry),
                                                        CYAML_FIELD_END};

static const cyaml_schema_field_t row_fields[] = {
#define ROW_KEY(name, ...) FIELD(raw_row, name)
#include "policy/config/keys.def"
    LIST(raw_row, schemas, text_entry), LIST(raw_row, shared, text_entry),
    LIST(raw_row, views, text_entry), MAPPING(raw_row, functions, functions_fields),
    CYAML_FIELD_END};

static const cyaml_schema_field_t redis_fields[] = {
#define REDIS_KEY(name, ...) FIELD(raw_redis, name)
#include "policy/config/keys.def"
    CYAML_FIELD_END};

static const cyaml_schema_field_t isolation_fields[] = {MAPPING(raw_isolation, row, row_fields),
                                                        MAPPING(raw_isolation, redis, redis_fields),
                                                        CYAML_FIELD_END};

static const cyaml_schema_field_t limits_fields[] = {
#define LIMITS_KEY(name, ...) FIELD(raw_limits, name)
#include "policy/config/keys.def"
    CYAML_FIELD_END};

static const cyaml_schema_field_t admin_fields[] = {
#define ADMIN_KEY(name, ...) FIELD(raw_admin, name)
#include "policy/config/keys.def"
    CYAML_FIELD_END};

static const cyaml_schema_field_t log_fields[] = {
#define LOG_KEY(name, ...) FIELD(raw_log, name)
#include "policy/config/keys.def"
    CYAML_FIELD_END};

static const cyaml_schema_field_t root_fields[] = {
    LIST(raw_config, listeners, listener_entry),
    {.key = "upstreams",
     .value = {.type = CYAML_MAPPING, .flags = CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL},
     .data_offset = offsetof(struct raw_config, upstreams)},
    MAPPING(raw_config, tenants, tenants_fields),
    MAPPING(raw_config, isolation, isolation_fields),
    MAPPING(raw_config, limits, limits_fields),
    MAPPING(raw_config, admin, admin_fields),
    MAPPING(raw_config, log, log_fields),
    CYAML_FIELD_END};

_Static_assert(sizeof root_fields == sizeof((struct raw_schema *)NULL)->fields, "one each");

static const cyaml_schema_field_t tenant_fields[] = {
#define TENANT_KEY(name, ...) FIELD(raw_tenant, name)
#include "policy/config/keys.def"
    CYAML_FIELD_END};

static const cyaml_schema_value_t tenant_entry = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct raw_tenant, tenant_fields)};

static const cyaml_schema_value_t tenant_list = {
    CYAML_VALUE_SEQUENCE(CYAML_FLAG_POINTER, struct raw_tenant, &tenant_entry, 0, CYAML_UNLIMITED)};

void schema_init(struct raw_schema *schema, const struct document *document)
{
    uint32_t all = document_child(document, DOCUMENT_ROOT, "upstreams");
    uint32_t count = 0;
    schema->upstreams = mem_new_array(UPSTREAMS_MAX + 1, sizeof *schema->upstreams);
    for (uint32_t node = document_item(document, all, 0); node != DOCUMENT_NONE;
         node = document_next(document, node)) {
        check(count < UPSTREAMS_MAX);
        schema->upstreams[count] =
            (cyaml_schema_field_t){.key = document_key(document, node),
                                   .data_offset = (uint32_t)(count * sizeof(struct raw_upstream)),
                                   .value = {CYAML_VALUE_MAPPING(
                                       CYAML_FLAG_OPTIONAL, struct raw_upstream, upstream_fields)}};
        count++;
    }
    memcpy(schema->fields, root_fields, sizeof root_fields);
    cyaml_schema_value_t *upstreams = &schema->fields[ROOT_UPSTREAMS].value;
    upstreams->data_size = (uint32_t)((count > 0 ? count : 1) * sizeof(struct raw_upstream));
    upstreams->mapping.fields = schema->upstreams;
    schema->root = (cyaml_schema_value_t){
        CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct raw_config, schema->fields)};
}

void schema_fini(struct raw_schema *schema)
{
    free(schema->upstreams);
    schema->upstreams = NULL;
}

const cyaml_schema_value_t *schema_tenant_list(void)
{
    return &tenant_list;
}
