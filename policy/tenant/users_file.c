/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads a users file: "name" "secret" on a line, in the quoting of PgBouncer's userlist.txt (a
 * quote inside is doubled), blank lines, and comments from # to the end of a line. Only stored
 * verifiers are taken: a password in the clear is refused, and no message shows a secret. The
 * users are kept sorted by name; their memory is overwritten before it is released. */
#include "policy/tenant/users_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/base64.h"
#include "protocol/check.h"
#include "protocol/mem.h"

#define SECRET_MAX ((size_t)512) /* a verifier with the longest salt has 200 characters */

struct user {
    char *name; /* owns */
    size_t name_len;
    uint32_t line;
    struct user_secret secret;
};

struct users {
    struct user *items; /* owns; sorted by name */
    size_t count;
    size_t cap;
};

/* Where the parser is in the text. */
struct cursor {
    struct slice text;
    size_t at;
    uint32_t line;
    size_t line_start;
    const char *file;
    struct config_error *error;
};

static int peek(const struct cursor *c)
{
    return c->at < c->text.len ? c->text.ptr[c->at] : -1;
}

static enum config_status refuse(const struct cursor *c, size_t at, const char *message)
{
    *c->error =
        (struct config_error){.line = c->line, .column = (uint32_t)(at - c->line_start) + 1};
    snprintf(c->error->file, sizeof c->error->file, "%s", c->file);
    snprintf(c->error->message, sizeof c->error->message, "%s", message);
    return CONFIG_WRONG;
}

static void skip_blanks(struct cursor *c)
{
    while (peek(c) == ' ' || peek(c) == '\t') {
        c->at++;
    }
}

/* Takes a quoted text of 1 to cap bytes into memory. */
static enum config_status take_quoted(struct cursor *c, char *memory, size_t cap, size_t *out_len,
                                      const char *expected)
{
    size_t start = c->at;
    size_t len = 0;
    if (peek(c) != '"') {
        return refuse(c, start, expected);
    }
    for (c->at++; peek(c) != -1 && peek(c) != '\n'; c->at++) {
        if (peek(c) == '"') {
            c->at++;
            if (peek(c) != '"') {
                *out_len = len;
                return len > 0 ? CONFIG_OK : refuse(c, start, expected);
            }
        }
        if (len == cap || peek(c) == '\0') {
            return refuse(c, start, expected);
        }
        memory[len++] = (char)peek(c);
    }
    return refuse(c, start, "expected a closing quote on the same line");
}

static int hex_value(uint8_t c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "#" and the SHA-256 of the password in lower-case hex. */
static bool parse_sha256(struct slice text, struct user_secret *out)
{
    if (text.len != 1 + 2 * SHA256_LEN || text.ptr[0] != '#') {
        return false;
    }
    out->kind = USER_SECRET_SHA_256;
    for (size_t i = 0; i < SHA256_LEN; i++) {
        int high = hex_value(text.ptr[1 + 2 * i]);
        int low = hex_value(text.ptr[2 + 2 * i]);
        if (high < 0 || low < 0) {
            return false;
        }
        out->sha256[i] = (uint8_t)(high * 16 + low);
    }
    return true;
}

/* "md5" and MD5 of password and name in lower-case hex. */
static bool parse_md5(struct slice text, struct user_secret *out)
{
    if (text.len != 3 + MD5_HEX_LEN || memcmp(text.ptr, "md5", 3) != 0) {
        return false;
    }
    out->kind = USER_SECRET_MD5;
    memcpy(out->md5, text.ptr + 3, MD5_HEX_LEN);
    for (size_t i = 0; i < MD5_HEX_LEN; i++) {
        if (hex_value((uint8_t)out->md5[i]) < 0) {
            return false;
        }
    }
    return true;
}

/* What stands before the next separator, which is taken too. False: there is none. */
static bool take_until(struct slice *rest, char separator, struct slice *out)
{
    const uint8_t *end = rest->len > 0 ? memchr(rest->ptr, separator, rest->len) : NULL;
    if (end == NULL) {
        return false;
    }
    *out = slice_of(rest->ptr, (size_t)(end - rest->ptr));
    *rest = slice_from(*rest, out->len + 1);
    return true;
}

static bool parse_iterations(struct slice text, uint32_t *out)
{
    uint32_t value = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9' || value > USER_ITERATIONS_MAX) {
            return false;
        }
        value = value * 10 + (uint32_t)(text.ptr[i] - '0');
    }
    *out = value;
    return value >= USER_ITERATIONS_MIN && value <= USER_ITERATIONS_MAX;
}

