# SPDX-License-Identifier: Apache-2.0
"""Large answers and slow readers: nothing is buffered whole, nobody else waits."""

import hashlib
import time

import psycopg

from support.pg_wire import FLUSH, RawSession, query, row_values


def types(messages):
    return "".join(m.type for m in messages)


def memory_of(proxy):
    with open(f"/proc/{proxy.process.pid}/status", encoding="ascii") as status:
        return int(next(line for line in status if line.startswith("VmRSS")).split()[1]) * 1024


def test_large_result(connect):
    rows = connect("acme").execute(
        "SELECT i, repeat('x', 100) FROM generate_series(1, 100000) AS i").fetchall()
    assert len(rows) == 100000 and rows[99999] == (100000, "x" * 100)


def test_row_larger_than_any_buffer(connect):
    for size in (60_000, 70_000, 5_000_000, 60_000_000):
        (found,) = connect("acme").execute("SELECT repeat('y', %s::int)", (size,)).fetchone()
        assert len(found) == size and set(found) == {"y"}


def test_large_parameter(connect):
    data = bytes(range(256)) * 40_000
    found = connect("acme").execute("SELECT %b::bytea", (data,), binary=True).fetchone()[0]
    assert hashlib.sha256(found).digest() == hashlib.sha256(data).digest()


def test_client_that_does_not_read(start_proxy):
    proxy = start_proxy(overrides={"limits": {"workers": 1}})
    with RawSession(proxy.ports["pg"]) as slow, RawSession(proxy.ports["pg"]) as other:
        slow.login("app.acme")
        other.login("app.globex")
        before = memory_of(proxy)
        slow.send(query("SELECT repeat('z', 1000) FROM generate_series(1, 200000)"))  # 200 MB
        time.sleep(1.0)
        assert memory_of(proxy) - before < 30_000_000
        begin = time.monotonic()
        other.send(query("SELECT count(*) FROM orders"))
        assert types(other.read_until_ready()) == "TDCZ"
        assert time.monotonic() - begin < 1.0
        count = 0
        while (found := slow.read()).type != "Z":
            count += found.type == "D"
        assert count == 200000


def test_client_that_sends_and_does_not_read(start_proxy):
    """Refusals are answered by the proxy itself: they must not pile up either."""
    proxy = start_proxy(overrides={"limits": {"workers": 1}})
    with RawSession(proxy.ports["pg"], timeout=1.0) as session, proxy.connect("globex") as other:
        session.login("app.acme")
        before = memory_of(proxy)
        try:
            for _ in range(2000):
                session.send(query("SELECT pg_sleep(0)") * 1000)
        except TimeoutError:
            pass
        # 500 MB of answers wait; ASan's quarantine of freed memory is part of what is measured
        assert memory_of(proxy) - before < 200_000_000
        assert other.execute("SELECT 1").fetchone() == (1,)


def test_two_tenants_at_once_never_mix(start_proxy, rows):
    import threading
    proxy = start_proxy(overrides={"upstreams": {"main": {"pool": {"size": 2}}}})
    errors = []

    def work(tenant, number):
        with proxy.connect(tenant, prepare_threshold=number % 3) as connection:
            for i in range(150):
                try:
                    if i % 7 == 0:
                        connection.execute("SELECT 1/0")
                except psycopg.errors.DivisionByZero:
                    pass
                with connection.pipeline():
                    cursors = [connection.execute(
                        "SELECT tenant_id, %s::int FROM orders", (i * 10 + k,)) for k in range(3)]
                for k, cursor in enumerate(cursors):
                    if set(cursor.fetchall()) != {(tenant, i * 10 + k)}:
                        errors.append((tenant, i, k))

    threads = [threading.Thread(target=work, args=(tenant, number))
               for number in range(4) for tenant in ("acme", "globex")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors


def test_error_that_quotes_a_large_value(connect):
    connection = connect("acme")
    for size in (100_000, 3_000_000):
        try:
            connection.execute("SELECT %s::int", ("x" * size,))
        except psycopg.errors.InvalidTextRepresentation as error:
            assert "x" * size in str(error)
    assert connection.execute("SELECT 1").fetchone() == (1,)


def test_small_messages_are_not_hoarded(start_proxy):
    """A turn handles some hundred messages: what it leaves must keep the rest out of the proxy."""
    proxy = start_proxy(overrides={"limits": {"workers": 1}})
    with RawSession(proxy.ports["pg"], timeout=1.0) as session:
        session.login("app.acme")
        session.send(query("SELECT count(*) FROM generate_series(1, 200000000)"))
        before, sent = memory_of(proxy), 0
        try:
            while sent < 80_000_000:
                session.send(FLUSH * 100_000)
                sent += 500_000
        except TimeoutError:
            pass
        assert sent < 80_000_000 and memory_of(proxy) - before < 30_000_000
        session.reset()
    begin = time.monotonic()
    assert proxy.connect("globex").execute("SELECT 1").fetchone() == (1,)
    assert time.monotonic() - begin < 2.0
