/* SPDX-License-Identifier: Apache-2.0
 *
 * Verifiers, real and mock. A mock's keys come from a keyed hash of the user's name, so nothing
 * matches them, and is_mock refuses what might. */
#include "protocol/pg/scram_verifier.h"

#include <string.h>

#include "protocol/base64.h"
#include "protocol/check.h"
#include "protocol/pg/scram_text.h"

#define PREFIX "SCRAM-SHA-256$"

/* Takes the text before the next separator, and the separator, off *left. */
static bool take_until(struct slice *left, uint8_t separator, struct slice *out)
{
    const uint8_t *end = left->len > 0 ? memchr(left->ptr, separator, left->len) : NULL;
    if (end == NULL) {
        return false;
    }
    *out = slice_of(left->ptr, (size_t)(end - left->ptr));
    *left = slice_from(*left, out->len + 1);
    return true;
}

static bool decode_key(struct slice text, uint8_t out[SCRAM_KEY_LEN])
{
    size_t len = 0;
    return base64_decode(text, out, SCRAM_KEY_LEN, &len) && len == SCRAM_KEY_LEN;
}

bool scram_verifier_parse(struct slice text, struct scram_verifier *out)
{
    struct reader r = reader_over(text);
    if (!slice_equal(reader_bytes(&r, strlen(PREFIX)), slice_text(PREFIX))) {
        return false;
    }
    struct slice left = reader_rest(&r);
    struct slice iterations;
    struct slice salt;
    struct slice stored_key;
    if (!take_until(&left, ':', &iterations) || !take_until(&left, '$', &salt) ||
        !take_until(&left, ':', &stored_key)) {
        return false;
    }
    *out = (struct scram_verifier){.iterations = scram_number(iterations)};
    return out->iterations > 0 && out->iterations <= SCRAM_VERIFIER_ITERATIONS_MAX &&
           base64_decode(salt, out->salt, sizeof out->salt, &out->salt_len) && out->salt_len > 0 &&
           decode_key(stored_key, out->stored_key) && decode_key(left, out->server_key);
}

/* HMAC of a purpose and the user's name. */
static void mock_bytes(struct slice secret, const char *purpose, struct slice user,
                       uint8_t out[SCRAM_KEY_LEN])
{
    uint8_t inner[SCRAM_KEY_LEN];
    scram_hmac(secret, slice_text(purpose), inner);
    scram_hmac(slice_of(inner, sizeof inner), user, out);
    scram_cleanse(inner, sizeof inner);
}

void scram_verifier_mock(struct slice secret, struct slice user, struct scram_verifier *out)
{
    uint8_t salt[SCRAM_KEY_LEN];
    *out = (struct scram_verifier){
        .iterations = SCRAM_MOCK_ITERATIONS, .salt_len = SCRAM_MOCK_SALT_LEN, .is_mock = true};
    mock_bytes(secret, "salt", user, salt);
    memcpy(out->salt, salt, SCRAM_MOCK_SALT_LEN);
    mock_bytes(secret, "stored key", user, out->stored_key);
    mock_bytes(secret, "server key", user, out->server_key);
    scram_cleanse(salt, sizeof salt);
}

bool scram_verifier_matches(const struct scram_verifier *v, struct slice password)
{
    struct scram_keys keys;
    scram_keys_derive(password, slice_of(v->salt, v->salt_len), v->iterations, &keys);
    bool is_same = scram_equal(keys.stored_key, v->stored_key);
    scram_cleanse(&keys, sizeof keys);
    return is_same && !v->is_mock;
}
