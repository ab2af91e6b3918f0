# SPDX-License-Identifier: Apache-2.0
"""What pins a session is counted under its name, for as long as the session keeps its link."""

import time

import pytest

from support import passthrough
from support.pg_wire import RawSession, TERMINATE, query

REASONS = {
    "setting": "SET temp_buffers = '7MB'",
    "temporary_table": "CREATE TEMP TABLE mine (x int)",
    "listen": "LISTEN news",
    "cursor_with_hold": "DECLARE c CURSOR WITH HOLD FOR SELECT 7",
    "prepare": "PREPARE p AS SELECT 7",
    "advisory_lock": "SELECT pg_advisory_lock(7)",
    "function": "SELECT nobody_reviewed_this()",
    "code": "DO $$ BEGIN END $$",
}


def counts(proxy):
    """({reason: now}, {reason: ever}, pinned sessions of acme), without zeros."""
    now, ever, sessions = {}, {}, 0
    for line in proxy.http("/metrics")[1].splitlines():
        name, _, rest = line.partition("{")
        reason, value = rest.partition('reason="')[2].partition('"')[0], line.rpartition(" ")[2]
        if name in ("ringfence_pg_pins", "ringfence_pg_pins_total") and float(value) != 0:
            (now if name == "ringfence_pg_pins" else ever)[reason] = float(value)
        if name == "ringfence_sessions_pinned" and 'tenant="acme"' in rest:
            sessions = float(value)
    return now, ever, sessions


def eventually(proxy, expected):
    deadline = time.monotonic() + 10
    while counts(proxy) != expected:
        assert time.monotonic() < deadline, (counts(proxy), expected)
        time.sleep(0.02)


@pytest.fixture
def pooled(start_proxy, postgres, rows):
    postgres.admin("CREATE OR REPLACE FUNCTION nobody_reviewed_this() RETURNS int LANGUAGE sql "
                   "AS 'SELECT 7'")
    yield start_proxy(overrides=passthrough.overrides(size=2))
    postgres.admin("DROP FUNCTION nobody_reviewed_this()")


def login(proxy):
    session = RawSession(proxy.ports["pg"])
    session.login("app.acme")
    return session


def say(session, text):
    session.send(query(text))
    session.read_until_ready()


@pytest.mark.parametrize("reason", REASONS)
def test_counted_until_the_session_ends(pooled, reason):
    session = login(pooled)
    say(session, "SELECT 1")
    assert counts(pooled) == ({}, {}, 0)
    say(session, REASONS[reason])
    assert counts(pooled) == ({reason: 1}, {reason: 1}, 1)
    say(session, "SET temp_buffers = '8MB'")
    assert counts(pooled) == ({reason: 1}, {reason: 1}, 1), "the first reason stands"
    session.send(TERMINATE)
    eventually(pooled, ({}, {reason: 1}, 0))
    session.close()


def test_discard_all_ends_it_and_another_may_follow(pooled):
    with login(pooled) as session:
        say(session, REASONS["listen"])
        say(session, "DISCARD ALL")
        assert counts(pooled) == ({}, {"listen": 1}, 0)
        say(session, REASONS["prepare"])
        assert counts(pooled) == ({"prepare": 1}, {"listen": 1, "prepare": 1}, 1)


@pytest.mark.parametrize("end", ["reset", "in a transaction", "lost link"])
def test_however_it_ends(pooled, postgres, end):
    with login(pooled) as session:
        say(session, REASONS["temporary_table"])
        if end == "lost link":
            session.send(query("SELECT pg_terminate_backend(pg_backend_pid())"))
            session.read_to_end()
        elif end == "in a transaction":
            say(session, "BEGIN")
        session.reset()
    eventually(pooled, ({}, {"temporary_table": 1}, 0))
