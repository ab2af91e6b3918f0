/* SPDX-License-Identifier: Apache-2.0
 *
 * version: what a bug report needs first. libpg_query does not tell its release, so the one that
 * the build insists on is named with the grammar it has; OpenSSL and libevent say which one was
 * found at run time. */
#include <event2/event.h>
#include <openssl/crypto.h>
#include <stdio.h>

#include "proxy/cli/cli.h"

int cli_version(int argc, char **argv)
{
    (void)argv;
    if (argc != 1) {
        fputs("usage: ringfence version\n", stderr);
        return CLI_USAGE;
    }
    printf("ringfence %s\n", RF_VERSION);
    printf("libpg_query >= 18.1 (grammar of PostgreSQL %s)\n", RF_PG_QUERY_GRAMMAR);
    printf("%s\n", OpenSSL_version(OPENSSL_VERSION));
    printf("libevent %s\n", event_get_version());
    return fflush(stdout) == 0 ? CLI_DONE : CLI_FAILED;
}
