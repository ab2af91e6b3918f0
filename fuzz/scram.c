/* SPDX-License-Identifier: Apache-2.0
 *
 * SCRAM with a hostile peer. The first byte chooses: a verifier's text; a client's two messages to
 * our server, which only the messages of RFC 7677 may convince; a server's two messages to our
 * client, judged again by hand; or an honest exchange in which one bit is flipped. Messages are
 * separated by a newline. */
#include <stdint.h>
#include <string.h>

#include "protocol/base64.h"
#include "protocol/check.h"
#include "protocol/pg/scram_client.h"
#include "protocol/pg/scram_server.h"

#define RFC_CLIENT_NONCE "rOprNGfwEbeRWgbNEkqO"
#define RFC_SERVER_NONCE "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
#define RFC_CLIENT_FIRST "n,,n=user,r=" RFC_CLIENT_NONCE
#define RFC_CLIENT_FINAL                                                \
    "c=biws,r=" RFC_CLIENT_NONCE RFC_SERVER_NONCE ",p=dHzbZapWIk4jUhN+" \
    "Ute9ytag9zjfMHgsqmmiz7AndVQ="
#define RFC_VERIFIER                              \
    "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==" \
    "$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct scram_keys keys = {{1, 2, 3}, {4, 5, 6}, {7, 8, 9}}; /* of nobody */

static struct slice take_line(struct slice *left)
{
    size_t len = 0;
    while (len < left->len && left->ptr[len] != '\n') {
        len++;
    }
    struct slice line = slice_of(left->ptr, len);
    *left = slice_from(*left, len < left->len ? len + 1 : len);
    return line;
}

static void try_verifier(struct slice text)
{
    struct scram_verifier v;
    if (!scram_verifier_parse(text, &v)) {
        return;
    }
    uint8_t memory[600];
    struct slice out;
    struct writer w = writer_over(memory, sizeof memory);
    struct slice digits = slice_from(text, strlen("SCRAM-SHA-256$"));
    digits.len = (size_t)((const uint8_t *)memchr(digits.ptr, ':', digits.len) - digits.ptr);
    writer_bytes(&w, slice_text("SCRAM-SHA-256$"));
    writer_bytes(&w, digits);
    writer_u8(&w, ':');
    base64_write(&w, slice_of(v.salt, v.salt_len));
    writer_u8(&w, '$');
    base64_write(&w, slice_of(v.stored_key, sizeof v.stored_key));
    writer_u8(&w, ':');
    base64_write(&w, slice_of(v.server_key, sizeof v.server_key));
    check(writer_done(&w, &out));
    check(slice_equal(out, text));
    check(v.iterations == scram_number(digits));
}

static void try_client_messages(struct slice input)
{
    static struct scram_server server;
    struct scram_verifier verifier;
    struct slice first = take_line(&input);
    check(scram_verifier_parse(slice_text(RFC_VERIFIER), &verifier));
    scram_server_init(&server, &verifier);
    if (scram_server_read_first(&server, first, slice_text(RFC_SERVER_NONCE)) != SCRAM_OK) {
        return;
    }
    bool is_vector = slice_equal(first, slice_text(RFC_CLIENT_FIRST)) &&
                     slice_equal(input, slice_text(RFC_CLIENT_FINAL));
    check((scram_server_read_final(&server, input) == SCRAM_OK) == is_vector);
    scram_server_fini(&server);
}

/* The final message that a server with these keys would send. */
static struct slice right_final(struct slice first, struct slice nonce, uint8_t memory[64])
{
    uint8_t text[3000];
    uint8_t signature[SCRAM_KEY_LEN];
    struct slice auth;
    struct slice out;
    struct writer w = writer_over(text, sizeof text);
    writer_bytes(&w, slice_text("n=,r=" RFC_CLIENT_NONCE ","));
    writer_bytes(&w, first);
    writer_bytes(&w, slice_text(",c=biws,r="));
    writer_bytes(&w, nonce);
    check(writer_done(&w, &auth));
    scram_hmac(slice_of(keys.server_key, SCRAM_KEY_LEN), auth, signature);
    w = writer_over(memory, 64);
    writer_bytes(&w, slice_text("v="));
    base64_write(&w, slice_of(signature, sizeof signature));
    check(writer_done(&w, &out));
    return out;
}

