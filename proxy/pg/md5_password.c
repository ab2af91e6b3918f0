/* SPDX-License-Identifier: Apache-2.0
 *
 * PG docs, Message Flow: AuthenticationMD5Password. */
#include "proxy/pg/md5_password.h"

#include <string.h>

#include <openssl/evp.h>

#define DIGEST_LEN 16
#define HEX_LEN    (2 * DIGEST_LEN)

/* hex(md5(a || b)) */
static bool hex_md5(struct slice a, struct slice b, char out[HEX_LEN])
{
    static const char digits[] = "0123456789abcdef";
    unsigned char digest[DIGEST_LEN];
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool is_done = context != NULL && EVP_DigestInit_ex(context, EVP_md5(), NULL) == 1 &&
                   EVP_DigestUpdate(context, a.ptr, a.len) == 1 &&
                   EVP_DigestUpdate(context, b.ptr, b.len) == 1 &&
                   EVP_DigestFinal_ex(context, digest, NULL) == 1;
    EVP_MD_CTX_free(context);
    for (size_t i = 0; is_done && i < DIGEST_LEN; i++) {
        out[2 * i] = digits[digest[i] >> 4];
        out[2 * i + 1] = digits[digest[i] & 15];
    }
    return is_done;
}

bool md5_password(struct slice user, struct slice password, struct slice salt,
                  char out[MD5_ANSWER_LEN])
{
    char inner[HEX_LEN];
    memcpy(out, "md5", 3);
    return hex_md5(password, user, inner) && hex_md5(slice_of(inner, sizeof inner), salt, out + 3);
}
