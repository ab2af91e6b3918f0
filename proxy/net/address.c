/* SPDX-License-Identifier: Apache-2.0
 *
 * Socket addresses. Owns nothing; any thread. */
#include "proxy/net/address.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#include "policy/config/config.h"
#include "protocol/check.h"

#define PORT_TEXT_SIZE sizeof "65535"

static const char *resolve_unix(const char *path, struct address *out)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    size_t len = strlen(path);
    if (len >= sizeof a.sun_path) {
        return "the path is longer than a Unix socket's may be";
    }
    memcpy(a.sun_path, path, len);
    memcpy(&out->storage, &a, sizeof a);
    out->len = sizeof a;
    return NULL;
}

const char *address_resolve(const struct config_address *configured, struct address *out)
{
    *out = (struct address){0};
    if (configured->is_unix) {
        return resolve_unix(configured->path, out);
    }
    char port[PORT_TEXT_SIZE];
    check(snprintf(port, sizeof port, "%u", configured->port) < (int)sizeof port);
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    int error = getaddrinfo(configured->host, port, &hints, &found);
    if (error != 0) {
        return gai_strerror(error);
    }
    check(found->ai_addrlen <= sizeof out->storage);
    memcpy(&out->storage, found->ai_addr, found->ai_addrlen);
    out->len = found->ai_addrlen;
    freeaddrinfo(found);
    return NULL;
}

void address_set_port(struct address *address, uint16_t port)
{
    struct sockaddr_in in4;
    struct sockaddr_in6 in6;
    if (address->storage.ss_family == AF_INET) {
        memcpy(&in4, &address->storage, sizeof in4);
        in4.sin_port = htons(port);
        memcpy(&address->storage, &in4, sizeof in4);
    } else if (address->storage.ss_family == AF_INET6) {
        memcpy(&in6, &address->storage, sizeof in6);
        in6.sin6_port = htons(port);
        memcpy(&address->storage, &in6, sizeof in6);
    }
}

bool address_same_host(const struct address *a, const struct address *b)
{
    struct address x = *a;
    struct address y = *b;
    address_set_port(&x, 0);
    address_set_port(&y, 0);
    return x.len == y.len && memcmp(&x.storage, &y.storage, x.len) == 0;
}

static void print_unix(const struct address *address, char *out, size_t cap)
{
    struct sockaddr_un a = {0};
    memcpy(&a, &address->storage, sizeof a);
    size_t len = address->len > offsetof(struct sockaddr_un, sun_path)
                     ? strnlen(a.sun_path, sizeof a.sun_path)
                     : 0;
    (void)snprintf(out, cap, len > 0 ? "unix:%.*s" : "unix%.*s", (int)len, a.sun_path);
}

void address_print(const struct address *address, char *out, size_t cap)
{
    check(cap > 0);
    char host[INET6_ADDRSTRLEN] = "";
    struct sockaddr_in in4;
    struct sockaddr_in6 in6;
    if (address->storage.ss_family == AF_INET) {
        memcpy(&in4, &address->storage, sizeof in4);
        (void)inet_ntop(AF_INET, &in4.sin_addr, host, sizeof host);
        (void)snprintf(out, cap, "%s:%u", host, ntohs(in4.sin_port));
    } else if (address->storage.ss_family == AF_INET6) {
        memcpy(&in6, &address->storage, sizeof in6);
        (void)inet_ntop(AF_INET6, &in6.sin6_addr, host, sizeof host);
        (void)snprintf(out, cap, "[%s]:%u", host, ntohs(in6.sin6_port));
    } else {
        print_unix(address, out, cap);
    }
}

static bool is_loopback4(uint32_t network_order)
{
    return ntohl(network_order) >> 24 == IN_LOOPBACKNET;
}

enum incoming_peer address_peer(const struct address *address)
{
    if (address->storage.ss_family == AF_UNIX) {
        return PEER_UNIX;
    }
    bool is_loopback = false;
    if (address->storage.ss_family == AF_INET) {
        struct sockaddr_in in4;
        memcpy(&in4, &address->storage, sizeof in4);
        is_loopback = is_loopback4(in4.sin_addr.s_addr);
    } else if (address->storage.ss_family == AF_INET6) {
        struct sockaddr_in6 in6;
        uint32_t mapped = 0;
        memcpy(&in6, &address->storage, sizeof in6);
        memcpy(&mapped, in6.sin6_addr.s6_addr + 12, sizeof mapped);
        is_loopback = IN6_IS_ADDR_LOOPBACK(&in6.sin6_addr) ||
                      (IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr) && is_loopback4(mapped));
    }
    return is_loopback ? PEER_LOOPBACK : PEER_REMOTE;
}
