/* SPDX-License-Identifier: Apache-2.0
 *
 * The first packet, from a peer nothing is known about. Accepts exactly the documented forms: a
 * second reading of one of them is how another user's name gets in. Loops consume at least one
 * byte each turn, checked (CVE-2026-107349 was a `-c=` that consumed none). */
#include "protocol/pg/startup.h"

#include "protocol/check.h"

/* Codes that stand where the version stands: major 1234. */
#define MAJOR_OF_REQUESTS 1234
#define MINOR_CANCEL      5678
#define MINOR_SSL         5679
#define MINOR_GSSENC      5680
#define MAJOR_SUPPORTED   3

bool pg_setting_next(struct slice *settings, struct pg_setting *out)
{
    struct reader r = reader_over(*settings);
    out->name = reader_cstring(&r);
    out->value = reader_cstring(&r);
    bool is_one = reader_ok(&r) && out->name.len > 0;
    *settings = is_one ? reader_rest(&r) : slice_of(NULL, 0);
    return is_one;
}

/* Whether the setting's name stands in the pairs before it: before ends where the name begins. */
static bool is_duplicate(struct slice before, struct slice name)
{
    struct pg_setting earlier;
    while (pg_setting_next(&before, &earlier)) {
        if (slice_equal(earlier.name, name)) {
            return true;
        }
    }
    return false;
}

static void note_setting(struct pg_startup *out, const struct pg_setting *setting)
{
    if (slice_equal(setting->name, slice_text("user"))) {
        out->user = setting->value;
    } else if (slice_equal(setting->name, slice_text("database"))) {
        out->database = setting->value;
    } else if (slice_equal(setting->name, slice_text("options"))) {
        out->options = setting->value;
    }
}

/* Pairs of names and values up to an empty name, which must be the packet's last byte. */
static enum pg_status decode_settings(struct slice all, struct pg_startup *out)
{
    struct reader r = reader_over(all);
    unsigned num_settings = 0;
    out->settings = all;
    for (;;) {
        struct slice before = slice_of(all.ptr, all.len - reader_left(&r));
        struct pg_setting setting = {.name = reader_cstring(&r)};
        if (setting.name.len == 0) {
            break; /* the terminator, or bad */
        }
        setting.value = reader_cstring(&r);
        if (!reader_ok(&r) || ++num_settings > PG_STARTUP_MAX_SETTINGS ||
            is_duplicate(before, setting.name)) {
            return PG_MALFORMED;
        }
        note_setting(out, &setting);
    }
    if (!reader_done(&r) || out->user.len == 0) {
        return PG_MALFORMED;
    }
    out->database = out->database.len > 0 ? out->database : out->user;
    return PG_OK;
}

static enum pg_status decode_cancel(struct reader *r, struct pg_startup *out)
{
    out->kind = PG_STARTUP_CANCEL;
    out->process_id = reader_u32(r);
    out->cancel_key = reader_rest(r);
    bool is_good = reader_ok(r) && out->cancel_key.len >= PG_CANCEL_KEY_MIN &&
                   out->cancel_key.len <= PG_CANCEL_KEY_MAX;
    return is_good ? PG_OK : PG_MALFORMED;
}

static enum pg_status decode_request(struct reader *r, struct pg_startup *out)
{
    switch (out->minor) {
    case MINOR_CANCEL:
        return decode_cancel(r, out);
    case MINOR_SSL:
        out->kind = PG_STARTUP_SSL;
        return reader_done(r) ? PG_OK : PG_MALFORMED;
    case MINOR_GSSENC:
        out->kind = PG_STARTUP_GSSENC;
        return reader_done(r) ? PG_OK : PG_MALFORMED;
    default:
        return PG_MALFORMED;
    }
}

enum pg_status pg_startup_decode(struct slice body, struct pg_startup *out)
{
    struct reader r = reader_over(body);
    *out = (struct pg_startup){.kind = PG_STARTUP_OTHER_VERSION};
    out->major = reader_u16(&r);
    out->minor = reader_u16(&r);
    if (!reader_ok(&r)) {
        return PG_MALFORMED;
    }
    if (out->major == MAJOR_OF_REQUESTS) {
        return decode_request(&r, out);
    }
    if (out->major != MAJOR_SUPPORTED) {
        return PG_OK;
    }
    out->kind = PG_STARTUP_SESSION;
    return decode_settings(reader_rest(&r), out);
}

/* isspace() of the C locale, which is what the server splits at. */
static bool is_space(uint8_t byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

/* Takes one word off options: up to a space that no backslash stands before, backslashes removed,
 * written to scratch. PostgreSQL: pg_split_opts. Empty at the end of the options. */
static struct slice take_word(struct slice *options, uint8_t *scratch, bool *out_is_word)
{
    struct reader r = reader_over(*options);
    uint8_t byte = reader_u8(&r);
    while (reader_ok(&r) && is_space(byte)) {
        byte = reader_u8(&r);
    }
    *out_is_word = reader_ok(&r);
    size_t len = 0;
    bool is_escaped = false;
    while (reader_ok(&r) && (is_escaped || !is_space(byte))) {
        is_escaped = !is_escaped && byte == '\\';
        if (!is_escaped) {
            scratch[len++] = byte;
        }
        byte = reader_u8(&r);
    }
    size_t left_len = reader_left(&r);
    check(left_len < options->len || options->len == 0);
    *options = slice_from(*options, options->len - left_len);
    return slice_of(scratch, len);
}

/* Splits `name=value`; dashes in the name become underscores, as ParseLongOption has it. */
static enum pg_option_step split_setting(uint8_t *text, size_t len, struct pg_setting *out)
{
    size_t name_len = 0;
    while (name_len < len && text[name_len] != '=') {
        text[name_len] = text[name_len] == '-' ? '_' : text[name_len];
        name_len++;
    }
    if (name_len == 0 || name_len == len) {
        return PG_OPTION_MALFORMED;
    }
    out->name = slice_of(text, name_len);
    out->value = slice_from(slice_of(text, len), name_len + 1);
    return PG_OPTION_SETTING;
}

enum pg_option_step pg_option_next(struct slice *options, uint8_t **scratch, struct pg_setting *out)
{
    bool is_word = false;
    uint8_t *text = *scratch;
    struct slice word = take_word(options, text, &is_word);
    if (!is_word) {
        return PG_OPTION_END;
    }
    bool is_switch = word.len >= 2 && text[0] == '-' && (text[1] == 'c' || text[1] == '-');
    if (!is_switch) {
        return PG_OPTION_MALFORMED;
    }
    size_t start = 2;
    if (word.len == 2 && text[1] == 'c') { /* the value is the next word */
        word = take_word(options, text, &is_word);
        start = 0;
    }
    *scratch = text + word.len;
    return split_setting(text + start, word.len - start, out);
}
