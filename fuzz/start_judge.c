/* SPDX-License-Identifier: Apache-2.0
 *
 * See the header. PG docs, Message Flow: Start-up, SSL Session Encryption, GSSAPI Session
 * Encryption; and what the listeners of this target allow: database app, tenants acme and globex
 * named behind the only dot of the user's name. */
#include "fuzz/start_judge.h"

#include <string.h>

#include "protocol/check.h"

#define CODE_SSL     80877103U
#define CODE_GSSENC  80877104U
#define HEADER       ((size_t)8) /* length and code */
#define LONGEST      ((size_t)10000)
#define SETTINGS_MAX 256

static uint32_t number_at(const struct start_judge *judge, size_t at)
{
    const uint8_t *p = judge->pending + at;
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void answer(struct start_judge *judge, bool *asked, char letter)
{
    if (*asked || judge->is_encrypted || judge->len > HEADER) {
        judge->fate = START_CLOSED;
        return;
    }
    *asked = true;
    check(judge->num_answers < JUDGE_ANSWERS_MAX);
    judge->answers[judge->num_answers++] = letter;
    judge->fate = letter == 'S' ? START_ENCRYPTS : START_WAITS;
    judge->len = 0;
}

/* The whole strings of one packet, which ends with an empty one. */
struct strings {
    const char *items[2 * SETTINGS_MAX];
    size_t count;
};

static bool split(const char *text, size_t len, struct strings *out)
{
    out->count = 0;
    while (len > 0) {
        size_t one = strnlen(text, len);
        if (one == len) {
            return false;
        }
        if (one == 0 && out->count % 2 == 0) {
            return len == 1;
        }
        if (out->count == 2 * SETTINGS_MAX) {
            return false;
        }
        out->items[out->count++] = text;
        text += one + 1;
        len -= one + 1;
    }
    return false;
}

static const char *value_of(const struct strings *all, const char *name, size_t *out_count)
{
    const char *value = NULL;
    *out_count = 0;
    for (size_t i = 0; i < all->count; i += 2) {
        if (strcmp(all->items[i], name) == 0) {
            value = all->items[i + 1];
            (*out_count)++;
        }
    }
    return value;
}

static bool has_twice(const struct strings *all)
{
    for (size_t i = 0; i < all->count; i += 2) {
        size_t count = 0;
        (void)value_of(all, all->items[i], &count);
        if (count > 1) {
            return true;
        }
    }
    return false;
}

static char tenant_of(const char *user)
{
    const char *dot = strchr(user, '.');
    if (dot == NULL || dot == user) {
        return '-';
    }
    return (char)(strcmp(dot, ".acme") == 0 ? 'a' : strcmp(dot, ".globex") == 0 ? 'g' : '-');
}

static void take_session(struct start_judge *judge, size_t len)
{
    struct strings all;
    size_t count = 0;
    judge->fate = START_CLOSED;
    if (!split((const char *)judge->pending + HEADER, len - HEADER, &all) || has_twice(&all)) {
        return;
    }
    const char *user = value_of(&all, "user", &count);
    const char *database = value_of(&all, "database", &count);
    if (user == NULL || *user == '\0') {
        return;
    }
    bool is_served = database != NULL && strcmp(database, "app") == 0;
    bool may_go_on = !judge->must_encrypt || judge->is_encrypted;
    judge->fate = START_SESSION;
    judge->tenant = (char)(is_served && may_go_on ? tenant_of(user) : '-');
    judge->is_plain =
        judge->tenant != '-' && all.count == 4 && judge->pending[6] == 0 && judge->pending[7] == 0;
}

static void take_packet(struct start_judge *judge, size_t len)
{
    uint32_t code = number_at(judge, 4);
    size_t body = len - HEADER;
    if ((code == CODE_SSL || code == CODE_GSSENC) && body == 0) {
        char letter = (char)(code == CODE_SSL && judge->can_encrypt ? 'S' : 'N');
        answer(judge, code == CODE_SSL ? &judge->asked_ssl : &judge->asked_gss, letter);
    } else if (code >> 16 == 3) {
        take_session(judge, len);
    } else { /* a cancel request, too: there is no answer to it */
        judge->fate = START_CLOSED;
    }
}

void start_judge_hear(struct start_judge *judge, struct slice chunk)
{
    if (judge->fate != START_WAITS || chunk.len == 0) {
        return;
    }
    check(chunk.len <= sizeof judge->pending - judge->len);
    memcpy(judge->pending + judge->len, chunk.ptr, chunk.len);
    judge->len += chunk.len;
    if (judge->can_encrypt && !judge->asked_ssl && !judge->asked_gss && judge->pending[0] == 0x16) {
        judge->asked_ssl = true;
        judge->is_direct = true;
        judge->len = 0;
        judge->fate = START_ENCRYPTS;
        return;
    }
    if (judge->is_direct && !judge->has_alpn) {
        judge->fate = START_CLOSED;
        return;
    }
    if (judge->len < 4) {
        return;
    }
    size_t len = number_at(judge, 0);
    if (len < HEADER || len > LONGEST) {
        judge->fate = START_CLOSED;
    } else if (judge->len >= len) {
        take_packet(judge, len);
    }
}

void start_judge_encrypted(struct start_judge *judge, bool has_alpn)
{
    check(judge->fate == START_ENCRYPTS);
    judge->is_encrypted = true;
    judge->has_alpn = has_alpn;
    judge->fate = START_WAITS;
    judge->len = 0;
    judge->num_answers = 0;
}
