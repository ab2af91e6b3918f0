/* SPDX-License-Identifier: Apache-2.0
 *
 * Sequences of messages, each written as one line of steps. Pushed entries are numbered from 1.
 *
 *   +Q  push, queued (Q F P B s=describe statement p=describe portal E C S; lQ: local; c: CopyDone)
 *   -S  push, not wanted          !P  push, a violation
 *   <D1p  the server sends D: part of 1      <C1l  the last of 1 (<ZI1l: Z with status I)
 *   <Na   belongs to nobody                  <Du   unexpected
 *   L2  settle answers local 2    K2  skipped 2    .  waits
 *   d+ d-  a CopyData is wanted or not       iI i-  idle with that status or not idle
 *   u   unsound at the end; without it, sound */
#include "protocol/pg/reply_tracker.h"

#include <stdlib.h>
#include <string.h>

#include "tests/cmocka_all.h"
#include "tests/failing_malloc.h"

struct run {
    struct pg_reply_tracker tracker;
    uint64_t num_pushed;
    bool is_unsound;
};

static enum pg_reply_kind kind_of(char letter)
{
    static const char letters[] = "QFPBspECS";
    const char *found = strchr(letters, letter);
    assert_non_null(found);
    return (enum pg_reply_kind)(found - letters);
}

static enum pg_reply_push push(struct run *run, const char *step)
{
    if (step[1] == 'c') {
        return pg_reply_push_copy_end(&run->tracker);
    }
    bool is_local = step[1] == 'l';
    const struct pg_reply entry = {.kind = kind_of(step[is_local ? 2 : 1]),
                                   .is_local = is_local,
                                   .value = run->num_pushed + 1};
    enum pg_reply_push pushed = pg_reply_push(&run->tracker, &entry);
    run->num_pushed += pushed == PG_REPLY_QUEUED;
    return pushed;
}

static bool feeds(struct run *run, const char *step)
{
    struct pg_reply out = {.value = 0};
    bool is_ready = step[1] == 'Z';
    enum pg_reply_verdict verdict =
        is_ready ? pg_reply_feed_ready(&run->tracker, (enum pg_ready)step[2], &out)
                 : pg_reply_feed(&run->tracker, (uint8_t)step[1], &out);
    char *end = NULL;
    uint64_t value = strtoul(step + (is_ready ? 3 : 2), &end, 10);
    switch (*end) {
    case 'a':
        return verdict == PG_REPLY_ASYNC;
    case 'u':
        return verdict == PG_REPLY_UNEXPECTED;
    case 'p':
        return verdict == PG_REPLY_PART && out.value == value;
    default:
        return verdict == PG_REPLY_LAST && out.value == value;
    }
}

static bool settles(struct run *run, const char *step, enum pg_reply_settled expected)
{
    struct pg_reply out = {.value = 0};
    enum pg_reply_settled settled = pg_reply_settle(&run->tracker, &out);
    return settled == expected &&
           (settled == PG_REPLY_WAITS || out.value == strtoul(step + 1, NULL, 10));
}

static bool is_idle_as(struct run *run, char expected)
{
    enum pg_ready status = PG_READY_IDLE;
    bool is_idle = pg_reply_is_idle(&run->tracker, &status);
    return is_idle == (expected != '-') && (!is_idle || (char)status == expected);
}

static bool holds(struct run *run, const char *step)
{
    switch (step[0]) {
    case '+':
        return push(run, step) == PG_REPLY_QUEUED;
    case '-':
        return push(run, step) == PG_REPLY_NOT_WANTED;
    case '!':
        return push(run, step) == PG_REPLY_VIOLATION;
    case '<':
        return feeds(run, step);
    case 'L':
        return settles(run, step, PG_REPLY_LOCAL);
    case 'K':
        return settles(run, step, PG_REPLY_SKIPPED);
    case '.':
        return settles(run, step, PG_REPLY_WAITS);
    case 'd':
        return pg_reply_wants_copy(&run->tracker) == (step[1] == '+');
    case 'i':
        return is_idle_as(run, step[1]);
    default:
        run->is_unsound = step[0] == 'u';
        return run->is_unsound;
    }
}

