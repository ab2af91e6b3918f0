/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/cmocka_all.h"

#include <string.h>

#include "protocol/pg/copy_in.h"

#define TEXT                                          \
    {                                                 \
        .delimiter = '\t', .column = COPY_IN_APPENDED \
    }
#define CSV                                                                                       \
    {                                                                                             \
        .is_csv = true, .delimiter = ',', .quote = '"', .escape = '"', .column = COPY_IN_APPENDED \
    }
#define CSV_AT(n)                                                                  \
    {                                                                              \
        .is_csv = true, .delimiter = ',', .quote = '"', .escape = '"', .column = n \
    }
#define CSV_ESCAPED                                                                                \
    {                                                                                              \
        .is_csv = true, .delimiter = ',', .quote = '"', .escape = '\\', .column = COPY_IN_APPENDED \
    }

static const struct {
    struct copy_in_format format;
    const char *in;
    const char *out;
    enum copy_in_status status;
} cases[] = {
    {TEXT, "1\ta\n2\tb\n", "1\ta\tac-me\n2\tb\tac-me\n", COPY_IN_OK},
    {TEXT, "1\ta\r\n2\tb\r\n", "1\ta\tac-me\r\n2\tb\tac-me\r\n", COPY_IN_OK},
    {TEXT, "1\ta", "1\ta\tac-me", COPY_IN_OK},
    {TEXT, "", "", COPY_IN_OK},
    {TEXT, "\n", "\tac-me\n", COPY_IN_OK},
    {TEXT, "1\ta\\\nb\n", "1\ta\\\nb\tac-me\n", COPY_IN_OK},
    {TEXT, "1\ta\\\\\n2\n", "1\ta\\\\\tac-me\n2\tac-me\n", COPY_IN_OK},
    {TEXT, "1\n\\.\n2\n", "1\tac-me\n\\.\n", COPY_IN_OK},
    {TEXT, "1\n\\.", "1\tac-me\n\\.", COPY_IN_OK},
    {TEXT, "1\\.\n2\n", "1\\.\tac-me\n2\tac-me\n", COPY_IN_OK}, /* the server calls it corrupt */
    {TEXT, "1\ra\n", NULL, COPY_IN_MALFORMED},
    {TEXT, "1\r", NULL, COPY_IN_MALFORMED},
    {TEXT, "1\r\r\n", NULL, COPY_IN_MALFORMED},
    {TEXT, "1\\", NULL, COPY_IN_MALFORMED},
    {{.delimiter = '-', .column = COPY_IN_APPENDED}, "1\n", "1-ac\\-me\n", COPY_IN_OK},
    {{.delimiter = '\t', .has_header = true, .column = COPY_IN_APPENDED},
     "id\n1\n",
     "id\ttenant_\"id\n1\tac-me\n",
     COPY_IN_OK},
    {{.delimiter = '\t', .column = 0}, "ac-me\t1\nac-me\t2", "ac-me\t1\nac-me\t2", COPY_IN_OK},
    {{.delimiter = '\t', .column = 1}, "1\tac-me\n", "1\tac-me\n", COPY_IN_OK},
    {{.delimiter = '\t', .column = 1}, "1\tother\n", NULL, COPY_IN_FOREIGN},
    {{.delimiter = '\t', .column = 1}, "1\tac-me\n1\tac-mes\n", NULL, COPY_IN_FOREIGN},
    {{.delimiter = '\t', .column = 1}, "1\tac-m\n", NULL, COPY_IN_FOREIGN},
    {{.delimiter = '\t', .column = 1}, "1\\\tac-me\tother\n", NULL, COPY_IN_FOREIGN},
    {{.delimiter = '\t', .column = 1}, "1\t\\N\n", NULL, COPY_IN_FOREIGN},
    {{.delimiter = '\t', .column = 1}, "1\n", NULL, COPY_IN_FOREIGN},
    {{.delimiter = '\t', .column = 1}, "1\t\\x61c-me\n", NULL, COPY_IN_FOREIGN},
    {{.delimiter = '\t', .column = 1}, "1\tac-me\\.\n", NULL, COPY_IN_FOREIGN},
    {{.delimiter = '\t', .column = 1}, "1\tother", NULL, COPY_IN_FOREIGN},
    {CSV, "1,a\n2,\"b\n,\"\n", "1,a,\"ac-me\"\n2,\"b\n,\",\"ac-me\"\n", COPY_IN_OK},
    {CSV, "1,\"a\"\"\n\"\n", "1,\"a\"\"\n\",\"ac-me\"\n", COPY_IN_OK},
    {CSV, "1,x\"\n\"y\n", "1,x\"\n\"y,\"ac-me\"\n", COPY_IN_OK},
    {CSV, "1,\"\r\"\r\n", "1,\"\r\",\"ac-me\"\r\n", COPY_IN_OK},
    {CSV, "1\r2\n", NULL, COPY_IN_MALFORMED},
    {CSV, "\\.\n1\n", NULL, COPY_IN_MALFORMED},
    {CSV, "\"\\.\"\n", "\"\\.\",\"ac-me\"\n", COPY_IN_OK},
    {CSV, "1,\"open", NULL, COPY_IN_MALFORMED},
    {CSV_ESCAPED, "1,\"a\\\"\n\"\n", "1,\"a\\\"\n\",\"ac-me\"\n", COPY_IN_OK},
    {CSV_ESCAPED, "1,\"a\\\\\"\n", "1,\"a\\\\\",\"ac-me\"\n", COPY_IN_OK},
    {CSV_ESCAPED, "1,a\\\n2\n", "1,a\\,\"ac-me\"\n2,\"ac-me\"\n", COPY_IN_OK},
    {CSV_AT(1), "1,ac-me\n2,\"ac-me\"\n", "1,ac-me\n2,\"ac-me\"\n", COPY_IN_OK},
    {CSV_AT(1), "\"1,ac-me\",other\n", NULL, COPY_IN_FOREIGN},
    {CSV_AT(1), "1,\"ac\"\"-me\"\n", NULL, COPY_IN_FOREIGN},
    {CSV_AT(1), "1,a\"c-me\"\n", NULL, COPY_IN_FOREIGN},
    {CSV_AT(1), "1, ac-me\n", NULL, COPY_IN_FOREIGN},
    {{.is_csv = true,
      .has_header = true,
      .delimiter = ';',
      .quote = 'm',
      .escape = 'm',
      .column = COPY_IN_APPENDED},
     "id\n1\n",
     "id;mtenant_\"idm\n1;mac-mmem\n",
     COPY_IN_OK},
    {{.is_csv = true,
      .has_header = true,
      .delimiter = ',',
      .quote = '"',
      .escape = '"',
      .column = 0},
     "tenant_id,id\nac-me,1\n",
     "tenant_id,id\nac-me,1\n",
     COPY_IN_OK},
};

