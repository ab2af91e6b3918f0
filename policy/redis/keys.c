/* SPDX-License-Identifier: Apache-2.0
 *
 * Key positions. The generated specs serve nearly every command; the parsers below are for those
 * where metadata is wrong or silent: the last of several STOREs wins though the spec names the
 * first, a group may be called "streams", BY and GET build key names on the server.
 *
 * Rule of this file: read options exactly as the server's own loop does, and answer with its
 * error whenever an argument does not fit. Nothing that was not understood is ever forwarded. */
#include "policy/redis/keys.h"

#include <stdio.h>
#include <strings.h>

#include "protocol/check.h"
#include "protocol/redis/resp_line.h"

static bool fail(struct redis_key_search *s, const char *error)
{
    snprintf(s->error, REDIS_ERROR_CAP, "%s", error);
    return false;
}

static bool fail_syntax(struct redis_key_search *s)
{
    return fail(s, "ERR syntax error");
}

static void mark(struct redis_key_search *s, size_t position, enum redis_mark mark)
{
    check(position < s->num_args);
    s->marks[position] = (uint8_t)mark;
}

/* Whether the argument at position is that word, in any case. */
static bool is_word(const struct redis_key_search *s, size_t position, const char *word)
{
    struct slice arg = s->args[position];
    struct slice expected = slice_text(word);
    return arg.len == expected.len && strncasecmp((const char *)arg.ptr, word, expected.len) == 0;
}

/* How many arguments stand behind position. */
static size_t num_behind(const struct redis_key_search *s, size_t position)
{
    return s->num_args - position - 1;
}

static bool mark_range(struct redis_key_search *s, const struct redis_key_spec *spec)
{
    size_t begin = (size_t)spec->begin;
    size_t end = 0; /* one past the last key */
    if (spec->last >= 0) {
        end = begin + (size_t)spec->last + 1;
    } else {
        size_t from_end = (size_t)-spec->last;
        end = s->num_args >= from_end ? s->num_args - from_end + 1 : 0;
    }
    if (begin >= end || end > s->num_args) {
        return fail_syntax(s);
    }
    for (size_t i = begin; i < end; i += (size_t)spec->step) {
        mark(s, i, REDIS_MARK_KEY);
    }
    return true;
}

/* Redis words its complaint about a number of keys below one in three ways. */
static bool fail_count(struct redis_key_search *s, bool is_integer)
{
    if (s->id == REDIS_LMPOP || s->id == REDIS_ZMPOP || s->id == REDIS_SINTERCARD) {
        return fail(s, "ERR numkeys should be greater than 0");
    }
    if (!is_integer) {
        return fail(s, "ERR value is not an integer or out of range");
    }
    snprintf(s->error, REDIS_ERROR_CAP, "ERR at least 1 input key is needed for '%s' command",
             s->command->name);
    return false;
}

static bool mark_counted(struct redis_key_search *s, const struct redis_key_spec *spec)
{
    size_t count_at = (size_t)(spec->begin + spec->count);
    size_t first = (size_t)(spec->begin + spec->first);
    check(count_at < s->num_args && count_at < first);
    int64_t count = 0;
    if (!resp_parse_integer(s->args[count_at], &count)) {
        return fail_count(s, false);
    }
    if (count < 1) {
        return fail_count(s, true);
    }
    if ((uint64_t)count > s->num_args - first) {
        return s->id == REDIS_SINTERCARD
                   ? fail(s, "ERR Number of keys can't be greater than number of args")
                   : fail_syntax(s);
    }
    for (size_t i = 0; i < (size_t)count; i++) {
        mark(s, first + i, REDIS_MARK_KEY);
    }
    return true;
}

static bool mark_spec(struct redis_key_search *s, const struct redis_key_spec *spec)
{
    switch (spec->kind) {
    case KEY_SPEC_NONE:
        return true;
    case KEY_SPEC_RANGE:
        return mark_range(s, spec);
    case KEY_SPEC_COUNTED:
        return mark_counted(s, spec);
    case KEY_SPEC_OPAQUE:
        break;
    }
    check(spec->kind != KEY_SPEC_OPAQUE); /* reviewed.def names a finder that cannot work */
    return false;
}

static bool find_by_table(struct redis_key_search *s)
{
    check(s->command->keys[0].kind != KEY_SPEC_NONE);
    for (size_t i = 0; i < REDIS_KEY_SPECS_CAP; i++) {
        if (!mark_spec(s, &s->command->keys[i])) {
            return false;
        }
    }
    return true;
}

static bool find_none(struct redis_key_search *s)
{
    (void)s;
    return true;
}

static bool find_in_copy(struct redis_key_search *s)
{
    mark(s, 1, REDIS_MARK_KEY);
    mark(s, 2, REDIS_MARK_KEY);
    for (size_t i = 3; i < s->num_args; i++) {
        if (is_word(s, i, "db")) {
            return fail(s, "ERR COPY to another database is not possible here");
        }
        if (!is_word(s, i, "replace")) {
            return fail_syntax(s);
        }
    }
    return true;
}

static bool find_in_keys(struct redis_key_search *s)
{
    mark(s, 1, REDIS_MARK_PATTERN);
    return true;
}

