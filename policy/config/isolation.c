/* SPDX-License-Identifier: Apache-2.0
 *
 * What a tenant's id may look like. The set is small on purpose: an id goes into SQL literals, key
 * prefixes, metric labels and log lines, and needs no quoting in any of them. */
#include "policy/config/isolation.h"

static bool is_id_byte(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte == '_' ||
           byte == '.' || byte == '-';
}

bool tenant_id_valid(const char *text, size_t len)
{
    if (len == 0 || len > TENANT_ID_MAX) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        if (!is_id_byte(text[i])) {
            return false;
        }
    }
    return true;
}
