/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/pg/frame.h"

#include <stdlib.h>
#include <string.h>

#include "tests/cmocka_all.h"
#include "tests/guarded.h"

#define LARGEST ((size_t)100000)

static const char client_types[] = "BCDEFHPQSXcdfp";
static const char server_types[] = "123ACDEGHIKNRSTVWZcdnstv";

static void put_header(uint8_t *message, char type, uint32_t length)
{
    message[0] = (uint8_t)type;
    message[1] = (uint8_t)(length >> 24);
    message[2] = (uint8_t)(length >> 16);
    message[3] = (uint8_t)(length >> 8);
    message[4] = (uint8_t)length;
}

static enum scan_status next_of_copy(const uint8_t *bytes, size_t len, enum pg_sender sender,
                                     struct pg_frame *out)
{
    struct slice in = guarded_copy(bytes, len);
    enum scan_status status = pg_frame_next(in, sender, LARGEST, out);
    if (status == SCAN_DONE) {
        assert_ptr_equal(out->whole.ptr, in.ptr);
        assert_ptr_equal(out->body.ptr, in.ptr + PG_HEADER_LEN);
    }
    guarded_free(in);
    return status;
}

static void test_every_prefix_of_every_type_is_more(void **state)
{
    (void)state;
    for (int sender = PG_CLIENT; sender <= PG_SERVER; sender++) {
        const char *types = sender == PG_CLIENT ? client_types : server_types;
        for (size_t i = 0; types[i] != '\0'; i++) {
            uint8_t message[25] = {0};
            put_header(message, types[i], 24);
            struct pg_frame frame;
            for (size_t len = 0; len < sizeof message; len++) {
                assert_int_equal(next_of_copy(message, len, (enum pg_sender)sender, &frame),
                                 SCAN_MORE);
            }
            assert_int_equal(next_of_copy(message, 25, (enum pg_sender)sender, &frame), SCAN_DONE);
            assert_int_equal(frame.type, types[i]);
            assert_int_equal(frame.body.len, 20);
            assert_int_equal(frame.whole.len, 25);
        }
    }
}

static void test_unknown_types_are_bad_at_the_first_byte(void **state)
{
    (void)state;
    for (int sender = PG_CLIENT; sender <= PG_SERVER; sender++) {
        const char *types = sender == PG_CLIENT ? client_types : server_types;
        for (int type = 0; type < 256; type++) {
            uint8_t message[5];
            put_header(message, (char)type, 4);
            bool is_known = type != 0 && strchr(types, type) != NULL;
            struct pg_frame frame;
            assert_int_equal(next_of_copy(message, 1, (enum pg_sender)sender, &frame),
                             is_known ? SCAN_MORE : SCAN_BAD);
            assert_int_equal(next_of_copy(message, 5, (enum pg_sender)sender, &frame),
                             is_known ? SCAN_DONE : SCAN_BAD);
        }
    }
}

/* What follows the first message changes nothing, and the second is found behind it. */
static void test_two_messages_in_every_split(void **state)
{
    (void)state;
    uint8_t both[16] = {0};
    put_header(both, 'Q', 8);
    put_header(both + 9, 'S', 4);
    for (size_t len = 0; len <= 14; len++) {
        struct pg_frame frame;
        enum scan_status first = next_of_copy(both, len, PG_CLIENT, &frame);
        assert_int_equal(first, len < 9 ? SCAN_MORE : SCAN_DONE);
        if (first == SCAN_DONE) {
            assert_int_equal(frame.whole.len, 9);
            assert_int_equal(next_of_copy(both + 9, len - 9, PG_CLIENT, &frame),
                             len < 14 ? SCAN_MORE : SCAN_DONE);
        }
    }
}

static const struct length_case {
    char type;
    enum pg_sender sender;
    uint32_t largest; /* the last length field that is not bad for pg_frame_next */
    uint32_t largest_peek;
} length_cases[] = {
    {'S', PG_CLIENT, 10000, 10000},
    {'p', PG_CLIENT, 65535, 65535},
    {'Q', PG_CLIENT, LARGEST, LARGEST},
    {'B', PG_CLIENT, LARGEST, LARGEST},
    {'d', PG_CLIENT, LARGEST, PG_FRAME_LARGEST},
    {'Z', PG_SERVER, 30000, 30000},
    {'T', PG_SERVER, LARGEST, LARGEST},
    {'E', PG_SERVER, LARGEST, LARGEST},
    {'D', PG_SERVER, LARGEST, PG_FRAME_LARGEST},
    {'d', PG_SERVER, LARGEST, PG_FRAME_LARGEST},
};

