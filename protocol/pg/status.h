/* SPDX-License-Identifier: Apache-2.0
 *
 * What a decoder of one whole PostgreSQL message answers. */
#ifndef PROTOCOL_PG_STATUS_H
#define PROTOCOL_PG_STATUS_H

enum pg_status {
    PG_OK,
    PG_MALFORMED, /* short, long, or a count or length that does not add up: 08P01 and close */
};

#endif
