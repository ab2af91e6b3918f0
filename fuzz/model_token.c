/* SPDX-License-Identifier: Apache-2.0
 *
 * "tk", 16 digits of the process's secret, one of the client, 8 of the number, "k", all
 * hexadecimal. Compared byte by byte, because libFuzzer learns from what memcmp is given. */
#include "fuzz/model_token.h"

#include <stdio.h>
#include <string.h>

#include <openssl/rand.h>

#include "protocol/check.h"

#define SECRET_AT  ((size_t)2)
#define SECRET_LEN ((size_t)16)
#define CLIENT_AT  (SECRET_AT + SECRET_LEN)
#define NUMBER_AT  (CLIENT_AT + 1)
#define NUMBER_LEN ((size_t)8)
#define END_AT     (NUMBER_AT + NUMBER_LEN)

static const char *secret(void)
{
    static char text[SECRET_LEN + 1];
    if (text[0] == '\0') {
        uint64_t bits;
        check(RAND_bytes((unsigned char *)&bits, sizeof bits) == 1);
        check(snprintf(text, sizeof text, "%016llx", (unsigned long long)bits) == (int)SECRET_LEN);
    }
    return text;
}

void token_write(struct token token, char out[TOKEN_LEN])
{
    char text[TOKEN_LEN + 1];
    check(snprintf(text, sizeof text, "tk%s%x%08xk", secret(), token.client & 15U,
                   (unsigned)token.number) == (int)TOKEN_LEN);
    memcpy(out, text, TOKEN_LEN);
}

static int digit(uint8_t c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_number(const uint8_t *text, size_t len, uint32_t *out)
{
    *out = 0;
    for (size_t i = 0; i < len; i++) {
        int value = digit(text[i]);
        if (value < 0) {
            return false;
        }
        *out = *out << 4 | (uint32_t)value;
    }
    return true;
}

static bool is_token(const uint8_t *text, struct token *out)
{
    const char *bytes = secret();
    uint32_t client = 0;
    for (size_t i = 0; i < SECRET_LEN; i++) {
        if (text[SECRET_AT + i] != (uint8_t)bytes[i]) {
            return false;
        }
    }
    if (text[0] != 't' || text[1] != 'k' || text[END_AT] != 'k' ||
        !read_number(text + CLIENT_AT, 1, &client) ||
        !read_number(text + NUMBER_AT, NUMBER_LEN, &out->number)) {
        return false;
    }
    out->client = client;
    return true;
}

bool token_find(struct slice text, struct token *out, struct slice *out_rest)
{
    for (size_t at = 0; at < text.len && text.len - at >= TOKEN_LEN; at++) {
        if (is_token(text.ptr + at, out)) {
            *out_rest = slice_from(text, at + TOKEN_LEN);
            return true;
        }
    }
    return false;
}

bool text_has(struct slice text, const char *word)
{
    size_t len = strlen(word);
    for (size_t at = 0; at < text.len && text.len - at >= len; at++) {
        size_t same = 0;
        while (same < len && text.ptr[at + same] == (uint8_t)word[same]) {
            same++;
        }
        if (same == len) {
            return true;
        }
    }
    return false;
}
