/* SPDX-License-Identifier: Apache-2.0
 *
 * The program's entry: finds the sub-command and hands over. */
#include <stdio.h>
#include <string.h>

#include "proxy/explain/explain.h"

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "explain") == 0) {
        return explain_command(argc - 1, argv + 1, stdout, stderr);
    }
    fputs("usage: ringfence serve|check|explain|catalog|version\n", stderr);
    return 2;
}
