# SPDX-License-Identifier: Apache-2.0
"""Cancel requests: only the query of the session whose key it is, on whatever worker."""

import random
import threading
import time

import psycopg
import pytest

from support.pg_wire import (PROTOCOL_3_0, RawSession, cancel, error_fields, query, row_values,
                             startup)

SLOW = "SELECT count(*) FROM generate_series(1, 200000000)"


def types(messages):
    return "".join(message.type for message in messages)


def login(proxy, tenant, minor=0):
    session = RawSession(proxy.ports["pg"])
    session.send(startup({"user": f"app.{tenant}", "database": "app"},
                         version=PROTOCOL_3_0 + minor))
    messages = session.read_until_ready()
    session.key = next(m.body for m in messages if m.type == "K")
    return session


@pytest.mark.parametrize("minor", [0, 2])
@pytest.mark.parametrize("workers", [1, 3])
def test_cancels_the_running_query(start_proxy, workers, minor):
    proxy = start_proxy(overrides={"limits": {"workers": workers}})
    for _ in range(4):
        with login(proxy, "acme", minor) as session:
            session.send(query(SLOW))
            time.sleep(0.2)
            cancel(proxy.ports["pg"], session.key)
            answer = session.read_until_ready()
            assert types(answer).endswith("EZ")
            assert error_fields(answer[-2].body)["C"] == "57014"
            session.send(query("SELECT 1"))
            assert types(session.read_until_ready()) == "TDCZ"


def test_psycopg_cancels(connect):
    connection = connect("acme")
    timer = threading.Timer(0.2, connection.cancel)
    timer.start()
    with pytest.raises(psycopg.errors.QueryCanceled):
        connection.execute(SLOW)
    timer.join()
    assert connection.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.parametrize("minor", [0, 2])
def test_wrong_keys_do_nothing(proxy, minor):
    with login(proxy, "acme", minor) as session:
        session.send(query("SELECT count(*) FROM generate_series(1, 5000000)"))
        identity, secret = session.key[:4], session.key[4:]
        for key in (identity + bytes(b ^ 1 for b in secret), bytes(4) + secret,
                    identity + b"x" * 200, b"\xff" * 4 + secret, identity + secret[:-1] + b"x",
                    identity + secret[:4] + b"xxxx", identity + b"xxxx"):
            cancel(proxy.ports["pg"], key)
        assert types(session.read_until_ready()) == "TDCZ"


def test_idle_session_is_not_cancelled(proxy):
    with login(proxy, "acme") as session:
        for _ in range(5):
            cancel(proxy.ports["pg"], session.key)
            session.send(query("SELECT 1"))
            assert types(session.read_until_ready()) == "TDCZ"


#: Sessions of each tenant, and how many cancel requests all together send.
NUM_SESSIONS = 4
NUM_CANCELS, NUM_CANCELS_LONG = 2000, 10000


def echo(session, number, length):
    """Asks for the number and, so that it takes a while, for a count; returns what came back."""
    session.send(query(f"SELECT '{number:032x}', count(*) FROM generate_series(1, {length})"))
    return lambda: outcome(session.read_until_ready(), number, length)


def outcome(messages, number, length):
    """"answered" with the right number, or "cancelled"; anything else fails."""
    rows = [row_values(found.body) for found in messages if found.type == "D"]
    assert rows in ([], [[b"%032x" % number, b"%d" % length]])
    if types(messages) == "TDCZ":
        return "answered"
    assert types(messages) in ("EZ", "TEZ", "TDEZ"), messages
    assert error_fields(messages[-2].body)["C"] == "57014"
    return "cancelled"


def cancelling(proxy, rng, num_cancels, outcomes):
    """Cancels its own queries at random moments; the query after that is not to be hit."""
    with login(proxy, "acme") as session:
        for _ in range(num_cancels):
            answer = echo(session, rng.getrandbits(128), rng.choice([1, 1000, 20000]))
            time.sleep(rng.random() * 0.004)
            cancel(proxy.ports["pg"], session.key)
            outcomes.append(answer())
            assert echo(session, rng.getrandbits(128), 100)() == "answered"


def bystanding(proxy, rng, stop, outcomes):
    with login(proxy, "globex") as session:
        while not stop.is_set():
            outcomes.append(echo(session, rng.getrandbits(128), rng.choice([1, 1000, 20000]))())


def in_threads(works):
    """Runs them all at once; returns their errors."""
    failures = []

    def guarded(work):
        try:
            work()
        except Exception as error:  # pylint: disable=broad-except
            failures.append(repr(error))

    threads = [threading.Thread(target=guarded, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    return threads, failures


@pytest.mark.parametrize("workers, size", [(2, 1), (1, 3)])
def test_a_cancel_never_hits_another_query(start_proxy, is_long, workers, size):
    """Few links, two tenants: only the query that is asked for is ever cancelled."""
    proxy = start_proxy(overrides={"upstreams": {"main": {"pool": {"size": size}}},
                                   "limits": {"workers": workers}})
    num_cancels = (NUM_CANCELS_LONG if is_long else NUM_CANCELS) // 2 // NUM_SESSIONS
    stop, cancelled, innocent = threading.Event(), [], []
    bystanders, failures = in_threads([
        lambda seed=seed: bystanding(proxy, random.Random(seed), stop, innocent)
        for seed in range(NUM_SESSIONS)])
    cancellers, own_failures = in_threads([
        lambda seed=seed: cancelling(proxy, random.Random(100 + seed), num_cancels, cancelled)
        for seed in range(NUM_SESSIONS)])
    for thread in cancellers:
        thread.join()
    stop.set()
    for thread in bystanders:
        thread.join()
    assert not failures + own_failures
    assert set(innocent) == {"answered"}
    assert set(cancelled) == {"answered", "cancelled"}, "the moments are not random enough"
    assert len(cancelled) == num_cancels * NUM_SESSIONS
