# SPDX-License-Identifier: Apache-2.0
"""Cancel requests: only the query of the session whose key it is, on whatever worker."""

import random
import struct
import threading
import time

import psycopg
import pytest

from support.pg_wire import PROTOCOL_3_0, RawSession, error_fields, query, row_values, startup

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


def cancel(proxy, key):
    with RawSession(proxy.ports["pg"]) as request:
        request.send(struct.pack("!ii", 8 + len(key), 80877102) + key)
        assert request.read_to_end() == []


@pytest.mark.parametrize("minor", [0, 2])
@pytest.mark.parametrize("workers", [1, 3])
def test_cancels_the_running_query(start_proxy, workers, minor):
    proxy = start_proxy(overrides={"limits": {"workers": workers}})
    for _ in range(4):
        with login(proxy, "acme", minor) as session:
            session.send(query(SLOW))
            time.sleep(0.2)
            cancel(proxy, session.key)
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
            cancel(proxy, key)
        assert types(session.read_until_ready()) == "TDCZ"


def test_idle_session_is_not_cancelled(proxy):
    with login(proxy, "acme") as session:
        for _ in range(5):
            cancel(proxy, session.key)
            session.send(query("SELECT 1"))
            assert types(session.read_until_ready()) == "TDCZ"


def test_a_cancel_never_hits_another_session(start_proxy):
    """One link, two tenants: only the one that asks for it is ever cancelled."""
    proxy = start_proxy(overrides={"upstreams": {"main": {"pool": {"size": 1}}},
                                   "limits": {"workers": 2}})
    stop = threading.Event()
    innocent = []

    def bystander():
        with login(proxy, "globex") as session:
            while not stop.is_set():
                session.send(query("SELECT count(*) FROM generate_series(1, 3000)"))
                answer = session.read_until_ready()
                innocent.append(types(answer))

    thread = threading.Thread(target=bystander)
    thread.start()
    with login(proxy, "acme") as session:
        for _ in range(150):
            session.send(query("SELECT count(*) FROM generate_series(1, 3000)"))
            time.sleep(random.random() * 0.004)
            cancel(proxy, session.key)
            answer = session.read_until_ready()
            assert types(answer) in ("TDCZ", "EZ", "TEZ")
    stop.set()
    thread.join()
    assert set(innocent) == {"TDCZ"}
