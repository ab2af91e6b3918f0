# SPDX-License-Identifier: Apache-2.0
"""Links come, go and break: sizes, waits, lost servers, lost clients."""

import socket
import struct
import threading
import time

import psycopg
import pytest

from support import prometheus, tenants, workdir
from support.pg_wire import (SYNC, TERMINATE, RawSession, error_fields, execute, bind, parse, query,
                             row_values, startup)

SLOW = "SELECT count(*) FROM generate_series(1, 200000000)"


def types(messages):
    return "".join(message.type for message in messages)


def small(start_proxy, size=1, workers=1, **changes):
    pool = changes.pop("pool", {})
    return start_proxy(overrides={"upstreams": {"main": {"pool": {"size": size, **pool}}},
                                  "limits": {"workers": workers}}, **changes)


def raw(proxy, tenant, **parameters):
    session = RawSession(proxy.ports["pg"])
    session.login(f"app.{tenant}", **parameters)
    return session


def backends(postgres, where="true"):
    return postgres.admin("SELECT pid, state, query FROM pg_stat_activity WHERE usename = "
                          f"'{tenants.LINK_USER}' AND {where}")


def eventually(condition, timeout=5.0):
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, "it did not come true"
        time.sleep(0.02)


def links_of(postgres):
    """Those of the pools: not the one that watches the catalogue."""
    return len(backends(postgres, "query NOT LIKE 'WITH ns AS %'"))


