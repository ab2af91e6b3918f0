/* SPDX-License-Identifier: Apache-2.0
 *
 * 18 random bytes as text. */
#include "proxy/pg/nonce.h"

#include <string.h>

#include <openssl/evp.h>
#include <openssl/rand.h>

#include "protocol/check.h"

#define RANDOM_BYTES 18

void nonce_make(char out[NONCE_TEXT_LEN])
{
    unsigned char bytes[RANDOM_BYTES];
    unsigned char text[NONCE_TEXT_LEN + 1];
    check(RAND_bytes(bytes, sizeof bytes) == 1);
    check(EVP_EncodeBlock(text, bytes, sizeof bytes) == NONCE_TEXT_LEN);
    memcpy(out, text, NONCE_TEXT_LEN);
}
