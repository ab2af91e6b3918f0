/* SPDX-License-Identifier: Apache-2.0
 *
 * What becomes of a text: tests/policy/sql/rewrite/<name>.txt, for tenant t1 over the catalogue of
 * the corpus. A file is a list of cases, separated by empty lines:
 *
 *   < client text (one line)
 *   > text for the server, in which `=T` is the guard's `OPERATOR(pg_catalog.=) <tenant>`, `=ANYT`
 *     its fenced form and `T` as a word the tenant's value
 *   ! SQLSTATE and the start of the message, instead of a text; @n the position, if it matters
 *   - nothing is sent: no statement
 *
 * `% extended` or `% simple` switches the protocol for what follows. */
#include "tests/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/catalog/catalog.h"
#include "policy/sql/plan.h"
#include "protocol/bytes.h"
#include "tests/corpus_catalog.h"

#define LINE_CAP 8192

static const char *const files[] = {"select",  "join",    "expression", "with",     "insert",
                                    "change",  "session", "refused",    "extended", "merge",
                                    "utility", "system",  "copy"};

struct reading {
    const char *file;
    int line_number;
    char text[LINE_CAP];
    enum sql_protocol protocol;
    const struct catalog *catalog;
    struct sql_plan *plan;
    int num_cases;
};

static const struct slice tenant = {(const uint8_t *)"t1", 2};

/* Appends what a shorthand stands for. */
static void append(char *out, const char *text)
{
    size_t len = strlen(out);
    assert_true(len + strlen(text) < LINE_CAP);
    memcpy(out + len, text, strlen(text) + 1);
}

static const char *value_of(const struct reading *r)
{
    return r->protocol == SQL_SIMPLE ? "'t1'::pg_catalog.text" : "$N::pg_catalog.text";
}

static void expand(const struct reading *r, const char *expected, char out[LINE_CAP])
{
    out[0] = '\0';
    for (const char *at = expected; *at != '\0';) {
        bool is_word = at == expected || strchr(" (,", at[-1]) != NULL;
        if (strncmp(at, "=ANYT", 5) == 0) {
            append(out, "OPERATOR(pg_catalog.=) ANY(ARRAY[");
            append(out, value_of(r));
            append(out, "])");
            at += 5;
        } else if (strncmp(at, "=T", 2) == 0) {
            append(out, "OPERATOR(pg_catalog.=) ");
            append(out, value_of(r));
            at += 2;
        } else if (is_word && *at == 'T' && strchr(" ,)", at[1]) != NULL) {
            append(out, value_of(r));
            at++;
        } else {
            char one[2] = {*at++, '\0'};
            append(out, one);
        }
    }
}

/* The number of the tenant's parameter, in place of $N. */
static void number(const struct reading *r, char out[LINE_CAP])
{
    char copy[LINE_CAP];
    char param[16];
    snprintf(param, sizeof(param), "$%u", (unsigned)sql_plan_num_params(r->plan) + 1);
    memcpy(copy, out, strlen(out) + 1);
    out[0] = '\0';
    for (const char *at = copy; *at != '\0';) {
        if (strncmp(at, "$N", 2) == 0) {
            append(out, param);
            at += 2;
        } else {
            char one[2] = {*at++, '\0'};
            append(out, one);
        }
    }
}

static void written(const struct sql_plan *plan, char out[LINE_CAP])
{
    size_t len = sql_plan_text_len(plan, tenant);
    assert_true(len < LINE_CAP);
    struct writer w = writer_over(out, len);
    struct slice text;
    sql_plan_write_text(plan, tenant, &w);
    assert_true(writer_done(&w, &text));
    assert_int_equal(text.len, len);
    out[len] = '\0';
}

static void expect_text(struct reading *r, const char *expected)
{
    char want[LINE_CAP];
    char got[LINE_CAP];
    const struct sql_refusal *refusal = sql_plan_admit(r->plan, tenant);
    if (refusal != NULL) {
        fail_msg("%s:%d: %s refused: %s %s", r->file, r->line_number, r->text, refusal->sqlstate,
                 refusal->message);
    }
    assert_int_equal(sql_plan_verdict(r->plan), SQL_FORWARD);
    expand(r, expected, want);
    number(r, want);
    written(r->plan, got);
    if (strcmp(want, got) != 0) {
        fail_msg("%s:%d: %s\nwant: %s\n got: %s", r->file, r->line_number, r->text, want, got);
    }
}

static void expect_refusal(struct reading *r, const char *expected)
{
    char got[LINE_CAP];
    const struct sql_refusal *refusal = sql_plan_admit(r->plan, tenant);
    if (refusal == NULL) {
        written(r->plan, got);
        fail_msg("%s:%d: %s is sent as %s", r->file, r->line_number, r->text, got);
        return;
    }
    snprintf(got, sizeof(got), "%s %s @%d", refusal->sqlstate, refusal->message,
             (int)refusal->position);
    const char *position = strstr(expected, " @");
    size_t len = position != NULL ? (size_t)(position - expected) : strlen(expected);
    bool same = strncmp(expected, got, len) == 0;
    if (same && position != NULL) {
        const char *got_position = strrchr(got, '@');
        same = strcmp(position + 1, got_position) == 0;
    }
    if (!same || sql_plan_proof_failed(r->plan)) {
        fail_msg("%s:%d: %s\nwant: %s\n got: %s", r->file, r->line_number, r->text, expected, got);
    }
}

static void begin(struct reading *r, const char *text)
{
    struct sql_environment env = {
        .catalog = r->catalog, .row = corpus_row(), .max_bytes = 1 << 20, .wants_notes = true};
    snprintf(r->text, sizeof(r->text), "%s", text);
    struct sql_request request = {.text = slice_text(r->text), .protocol = r->protocol};
    sql_plan_unref(&r->plan);
    r->plan = sql_plan_new(&env, &request);
    r->num_cases++;
}

static void read_line(struct reading *r, const char *line)
{
    if (strncmp(line, "% ", 2) == 0) {
        r->protocol = strcmp(line + 2, "extended") == 0 ? SQL_EXTENDED : SQL_SIMPLE;
    } else if (strncmp(line, "< ", 2) == 0) {
        begin(r, line + 2);
    } else if (strncmp(line, "> ", 2) == 0) {
        expect_text(r, line + 2);
    } else if (strncmp(line, "! ", 2) == 0) {
        expect_refusal(r, line + 2);
    } else if (strcmp(line, "-") == 0) {
        assert_int_equal(sql_plan_verdict(r->plan), SQL_EMPTY);
    } else if (line[0] != '\0' && line[0] != '#') {
        fail_msg("%s:%d: not understood: %s", r->file, r->line_number, line);
    }
}

static void run_file(const char *name, const struct catalog *catalog)
{
    char path[1024];
    char line[LINE_CAP];
    struct reading r = {.file = name, .catalog = catalog};
    snprintf(path, sizeof(path), "%s/tests/policy/sql/rewrite/%s.txt", SOURCE_DIR, name);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    while (fgets(line, sizeof(line), file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        r.line_number++;
        read_line(&r, line);
    }
    fclose(file);
    sql_plan_unref(&r.plan);
    assert_true(r.num_cases > 0);
}

static void all_files(void **state)
{
    (void)state;
    struct catalog *catalog = corpus_catalog_new();
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        run_file(files[i], catalog);
    }
    catalog_free(&catalog);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
