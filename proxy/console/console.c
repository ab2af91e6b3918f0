/* SPDX-License-Identifier: Apache-2.0
 *
 * The console's address and its list of sessions. They live on the main thread, whose loop serves
 * no tenant: an operator's large answer delays nobody's statement. */
#include "proxy/console/console.h"

#include <stdlib.h>

#include <openssl/rand.h>

#include "protocol/check.h"
#include "protocol/mem.h"
#include "proxy/console/session.h"
#include "proxy/net/acceptor.h"

#define CONSOLE_TAG 0x61646d63U /* "admc" */

static void on_accepted(void *context, int fd, enum incoming_peer peer, const char *name)
{
    struct console *console = context;
    check(console->tag == CONSOLE_TAG);
    (void)peer;
    console_session_open(console, fd, name);
}

struct console *console_new(struct worker *worker, const struct config_address *address,
                            const struct console_host *host, const char **out_failure)
{
    struct console *console = mem_new(sizeof *console);
    console->tag = CONSOLE_TAG;
    console->worker = worker;
    console->host = *host;
    TAILQ_INIT(&console->sessions);
    check(RAND_bytes(console->mock_secret, sizeof console->mock_secret) == 1);
    console->acceptor = acceptor_new(worker, address, on_accepted, console, out_failure);
    console_stats_init(console);
    if (console->acceptor == NULL) {
        console_free(&console);
    }
    return console;
}

const char *console_address(const struct console *console)
{
    return acceptor_address(console->acceptor);
}

void console_free(struct console **console)
{
    struct console *c = *console;
    *console = NULL;
    if (c == NULL) {
        return;
    }
    acceptor_free(&c->acceptor);
    console_stats_fini(c);
    holds_fini(&c->holds);
    while (!TAILQ_EMPTY(&c->sessions)) {
        console_session_free(TAILQ_FIRST(&c->sessions));
    }
    free(c);
}