@pytest.mark.parametrize("workers, size", [(1, 3), (2, 3), (2, 1), (4, 2)])
def test_size_holds_over_all_workers(start_proxy, start_postgres, workers, size):
    server = start_postgres()
    proxy = small(start_proxy, size=size, workers=workers, postgres=server)
    most = []

    def work():
        with proxy.connect("acme") as connection:
            for _ in range(30):
                assert connection.execute("SELECT count(*) FROM orders").fetchone() == (3,)

    threads = [threading.Thread(target=work) for _ in range(12)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        most.append(links_of(server))
        time.sleep(0.02)
    for thread in threads:
        thread.join()
    # one more for the catalogue's own link, one for a link that the server is still closing
    assert max(most) <= size + 2


def test_wait_in_turn_and_not_for_ever(start_proxy):
    proxy = small(start_proxy, pool={"wait_timeout": "500ms"})
    with raw(proxy, "acme") as holder, raw(proxy, "globex") as waiter:
        holder.send(query("BEGIN"))
        holder.read_until_ready()
        begin = time.monotonic()
        waiter.send(query("SELECT 1"))
        answer = waiter.read_until_ready()
        assert 0.4 < time.monotonic() - begin < 2
        assert types(answer) == "EZ" and error_fields(answer[0].body)["C"] == "53300"
        waiter.send(parse("SELECT 1"), bind(), execute(), SYNC)
        answer = waiter.read_until_ready()
        assert types(answer) == "EZ" and error_fields(answer[0].body)["C"] == "53300"
        waiter.send(query("SELECT 1"))
        time.sleep(0.1)
        holder.send(query("COMMIT"))
        assert types(waiter.read_until_ready()) == "TDCZ"


def test_waiting_client_that_vanishes_leaves_the_queue(start_proxy):
    proxy = small(start_proxy)
    with raw(proxy, "acme") as holder, raw(proxy, "globex") as last:
        holder.send(query("BEGIN"))
        holder.read_until_ready()
        gone = raw(proxy, "globex")
        gone.send(query("DELETE FROM orders"))
        last.send(query("SELECT count(*) FROM orders"))
        time.sleep(0.1)
        gone.socket.close()
        time.sleep(0.1)
        holder.send(query("COMMIT"))
        holder.read_until_ready()
        assert types(last.read_until_ready()) == "TDCZ"


def test_killed_backend_in_a_query(start_proxy, postgres):
    proxy = small(start_proxy, size=2)
    with raw(proxy, "acme") as session, raw(proxy, "globex") as other:
        session.send(query(SLOW))
        eventually(lambda: backends(postgres, "query LIKE '%generate_series%' "
                                              "AND state = 'active'"))
        postgres.admin("SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                       "WHERE query LIKE '%generate_series%' AND state = 'active' "
                       "AND pid <> pg_backend_pid()")
        answer = session.read_to_end()
        assert types(answer) == "TE" and error_fields(answer[1].body)["C"] == "57P01"
        other.send(query("SELECT 1"))
        assert types(other.read_until_ready()) == "TDCZ"


def test_killed_idle_backend_is_not_noticed(start_proxy, postgres):
    proxy = small(start_proxy)
    with raw(proxy, "acme") as session:
        for _ in range(3):
            session.send(query("SELECT 1"))
            assert types(session.read_until_ready()) == "TDCZ"
            postgres.admin("SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                           f"WHERE usename = '{tenants.LINK_USER}'")
            time.sleep(0.1)


def test_crashed_server(start_proxy, start_postgres):
    server = start_postgres()
    proxy = small(start_proxy, size=2, postgres=server)
    with raw(proxy, "acme") as session, raw(proxy, "acme") as idle:
        session.send(query("BEGIN"))
        session.read_until_ready()
        import signal
        server.stop(signal.SIGQUIT)
        answer = session.read_to_end()
        assert answer and error_fields(answer[-1].body)["C"] in ("57P02", "57P01", "08006")
        idle.send(query("SELECT 1"))
        answer = idle.read_until_ready()
        assert types(answer) == "EZ" and error_fields(answer[0].body)["C"] == "57P03"
        server.start()
        eventually(lambda: _works(idle), timeout=15)


def _works(session):
    session.send(query("SELECT 1"))
    return types(session.read_until_ready()) == "TDCZ"


def test_server_that_is_down_when_a_client_comes(start_postgres, make_proxy):
    server = start_postgres()
    server.stop()
    proxy = make_proxy(postgres=server, overrides={"limits": {"workers": 1}})
    proxy.process = None
    from support.process import Process
    from support.ringfence import SANITIZER_ENV, binary
    proxy.process = Process("ringfence", [binary(), "serve", "-c", proxy.config_path],
                            proxy.folder, env=SANITIZER_ENV)
    eventually(lambda: _status(proxy) == 503)
    for _ in range(3):
        begin = time.monotonic()
        with RawSession(proxy.ports["pg"]) as session:
            session.send(startup({"user": "app.acme", "database": "app"}))
            answer = session.read_to_end()
        assert error_fields(answer[-1].body)["C"] == "57P03"
        assert time.monotonic() - begin < 2.5
    server.start()
    eventually(lambda: _status(proxy) == 200, timeout=15)
    with proxy.connect("acme") as connection:
        assert connection.execute("SELECT count(*) FROM orders").fetchone() == (3,)


def _status(proxy):
    try:
        return proxy.http("/readyz")[0]
    except OSError:
        return None


def test_client_that_vanishes_in_a_query(start_proxy, postgres):
    proxy = small(start_proxy)
    session = raw(proxy, "acme")
    session.send(query(SLOW))
    eventually(lambda: backends(postgres, "query LIKE '%generate_series%' AND state = 'active'"))
    session.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    session.socket.close()
    eventually(lambda: not backends(postgres, "query LIKE '%generate_series%'"))
    with raw(proxy, "globex") as other:
        other.send(query("SELECT count(*) FROM orders"))
        assert types(other.read_until_ready()) == "TDCZ"


@pytest.mark.parametrize("last_words", [b"", TERMINATE])
def test_client_that_vanishes_in_a_transaction(start_proxy, rows, last_words):
    proxy = small(start_proxy)
    with raw(proxy, "acme") as session:
        session.send(query("BEGIN"), query("DELETE FROM orders"), last_words)
        assert types(session.read_until_ready()) == types(session.read_until_ready()) == "CZ"
    with raw(proxy, "acme") as other:
        other.send(query("SELECT count(*) FROM orders"))
        answer = other.read_until_ready()
        assert types(answer) == "TDCZ" and answer[1].body.endswith(b"3")


def test_client_that_says_goodbye_at_once_is_still_served(start_proxy, rows):
    proxy = small(start_proxy)
    with raw(proxy, "acme") as other:
        for number in range(20):
            with raw(proxy, "acme") as session:
                session.send(query(f"INSERT INTO orders (id) VALUES ({100 + number})"), TERMINATE)
            expected = b"%d" % (4 + number)
            eventually(lambda: _answer(other, "SELECT count(*) FROM orders") == expected)


def _answer(session, text):
    session.send(query(text))
    return row_values(session.read_until_ready()[1].body)[0]


def test_client_that_vanishes_behind_pipelined_queries(start_proxy, rows):
    """The next session must not get an answer that was meant for the one that left."""
    proxy = small(start_proxy)
    for _ in range(20):
        session = raw(proxy, "acme")
        session.send(*[query("SELECT item FROM orders")] * 50)
        session.socket.close()
        with raw(proxy, "globex") as other:
            other.send(query("SELECT 'mine'"))
            answer = other.read_until_ready()
            assert types(answer) == "TDCZ" and answer[1].body.endswith(b"mine")


def test_old_and_idle_links_are_closed(start_proxy, start_postgres):
    server = start_postgres()
    proxy = small(start_proxy, size=4, postgres=server,
                  pool={"idle_timeout": "1s", "lifetime": "10m"})
    with proxy.connect("acme") as connection:
        connection.execute("SELECT 1")
        eventually(lambda: links_of(server) == 0)
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_drain_lets_transactions_end(start_proxy, rows):
    proxy = small(start_proxy, size=2)
    busy, idle = raw(proxy, "acme"), raw(proxy, "acme")
    busy.send(query("BEGIN"), query("INSERT INTO orders (id) VALUES (70)"))
    busy.read_until_ready()
    busy.read_until_ready()
    import signal
    proxy.process.send_signal(signal.SIGTERM)
    assert error_fields(idle.read_to_end()[-1].body)["C"] == "57P01"
    busy.send(query("COMMIT"))
    answer = busy.read_to_end()
    assert types(answer) == "CZE" and error_fields(answer[-1].body)["C"] == "57P01"


def test_tenant_that_is_suspended_loses_its_sessions(start_proxy):
    proxy = small(start_proxy, size=2)
    with raw(proxy, "acme") as session, raw(proxy, "globex") as other:
        proxy.states["acme"] = "suspended"
        proxy.write_config(proxy.config)
        proxy.reload()
        assert error_fields(session.read_to_end()[-1].body)["C"] == "57P01"
        other.send(query("SELECT 1"))
        assert types(other.read_until_ready()) == "TDCZ"
    with pytest.raises(psycopg.OperationalError):
        proxy.connect("acme")


def test_metrics_of_sessions_and_links(start_proxy):
    proxy = small(start_proxy, size=2)
    with raw(proxy, "acme") as session:
        session.send(query("SELECT 1"), query("SELECT pg_sleep(1)"))
        session.read_until_ready()
        session.read_until_ready()
        samples = prometheus.parse(proxy.http("/metrics")[1])
        total = prometheus.total
        assert total(samples, "ringfence_sessions", tenant="acme", protocol="postgres") == 1
        assert total(samples, "ringfence_queries_total", tenant="acme", verdict="refused") == 1
        assert total(samples, "ringfence_links", upstream="main", state="idle") == 1
        assert total(samples, "ringfence_links", upstream="main", state="active") == 0
        assert total(samples, "ringfence_links", upstream="main", state="connecting") == 0
