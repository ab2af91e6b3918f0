/* SPDX-License-Identifier: Apache-2.0
 *
 * Message framing for both directions. Invariant: nothing is believed about a length before it was
 * compared with the cap of its type, and comparisons are made against what is left, never against
 * a sum (CVE-2026-6664 was `read_pos + len > write_pos`, before login). A type the sender does not
 * have is refused at its first byte: both peers' tables are closed sets. */
#include "protocol/pg/frame.h"

#include "protocol/check.h"

/* Caps on the length field, which counts itself. Client: PostgreSQL's PQ_SMALL_MESSAGE_LIMIT and
 * PG_MAX_AUTH_TOKEN_LENGTH. Server: libpq takes 30,000 bytes of all but the long messages. */
#define CLIENT_SMALL_LARGEST ((size_t)10000)
#define CLIENT_AUTH_LARGEST  ((size_t)65535)
#define SERVER_SMALL_LARGEST ((size_t)30000)

#define LENGTH_FIELD_LEN ((size_t)4)
#define STARTUP_SMALLEST ((size_t)8) /* length field and a code */

enum size_class {
    UNKNOWN, /* not a message of this sender */
    SMALL,
    AUTH,   /* tokens of cloud providers come close to the cap */
    LARGE,  /* up to the caller's cap */
    STREAM, /* as LARGE, but need not be held as a whole */
};

static const uint8_t classes[2][256] = {
    [PG_CLIENT] =
        {
            ['B'] = LARGE,  /* Bind */
            ['C'] = SMALL,  /* Close */
            ['D'] = SMALL,  /* Describe */
            ['E'] = SMALL,  /* Execute */
            ['F'] = LARGE,  /* FunctionCall */
            ['H'] = SMALL,  /* Flush */
            ['P'] = LARGE,  /* Parse */
            ['Q'] = LARGE,  /* Query */
            ['S'] = SMALL,  /* Sync */
            ['X'] = SMALL,  /* Terminate */
            ['c'] = SMALL,  /* CopyDone */
            ['d'] = STREAM, /* CopyData */
            ['f'] = SMALL,  /* CopyFail */
            ['p'] = AUTH,   /* Password, SASLInitialResponse, SASLResponse, GSSResponse */
        },
    [PG_SERVER] =
        {
            ['1'] = SMALL,  /* ParseComplete */
            ['2'] = SMALL,  /* BindComplete */
            ['3'] = SMALL,  /* CloseComplete */
            ['A'] = LARGE,  /* NotificationResponse */
            ['C'] = SMALL,  /* CommandComplete */
            ['D'] = STREAM, /* DataRow */
            ['E'] = LARGE,  /* ErrorResponse */
            ['G'] = LARGE,  /* CopyInResponse: two bytes per column */
            ['H'] = LARGE,  /* CopyOutResponse */
            ['I'] = SMALL,  /* EmptyQueryResponse */
            ['K'] = SMALL,  /* BackendKeyData */
            ['N'] = LARGE,  /* NoticeResponse */
            ['R'] = SMALL,  /* Authentication* */
            ['S'] = LARGE,  /* ParameterStatus: search_path has no bound */
            ['T'] = LARGE,  /* RowDescription */
            ['V'] = LARGE,  /* FunctionCallResponse */
            ['W'] = LARGE,  /* CopyBothResponse */
            ['Z'] = SMALL,  /* ReadyForQuery */
            ['c'] = SMALL,  /* CopyDone */
            ['d'] = STREAM, /* CopyData */
            ['n'] = SMALL,  /* NoData */
            ['s'] = SMALL,  /* PortalSuspended */
            ['t'] = LARGE,  /* ParameterDescription: 65,535 parameters of 4 bytes */
            ['v'] = SMALL,  /* NegotiateProtocolVersion */
        },
};

static size_t largest_of(enum size_class class, enum pg_sender sender, size_t largest)
{
    switch (class) {
    case SMALL:
        return sender == PG_CLIENT ? CLIENT_SMALL_LARGEST : SERVER_SMALL_LARGEST;
    case AUTH:
        return CLIENT_AUTH_LARGEST;
    case LARGE:
        return largest;
    case STREAM:
        return PG_FRAME_LARGEST;
    case UNKNOWN:
        break;
    }
    return 0;
}

enum scan_status pg_frame_peek(struct slice in, enum pg_sender sender, size_t largest,
                               struct pg_header *out)
{
    check(largest <= PG_FRAME_LARGEST);
    if (in.len == 0) {
        return SCAN_MORE;
    }
    enum size_class class = classes[sender][in.ptr[0]];
    if (class == UNKNOWN) {
        return SCAN_BAD;
    }
    if (in.len < PG_HEADER_LEN) {
        return SCAN_MORE;
    }
    struct reader r = reader_over(slice_from(in, 1));
    size_t length = reader_u32(&r);
    if (length < LENGTH_FIELD_LEN || length > largest_of(class, sender, largest)) {
        return SCAN_BAD;
    }
    *out = (struct pg_header){in.ptr[0], class == STREAM, length + 1};
    return SCAN_DONE;
}

enum scan_status pg_frame_next(struct slice in, enum pg_sender sender, size_t largest,
                               struct pg_frame *out)
{
    struct pg_header header;
    enum scan_status status = pg_frame_peek(in, sender, largest, &header);
    if (status != SCAN_DONE) {
        return status;
    }
    if (header.may_stream && header.total_len - 1 > largest) {
        return SCAN_BAD;
    }
    if (header.total_len > in.len) {
        return SCAN_MORE;
    }
    struct slice whole = slice_of(in.ptr, header.total_len);
    *out = (struct pg_frame){header.type, slice_from(whole, PG_HEADER_LEN), whole};
    return SCAN_DONE;
}

enum scan_status pg_frame_startup(struct slice in, struct slice *out_body)
{
    if (in.len < LENGTH_FIELD_LEN) {
        return SCAN_MORE;
    }
    struct reader r = reader_over(in);
    size_t length = reader_u32(&r);
    if (length < STARTUP_SMALLEST || length > PG_STARTUP_LARGEST) {
        return SCAN_BAD;
    }
    if (length > in.len) {
        return SCAN_MORE;
    }
    *out_body = reader_bytes(&r, length - LENGTH_FIELD_LEN);
    return SCAN_DONE;
}
