/* SPDX-License-Identifier: Apache-2.0
 *
 * Prefix grammar. Why the byte behind the id decides: "{tenant}:" is safe because ids hold no
 * ':', so of two prefixes neither begins the other. "{tenant}-" is not: ids hold '-', and the keys
 * of tenant "a-b" would all begin with "a-". What stands in front of the id is the same for all
 * tenants and what stands behind its first byte cannot undo the difference. */
#include "policy/redis/prefix.h"

#include <string.h>

#define PLACEHOLDER   "{tenant}"
#define TENANT_ID_CAP ((size_t)63)

static bool is_id_byte(uint8_t byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte == '_' ||
           byte == '.' || byte == '-';
}

/* Printable, and nothing that means something in a glob, in a hash tag or between quotes. */
static bool is_prefix_byte(uint8_t byte)
{
    return byte > ' ' && byte <= '~' && strchr("*?[]\\^{}\"'", byte) == NULL;
}

/* The position of the only placeholder; false if there is none or another. */
static bool find_placeholder(struct slice template, size_t *out)
{
    struct slice placeholder = slice_text(PLACEHOLDER);
    size_t num = 0;
    for (size_t i = 0; i + placeholder.len <= template.len; i++) {
        struct slice here = slice_of(template.ptr + i, placeholder.len);
        if (slice_equal(here, placeholder)) {
            *out = i;
            num++;
        }
    }
    return num == 1;
}

bool redis_prefix_template_is_valid(struct slice template)
{
    size_t at = 0;
    if (!find_placeholder(template, &at)) {
        return false;
    }
    struct slice before = slice_of(template.ptr, at);
    struct slice behind = slice_from(template, at + slice_text(PLACEHOLDER).len);
    if (behind.len == 0 || is_id_byte(behind.ptr[0]) ||
        before.len + behind.len > REDIS_PREFIX_TEXT_CAP) {
        return false;
    }
    for (size_t i = 0; i < before.len; i++) {
        if (!is_prefix_byte(before.ptr[i])) {
            return false;
        }
    }
    for (size_t i = 0; i < behind.len; i++) {
        if (!is_prefix_byte(behind.ptr[i])) {
            return false;
        }
    }
    return true;
}

static bool is_tenant_id(struct slice id)
{
    for (size_t i = 0; i < id.len; i++) {
        if (!is_id_byte(id.ptr[i])) {
            return false;
        }
    }
    return id.len > 0 && id.len <= TENANT_ID_CAP;
}

bool redis_prefix_init(struct redis_prefix *prefix, struct slice template, struct slice tenant_id)
{
    size_t at = 0;
    if (!redis_prefix_template_is_valid(template) || !is_tenant_id(tenant_id) ||
        !find_placeholder(template, &at)) {
        return false;
    }
    struct writer w = writer_over(prefix->bytes, sizeof prefix->bytes);
    writer_bytes(&w, slice_of(template.ptr, at));
    writer_bytes(&w, tenant_id);
    writer_bytes(&w, slice_from(template, at + slice_text(PLACEHOLDER).len));
    struct slice written;
    bool fits = writer_done(&w, &written);
    prefix->len = written.len;
    return fits;
}

struct slice redis_prefix_bytes(const struct redis_prefix *prefix)
{
    return slice_of(prefix->bytes, prefix->len);
}

/* stringmatchlen gives a meaning to these only, outside brackets; the rest match themselves. */
static bool is_glob_byte(uint8_t byte)
{
    return byte == '*' || byte == '?' || byte == '[' || byte == ']' || byte == '\\' || byte == '^';
}

void redis_write_glob(struct writer *w, struct slice bytes)
{
    for (size_t i = 0; i < bytes.len; i++) {
        if (is_glob_byte(bytes.ptr[i])) {
            writer_u8(w, '\\');
        }
        writer_u8(w, bytes.ptr[i]);
    }
}

size_t redis_glob_len(struct slice bytes)
{
    size_t len = bytes.len;
    for (size_t i = 0; i < bytes.len; i++) {
        len += is_glob_byte(bytes.ptr[i]) ? 1 : 0;
    }
    return len;
}
