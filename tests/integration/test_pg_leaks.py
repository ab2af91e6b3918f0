# SPDX-License-Identifier: Apache-2.0
"""Ten kinds of session state, made in seven ways, looked for by the next user of the same link.

One link for everybody, transaction pooling, no isolation: nothing but the handling of state is
between two sessions. Another tenant never sees any of it; nor does another session of the same
tenant. The session that made it finds it again, unless its transaction failed."""

import pytest

from support import passthrough
from support.pg_wire import RawSession, SYNC, bind, execute, parse, query, row_values

#: kind: (statements that make it, what shows it, what it shows then)
STATE = {
    "temporary table": ("CREATE TEMP TABLE leak AS SELECT 'leak' AS x", "SELECT x FROM leak"),
    "search_path": ("SET search_path = 'leak'", "SHOW search_path"),
    "setting": ("SET leak.setting = 'leak'", "SHOW leak.setting"),
    "prepared": ("PREPARE leak AS SELECT 'leak'", "EXECUTE leak"),
    "advisory lock": ("SELECT pg_advisory_lock(77)",
                      "SELECT 'leak' FROM pg_locks WHERE locktype = 'advisory' AND pid = "
                      "pg_backend_pid()"),
    "channel": ("LISTEN leak", "SELECT pg_listening_channels()"),
    "lastval": ("SELECT setval('leaks', 41), nextval('leaks')",
                "SELECT CASE lastval() WHEN 42 THEN 'leak' END"),
    "currval": ("SELECT setval('leaks', 41), nextval('leaks')",
                "SELECT CASE currval('leaks') WHEN 42 THEN 'leak' END"),
    "statement_timeout": ("SET statement_timeout = '77777'",
                          "SELECT 'leak' WHERE current_setting('statement_timeout') = '77777ms'"),
    "cursor": ("DECLARE leak CURSOR WITH HOLD FOR SELECT 'leak'", "FETCH leak"),
}
#: Sequences are not the session's for good: see docs/postgres.md.
NOT_KEPT = {"lastval", "currval"}


def simple(session, text):
    session.send(query(text))
    session.read_until_ready()


def extended(session, text):
    session.send(parse(text), bind(), execute(), SYNC)
    session.read_until_ready()


def pipelined(session, text):
    session.send(parse("SELECT 1"), bind(), execute(), SYNC, parse(text), bind(), execute(),
                 parse("SELECT 2"), bind(), execute(), SYNC, query("SELECT 3"))
    for _ in range(3):
        session.read_until_ready()


def failed_transaction(session, text):
    session.send(query("BEGIN"), query(text), query("SELECT 1/0"), query("ROLLBACK"))
    for _ in range(4):
        session.read_until_ready()


def rolled_back_to_savepoint(session, text):
    session.send(query("BEGIN; SAVEPOINT s"), query(text), query("ROLLBACK TO s; COMMIT"))
    for _ in range(3):
        session.read_until_ready()


def in_code(session, text):
    body = text.replace("SELECT ", "PERFORM ") if text.startswith("SELECT") else \
        f"EXECUTE {quoted(text)}"
    session.send(query(f"DO $do$ BEGIN {body}; END $do$"))
    session.read_until_ready()


def quoted(text):
    return "'" + text.replace("'", "''") + "'"


def killed(session, text):
    """The client vanishes while the statement runs or its answer is under way."""
    session.send(query("BEGIN"), query(text), query("COMMIT; SELECT pg_sleep(0.05)"))
    session.read_until_ready()
    session.reset()


WAYS = [simple, extended, pipelined, failed_transaction, rolled_back_to_savepoint, in_code, killed]
#: After these the maker finds its state again.
KEEPING = {simple, extended, pipelined}


@pytest.fixture(scope="module")
def leaks(postgres):
    postgres.admin("CREATE SEQUENCE leaks; GRANT ALL ON leaks TO PUBLIC")
    yield
    postgres.admin("DROP SEQUENCE leaks")


@pytest.fixture
def pooled(start_proxy, rows, leaks):
    return start_proxy(overrides=passthrough.overrides(size=1, wait_timeout="10s"))


def login(proxy, tenant):
    session = RawSession(proxy.ports["pg"], timeout=20)
    session.login(f"app.{tenant}")
    return session


def seen(session, look):
    session.send(query(look))
    return [row_values(found.body)[0] for found in session.read_until_ready() if found.type == "D"]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
@pytest.mark.parametrize("kind", STATE)
def test_no_state_reaches_another_session(pooled, kind, way):
    make, look = STATE[kind]
    for tenant in ("globex", "acme"):
        maker, other = login(pooled, "acme"), login(pooled, tenant)
        simple(other, "SELECT 1")
        way(maker, make)
        if way in KEEPING and kind not in NOT_KEPT:
            assert seen(maker, look) == [b"leak"], "the maker finds it again"
        if way is not killed:
            other.send(query(look))  # while the maker is there: it waits, or has another state
            maker.close()
            found = [row_values(row.body)[0] for row in other.read_until_ready()
                     if row.type == "D"]
            assert found != [b"leak"], f"{kind} of acme is seen by {tenant}"
        assert seen(other, look) != [b"leak"], f"{kind} of acme is left for {tenant}"
        other.close()