static void play(const char *script)
{
    struct run run = {.num_pushed = 0};
    pg_reply_init(&run.tracker, PG_READY_IDLE);
    const char *step = script;
    for (int number = 1; *step != '\0'; number++) {
        if (!holds(&run, step)) {
            fail_msg("step %d does not hold in: %s", number, script);
        }
        step += strcspn(step, " ");
        step += strspn(step, " ");
    }
    if (pg_reply_is_sound(&run.tracker) == run.is_unsound) {
        fail_msg("soundness differs at the end of: %s", script);
    }
    pg_reply_fini(&run.tracker);
}

static const char *const simple_scripts[] = {
    "iI +Q i- <T1p <D1p <D1p <C1p i- <ZI1l . iI",
    "+Q <I1p <ZI1l iI",                     /* empty query */
    "+Q <C1p <T1p <D1p <C1p <C1p <ZT1l iT", /* three statements */
    "+Q <T1p <D1p <E1p <ZE1l iE",           /* error in the middle */
    "+Q <E1p <Tu",                          /* nothing but Z follows an error */
    "+Q <E1p <Du",
    "+Q <E1p <Cu",
    "+Q <ZIu", /* no reply at all */
    "+Q <Du",
    "+Q <1u",
    "+Q <2u",
    "+Q <tu",
    "+Q <nu",
    "+Q <su",
    "+Q <du",
    "+Q <cu",
    "+Q <Ru",
    "+Q <T1p <D1p <ZIu",                           /* rows without completion */
    "+Q +Q <T1p <C1p <ZI1l i- <T2p <C2p <ZI2l iI", /* pipelined */
    "<Na <Sa <Aa iI <Tu",
    "<ZIu",
    "<Eu",
    "<Ku",                                     /* nobody waits */
    "+Q <Na <T1p <Sa <D1p <Aa <C1p <Na <ZI1l", /* asynchronous ones anywhere */
    "+F <V1p <ZI1l iI",
    "+F <E1p <ZI1l",
    "+F <V1p <E1p <ZE1l iE",
    "+F <ZIu",
};

static const char *const extended_scripts[] = {
    "+P +B +s +E +S <11l <22l <t3p <T3l <D4p <D4p <C4l <ZI5l iI",
    "+s <t1p <n1l i- +S <ZI2l iI",
    "+s <Tu",
    "+s <nu",
    "+s <t1p <tu",
    "+p <T1l",
    "+p <n1l",
    "+p <tu",
    "+E <s1l +S <ZT2l iT",
    "+E <I1l",
    "+E <Tu",
    "+E <ZIu",
    "+C <31l +S <ZI2l",
    "+C <1u",
    "+P +B <2u",       /* out of order */
    "+P <11l i- . i-", /* no Sync: not idle */
    "+S <ZI1l iI",
    "+S <E1p <ZE1l iE",
    "+S <Cu", /* commit at Sync may fail */
    "+S +P <ZI1l i- <12l i- +S <ZI3l iI",
    /* errors skip to the Sync that belongs to them */
    "+P +B +E +S <E1l K2 K3 . <ZI4l . iI",
    "+P +B +E +S <11l <E2l K3 . <ZI4l iI",
    "+P +S +P +S <E1l . <ZI2l <13l <ZI4l iI",
    "+P +B +S +P +B +S <E1l K2 . <ZI3l . <14l <25l <ZI6l iI",
    "+P <E1l . i- +B K2 . +Q K3 . +S . <ZI4l iI", /* still skipping when more is sent */
    "+P +Q +S <E1l K2 . <ZI3l iI",                /* simple queries are skipped, too */
    "+P <E1l . <Tu",
    "+P <E1l . <Eu", /* silence until the Sync */
    "+P +S <E1l . <Na <ZI2l iI",
};

static const char *const local_scripts[] = {
    "+lP L1 . iI",
    "+lP +lP L1 L2 . iI",
    "+P +lP +B <11l L2 . <23l", /* answered in order */
    "+lP L1 . +B +E +S <22l <C3l <ZI4l iI",
    "+P +lP +S <E1l K2 . <ZI3l . iI", /* skipped after an error */
    "+Q +lQ <C1p <ZI1l L2 . iI",
    "+S +lP +lS <ZI1l L2 L3 . iI",
    "+Q +lS <E1p <ZI1l L2 . iI",
    "+P !lS +S +lS <11l <ZI2l L3 . iI", /* the server needs a real Sync */
    "+P <E1l . !lS +S . <ZI2l iI",
    "+P +Q !lS",
    "+lP <1u",
};

