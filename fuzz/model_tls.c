/* SPDX-License-Identifier: Apache-2.0
 *
 * See the header. The client trusts everybody: what it is shown is not what is tried here. */
#include "fuzz/model_tls.h"

#include <errno.h>
#include <stdio.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "protocol/check.h"

#define VALID_S 864000L /* ten days */

void model_tls_write_certificate(const char *cert_path, const char *key_path)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = X509_new();
    FILE *cert_file = fopen(cert_path, "we");
    FILE *key_file = fopen(key_path, "we");
    check(key != NULL && cert != NULL && cert_file != NULL && key_file != NULL);
    check(ASN1_INTEGER_set(X509_get_serialNumber(cert), 1) == 1);
    check(X509_gmtime_adj(X509_getm_notBefore(cert), -VALID_S) != NULL);
    check(X509_gmtime_adj(X509_getm_notAfter(cert), VALID_S) != NULL);
    check(X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_ASC,
                                     (const unsigned char *)"fuzz", -1, -1, 0) == 1);
    check(X509_set_issuer_name(cert, X509_get_subject_name(cert)) == 1);
    check(X509_set_pubkey(cert, key) == 1 && X509_sign(cert, key, EVP_sha256()) > 0);
    check(PEM_write_X509(cert_file, cert) == 1);
    check(PEM_write_PrivateKey(key_file, key, NULL, NULL, 0, NULL, NULL) == 1);
    check(fclose(cert_file) == 0 && fclose(key_file) == 0);
    X509_free(cert);
    EVP_PKEY_free(key);
}

static SSL_CTX *client_context(void)
{
    static SSL_CTX *context;
    if (context == NULL) {
        context = SSL_CTX_new(TLS_client_method());
        check(context != NULL);
        SSL_CTX_set_verify(context, SSL_VERIFY_NONE, NULL);
    }
    return context;
}

struct ssl_st *model_tls_new(int fd, enum model_tls_alpn alpn)
{
    static const unsigned char names[] = "\012postgresql";
    SSL *tls = SSL_new(client_context());
    check(tls != NULL && SSL_set_fd(tls, fd) == 1);
    if (alpn == MODEL_TLS_POSTGRESQL) {
        check(SSL_set_alpn_protos(tls, names, sizeof names - 1) == 0);
    }
    SSL_set_connect_state(tls);
    return tls;
}

void model_tls_free(struct ssl_st **tls)
{
    SSL_free(*tls);
    *tls = NULL;
}

static bool is_not_yet(const struct ssl_st *tls, int result)
{
    int why = SSL_get_error(tls, result);
    ERR_clear_error();
    return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE;
}

int model_tls_shake(struct ssl_st *tls)
{
    int result = SSL_do_handshake(tls);
    if (result == 1) {
        return 1;
    }
    return is_not_yet(tls, result) ? 0 : -1;
}

bool model_tls_send(struct ssl_st *tls, struct slice bytes)
{
    int sent = SSL_write(tls, bytes.ptr, (int)bytes.len);
    ERR_clear_error();
    return sent == (int)bytes.len;
}

ssize_t model_tls_receive(struct ssl_st *tls, void *out, size_t cap)
{
    int len = SSL_read(tls, out, (int)cap);
    if (len > 0) {
        return len;
    }
    if (!is_not_yet(tls, len)) {
        return 0;
    }
    errno = EAGAIN;
    return -1;
}
