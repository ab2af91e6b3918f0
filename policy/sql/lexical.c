/* SPDX-License-Identifier: Apache-2.0
 *
 * Limits before parsing, on tokens of the server's own scanner. A text no longer than the depth
 * limit cannot be too deep, so short statements are only looked through for comments and for
 * numbers in new forms. When the scanner fails, the parser will fail at the same place and say so
 * better. */
#include "policy/sql/lexical.h"

#include <stdbool.h>
#include <string.h>

#include "pg_query.h"

#include "protocol/utf8.h"

#define VERSION_NEW_NUMBERS ((uint32_t)160000) /* hexadecimal and the like, and separators */

struct depth {
    size_t nesting;
    size_t operators[SQL_MAX_NESTING + 1]; /* in a row, for each nesting */
    size_t links[SQL_MAX_NESTING + 1];     /* joins and set operations, for each nesting */
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* 1_000, 0x1F, 0o17, 0b1, or something that looks like it. */
static bool starts_odd_number(const char *at)
{
    if (!is_digit(at[0])) {
        return false;
    }
    char letter = (char)(at[1] | 0x20);
    return at[1] == '_' || (at[0] == '0' && (letter == 'x' || letter == 'o' || letter == 'b'));
}

static bool needs_scan(const char *text, size_t len)
{
    if (len > SQL_MAX_NESTING) {
        return true;
    }
    for (const char *at = text; *at != '\0'; at++) {
        if ((at[0] == '/' && at[1] == '*') || starts_odd_number(at)) {
            return true;
        }
    }
    return false;
}

static bool opens(PgQueryToken token)
{
    return token == PG_QUERY_TOKEN_ASCII_40 || token == PG_QUERY_TOKEN_ASCII_91 ||
           token == PG_QUERY_TOKEN_CASE;
}

static bool closes(PgQueryToken token)
{
    return token == PG_QUERY_TOKEN_ASCII_41 || token == PG_QUERY_TOKEN_ASCII_93 ||
           token == PG_QUERY_TOKEN_END_P;
}

/* Tokens that each add a level to a left-deep or right-deep tree. */
static bool is_operator(PgQueryToken token)
{
    switch ((int)token) {
    case PG_QUERY_TOKEN_ASCII_37:
    case PG_QUERY_TOKEN_ASCII_42:
    case PG_QUERY_TOKEN_ASCII_43:
    case PG_QUERY_TOKEN_ASCII_45:
    case PG_QUERY_TOKEN_ASCII_47:
    case PG_QUERY_TOKEN_ASCII_60:
    case PG_QUERY_TOKEN_ASCII_61:
    case PG_QUERY_TOKEN_ASCII_62:
    case PG_QUERY_TOKEN_ASCII_91:
    case PG_QUERY_TOKEN_ASCII_94:
    case PG_QUERY_TOKEN_Op:
    case PG_QUERY_TOKEN_OPERATOR:
    case PG_QUERY_TOKEN_TYPECAST:
    case PG_QUERY_TOKEN_NOT:
    case PG_QUERY_TOKEN_COLLATE:
    case PG_QUERY_TOKEN_AT:
    case PG_QUERY_TOKEN_IS:
    case PG_QUERY_TOKEN_ISNULL:
    case PG_QUERY_TOKEN_NOTNULL:
        return true;
    default:
        return false;
    }
}

static bool is_link(PgQueryToken token)
{
    return token == PG_QUERY_TOKEN_JOIN || token == PG_QUERY_TOKEN_UNION ||
           token == PG_QUERY_TOKEN_INTERSECT || token == PG_QUERY_TOKEN_EXCEPT;
}

/* What separates operands without nesting them. */
static bool ends_chain(PgQueryToken token)
{
    return token == PG_QUERY_TOKEN_ASCII_44 || token == PG_QUERY_TOKEN_ASCII_59 ||
           token == PG_QUERY_TOKEN_AND || token == PG_QUERY_TOKEN_OR;
}

/* Answers false when the token goes too deep. */
static bool count(struct depth *d, PgQueryToken token)
{
    if (is_operator(token) && ++d->operators[d->nesting] > SQL_MAX_CHAIN) {
        return false;
    }
    if (is_link(token) && ++d->links[d->nesting] > SQL_MAX_CHAIN) {
        return false;
    }
    if (ends_chain(token)) {
        d->operators[d->nesting] = 0;
    }
    if (token == PG_QUERY_TOKEN_ASCII_59) {
        d->links[d->nesting] = 0;
    }
    if (opens(token)) {
        if (++d->nesting > SQL_MAX_NESTING) {
            return false;
        }
        d->operators[d->nesting] = 0;
        d->links[d->nesting] = 0;
    } else if (closes(token) && d->nesting > 0) {
        d->nesting--;
    }
    return true;
}

static bool is_odd_number(const char *text, const PgQueryScanToken *token)
{
    if (token->token != PG_QUERY_TOKEN_ICONST && token->token != PG_QUERY_TOKEN_FCONST) {
        return false;
    }
    const char *start = text + token->start;
    size_t len = (size_t)(token->end - token->start);
    return memchr(start, '_', len) != NULL || (len > 1 && starts_odd_number(start));
}

/* Whether the comment is one that any lexer ends where ours did. */
static bool is_plain_comment(struct slice comment)
{
    if (comment.len < 4 || comment.len > SQL_MAX_COMMENT) {
        return false;
    }
    for (size_t i = 2; i + 3 < comment.len; i++) {
        bool opens_another = comment.ptr[i] == '/' && comment.ptr[i + 1] == '*';
        bool ends_early = comment.ptr[i] == '*' && comment.ptr[i + 1] == '/';
        if (opens_another || ends_early) {
            return false;
        }
    }
    return true;
}

/* pg_hint_plan's Set() changes any setting while it plans. */
static bool names_set(struct slice comment)
{
    for (size_t i = 0; i + 2 < comment.len; i++) {
        if ((comment.ptr[i] | 0x20) == 's' && (comment.ptr[i + 1] | 0x20) == 'e' &&
            (comment.ptr[i + 2] | 0x20) == 't') {
            return true;
        }
    }
    return false;
}

static struct slice comment_at(const char *text, const PgQueryScanToken *token)
{
    if (token->token != PG_QUERY_TOKEN_C_COMMENT) {
        return (struct slice){0};
    }
    struct slice comment = slice_of(text + token->start, (size_t)(token->end - token->start));
    return is_plain_comment(comment) ? comment : (struct slice){0};
}

static void find_comments(const char *text, const PgQueryScanTokensResult *scanned,
                          struct sql_lexical *out)
{
    int last = scanned->n_tokens - 1;
    while (last > 0 && scanned->tokens[last].token == PG_QUERY_TOKEN_ASCII_59) {
        last--;
    }
    if (last < 1) {
        return;
    }
    struct slice first = comment_at(text, &scanned->tokens[0]);
    if (first.len > 4 && first.ptr[2] == '+' && !names_set(first)) {
        out->hint = first;
    }
    /* pg_hint_plan also finds hints behind the first words. */
    struct slice trailer = comment_at(text, &scanned->tokens[last]);
    if (trailer.len >= 4 && trailer.ptr[2] != '+') {
        out->trailer = trailer;
    }
}

static enum sql_lexical_status check_tokens(const char *text,
                                            const PgQueryScanTokensResult *scanned,
                                            uint32_t server_version, struct sql_lexical *out)
{
    struct depth d;
    d.nesting = 0;
    d.operators[0] = 0;
    d.links[0] = 0;
    if ((size_t)scanned->n_tokens > SQL_MAX_TOKENS) {
        return SQL_LEXICAL_TOO_LONG;
    }
    for (int i = 0; i < scanned->n_tokens; i++) {
        const PgQueryScanToken *token = &scanned->tokens[i];
        out->location = (size_t)token->start;
        if (!count(&d, token->token)) {
            return SQL_LEXICAL_TOO_DEEP;
        }
        if (server_version < VERSION_NEW_NUMBERS && is_odd_number(text, token)) {
            return SQL_LEXICAL_TOO_NEW;
        }
    }
    find_comments(text, scanned, out);
    return SQL_LEXICAL_OK;
}

enum sql_lexical_status sql_lexical_scan(const char *text, size_t len, size_t max_bytes,
                                         uint32_t server_version, struct sql_lexical *out)
{
    *out = (struct sql_lexical){0};
    if (len > max_bytes) {
        return SQL_LEXICAL_TOO_LONG;
    }
    if (!utf8_is_valid(slice_of(text, len), UTF8_NUL_REFUSED)) {
        return SQL_LEXICAL_ENCODING;
    }
    if (!needs_scan(text, len)) {
        return SQL_LEXICAL_OK;
    }
    PgQueryScanTokensResult scanned = pg_query_scan_tokens(text);
    enum sql_lexical_status status = SQL_LEXICAL_OK;
    if (scanned.error == NULL) {
        status = check_tokens(text, &scanned, server_version, out);
    }
    pg_query_free_scan_tokens_result(scanned);
    return status;
}