static bool parse_key(struct slice text, uint8_t out[SHA256_LEN])
{
    size_t len = 0;
    return base64_decode(text, out, SHA256_LEN, &len) && len == SHA256_LEN;
}

/* SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>, as pg_authid.rolpassword has it. */
static bool parse_scram(struct slice text, struct user_secret *out)
{
    struct slice rest = text;
    struct slice method;
    struct slice iterations;
    struct slice salt;
    struct slice stored_key;
    if (!take_until(&rest, '$', &method) || !take_until(&rest, ':', &iterations) ||
        !take_until(&rest, '$', &salt) || !take_until(&rest, ':', &stored_key)) {
        return false;
    }
    out->kind = USER_SECRET_SCRAM_SHA_256;
    return slice_equal(method, slice_text("SCRAM-SHA-256")) &&
           parse_iterations(iterations, &out->iterations) &&
           base64_decode(salt, out->salt, sizeof out->salt, &out->salt_len) && out->salt_len > 0 &&
           parse_key(stored_key, out->stored_key) && parse_key(rest, out->server_key);
}

static struct user *add_user(struct users *users, const char *name, size_t len, uint32_t line)
{
    if (users->count == users->cap) {
        size_t cap = users->cap == 0 ? 16 : users->cap * 2;
        struct user *items = mem_new_array(cap, sizeof *items);
        if (users->count > 0) {
            memcpy(items, users->items, users->count * sizeof *items);
            explicit_bzero(users->items, users->count * sizeof *items);
        }
        free(users->items);
        users->items = items;
        users->cap = cap;
    }
    struct user *user = &users->items[users->count++];
    *user = (struct user){.name = mem_copy_string(name, len), .name_len = len, .line = line};
    return user;
}

static enum config_status take_user(struct cursor *c, struct users *users)
{
    char name[USER_NAME_MAX];
    char secret[SECRET_MAX];
    size_t name_len = 0;
    size_t secret_len = 0;
    if (take_quoted(c, name, sizeof name, &name_len,
                    "expected \"name\" of 1 to 255 bytes in double quotes") != CONFIG_OK) {
        return CONFIG_WRONG;
    }
    skip_blanks(c);
    size_t start = c->at;
    if (take_quoted(c, secret, sizeof secret, &secret_len,
                    "expected \"secret\" in double quotes after the name") != CONFIG_OK) {
        return CONFIG_WRONG;
    }
    struct user *user = add_user(users, name, name_len, c->line);
    struct slice text = slice_of(secret, secret_len);
    bool fits = parse_scram(text, &user->secret) || parse_sha256(text, &user->secret) ||
                parse_md5(text, &user->secret);
    explicit_bzero(secret, sizeof secret);
    return fits ? CONFIG_OK
                : refuse(c, start,
                         "expected SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey with 4096 to "
                         "1000000 iterations, # and 64 lower-case hex digits of SHA-256, or md5 "
                         "and 32 of MD5");
}

