/* SPDX-License-Identifier: Apache-2.0
 *
 * SCRAM-SHA-256, server. Invariant: `auth` holds, in order and with commas between, the parts of
 * RFC 5802's AuthMessage that are known at `step`; it is written through a bounded writer, and an
 * overlong peer is malformed, never cut. An unknown user takes the same steps over a mock verifier
 * and is refused at the same place. Refuses: a client that thinks channel binding was not offered
 * when it was (somebody took the offer away), authorisation identities, mandatory extensions. */
#include "protocol/pg/scram_server.h"

#include "protocol/base64.h"
#include "protocol/check.h"

enum step { STEP_NEW, STEP_FIRST_READ, STEP_PROVED, STEP_OVER };

void scram_server_init(struct scram_server *s, const struct scram_verifier *verifier)
{
    *s = (struct scram_server){.step = STEP_NEW, .verifier = *verifier};
}

void scram_server_bind(struct scram_server *s, struct slice end_point, bool is_chosen)
{
    check(s->step == STEP_NEW && (!is_chosen || end_point.len > 0));
    s->binding = scram_binding_of(end_point);
    s->is_bound = is_chosen;
}

void scram_server_fini(struct scram_server *s)
{
    scram_cleanse(s, sizeof *s);
    s->step = STEP_OVER;
}

static enum scram_status give_up(struct scram_server *s, enum scram_status status)
{
    scram_server_fini(s);
    return status;
}

static bool may_say(const struct scram_server *s, enum scram_binding_flag flag)
{
    if (s->is_bound) {
        return flag == SCRAM_BINDING_YES;
    }
    return flag == SCRAM_BINDING_NO ||
           (flag == SCRAM_BINDING_MAYBE && s->binding.end_point_len == 0);
}

/* The GS2 header: exactly what the client's flag stands for, and the flag that fits. */
static bool take_gs2_header(struct scram_server *s, struct slice *left)
{
    uint8_t memory[SCRAM_BINDING_MAX];
    struct writer w = writer_over(memory, sizeof memory);
    struct slice header;
    s->binding.flag = (enum scram_binding_flag)(left->len > 0 ? left->ptr[0] : 0);
    if (!may_say(s, s->binding.flag)) {
        return false;
    }
    scram_binding_write_header(&s->binding, &w);
    bool fits = writer_done(&w, &header);
    if (!fits || left->len < header.len || !slice_equal(slice_of(left->ptr, header.len), header)) {
        return false;
    }
    *left = slice_from(*left, header.len);
    return true;
}

/* Whether the rest is optional extensions, which are ignored; `m` would be a mandatory one. */
static bool are_optional(struct slice left)
{
    struct slice extension;
    while (left.len > 0) {
        if (left.ptr[0] == 'm' || !scram_take(&left, left.ptr[0], &extension)) {
            return false;
        }
    }
    return true;
}

/* `n=` user `,r=` nonce and extensions. */
static bool read_bare(struct slice bare, struct slice *out_nonce)
{
    struct slice user;
    return scram_take(&bare, 'n', &user) && scram_take(&bare, 'r', out_nonce) &&
           scram_is_nonce(*out_nonce) && are_optional(bare);
}

static void write_server_first(const struct scram_server *s, struct writer *w)
{
    uint8_t digits[10]; /* of INT32_MAX */
    size_t start = sizeof digits;
    for (uint32_t left = s->verifier.iterations; left > 0; left /= 10) {
        digits[--start] = (uint8_t)('0' + left % 10);
    }
    writer_bytes(w, slice_text("r="));
    writer_bytes(w, slice_of(s->nonce, s->nonce_len));
    writer_bytes(w, slice_text(",s="));
    base64_write(w, slice_of(s->verifier.salt, s->verifier.salt_len));
    writer_bytes(w, slice_text(",i="));
    writer_bytes(w, slice_of(digits + start, sizeof digits - start));
}

static bool set_nonce(struct scram_server *s, struct slice client_nonce, struct slice own_nonce)
{
    struct slice both;
    struct writer w = writer_over(s->nonce, sizeof s->nonce);
    writer_bytes(&w, client_nonce);
    writer_bytes(&w, own_nonce);
    bool fits = writer_done(&w, &both);
    s->nonce_len = both.len;
    return fits;
}

/* AuthMessage so far: client-first-bare `,` server-first `,`. */
static bool begin_auth(struct scram_server *s, struct slice bare)
{
    struct slice auth;
    struct writer w = writer_over(s->auth, sizeof s->auth);
    writer_bytes(&w, bare);
    writer_u8(&w, ',');
    write_server_first(s, &w);
    writer_u8(&w, ',');
    bool fits = writer_done(&w, &auth);
    s->auth_len = auth.len;
    return fits;
}

