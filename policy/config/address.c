/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads addresses without resolving anything: whether an address is local decides if clients may
 * go unauthenticated, so only forms that can be judged by looking at them are taken. An IPv6
 * address that is not written ::1 is not local, whatever it means. */
#include "policy/config/address.h"

#include <stdlib.h>
#include <string.h>

#include "protocol/mem.h"

#define UNIX_PATH_MAX_LEN ((size_t)107) /* sun_path of unix(7): 108 bytes, one for the NUL */
#define HOST_MAX_LEN      ((size_t)253) /* RFC 1035, 2.3.4, without the root's dot */
#define LABEL_MAX_LEN     ((size_t)63)

static const char unix_prefix[] = "unix:";

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_hex(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* A decimal number of at most `digits` digits without leading zeros, up to most. */
static bool parse_number(const char *text, size_t len, size_t digits, unsigned most, unsigned *out)
{
    if (len == 0 || len > digits || (len > 1 && text[0] == '0')) {
        return false;
    }
    unsigned value = 0;
    for (size_t i = 0; i < len; i++) {
        if (!is_digit(text[i])) {
            return false;
        }
        value = value * 10 + (unsigned)(text[i] - '0');
    }
    *out = value;
    return value <= most;
}

static bool is_ipv4(const char *host, size_t len)
{
    size_t start = 0;
    for (int octet = 0; octet < 4; octet++) {
        const char *dot = memchr(host + start, '.', len - start);
        size_t end = dot != NULL ? (size_t)(dot - host) : len;
        unsigned value = 0;
        if ((dot != NULL) != (octet < 3) ||
            !parse_number(host + start, end - start, 3, 255, &value)) {
            return false;
        }
        start = end + (dot != NULL ? 1 : 0);
    }
    return true;
}

/* RFC 4291, 2.2: eight groups of one to four hex digits, of which one run may be "::". */
static bool is_ipv6(const char *host, size_t len)
{
    size_t groups = 0;
    bool has_gap = false;
    size_t i = 0;
    while (i < len) {
        size_t digits = 0;
        while (i < len && is_hex(host[i])) {
            digits++;
            i++;
        }
        groups += digits > 0;
        if (digits > 4 || (i < len && host[i] != ':')) {
            return false;
        }
        bool gap_here = i + 1 < len && host[i + 1] == ':';
        if (i < len && !gap_here && (digits == 0 || i + 1 == len)) {
            return false; /* a lone colon at either end */
        }
        if (gap_here && has_gap) {
            return false;
        }
        has_gap = has_gap || gap_here;
        i += gap_here ? 2 : 1;
    }
    return has_gap ? groups < 8 : groups == 8;
}

static bool is_label(const char *text, size_t len)
{
    if (len == 0 || len > LABEL_MAX_LEN || text[0] == '-' || text[len - 1] == '-') {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        bool letter = (text[i] >= 'a' && text[i] <= 'z') || (text[i] >= 'A' && text[i] <= 'Z');
        if (!letter && !is_digit(text[i]) && text[i] != '-' && text[i] != '_') {
            return false;
        }
    }
    return true;
}

/* Labels between dots. One whose last label is a number would be taken for a mistyped IPv4. */
static bool is_dns_name(const char *host, size_t len)
{
    if (len == 0 || len > HOST_MAX_LEN) {
        return false;
    }
    size_t start = 0;
    while (true) {
        const char *dot = memchr(host + start, '.', len - start);
        size_t end = dot != NULL ? (size_t)(dot - host) : len;
        if (!is_label(host + start, end - start)) {
            return false;
        }
        if (dot == NULL) {
            return !is_digit(host[start]) || strspn(host + start, "0123456789") < end - start;
        }
        start = end + 1;
    }
}

static bool parse_unix(const char *text, struct config_address *out)
{
    const char *path = text + strlen(unix_prefix);
    size_t len = strlen(path);
    if (path[0] != '/' || len < 2 || len > UNIX_PATH_MAX_LEN) {
        return false;
    }
    *out = (struct config_address){.is_unix = true,
                                   .path = mem_copy_string(path, len),
                                   .text = mem_copy_string(text, strlen(text))};
    return true;
}

static bool parse_address(const char *text, bool names_too, struct config_address *out)
{
    if (strncmp(text, unix_prefix, strlen(unix_prefix)) == 0) {
        return parse_unix(text, out);
    }
    const char *colon = strrchr(text, ':');
    unsigned port = 0;
    if (colon == NULL || !parse_number(colon + 1, strlen(colon + 1), 5, UINT16_MAX, &port) ||
        port == 0) {
        return false;
    }
    const char *host = text;
    size_t len = (size_t)(colon - text);
    bool brackets = len > 2 && host[0] == '[' && host[len - 1] == ']';
    host += brackets ? 1 : 0;
    len -= brackets ? 2 : 0;
    bool fits =
        brackets ? is_ipv6(host, len) : is_ipv4(host, len) || (names_too && is_dns_name(host, len));
    if (!fits) {
        return false;
    }
    *out = (struct config_address){.port = (uint16_t)port,
                                   .host = mem_copy_string(host, len),
                                   .text = mem_copy_string(text, strlen(text))};
    return true;
}

bool address_parse_bind(const char *text, struct config_address *out)
{
    return parse_address(text, false, out);
}

bool address_parse_endpoint(const char *text, struct config_address *out)
{
    return parse_address(text, true, out);
}

bool address_is_local(const struct config_address *address)
{
    if (address->is_unix) {
        return true;
    }
    bool v4_loopback =
        strncmp(address->host, "127.", 4) == 0 && is_ipv4(address->host, strlen(address->host));
    return v4_loopback || strcmp(address->host, "::1") == 0;
}

void address_fini(struct config_address *address)
{
    free(address->host);
    free(address->path);
    free(address->text);
    *address = (struct config_address){0};
}
