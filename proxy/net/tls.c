/* SPDX-License-Identifier: Apache-2.0
 *
 * OpenSSL over a BIO of our own: it reads what the stream had read before it knew that this was
 * TLS, then the socket, and never raises SIGPIPE. Every call into the library starts with an empty
 * error queue, which is the thread's and not the connection's. */
#include "proxy/net/tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "protocol/check.h"
#include "protocol/mem.h"
#include "proxy/net/tls_context.h"

#define FAILURE_LEN 128

struct tls {
    SSL *ssl;          /* owns */
    int fd;            /* borrows */
    uint8_t *received; /* owns; NULL once it was read */
    size_t received_len;
    size_t received_at;
    bool is_ready;
    char failure[FAILURE_LEN];
};

/* ---- the BIO ---- */

static int bio_read(BIO *bio, char *memory, int room)
{
    struct tls *tls = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (tls->received != NULL && room > 0) {
        size_t left = tls->received_len - tls->received_at;
        size_t len = left < (size_t)room ? left : (size_t)room;
        memcpy(memory, tls->received + tls->received_at, len);
        tls->received_at += len;
        if (tls->received_at == tls->received_len) {
            free(tls->received);
            tls->received = NULL;
        }
        return (int)len;
    }
    ssize_t n = 0;
    do {
        n = recv(tls->fd, memory, (size_t)room, MSG_DONTWAIT);
    } while (n < 0 && errno == EINTR);
    if (n < 0 && errno == EAGAIN) {
        BIO_set_retry_read(bio);
    }
    return (int)n;
}

static int bio_write(BIO *bio, const char *bytes, int len)
{
    const struct tls *tls = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    ssize_t n = 0;
    do {
        n = send(tls->fd, bytes, (size_t)len, MSG_DONTWAIT | MSG_NOSIGNAL);
    } while (n < 0 && errno == EINTR);
    if (n < 0 && errno == EAGAIN) {
        BIO_set_retry_write(bio);
    }
    return (int)n;
}

static long bio_ctrl(BIO *bio, int command, long number, void *pointer)
{
    (void)bio;
    (void)number;
    (void)pointer;
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

static BIO_METHOD *method; /* made once, constant */

static void make_method(void)
{
    method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "stream");
    check(method != NULL && BIO_meth_set_read(method, bio_read) == 1 &&
          BIO_meth_set_write(method, bio_write) == 1 && BIO_meth_set_ctrl(method, bio_ctrl) == 1);
}

/* ---- life ---- */

static bool is_address(const char *host)
{
    struct in6_addr any;
    return inet_pton(AF_INET, host, &any) == 1 || inet_pton(AF_INET6, host, &any) == 1;
}

/* Whom we expect: its name goes into the ClientHello, and into what its certificate must say. */
static bool expect(SSL *ssl, const struct tls_context *context, const char *host)
{
    bool is_numeric = is_address(host);
    char *name = mem_copy_string(host, strlen(host)); /* the macro wants one that is not constant */
    bool is_named = is_numeric || SSL_set_tlsext_host_name(ssl, name) == 1;
    free(name);
    if (!is_named) {
        return false;
    }
    if (!context->checks_host) {
        return true;
    }
    X509_VERIFY_PARAM *param = SSL_get0_param(ssl);
    X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return is_numeric ? X509_VERIFY_PARAM_set1_ip_asc(param, host) == 1
                      : X509_VERIFY_PARAM_set1_host(param, host, 0) == 1;
}

static bool begin(struct tls *tls, const struct tls_context *context, const char *host)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    check(pthread_once(&once, make_method) == 0);
    tls->ssl = SSL_new(context->ctx);
    BIO *bio = BIO_new(method);
    if (tls->ssl == NULL || bio == NULL) {
        BIO_free(bio);
        return false;
    }
    BIO_set_data(bio, tls);
    BIO_set_init(bio, 1);
    SSL_set_bio(tls->ssl, bio, bio);
    if (host == NULL) {
        SSL_set_accept_state(tls->ssl);
        return true;
    }
    SSL_set_connect_state(tls->ssl);
    return expect(tls->ssl, context, host);
}

struct tls *tls_new(const struct tls_context *context, int fd, struct slice received,
                    const char *host)
{
    struct tls *tls = mem_new(sizeof *tls);
    tls->fd = fd;
    if (received.len > 0) {
        tls->received = mem_new(received.len);
        memcpy(tls->received, received.ptr, received.len);
        tls->received_len = received.len;
    }
    ERR_clear_error();
    if (!begin(tls, context, host)) {
        tls_free(&tls);
    }
    return tls;
}

void tls_free(struct tls **tls)
{
    if (*tls != NULL) {
        SSL_free((*tls)->ssl);
        free((*tls)->received);
        free(*tls);
        *tls = NULL;
    }
}

/* ---- use ---- */