/* scanGenericCommand: of several MATCH the last one counts, so each is marked. */
static bool find_in_scan(struct redis_key_search *s)
{
    s->adds_match = true;
    for (size_t i = 2; i < s->num_args; i += 2) {
        if (num_behind(s, i) < 1) {
            return fail_syntax(s);
        }
        if (is_word(s, i, "match")) {
            mark(s, i + 1, REDIS_MARK_PATTERN);
            s->adds_match = false;
        } else if (!is_word(s, i, "count") && !is_word(s, i, "type")) {
            return fail_syntax(s);
        }
    }
    return true;
}

static bool is_element_itself(struct slice pattern)
{
    return slice_equal(pattern, slice_text("#"));
}

/* sortCommandGeneric. BY and GET make key names by putting an element for the '*' of a pattern;
 * a prefix in front of the pattern comes out in front of the name. "GET #" is the element. */
static bool find_in_sort(struct redis_key_search *s)
{
    mark(s, 1, REDIS_MARK_KEY);
    size_t i = 2;
    while (i < s->num_args) {
        bool has_value = num_behind(s, i) >= 1;
        if (is_word(s, i, "asc") || is_word(s, i, "desc") || is_word(s, i, "alpha")) {
            i += 1;
        } else if (is_word(s, i, "limit") && num_behind(s, i) >= 2) {
            i += 3;
        } else if (is_word(s, i, "store") && has_value && s->id == REDIS_SORT) {
            mark(s, i + 1, REDIS_MARK_KEY);
            i += 2;
        } else if (is_word(s, i, "by") && has_value) {
            mark(s, i + 1, REDIS_MARK_LOOKUP);
            i += 2;
        } else if (is_word(s, i, "get") && has_value) {
            mark(s, i + 1, is_element_itself(s->args[i + 1]) ? REDIS_MARK_NONE : REDIS_MARK_LOOKUP);
            i += 2;
        } else {
            return fail_syntax(s);
        }
    }
    return true;
}

/* georadiusGeneric. Two STOREs: Redis checks the first and writes to the last. Nobody means that.
 */
static bool find_in_georadius(struct redis_key_search *s)
{
    mark(s, 1, REDIS_MARK_KEY);
    size_t i = s->id == REDIS_GEORADIUS ? 6 : 5;
    bool has_store = false;
    while (i < s->num_args) {
        bool has_value = num_behind(s, i) >= 1;
        if (is_word(s, i, "withdist") || is_word(s, i, "withhash") || is_word(s, i, "withcoord") ||
            is_word(s, i, "any") || is_word(s, i, "asc") || is_word(s, i, "desc")) {
            i += 1;
        } else if (is_word(s, i, "count") && has_value) {
            i += 2;
        } else if ((is_word(s, i, "store") || is_word(s, i, "storedist")) && has_value) {
            if (has_store) {
                return fail_syntax(s);
            }
            has_store = true;
            mark(s, i + 1, REDIS_MARK_KEY);
            i += 2;
        } else {
            return fail_syntax(s);
        }
    }
    return true;
}

static bool mark_streams(struct redis_key_search *s, size_t first)
{
    size_t num = s->num_args - first;
    if (num % 2 != 0) {
        return fail(s, "ERR Unbalanced XREAD list of streams: for each stream key an ID or '$' "
                       "must be specified.");
    }
    for (size_t i = 0; i < num / 2; i++) {
        mark(s, first + i, REDIS_MARK_KEY);
    }
    return true;
}

/* xreadCommand: options are walked, because a group or consumer may be called "streams". */
static bool find_in_xread(struct redis_key_search *s)
{
    bool is_group = s->id == REDIS_XREADGROUP;
    bool has_group = false;
    size_t i = 1;
    while (i < s->num_args) {
        bool has_value = num_behind(s, i) >= 1;
        if (is_word(s, i, "block") && has_value) {
            return fail(s, "ERR BLOCK is not possible here: the link is shared with other clients");
        }
        if (is_word(s, i, "count") && has_value) {
            i += 2;
        } else if (is_word(s, i, "streams") && has_value) {
            if (is_group && !has_group) {
                return fail(s, "ERR Missing GROUP option for XREADGROUP");
            }
            return mark_streams(s, i + 1);
        } else if (is_word(s, i, "group") && num_behind(s, i) >= 2 && is_group) {
            has_group = true;
            i += 3;
        } else if (is_word(s, i, "noack") && is_group) {
            i += 1;
        } else {
            return fail_syntax(s);
        }
    }
    return fail_syntax(s);
}

bool redis_find_keys(struct redis_key_search *search, enum redis_key_finder finder)
{
    static bool (*const finders[REDIS_NUM_KEY_FINDERS])(struct redis_key_search *) = {
        [REDIS_KEYS_TABLE] = find_by_table,         [REDIS_KEYS_NONE] = find_none,
        [REDIS_KEYS_COPY] = find_in_copy,           [REDIS_KEYS_PATTERN] = find_in_keys,
        [REDIS_KEYS_SCAN] = find_in_scan,           [REDIS_KEYS_SORT] = find_in_sort,
        [REDIS_KEYS_GEORADIUS] = find_in_georadius, [REDIS_KEYS_XREAD] = find_in_xread,
    };
    check((unsigned)finder < REDIS_NUM_KEY_FINDERS);
    return finders[finder](search);
}