static enum config_status take_line(struct cursor *c, struct users *users)
{
    skip_blanks(c);
    bool is_blank = peek(c) == -1 || peek(c) == '\n' || peek(c) == '\r' || peek(c) == '#';
    if (!is_blank) {
        if (take_user(c, users) != CONFIG_OK) {
            return CONFIG_WRONG;
        }
        skip_blanks(c);
    }
    if (peek(c) == '#') {
        const uint8_t *end = memchr(c->text.ptr + c->at, '\n', c->text.len - c->at);
        c->at = end != NULL ? (size_t)(end - c->text.ptr) : c->text.len;
    }
    c->at += peek(c) == '\r' ? 1 : 0;
    if (peek(c) != '\n' && peek(c) != -1) {
        return refuse(c, c->at, "expected the end of the line");
    }
    c->at += peek(c) == '\n' ? 1 : 0;
    c->line++;
    c->line_start = c->at;
    return CONFIG_OK;
}

static int compare_bytes(const char *a, size_t a_len, const char *b, size_t b_len)
{
    int order = memcmp(a, b, a_len < b_len ? a_len : b_len);
    return order != 0 ? order : (a_len > b_len) - (a_len < b_len);
}

static int compare_users(const void *a, const void *b)
{
    const struct user *left = a;
    const struct user *right = b;
    int order = compare_bytes(left->name, left->name_len, right->name, right->name_len);
    return order != 0 ? order : (left->line > right->line) - (left->line < right->line);
}

static enum config_status sort_users(struct cursor *c, struct users *users)
{
    if (users->count == 0) {
        return CONFIG_OK;
    }
    qsort(users->items, users->count, sizeof *users->items, compare_users);
    for (size_t i = 1; i < users->count; i++) {
        const struct user *user = &users->items[i];
        const struct user *before = &users->items[i - 1];
        if (compare_bytes(before->name, before->name_len, user->name, user->name_len) == 0) {
            c->line = user->line;
            c->line_start = 0;
            return refuse(c, 0, "that name is there twice");
        }
    }
    return CONFIG_OK;
}

enum config_status users_parse(struct slice text, const char *name, struct users **out,
                               struct config_error *out_error)
{
    check(name != NULL && out != NULL && out_error != NULL);
    struct users *users = mem_new(sizeof *users);
    struct cursor cursor = {.text = text, .line = 1, .file = name, .error = out_error};
    enum config_status status = CONFIG_OK;
    while (cursor.at < text.len && status == CONFIG_OK) {
        status = take_line(&cursor, users);
    }
    if (status == CONFIG_OK) {
        status = sort_users(&cursor, users);
    }
    if (status != CONFIG_OK) {
        users_free(&users);
    }
    *out = users;
    return status;
}

enum config_status users_load(const char *path, struct users **out, struct config_error *out_error)
{
    check(path != NULL && out != NULL && out_error != NULL);
    struct config_file file = {0};
    char reason[256] = "";
    *out = NULL;
    if (!config_read_file(NULL, path, USERS_FILE_MAX, &file, reason, sizeof reason)) {
        *out_error = (struct config_error){0};
        snprintf(out_error->file, sizeof out_error->file, "%s", path);
        snprintf(out_error->message, sizeof out_error->message, "cannot be read: %s", reason);
        return CONFIG_WRONG;
    }
    enum config_status status = users_parse(slice_of(file.bytes, file.len), path, out, out_error);
    config_file_fini(&file);
    return status;
}

void users_free(struct users **users)
{
    struct users *u = *users;
    *users = NULL;
    if (u == NULL) {
        return;
    }
    for (size_t i = 0; i < u->count; i++) {
        free(u->items[i].name);
    }
    if (u->items != NULL) {
        explicit_bzero(u->items, u->count * sizeof *u->items);
    }
    free(u->items);
    free(u);
}

const struct user_secret *users_find(const struct users *users, struct slice name)
{
    check(users != NULL);
    size_t low = 0;
    size_t high = users->count;
    while (low < high && name.len > 0) {
        size_t middle = low + (high - low) / 2;
        const struct user *user = &users->items[middle];
        int order = compare_bytes((const char *)name.ptr, name.len, user->name, user->name_len);
        if (order == 0) {
            return &user->secret;
        }
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return NULL;
}

size_t users_count(const struct users *users)
{
    check(users != NULL);
    return users->count;
}