/* Fed in pieces of that size. */
static enum copy_in_status run(const struct copy_in_format *format, const char *in, size_t piece,
                               char *out, size_t cap)
{
    struct copy_in c;
    struct writer w = writer_over(out, cap - 1);
    enum copy_in_status status = COPY_IN_OK;
    copy_in_init(&c, format, slice_text("ac-me"), slice_text("tenant_\"id"));
    for (size_t at = 0; at < strlen(in) && status == COPY_IN_OK; at += piece) {
        size_t len = strlen(in) - at < piece ? strlen(in) - at : piece;
        struct copy_in copy = c;
        struct writer measuring = writer_measuring();
        size_t before = writer_len(&w);
        enum copy_in_status measured = copy_in_feed(&copy, slice_of(in + at, len), &measuring);
        status = copy_in_feed(&c, slice_of(in + at, len), &w);
        assert_int_equal(measured, status);
        assert_int_equal(writer_len(&measuring), writer_len(&w) - before);
    }
    if (status == COPY_IN_OK) {
        status = copy_in_finish(&c, &w);
    }
    struct slice written;
    assert_true(writer_done(&w, &written));
    out[written.len] = '\0';
    return status;
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (size_t piece = 1; piece < 9; piece++) {
            char out[256];
            enum copy_in_status status = run(&cases[i].format, cases[i].in, piece, out, sizeof out);
            if (status != cases[i].status ||
                (cases[i].out != NULL && strcmp(out, cases[i].out) != 0)) {
                fail_msg("case %zu in pieces of %zu: %d, %s", i, piece, (int)status, out);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
