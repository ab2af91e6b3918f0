/* SPDX-License-Identifier: Apache-2.0
 *
 * Contains the library: its memory (one context per run), its errors (PG_TRY, nowhere else) and
 * its stack check (its base is set for each run). Nothing of ours may hold malloc memory across a
 * call that can throw; trees and strings are palloc'd and die with the run. */
#include "policy/sql/libpg.h"

#include <stdlib.h>
#include <string.h>

#include "pg_query.h"
#include "pg_query_internal.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "parser/parser.h"
#include "utils/elog.h"

#include "protocol/check.h"
#include "protocol/mem.h"

#define SQLSTATE_LEN 5

static char *copy_or_null(const char *text)
{
    return text == NULL ? NULL : mem_copy_string(text, strlen(text));
}

/* The library keeps a SQLSTATE as five characters of six bits each, the first one lowest. */
static void unpack_sqlstate(int packed, char out[SQLSTATE_LEN + 1])
{
    for (int i = 0; i < SQLSTATE_LEN; i++) {
        out[i] = (char)PGUNSIXBIT(packed);
        packed >>= 6;
    }
    out[SQLSTATE_LEN] = '\0';
}

static int pack_sqlstate(const char *sqlstate)
{
    check(strlen(sqlstate) == SQLSTATE_LEN);
    return MAKE_SQLSTATE(sqlstate[0], sqlstate[1], sqlstate[2], sqlstate[3], sqlstate[4]);
}

static void take_error(MemoryContext context, struct libpg_error *out)
{
    MemoryContextSwitchTo(context);
    ErrorData *data = CopyErrorData();
    unpack_sqlstate(data->sqlerrcode, out->sqlstate);
    out->message = copy_or_null(data->message != NULL ? data->message : "unknown error");
    out->detail = copy_or_null(data->detail);
    out->hint = copy_or_null(data->hint);
    out->position = data->cursorpos;
    FlushErrorState();
}

bool libpg_run(libpg_fn body, void *arg, struct libpg_error *out)
{
    check(PG_exception_stack == NULL);
    volatile bool returned = false;
    MemoryContext context = pg_query_enter_memory_context();
    PG_TRY();
    {
        body(arg);
        returned = true;
    }
    PG_CATCH();
    {
        take_error(context, out);
    }
    PG_END_TRY();
    pg_query_exit_memory_context(context);
    return returned;
}

void libpg_error_fini(struct libpg_error *error)
{
    free(error->message);
    free(error->detail);
    free(error->hint);
    *error = (struct libpg_error){0};
}

void libpg_throw(const char *sqlstate, int32_t position, const char *message, const char *hint)
{
    check(PG_exception_stack != NULL);
    if (errstart(ERROR, NULL)) {
        errcode(pack_sqlstate(sqlstate));
        errmsg_internal("%s", message);
        if (hint != NULL) {
            errhint("%s", hint);
        }
        errposition(position);
        errfinish(__FILE__, __LINE__, __func__);
    }
    check_failed("errfinish returns from no ERROR", __FILE__, __LINE__);
}

List *libpg_parse(const char *text)
{
    return raw_parser(text, RAW_PARSE_DEFAULT);
}

void libpg_check_stack(void)
{
    check_stack_depth();
}