enum scram_status scram_server_read_first(struct scram_server *s, struct slice message,
                                          struct slice nonce)
{
    struct slice client_nonce;
    check(s->step == STEP_NEW && scram_is_nonce(nonce));
    if (message.len > SCRAM_MESSAGE_MAX || !take_gs2_header(s, &message) ||
        !read_bare(message, &client_nonce) || !set_nonce(s, client_nonce, nonce) ||
        !begin_auth(s, message)) {
        return give_up(s, SCRAM_MALFORMED);
    }
    s->step = STEP_FIRST_READ;
    return SCRAM_OK;
}

void scram_server_write_first(const struct scram_server *s, struct writer *w)
{
    check(s->step == STEP_FIRST_READ);
    write_server_first(s, w);
}

/* `c=` must repeat the GS2 header, and name our certificate: a man in the middle may have changed
 * the one, and has another. */
static bool repeats_header(const struct scram_server *s, struct slice binding)
{
    uint8_t said[SCRAM_BINDING_MAX];
    uint8_t memory[SCRAM_BINDING_MAX];
    struct writer w = writer_over(memory, sizeof memory);
    struct slice expected;
    size_t len = 0;
    scram_binding_write_input(&s->binding, &w);
    return writer_done(&w, &expected) && base64_decode(binding, said, sizeof said, &len) &&
           slice_equal(slice_of(said, len), expected);
}

struct final {
    struct slice binding;
    struct slice nonce;
    struct slice proof;
    struct slice without_proof; /* what the proof is over */
};

/* `c=` binding `,r=` nonce, extensions, `,p=` proof as the last attribute. */
static bool split_final(struct slice message, struct final *out)
{
    struct slice left = message;
    struct slice extension;
    if (!scram_take(&left, 'c', &out->binding) || !scram_take(&left, 'r', &out->nonce)) {
        return false;
    }
    while (left.len > 0) {
        size_t before_len = message.len - left.len;
        uint8_t name = left.ptr[0];
        if (name == 'p') {
            out->without_proof = slice_of(message.ptr, before_len - 1); /* nor the comma */
            return scram_take(&left, 'p', &out->proof) && left.len == 0;
        }
        if (name == 'm' || !scram_take(&left, name, &extension)) {
            return false;
        }
    }
    return false;
}

static bool end_auth(struct scram_server *s, struct slice without_proof)
{
    if (without_proof.len > sizeof s->auth - s->auth_len) {
        return false;
    }
    struct slice rest;
    struct writer w = writer_over(s->auth + s->auth_len, sizeof s->auth - s->auth_len);
    writer_bytes(&w, without_proof);
    bool fits = writer_done(&w, &rest);
    s->auth_len += rest.len;
    return fits;
}

/* ClientKey is proof xor HMAC(StoredKey, AuthMessage), and StoredKey its hash. */
static bool proof_holds(const struct scram_server *s, const uint8_t proof[SCRAM_KEY_LEN])
{
    uint8_t signature[SCRAM_KEY_LEN];
    uint8_t client_key[SCRAM_KEY_LEN];
    uint8_t stored_key[SCRAM_KEY_LEN];
    scram_hmac(slice_of(s->verifier.stored_key, SCRAM_KEY_LEN), slice_of(s->auth, s->auth_len),
               signature);
    scram_xor(proof, signature, client_key);
    scram_hash(slice_of(client_key, sizeof client_key), stored_key);
    bool is_same = scram_equal(stored_key, s->verifier.stored_key);
    scram_cleanse(client_key, sizeof client_key);
    return is_same && !s->verifier.is_mock;
}

enum scram_status scram_server_read_final(struct scram_server *s, struct slice message)
{
    struct final final;
    uint8_t proof[SCRAM_KEY_LEN];
    size_t proof_len = 0;
    check(s->step == STEP_FIRST_READ);
    if (message.len > SCRAM_MESSAGE_MAX || !split_final(message, &final) ||
        !repeats_header(s, final.binding) ||
        !slice_equal(final.nonce, slice_of(s->nonce, s->nonce_len)) ||
        !base64_decode(final.proof, proof, sizeof proof, &proof_len) || proof_len != sizeof proof ||
        !end_auth(s, final.without_proof)) {
        return give_up(s, SCRAM_MALFORMED);
    }
    if (!proof_holds(s, proof)) {
        return give_up(s, SCRAM_REFUSED);
    }
    s->step = STEP_PROVED;
    return SCRAM_OK;
}

void scram_server_write_final(const struct scram_server *s, struct writer *w)
{
    uint8_t signature[SCRAM_KEY_LEN];
    check(s->step == STEP_PROVED);
    scram_hmac(slice_of(s->verifier.server_key, SCRAM_KEY_LEN), slice_of(s->auth, s->auth_len),
               signature);
    writer_bytes(w, slice_text("v="));
    base64_write(w, slice_of(signature, sizeof signature));
}
