/* SPDX-License-Identifier: Apache-2.0
 *
 * The search path every link is pinned to. */
#ifndef PROXY_PG_SEARCH_PATH_H
#define PROXY_PG_SEARCH_PATH_H

struct config_row;

/* The managed schemas in their order, quoted, and pg_temp last: nobody can put a relation of his
 * own before a managed one. Owned by the caller, free() it. */
char *search_path_text(const struct config_row *row);

#endif
