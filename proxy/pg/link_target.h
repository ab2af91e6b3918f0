/* SPDX-License-Identifier: Apache-2.0
 *
 * Where a link leads and as whom it logs in there. */
#ifndef PROXY_PG_LINK_TARGET_H
#define PROXY_PG_LINK_TARGET_H

#include <stddef.h>

#include "policy/config/upstream.h"

struct link_keys;
struct tls_context;

/* Where to connect and as whom. The owner keeps it up to date for as long as links refer to it. */
struct link_target {
    const struct config_upstream *upstream; /* borrows */
    char *search_path;                      /* owns; as SQL writes it */
    const struct tls_context *tls;          /* borrows; NULL: links are not encrypted */
    struct link_keys *keys;                 /* owns; what was derived */
    enum config_target wanted;              /* which of the endpoints will do */
    size_t endpoint; /* the next link's; any number, they are counted round */
};

#endif