static void try_server_messages(struct slice input)
{
    static struct scram_client client;
    struct scram_challenge challenge;
    uint8_t memory[SCRAM_MESSAGE_MAX];
    uint8_t expected[64];
    struct writer w = writer_over(memory, sizeof memory);
    struct slice first = take_line(&input);
    scram_client_init(&client, slice_of(NULL, 0), slice_text(RFC_CLIENT_NONCE));
    scram_client_write_first(&client, &w);
    if (scram_client_read_first(&client, first, &challenge) != SCRAM_OK) {
        return;
    }
    check(challenge.iterations >= 1 && challenge.iterations <= SCRAM_ITERATIONS_MAX);
    check(challenge.salt_len >= 1 && challenge.salt_len <= SCRAM_SALT_MAX);
    struct slice left = first;
    struct slice nonce;
    check(scram_take(&left, 'r', &nonce));
    scram_client_write_final(&client, &keys, &w);
    struct slice out;
    check(writer_done(&w, &out));
    struct slice right = right_final(first, nonce, expected);
    check(scram_client_read_final(&client, input) == SCRAM_OK ? slice_equal(input, right)
                                                              : !slice_equal(input, right));
}

#define NO_FLIP SIZE_MAX

/* Copies a message, with bit number *flip inverted where it is in it; the number counts on through
 * the messages of the exchange. */
static struct slice deliver(struct slice message, size_t *flip, uint8_t memory[SCRAM_MESSAGE_MAX])
{
    check(message.len <= SCRAM_MESSAGE_MAX);
    memcpy(memory, message.ptr, message.len);
    if (*flip < message.len * 8) {
        memory[*flip / 8] ^= (uint8_t)(1u << *flip % 8);
        *flip = NO_FLIP;
    } else if (*flip != NO_FLIP) {
        *flip -= message.len * 8;
    }
    return slice_of(memory, message.len);
}

/* Whether both sides end convinced when bit number flip of what they say is inverted. */
static bool exchange_holds(const struct scram_verifier *verifier, const struct scram_keys *own,
                           size_t flip)
{
    static struct scram_server server;
    static struct scram_client client;
    uint8_t sent[SCRAM_MESSAGE_MAX];
    uint8_t came[SCRAM_MESSAGE_MAX];
    struct scram_challenge challenge;
    struct slice out;
    struct writer w = writer_over(sent, sizeof sent);
    scram_server_init(&server, verifier);
    scram_client_init(&client, slice_of(NULL, 0), slice_text(RFC_CLIENT_NONCE));
    scram_client_write_first(&client, &w);
    if (!writer_done(&w, &out) || scram_server_read_first(&server, deliver(out, &flip, came),
                                                          slice_text("nonce")) != SCRAM_OK) {
        return false;
    }
    w = writer_over(sent, sizeof sent);
    scram_server_write_first(&server, &w);
    if (!writer_done(&w, &out) ||
        scram_client_read_first(&client, deliver(out, &flip, came), &challenge) != SCRAM_OK) {
        return false;
    }
    w = writer_over(sent, sizeof sent);
    scram_client_write_final(&client, own, &w);
    if (!writer_done(&w, &out) ||
        scram_server_read_final(&server, deliver(out, &flip, came)) != SCRAM_OK) {
        return false;
    }
    w = writer_over(sent, sizeof sent);
    scram_server_write_final(&server, &w);
    return writer_done(&w, &out) &&
           scram_client_read_final(&client, deliver(out, &flip, came)) == SCRAM_OK;
}

static void try_exchange(struct slice input)
{
    struct reader r = reader_over(input);
    size_t flip = reader_u16(&r);
    struct slice salt = reader_rest(&r);
    struct scram_verifier verifier = {.iterations = 1};
    struct scram_keys own;
    if (salt.len == 0 || salt.len > SCRAM_SALT_MAX) {
        return;
    }
    memcpy(verifier.salt, salt.ptr, salt.len);
    verifier.salt_len = salt.len;
    scram_keys_derive(slice_text("secret"), salt, 1, &own);
    memcpy(verifier.stored_key, own.stored_key, SCRAM_KEY_LEN);
    memcpy(verifier.server_key, own.server_key, SCRAM_KEY_LEN);
    check(exchange_holds(&verifier, &own, NO_FLIP));
    size_t all_bits =
        8 * (strlen("n,,n=,r=" RFC_CLIENT_NONCE) + strlen("r=" RFC_CLIENT_NONCE "nonce,s=,i=1") +
             BASE64_LEN(salt.len) + strlen("c=biws,r=" RFC_CLIENT_NONCE "nonce,p=") +
             BASE64_LEN(32) + strlen("v=") + BASE64_LEN(32));
    check(!exchange_holds(&verifier, &own, flip % all_bits));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const tries[])(struct slice) = {try_verifier, try_client_messages,
                                                  try_server_messages, try_exchange};
    if (size > 0) {
        tries[data[0] % 4](slice_of(data + 1, size - 1));
    }
    return 0;
}
