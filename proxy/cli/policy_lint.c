/* SPDX-License-Identifier: Apache-2.0
 *
 * policy lint: reads the catalogue of one upstream and asks its server what else it needs to know.
 * Changes nothing there. A catalogue that the proxy would refuse to serve is a finding here, not
 * a failure. Blocks until all is answered or failed. */
#include "proxy/cli/policy_lint.h"

#include <stdio.h>
#include <stdlib.h>

#include "policy/catalog/lint.h"
#include "policy/catalog/questions.h"
#include "policy/config/config.h"
#include "policy/snapshot.h"
#include "protocol/mem.h"
#include "proxy/cli/cli.h"
#include "proxy/cli/live_catalog.h"
#include "proxy/cli/options.h"
#include "proxy/pg/ask.h"

enum { LINT_CLEAN, LINT_FOUND, LINT_FAILED };

#define FAILURE_MAX 512

static bool take_row(void *context, size_t question, const struct slice *fields, size_t num_fields)
{
    return catalog_question_take(question, fields, num_fields, context);
}

static bool ask(struct snapshot *snapshot, const struct config_upstream *upstream,
                struct catalog_problems *problems)
{
    const size_t num = catalog_question_count();
    char **texts = mem_new_array(num, sizeof *texts);
    for (size_t i = 0; i < num; i++) {
        texts[i] = catalog_question_text(i, &snapshot_config(snapshot)->row);
    }
    char failure[FAILURE_MAX];
    const struct pg_questions questions = {texts, num, take_row, problems};
    bool is_answered = pg_ask_now(snapshot, upstream, &questions, failure, sizeof failure);
    if (!is_answered) {
        fprintf(stderr, "ringfence: the database cannot be looked at: %s\n", failure);
    }
    for (size_t i = 0; i < num; i++) {
        free(texts[i]);
    }
    free(texts);
    return is_answered;
}

static int print_problems(struct catalog_problems *problems)
{
    catalog_problems_sort(problems);
    for (size_t i = 0; i < problems->num_items; i++) {
        const struct catalog_problem *p = &problems->items[i];
        printf("%s\t%s\t%s\n", p->is_error ? "error" : "warning", p->object, p->message);
    }
    if (fflush(stdout) != 0 || ferror(stdout)) {
        perror("ringfence: standard output");
        return LINT_FAILED;
    }
    return problems->num_items > 0 ? LINT_FOUND : LINT_CLEAN;
}

static int lint(struct snapshot *snapshot, const char *name)
{
    const struct config_row *row = &snapshot_config(snapshot)->row;
    const struct config_upstream *upstream = cli_live_upstream(snapshot, name);
    struct catalog *catalog = NULL;
    if (upstream == NULL || !cli_live_read(snapshot, upstream, &catalog)) {
        return LINT_FAILED;
    }
    struct catalog_problems problems = catalog_lint(catalog, row);
    int status = ask(snapshot, upstream, &problems) ? print_problems(&problems) : LINT_FAILED;
    catalog_problems_fini(&problems);
    catalog_free(&catalog);
    return status;
}

int cli_policy_lint(const struct cli_options *options, char *const *environment)
{
    struct snapshot *snapshot = cli_load(options->config, environment);
    int status = snapshot == NULL ? LINT_FAILED : lint(snapshot, options->upstream);
    snapshot_unref(&snapshot);
    return status;
}
