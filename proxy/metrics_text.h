/* SPDX-License-Identifier: Apache-2.0
 *
 * The metrics as Prometheus reads them: text format 0.0.4. */
#ifndef PROXY_METRICS_TEXT_H
#define PROXY_METRICS_TEXT_H

#include <stddef.h>

struct metrics;

/* The whole page, NUL-terminated, owned by the caller (free() it); *out_len without the NUL. Any
 * thread, while workers count. */
char *metrics_text(struct metrics *metrics, size_t *out_len);

#endif
