# SPDX-License-Identifier: Apache-2.0
"""What pins a session is counted under its name, for as long as the session keeps its link."""

import time

import pytest

from support import passthrough
from support.pg_wire import (SYNC, TERMINATE, RawSession, bind, error_fields, execute, parse,
                             query)

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


@pytest.mark.parametrize("text, sqlstate", [
    ("CREATE TEMP TABLE mine (x int)", "0A000"), ("LISTEN news", "0A000"),
    ("PREPARE p AS SELECT 1", "0A000"), ("SELECT pg_advisory_lock(1)", "0A000"),
    ("DO $$ BEGIN END $$", "0A000"), ("SET temp_buffers = '7MB'", "0A000"),
    ("SET work_mem = '7MB'; SELECT 1", "0A000"),
    ("SELECT 1; SET work_mem = '7MB'", None),
    ("SET work_mem = '7MB'", None), ("SELECT 1", None),
    ("BEGIN; SET LOCAL work_mem = '7MB'", None)])
@pytest.mark.parametrize("extended", [False, True], ids=["simple", "extended"])
def test_a_pool_that_refuses_pins(start_proxy, rows, text, sqlstate, extended):
    """What would pin is refused in both protocols, before the server sees it; the rest is not."""
    if extended and ";" in text.replace("; END", "").replace("BEGIN END", ""):
        text = text.rsplit("; ", 1)[0]
        sqlstate = None
    proxy = start_proxy(overrides=passthrough.overrides(size=1, pin="refuse"))
    with RawSession(proxy.ports["pg"]) as session, RawSession(proxy.ports["pg"]) as other:
        session.login("app.acme")
        other.login("app.globex")
        session.send(*([parse(text), bind(), execute(), SYNC] if extended else [query(text)]))
        errors = [error_fields(found.body)["C"] for found in session.read_until_ready()
                  if found.type == "E"]
        assert errors == ([sqlstate] if sqlstate else [])
        session.send(query("ROLLBACK"))
        session.read_until_ready()
        other.send(query("SELECT 1"))
        assert not [found for found in other.read_until_ready() if found.type == "E"]
