/* SPDX-License-Identifier: Apache-2.0
 *
 * The program's entry: finds the sub-command and hands over. */
#include <stdio.h>

int main(void)
{
    fputs("usage: ringfence serve|check|explain|catalog|version\n", stderr);
    return 2;
}