static void test_lengths_at_the_edges(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof length_cases / sizeof length_cases[0]; i++) {
        const struct length_case *c = &length_cases[i];
        const uint32_t lengths[] = {0,
                                    1,
                                    2,
                                    3,
                                    4,
                                    c->largest,
                                    c->largest + 1,
                                    c->largest_peek,
                                    c->largest_peek + 1,
                                    0x7FFFFFFF,
                                    0x80000000,
                                    0xFFFFFFFB,
                                    0xFFFFFFFE,
                                    0xFFFFFFFF};
        for (size_t j = 0; j < sizeof lengths / sizeof lengths[0]; j++) {
            uint8_t header[5];
            put_header(header, c->type, lengths[j]);
            struct slice in = guarded_copy(header, sizeof header);
            struct pg_frame frame;
            struct pg_header peeked;
            enum scan_status expected = lengths[j] < 4 || lengths[j] > c->largest ? SCAN_BAD
                                        : lengths[j] == 4                         ? SCAN_DONE
                                                                                  : SCAN_MORE;
            assert_int_equal(pg_frame_next(in, c->sender, LARGEST, &frame), expected);
            expected = lengths[j] < 4 || lengths[j] > c->largest_peek ? SCAN_BAD : SCAN_DONE;
            assert_int_equal(pg_frame_peek(in, c->sender, LARGEST, &peeked), expected);
            if (expected == SCAN_DONE) {
                assert_int_equal(peeked.total_len, (size_t)lengths[j] + 1);
                assert_int_equal(peeked.type, c->type);
                assert_int_equal(peeked.may_stream, c->largest_peek == PG_FRAME_LARGEST);
            }
            guarded_free(in);
        }
    }
}

static void test_the_largest_message_is_whole_at_its_last_byte(void **state)
{
    (void)state;
    uint8_t *message = calloc(1, LARGEST + 1);
    assert_non_null(message);
    put_header(message, 'Q', LARGEST);
    struct pg_frame frame;
    assert_int_equal(next_of_copy(message, LARGEST, PG_CLIENT, &frame), SCAN_MORE);
    assert_int_equal(next_of_copy(message, LARGEST + 1, PG_CLIENT, &frame), SCAN_DONE);
    assert_int_equal(frame.body.len, LARGEST - 4);
    free(message);
}

static void test_startup_lengths(void **state)
{
    (void)state;
    const uint32_t lengths[] = {0,     3,     4,          7,          8,          9,
                                10000, 10001, 0x16030100, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        static uint8_t packet[10001];
        put_header(packet, 0, lengths[i]);
        bool is_good = lengths[i] >= 8 && lengths[i] <= 10000;
        size_t end = is_good ? lengths[i] : 20;
        for (size_t len = 0; len <= end; len += len < 20 || len + 100 > end ? 1 : 97) {
            struct slice in = guarded_copy(packet + 1, len);
            struct slice body = {0};
            enum scan_status status = pg_frame_startup(in, &body);
            enum scan_status whole = is_good ? (len == end ? SCAN_DONE : SCAN_MORE) : SCAN_BAD;
            assert_int_equal(status, len < 4 ? SCAN_MORE : whole);
            if (status == SCAN_DONE) {
                assert_int_equal(body.len, lengths[i] - 4);
                assert_ptr_equal(body.ptr, in.ptr + 4);
            }
            guarded_free(in);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_prefix_of_every_type_is_more),
        cmocka_unit_test(test_unknown_types_are_bad_at_the_first_byte),
        cmocka_unit_test(test_two_messages_in_every_split),
        cmocka_unit_test(test_lengths_at_the_edges),
        cmocka_unit_test(test_the_largest_message_is_whole_at_its_last_byte),
        cmocka_unit_test(test_startup_lengths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