static const char *const copy_scripts[] = {
    /* simple, in */
    "+Q d+ <G1p d+ +c d+ <C1p <ZI1l . d- iI",
    "+Q <G1p -S !Q !P !lP +c +S <C1p <ZI1l <ZI2l iI",
    "+Q <G1p <E1p d- -c <ZI1l d- -c iI", /* error while the client still sends */
    "+Q <G1p <E1p -c <Cu",
    "+Q <G1p +c <E1p <ZI1l iI",                /* CopyFail, or bad data */
    "+Q +c <G1p <C1p <ZI1l . iI",              /* all sent ahead */
    "+Q +c <C1p <ZI1l . iI",                   /* it was no COPY */
    "+Q +c +c <G1p <C1p <G1p <C1p <ZI1l . iI", /* two COPYs in one text */
    "+Q <G1p +c <C1p <G1p d+ +c <C1p <ZI1l iI",
    "+Q +S <G1p +c <C1p <ZI1l iI",   /* a Sync swallowed */
    "+Q +S <G1p +c <E1p <ZI1l u iI", /* ... or not */
    "+Q +Q <Gu",                     /* the server would read a Query as data */
    "+Q <G1p <Du",
    "+Q <G1p <du",
    "+Q <G1p <ZIu",
    "+Q <G1p <Gu",
    "-c d- +P -c d- +S -c d-", /* nothing that could copy */
    /* extended, in: libpq sends Sync at once and again after CopyDone */
    "+P +B +E +S <11l <22l <G3p d+ +c +S <C3l . <ZI5l iI",
    "+P +B +E +S <11l <22l <G3p d+ -S +c +S <C3l . <ZI5l iI",
    "+E +S +c +S <G1p <C1l . <ZI3l iI",      /* all sent ahead */
    "+E +S +c +S <E1l . <ZI2l . <ZI3l . iI", /* failed before it copied: two answers */
    "+E +S <G1p +c +S <E1l . <ZI3l u iI",
    "+E <G1p +c +S <E1l . <ZI2l iI",
    "+E <G1p <E1l . d- -c +S . <ZI2l iI",
    "+E <G1p +c d- -c +P +S <C1l <12l <ZI3l iI", /* the next ones behind the end */
    "+E +S +P +S <Gu",
    "+E +lP <Gu",
    "+E +S <G1p <C1l . i- +S <ZI3l iI", /* only the second Sync counts */
    "+E <G1p !B !E !C !s !p !F !lS",
    "+E +S +c <G1p !lS +S +lS <C1l <ZI3l L4 . iI", /* the first Sync was none */
    /* out */
    "+Q <H1p <d1p <d1p <c1p <C1p <ZI1l iI",
    "+Q <H1p <d1p <E1p <ZI1l iI",
    "+Q <H1p <c1p <E1p <ZI1l iI",
    "+Q <H1p <d1p <Cu",
    "+Q <H1p <c1p <du",
    "+Q <H1p <ZIu",
    "+E +S <H1p <d1p <c1p <C1l <ZI2l iI",
    "+E +S <H1p <E1l . <ZI2l iI",
    "+E <H1p <c1p <ZIu",
    "+Q <H1p +Q <d1p <c1p <C1p <ZI1l <C2p <ZI2l iI",
    /* both */
    "+Q <W1p d+ <d1p <d1p +c <d1p <c1p <C1p <ZI1l iI",
    "+Q <W1p <c1p d+ +c <T1p <D1p <C1p <C1p <ZI1l iI",
    "+Q <W1p <c1p d+ <C1p d+ +Q <ZI1l", /* our end was never sent, the statement is over */
    "+Q <W1p <d1p <E1p d- <ZI1l iI",
};

static void play_all(const char *const *scripts, size_t num_scripts)
{
    for (size_t i = 0; i < num_scripts; i++) {
        play(scripts[i]);
    }
}

