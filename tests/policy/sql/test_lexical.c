/* SPDX-License-Identifier: Apache-2.0
 *
 * Limits before parsing, and the comments that survive. */
#include "tests/cmocka_all.h"

#include <stdlib.h>
#include <string.h>

#include "policy/sql/lexical.h"

#define V15 ((uint32_t)150000)
#define V16 ((uint32_t)160000)
#define CAP ((size_t)1 << 20)

static enum sql_lexical_status scan(const char *text, uint32_t version, struct sql_lexical *out)
{
    return sql_lexical_scan(text, strlen(text), CAP, version, out);
}

static void encodings_and_length(void **state)
{
    (void)state;
    struct sql_lexical out;
    assert_int_equal(sql_lexical_scan("SELECT\0 1", 9, CAP, V15, &out), SQL_LEXICAL_ENCODING);
    assert_int_equal(scan("SELECT '\xff'", V15, &out), SQL_LEXICAL_ENCODING);
    assert_int_equal(scan("SELECT '\xc0\x80'", V15, &out), SQL_LEXICAL_ENCODING);
    assert_int_equal(scan("SELECT '\xc3\xa9'", V15, &out), SQL_LEXICAL_OK);
    assert_int_equal(sql_lexical_scan("SELECT 1", 8, 8, V15, &out), SQL_LEXICAL_OK);
    assert_int_equal(sql_lexical_scan("SELECT 1", 8, 7, V15, &out), SQL_LEXICAL_TOO_LONG);
    assert_int_equal(scan("", V15, &out), SQL_LEXICAL_OK);
}

/* "SELECT " and then unit count times and then tail. */
static enum sql_lexical_status scan_repeated(const char *unit, size_t count, const char *tail)
{
    size_t len = strlen(unit);
    char *text = calloc(1, 7 + len * count + strlen(tail) + 1);
    assert_non_null(text);
    memcpy(text, "SELECT ", 7);
    for (size_t i = 0; i < count; i++) {
        memcpy(text + 7 + i * len, unit, len);
    }
    memcpy(text + 7 + len * count, tail, strlen(tail));
    struct sql_lexical out;
    enum sql_lexical_status status = scan(text, V15, &out);
    free(text);
    return status;
}

static void nesting(void **state)
{
    (void)state;
    static const char *const units[] = {"(", "a(", "a[", "CASE WHEN ", "(SELECT ", "ARRAY["};
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        assert_int_equal(scan_repeated(units[i], SQL_MAX_NESTING - 1, "1"), SQL_LEXICAL_OK);
        assert_int_equal(scan_repeated(units[i], SQL_MAX_NESTING + 1, "1"), SQL_LEXICAL_TOO_DEEP);
    }
    assert_int_equal(scan_repeated("(1), ", 10000, "1"), SQL_LEXICAL_OK);
    assert_int_equal(scan_repeated(")", 10000, "1"), SQL_LEXICAL_OK);
    assert_int_equal(scan_repeated("'((((((' || ", 100, "'('"), SQL_LEXICAL_OK);
}

static void chains(void **state)
{
    (void)state;
    static const char *const units[] = {
        "1+",      "NOT ", "- ",         "a||",       "1::int = ",          "a COLLATE b < ",
        "1 IS ",   "~ ",   "a[1]",       "1 UNION ",  "1 EXCEPT SELECT ",   "1 JOIN b ON true ",
        "1 AT b ", "1 / ", "1 NOTNULL ", "1 ISNULL ", "1 INTERSECT SELECT "};
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        assert_int_equal(scan_repeated(units[i], SQL_MAX_CHAIN / 4, "1"), SQL_LEXICAL_OK);
        assert_int_equal(scan_repeated(units[i], SQL_MAX_CHAIN + 1, "1"), SQL_LEXICAL_TOO_DEEP);
    }
    assert_int_equal(scan_repeated("a = 1 OR ", 10000, "b"), SQL_LEXICAL_OK);
    assert_int_equal(scan_repeated("-1, ", 10000, "1"), SQL_LEXICAL_OK);
    assert_int_equal(scan_repeated("1; SELECT -", 10000, "1"), SQL_LEXICAL_OK);
}

static void numbers(void **state)
{
    (void)state;
    static const char *const odd[] = {"SELECT 1_000", "SELECT 0x1F", "SELECT 0b1", "SELECT 0O7",
                                      "SELECT 1_0.5"};
    struct sql_lexical out;
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        assert_int_equal(scan(odd[i], V15, &out), SQL_LEXICAL_TOO_NEW);
        assert_int_equal(out.location, 7);
        assert_int_equal(scan(odd[i], V16, &out), SQL_LEXICAL_OK);
    }
    assert_int_equal(scan("SELECT t1_0x1 FROM a0_1 WHERE '1_0' = \"0x1\"", V15, &out),
                     SQL_LEXICAL_OK);
}

static void comments(void **state)
{
    static const struct {
        const char *text;
        const char *hint;
        const char *trailer;
    } cases[] = {
        {"/*+ a */ SELECT 1 /*b='c'*/", "/*+ a */", "/*b='c'*/"},
        {"/*+ a */ SELECT 1 /*b*/ ;", "/*+ a */", "/*b*/"},
        {"/* a */ SELECT 1", "", ""},
        {"SELECT /*+ a */ 1", "", ""},
        {"SELECT 1 /* a /* b */ c */", "", ""},
        {"/*+ a /* b */ */ SELECT 1", "", ""},
        {"/*+ SET(x y) */ SELECT 1", "", ""},
        {"SELECT 1 /*+ a */", "", ""},
        {"SELECT 1 -- a", "", ""},
        {"/*+ a */", "", ""},
        {"SELECT 1", "", ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sql_lexical out;
        assert_int_equal(scan(cases[i].text, V15, &out), SQL_LEXICAL_OK);
        if (!slice_equal(out.hint, slice_text(cases[i].hint)) ||
            !slice_equal(out.trailer, slice_text(cases[i].trailer))) {
            fail_msg("%s", cases[i].text);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encodings_and_length),
        cmocka_unit_test(nesting),
        cmocka_unit_test(chains),
        cmocka_unit_test(numbers),
        cmocka_unit_test(comments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
