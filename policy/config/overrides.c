/* SPDX-License-Identifier: Apache-2.0
 *
 * Looks variables up one by one: an environment has dozens, a configuration some hundred keys. An
 * unknown RINGFENCE_ variable is not an error, because container platforms add their own
 * (RINGFENCE_SERVICE_HOST for a service of that name); the loader warns instead. */
#include "policy/config/overrides.h"

#include <stdlib.h>
#include <string.h>

#include "protocol/check.h"
#include "protocol/mem.h"

static const char prefix[] = "RINGFENCE_";

void overrides_init(struct overrides *o, char *const *environment)
{
    *o = (struct overrides){.environment = environment};
    while (environment != NULL && environment[o->count] != NULL) {
        o->count++;
    }
    o->used = mem_new_array(o->count, sizeof *o->used);
}

void overrides_fini(struct overrides *o)
{
    free(o->used);
    *o = (struct overrides){0};
}

static char name_byte(char c)
{
    if (c >= 'a' && c <= 'z') {
        return (char)(c - 'a' + 'A');
    }
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ? c : '_';
}

static size_t append(char *name, size_t len, const char *text)
{
    for (; *text != '\0' && len < OVERRIDE_NAME_MAX - 1; text++) {
        name[len++] = name_byte(*text);
    }
    name[len] = '\0';
    return len;
}

void override_name(const char *path, const char *key, char *name)
{
    size_t len = append(name, 0, prefix);
    len = append(name, len, path);
    len = append(name, len, "_");
    append(name, len, key);
}

const char *override_take(struct overrides *o, const char *name, bool *out_again)
{
    check(o != NULL && name != NULL);
    size_t len = strlen(name);
    for (size_t i = 0; i < o->count; i++) {
        const char *variable = o->environment[i];
        if (strncmp(variable, name, len) == 0 && variable[len] == '=') {
            *out_again = o->used[i];
            o->used[i] = true;
            return variable + len + 1;
        }
    }
    *out_again = false;
    return NULL;
}

const char *override_next_unused(struct overrides *o, size_t *out_len)
{
    for (size_t i = 0; i < o->count; i++) {
        const char *variable = o->environment[i];
        if (!o->used[i] && strncmp(variable, prefix, strlen(prefix)) == 0) {
            o->used[i] = true;
            *out_len = strcspn(variable, "=");
            return variable;
        }
    }
    return NULL;
}
