/* SPDX-License-Identifier: Apache-2.0
 *
 * What a framer answers about the bytes it was shown. It consumes nothing on SCAN_MORE. */
#ifndef PROTOCOL_SCAN_H
#define PROTOCOL_SCAN_H

enum scan_status {
    SCAN_DONE, /* one whole unit is there */
    SCAN_MORE, /* what is there may become one */
    SCAN_BAD,  /* what is there can never become one */
};

#endif