#define PLAY_ALL(scripts) play_all(scripts, sizeof(scripts) / sizeof(scripts)[0])

static void test_scripts(void **state)
{
    (void)state;
    PLAY_ALL(simple_scripts);
    PLAY_ALL(extended_scripts);
    PLAY_ALL(local_scripts);
    PLAY_ALL(copy_scripts);
}

static void test_the_cap(void **state)
{
    (void)state;
    struct pg_reply_tracker t;
    struct pg_reply out;
    pg_reply_init(&t, PG_READY_IDLE);
    for (uint64_t i = 0; i < PG_REPLY_CAP; i++) {
        assert_int_equal(pg_reply_room(&t), PG_REPLY_CAP - i);
        const struct pg_reply entry = {.kind = PG_REPLY_PARSE, .value = i};
        assert_int_equal(pg_reply_push(&t, &entry), PG_REPLY_QUEUED);
    }
    const struct pg_reply entry = {.kind = PG_REPLY_PARSE, .value = PG_REPLY_CAP};
    assert_int_equal(pg_reply_push(&t, &entry), PG_REPLY_FULL);
    for (uint64_t i = 0; i < PG_REPLY_CAP; i++) {
        assert_int_equal(pg_reply_feed(&t, '1', &out), PG_REPLY_LAST);
        assert_int_equal(out.value, i);
    }
    assert_int_equal(pg_reply_room(&t), PG_REPLY_CAP);
    assert_null(t.ring); /* a large ring is not kept */
    pg_reply_fini(&t);
}

/* The ring turns over while it is partly full, at every fill. */
static void test_order_across_the_ring(void **state)
{
    (void)state;
    struct pg_reply_tracker t;
    struct pg_reply out;
    uint64_t next_in = 0;
    uint64_t next_out = 0;
    pg_reply_init(&t, PG_READY_IDLE);
    for (size_t fill = 1; fill < 300; fill++) {
        while (next_in - next_out < fill) {
            const struct pg_reply entry = {.kind = PG_REPLY_BIND, .value = next_in++};
            assert_int_equal(pg_reply_push(&t, &entry), PG_REPLY_QUEUED);
        }
        for (size_t i = 0; i < fill / 2 + 1; i++) {
            assert_int_equal(pg_reply_feed(&t, '2', &out), PG_REPLY_LAST);
            assert_int_equal(out.value, next_out++);
        }
    }
    pg_reply_fini(&t);
}

static void test_shortage_is_full(void **state)
{
    (void)state;
    for (unsigned successes = 0; successes < 2; successes++) {
        struct pg_reply_tracker t;
        pg_reply_init(&t, PG_READY_IDLE);
        const struct pg_reply entry = {.kind = PG_REPLY_CLOSE};
        failing_malloc_arm(successes);
        size_t num_pushed = 0;
        while (num_pushed < 100 && pg_reply_push(&t, &entry) == PG_REPLY_QUEUED) {
            num_pushed++;
        }
        assert_int_equal(failing_malloc_disarm(), 1);
        assert_int_equal(num_pushed, successes * 32);
        struct pg_reply out;
        for (size_t i = 0; i < num_pushed; i++) {
            assert_int_equal(pg_reply_feed(&t, '3', &out), PG_REPLY_LAST);
        }
        pg_reply_fini(&t);
    }
}

static void test_bytes_that_are_no_type(void **state)
{
    (void)state;
    struct pg_reply_tracker t;
    struct pg_reply out;
    pg_reply_init(&t, PG_READY_IDLE);
    for (int type = 0; type < 256; type++) {
        bool is_async = type == 'N' || type == 'S' || type == 'A';
        assert_int_equal(pg_reply_feed(&t, (uint8_t)type, &out),
                         is_async ? PG_REPLY_ASYNC : PG_REPLY_UNEXPECTED);
    }
    pg_reply_fini(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scripts),
        cmocka_unit_test(test_the_cap),
        cmocka_unit_test(test_order_across_the_ring),
        cmocka_unit_test(test_shortage_is_full),
        cmocka_unit_test(test_bytes_that_are_no_type),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
