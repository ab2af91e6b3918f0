/* SPDX-License-Identifier: Apache-2.0
 *
 * PostgreSQL's md5 exchange (PG docs, Message Flow: Start-up). A libcrypto in FIPS mode has no MD5:
 * that is an answer, not a bug. Intermediate digests are cleansed: the inner one is what the server
 * stores, and as good as the password. */
#include "protocol/pg/auth_md5.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

#define DIGEST_LEN 16
#define HEX_LEN    (2 * DIGEST_LEN)

/* Hex of the MD5 of two texts in a row. */
static bool hash_pair(struct slice first, struct slice second, char out[HEX_LEN])
{
    static const char digits[] = "0123456789abcdef";
    uint8_t digest[DIGEST_LEN];
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool is_done = context != NULL && EVP_DigestInit_ex(context, EVP_md5(), NULL) == 1 &&
                   EVP_DigestUpdate(context, first.ptr, first.len) == 1 &&
                   EVP_DigestUpdate(context, second.ptr, second.len) == 1 &&
                   EVP_DigestFinal_ex(context, digest, NULL) == 1;
    for (size_t i = 0; is_done && i < DIGEST_LEN; i++) {
        out[2 * i] = digits[digest[i] >> 4];
        out[2 * i + 1] = digits[digest[i] & 15];
    }
    OPENSSL_cleanse(digest, sizeof digest);
    EVP_MD_CTX_free(context);
    return is_done;
}

bool auth_md5_answer_stored(struct slice stored, struct slice salt, char out[AUTH_MD5_LEN])
{
    memcpy(out, "md5", 3);
    return hash_pair(stored, salt, out + 3);
}

bool auth_md5_answer(struct slice user, struct slice password, struct slice salt,
                     char out[AUTH_MD5_LEN])
{
    char inner[HEX_LEN];
    bool is_done = hash_pair(password, user, inner) &&
                   auth_md5_answer_stored(slice_of(inner, HEX_LEN), salt, out);
    OPENSSL_cleanse(inner, sizeof inner);
    return is_done;
}
