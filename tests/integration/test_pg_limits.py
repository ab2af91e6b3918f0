# SPDX-License-Identifier: Apache-2.0
"""How long a session may take, and how many of a kind there may be."""

import psycopg
import pytest

from support.pg_wire import RawSession, SYNC, bind, error_fields, execute, parse, query
from support.process import wait_for


def types(messages):
    return "".join(found.type for found in messages if found.type not in "SN")


def limited(start_proxy, pool=None, **limits):
    return start_proxy(overrides={"limits": {"workers": 1, **limits},
                                  "upstreams": {"main": {"pool": {"size": 2, **(pool or {})}}}})


@pytest.fixture
def raw(request):
    opened = []

    def connect(proxy, tenant="acme", user="app"):
        session = RawSession(proxy.ports["pg"], timeout=20)
        opened.append(session)
        session.login(f"{user}.{tenant}")
        return session

    yield connect
    for session in opened:
        session.close()


def last_words(session):
    """SQLSTATE of the FATAL error that ends the session, after whatever comes before it."""
    messages = session.read_to_end()
    assert messages and messages[-1].type == "E", messages
    fields = error_fields(messages[-1].body)
    assert fields["S"] == "FATAL"
    return fields["C"]


LONG = ("SELECT count(*) FROM generate_series(1, 100000) a, generate_series(1, 100000) b")


@pytest.mark.parametrize("extended", [False, True], ids=["simple", "extended"])
def test_statement_timeout_cancels(start_proxy, rows, raw, extended):
    """The client gets the server's own error, and session and link go on."""
    proxy = limited(start_proxy, statement_timeout="300ms")
    session = raw(proxy)
    session.send(*([parse(LONG), bind(), execute(), SYNC] if extended else [query(LONG)]))
    answer = session.read_until_ready()
    assert error_fields(answer[-2].body)["C"] == "57014"
    session.send(query("SELECT 1"))
    assert types(session.read_until_ready()) == "TDCZ"


def test_statement_timeout_counts_each_statement(start_proxy, rows, raw):
    """A transaction may take longer than a statement; being idle in it counts for none."""
    proxy = limited(start_proxy, statement_timeout="700ms")
    session = raw(proxy)
    session.send(query("BEGIN"))
    session.read_until_ready()
    for _ in range(3):
        session.send(query("SELECT count(*) FROM generate_series(1, 1000000)"))
        assert types(session.read_until_ready()) == "TDCZ"
    other = raw(proxy)
    other.send(query(LONG))
    other.read_until_ready()  # 700 ms later
    session.send(query("SELECT 1"))
    assert types(session.read_until_ready()) == "TDCZ"


@pytest.mark.parametrize("limit, sqlstate, begin", [
    ("idle_in_transaction_timeout", "25P03", "BEGIN"),
    ("transaction_timeout", "25P04", "BEGIN"),
    ("client_idle_timeout", "57P05", "SELECT 1"),
    ("client_idle_timeout", "57P05", None)])
def test_time_limits_close(start_proxy, rows, postgres, raw, limit, sqlstate, begin):
    proxy = limited(start_proxy, **{limit: "300ms"})
    session = raw(proxy)
    if begin:
        session.send(query(begin))
        session.read_until_ready()
    assert last_words(session) == sqlstate
    wait_for(lambda: postgres.admin("SELECT count(*) FROM pg_stat_activity WHERE state LIKE "
                                    "'idle in transaction%'") == [(0,)], what="the rollback")


def test_transaction_timeout_while_running(start_proxy, rows, raw):
    proxy = limited(start_proxy, transaction_timeout="300ms")
    session = raw(proxy)
    session.send(query("BEGIN; " + LONG))
    assert last_words(session) == "25P04"


def test_limits_hold_for_what_they_name_only(start_proxy, rows, raw):
    """An idle client is not in a transaction; one in a transaction is not idle."""
    proxy = limited(start_proxy, idle_in_transaction_timeout="300ms", transaction_timeout="300ms")
    idle = raw(proxy)
    proxy2 = limited(start_proxy, client_idle_timeout="300ms")
    busy = raw(proxy2)
    busy.send(query("BEGIN"))
    busy.read_until_ready()
    other = raw(proxy2)
    assert last_words(other) == "57P05"
    for session in (idle, busy):
        session.send(query("SELECT 1"))
        assert types(session.read_until_ready()) == "TDCZ"


def test_a_reload_sets_limits(start_proxy, rows, raw):
    proxy = limited(start_proxy)
    session = raw(proxy)
    proxy.config["limits"]["client_idle_timeout"] = "300ms"
    proxy.write_config(proxy.config)
    proxy.reload()
    assert last_words(session) == "57P05"


@pytest.mark.parametrize("where, same, other", [
    ("listener", ("app", "acme"), None), ("upstream", ("app", "acme"), None),
    ("user", ("app", "acme"), ("report", "acme")),
    ("tenant", ("report", "acme"), ("app", "globex"))])
def test_counts(start_proxy, rows, raw, where, same, other):
    """Two of a kind, over two workers; the third is refused, and fits when one has gone."""
    def make(proxy):
        listeners = [dict(each) for each in proxy.config["listeners"]]
        changes = {"limits": {"workers": 2}, "listeners": listeners}
        if where == "listener":
            listeners[0]["max_sessions"] = 2
        elif where == "upstream":
            changes["upstreams"] = {"main": {"max_sessions": 2}}
        else:
            changes["limits"][f"sessions_per_{where}"] = 2
        return changes

    proxy = start_proxy(overrides=make)
    first = raw(proxy)
    raw(proxy)
    with pytest.raises(psycopg.OperationalError) as refused:
        psycopg.connect(proxy.pg_dsn(same[1], user=f"{same[0]}.{same[1]}"))
    assert "too many sessions" in str(refused.value)
    if other:
        psycopg.connect(proxy.pg_dsn(other[1], user=f"{other[0]}.{other[1]}")).close()
    first.close()

    def fits():
        try:
            psycopg.connect(proxy.pg_dsn(same[1], user=f"{same[0]}.{same[1]}")).close()
            return True
        except psycopg.OperationalError:
            return False
    wait_for(fits, what="a place")
