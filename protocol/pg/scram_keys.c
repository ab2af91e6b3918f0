/* SPDX-License-Identifier: Apache-2.0
 *
 * Key derivation over libcrypto. A failure of libcrypto here is a shortage of memory or a build
 * without SHA-256: there is no way to go on, and no answer a peer could influence. What is secret
 * and not handed out is cleansed before return. */
#include "protocol/pg/scram_keys.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include "protocol/check.h"

void scram_hmac(struct slice key, struct slice text, uint8_t out[SCRAM_KEY_LEN])
{
    unsigned len = 0;
    check(key.len <= INT_MAX);
    check(HMAC(EVP_sha256(), key.ptr, (int)key.len, text.ptr, text.len, out, &len) != NULL);
    check(len == SCRAM_KEY_LEN);
}

void scram_hash(struct slice text, uint8_t out[SCRAM_KEY_LEN])
{
    check(SHA256(text.ptr, text.len, out) != NULL);
}

void scram_keys_derive(struct slice password, struct slice salt, uint32_t iterations,
                       struct scram_keys *out)
{
    uint8_t salted[SCRAM_KEY_LEN];
    check(password.len <= INT_MAX && salt.len <= INT_MAX);
    check(iterations > 0 && iterations <= INT_MAX);
    check(PKCS5_PBKDF2_HMAC((const char *)password.ptr, (int)password.len, salt.ptr, (int)salt.len,
                            (int)iterations, EVP_sha256(), sizeof salted, salted) == 1);
    struct slice key = slice_of(salted, sizeof salted);
    scram_hmac(key, slice_text("Client Key"), out->client_key);
    scram_hmac(key, slice_text("Server Key"), out->server_key);
    scram_hash(slice_of(out->client_key, sizeof out->client_key), out->stored_key);
    scram_cleanse(salted, sizeof salted);
}

void scram_xor(const uint8_t a[SCRAM_KEY_LEN], const uint8_t b[SCRAM_KEY_LEN],
               uint8_t out[SCRAM_KEY_LEN])
{
    for (size_t i = 0; i < SCRAM_KEY_LEN; i++) {
        out[i] = a[i] ^ b[i];
    }
}

bool scram_equal(const uint8_t a[SCRAM_KEY_LEN], const uint8_t b[SCRAM_KEY_LEN])
{
    return CRYPTO_memcmp(a, b, SCRAM_KEY_LEN) == 0;
}

void scram_cleanse(void *secret, size_t len)
{
    OPENSSL_cleanse(secret, len);
}
