/* SPDX-License-Identifier: Apache-2.0
 *
 * SCRAM-SHA-256, client. Invariant: `auth` holds, in order and with commas between, the parts of
 * RFC 5802's AuthMessage that are known at `step`, written through a bounded writer; a long nonce
 * of the server's is malformed (CVE-2026-6665 copied one to the stack). The server's nonce must
 * extend ours, the salt and the iterations are capped, and its signature is checked. */
#include "protocol/pg/scram_client.h"

#include <string.h>

#include "protocol/base64.h"
#include "protocol/check.h"

enum step { STEP_NEW, STEP_FIRST_SENT, STEP_FIRST_READ, STEP_FINAL_SENT, STEP_OVER };

#define BINDING_ENCODED_MAX (2 * SCRAM_BINDING_MAX)

static struct slice own_first(const struct scram_client *c)
{
    return slice_of(c->auth, c->auth_len);
}

/* Appends to the AuthMessage; false when it is full. */
static bool extend_auth(struct scram_client *c, struct slice part)
{
    struct slice written;
    struct writer w = writer_over(c->auth + c->auth_len, sizeof c->auth - c->auth_len);
    writer_bytes(&w, part);
    bool fits = writer_done(&w, &written);
    c->auth_len += written.len;
    return fits;
}

void scram_client_init(struct scram_client *c, struct slice user, struct slice nonce)
{
    check(scram_is_nonce(nonce) && nonce.len <= SCRAM_NONCE_MAX / 2);
    check(user.len == 0 ||
          (user.len <= SCRAM_MESSAGE_MAX / 2 && memchr(user.ptr, ',', user.len) == NULL &&
           memchr(user.ptr, '=', user.len) == NULL));
    *c = (struct scram_client){.step = STEP_NEW, .own_nonce_len = nonce.len};
    c->binding = scram_binding_of(slice_of(NULL, 0));
    memcpy(c->nonce, nonce.ptr, nonce.len);
    bool fits = extend_auth(c, slice_text("n=")) && extend_auth(c, user) &&
                extend_auth(c, slice_text(",r=")) && extend_auth(c, nonce);
    check(fits);
}

void scram_client_bind(struct scram_client *c, struct slice end_point, bool is_offered)
{
    check(c->step == STEP_NEW && (!is_offered || end_point.len > 0));
    c->binding = scram_binding_of(end_point);
    c->binding.flag = is_offered ? SCRAM_BINDING_YES : SCRAM_BINDING_MAYBE;
}

void scram_client_fini(struct scram_client *c)
{
    scram_cleanse(c, sizeof *c);
    c->step = STEP_OVER;
}

static enum scram_status give_up(struct scram_client *c, enum scram_status status)
{
    scram_client_fini(c);
    return status;
}

void scram_client_write_first(struct scram_client *c, struct writer *w)
{
    check(c->step == STEP_NEW);
    scram_binding_write_header(&c->binding, w);
    writer_bytes(w, own_first(c));
    c->step = STEP_FIRST_SENT;
}

/* The nonce of both must begin with ours and go on. */
static bool take_nonce(struct scram_client *c, struct slice nonce)
{
    struct slice own = slice_of(c->nonce, c->own_nonce_len);
    if (!scram_is_nonce(nonce) || nonce.len <= own.len ||
        !slice_equal(slice_of(nonce.ptr, own.len), own)) {
        return false;
    }
    memcpy(c->nonce, nonce.ptr, nonce.len);
    c->nonce_len = nonce.len;
    return true;
}

enum scram_status scram_client_read_first(struct scram_client *c, struct slice message,
                                          struct scram_challenge *out)
{
    struct slice left = message;
    struct slice nonce;
    struct slice salt;
    struct slice iterations;
    check(c->step == STEP_FIRST_SENT);
    if (message.len > SCRAM_MESSAGE_MAX || !scram_take(&left, 'r', &nonce) ||
        !scram_take(&left, 's', &salt) || !scram_take(&left, 'i', &iterations) || left.len > 0 ||
        !take_nonce(c, nonce) ||
        !base64_decode(salt, out->salt, sizeof out->salt, &out->salt_len) || out->salt_len == 0 ||
        !extend_auth(c, slice_text(",")) || !extend_auth(c, message)) {
        return give_up(c, SCRAM_MALFORMED);
    }
    out->iterations = scram_number(iterations);
    if (out->iterations == 0) {
        return give_up(c, SCRAM_MALFORMED);
    }
    if (out->iterations > SCRAM_ITERATIONS_MAX) {
        return give_up(c, SCRAM_TOO_COSTLY);
    }
    c->step = STEP_FIRST_READ;
    return SCRAM_OK;
}

/* `c=` and the binding, `,r=` and the nonce of both: what the proof is over, but for what went
 * before. */
static void write_without_proof(const struct scram_client *c, struct writer *w)
{
    uint8_t memory[SCRAM_BINDING_MAX];
    struct writer input = writer_over(memory, sizeof memory);
    struct slice binding;
    scram_binding_write_input(&c->binding, &input);
    bool fits = writer_done(&input, &binding);
    check(fits);
    writer_bytes(w, slice_text("c="));
    base64_write(w, binding);
    writer_bytes(w, slice_text(",r="));
    writer_bytes(w, slice_of(c->nonce, c->nonce_len));
}

static void end_auth(struct scram_client *c)
{
    uint8_t memory[SCRAM_NONCE_MAX + BINDING_ENCODED_MAX + 16];
    struct writer w = writer_over(memory, sizeof memory);
    struct slice without_proof;
    write_without_proof(c, &w);
    bool fits = writer_done(&w, &without_proof) && extend_auth(c, slice_text(",")) &&
                extend_auth(c, without_proof);
    check(fits); /* all parts were capped when they came */
}

void scram_client_write_final(struct scram_client *c, const struct scram_keys *keys,
                              struct writer *w)
{
    uint8_t proof[SCRAM_KEY_LEN];
    check(c->step == STEP_FIRST_READ);
    end_auth(c);
    struct slice auth = slice_of(c->auth, c->auth_len);
    scram_hmac(slice_of(keys->stored_key, SCRAM_KEY_LEN), auth, proof);
    scram_xor(keys->client_key, proof, proof);
    scram_hmac(slice_of(keys->server_key, SCRAM_KEY_LEN), auth, c->server_signature);
    write_without_proof(c, w);
    writer_bytes(w, slice_text(",p="));
    base64_write(w, slice_of(proof, sizeof proof));
    c->step = STEP_FINAL_SENT;
}

enum scram_status scram_client_read_final(struct scram_client *c, struct slice message)
{
    struct slice left = message;
    struct slice value;
    uint8_t signature[SCRAM_KEY_LEN];
    size_t len = 0;
    check(c->step == STEP_FINAL_SENT);
    if (scram_take(&left, 'e', &value)) {
        return give_up(c, SCRAM_REFUSED);
    }
    if (!scram_take(&left, 'v', &value) || left.len > 0 ||
        !base64_decode(value, signature, sizeof signature, &len) || len != sizeof signature) {
        return give_up(c, SCRAM_MALFORMED);
    }
    bool is_genuine = scram_equal(signature, c->server_signature);
    return give_up(c, is_genuine ? SCRAM_OK : SCRAM_REFUSED);
}