static void note_failure(struct tls *tls)
{
    long verified = SSL_get_verify_result(tls->ssl);
    const char *text = ERR_reason_error_string(ERR_peek_error());
    if (verified != X509_V_OK) {
        text = X509_verify_cert_error_string(verified);
    }
    snprintf(tls->failure, sizeof tls->failure, "TLS: %s",
             text != NULL ? text : "the connection was closed");
}

enum tls_step tls_handshake(struct tls *tls)
{
    ERR_clear_error();
    int status = SSL_do_handshake(tls->ssl);
    if (status == 1) {
        tls->is_ready = true;
        return TLS_DONE;
    }
    switch (SSL_get_error(tls->ssl, status)) {
    case SSL_ERROR_WANT_READ:
        return TLS_WANTS_INPUT;
    case SSL_ERROR_WANT_WRITE:
        return TLS_WANTS_OUTPUT;
    default:
        note_failure(tls);
        return TLS_FAILED;
    }
}

bool tls_is_ready(const struct tls *tls)
{
    return tls->is_ready;
}

/* What a read that gave nothing means. An end without goodbye is an end: messages of the protocol
 * have their lengths, so that one cut short is noticed. */
static ssize_t outcome_of_read(const struct tls *tls, int status)
{
    switch (SSL_get_error(tls->ssl, status)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
        return -EAGAIN;
    case SSL_ERROR_ZERO_RETURN:
        return 0;
    case SSL_ERROR_SYSCALL:
        return errno != 0 ? -errno : 0;
    default:
        return ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING ? 0 : -EPROTO;
    }
}

ssize_t tls_receive(struct tls *tls, void *memory, size_t room)
{
    size_t total = 0;
    while (total < room) {
        size_t len = 0;
        ERR_clear_error();
        errno = 0;
        int status = SSL_read_ex(tls->ssl, (uint8_t *)memory + total, room - total, &len);
        if (status != 1) {
            return total > 0 ? (ssize_t)total : outcome_of_read(tls, status);
        }
        total += len;
    }
    return (ssize_t)total;
}

ssize_t tls_send(struct tls *tls, struct slice bytes)
{
    size_t total = 0;
    while (total < bytes.len) {
        size_t len = 0;
        ERR_clear_error();
        errno = 0;
        int status = SSL_write_ex(tls->ssl, bytes.ptr + total, bytes.len - total, &len);
        if (status != 1) {
            int error = SSL_get_error(tls->ssl, status);
            if (error == SSL_ERROR_WANT_WRITE || error == SSL_ERROR_WANT_READ) {
                return (ssize_t)total;
            }
            return error == SSL_ERROR_SYSCALL && errno != 0 ? -errno : -EPIPE;
        }
        total += len;
    }
    return (ssize_t)total;
}

bool tls_has_pending(const struct tls *tls)
{
    return tls->received != NULL || SSL_pending(tls->ssl) > 0;
}

void tls_say_goodbye(struct tls *tls)
{
    if (tls->is_ready) {
        ERR_clear_error();
        (void)SSL_shutdown(tls->ssl); /* the peer's own goodbye is not waited for */
        ERR_clear_error();
    }
}

const char *tls_failure(const struct tls *tls)
{
    return tls->failure;
}

bool tls_has_alpn(const struct tls *tls)
{
    const unsigned char *name = NULL;
    unsigned len = 0;
    SSL_get0_alpn_selected(tls->ssl, &name, &len);
    return len > 0;
}

size_t tls_server_end_point(const struct tls *tls, uint8_t out[64])
{
    X509 *peer = NULL;
    X509 *cert = SSL_get_certificate(tls->ssl);
    if (!SSL_is_server(tls->ssl)) {
        peer = SSL_get1_peer_certificate(tls->ssl);
        cert = peer;
    }
    int hash = NID_undef;
    unsigned len = 0;
    ERR_clear_error();
    if (cert != NULL && X509_get_signature_info(cert, &hash, NULL, NULL, NULL)) {
        /* RFC 5929: what is as weak as MD5 and SHA-1 counts as SHA-256. */
        bool is_weak = hash == NID_md5 || hash == NID_sha1;
        const EVP_MD *md = is_weak ? EVP_sha256() : EVP_get_digestbynid(hash);
        if (md == NULL || EVP_MD_get_size(md) > 64 || X509_digest(cert, md, out, &len) != 1) {
            len = 0;
        }
    }
    X509_free(peer);
    ERR_clear_error();
    return len;
}

void tls_peer_common_name(const struct tls *tls, char *out, size_t cap)
{
    X509 *peer = SSL_get1_peer_certificate(tls->ssl);
    out[0] = '\0';
    if (peer != NULL && SSL_get_verify_result(tls->ssl) == X509_V_OK) {
        X509_NAME *name = X509_get_subject_name(peer);
        int len = X509_NAME_get_text_by_NID(name, NID_commonName, out, (int)cap);
        if (len <= 0 || (size_t)len + 1 >= cap || strlen(out) != (size_t)len) {
            out[0] = '\0'; /* none, cut, or with a NUL inside (CVE-2009-4034) */
        }
    }
    X509_free(peer);
}
