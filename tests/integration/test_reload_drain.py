# SPDX-License-Identifier: Apache-2.0
"""Signals: a reload under load drops nothing, a wrong file changes nothing, TERM drains."""

import signal
import threading
import time

import psycopg
import pytest
import redis

from support import tenants
from support.process import wait_for


class Load(threading.Thread):
    """Queries and commands of one tenant in a loop until stopped; every failure is kept."""

    def __init__(self, proxy, tenant):
        super().__init__(daemon=True)
        self.proxy, self.tenant = proxy, tenant
        self.stopping = threading.Event()
        self.rounds, self.failures = 0, []

    def run(self):
        expected = tenants.ORDERS[self.tenant]
        try:
            with self.proxy.connect(self.tenant) as pg, self.proxy.redis(self.tenant) as cache:
                while not self.stopping.is_set():
                    assert pg.execute("SELECT id, item FROM orders ORDER BY id"
                                      ).fetchall() == expected
                    cache.set("round", self.rounds)
                    assert cache.get("round") == str(self.rounds)
                    self.rounds += 1
        except Exception as failure:  # pylint: disable=broad-except
            self.failures.append(failure)

    def finish(self):
        self.stopping.set()
        self.join(20)
        assert not self.is_alive()


@pytest.fixture
def loaded(start_proxy, rows):
    """(proxy, loads): a proxy of our own and a thread of load for each tenant."""
    proxy = start_proxy()
    loads = [Load(proxy, tenant) for tenant in tenants.TENANTS]
    for load in loads:
        load.start()
    wait_for(lambda: all(load.rounds > 3 or load.failures for load in loads), what="load")
    yield proxy, loads
    for load in loads:
        load.finish()


def assert_works_on(loads):
    seen = [load.rounds for load in loads]
    wait_for(lambda: all(load.failures or load.rounds > before + 5
                         for load, before in zip(loads, seen)), what="more rounds")
    assert [load.failures for load in loads] == [[], []]


def test_reload_under_load_drops_nothing(loaded):
    proxy, loads = loaded
    for turn in range(5):
        proxy.config["limits"]["statement_bytes"] = f"{turn + 1}MiB"
        proxy.write_config(proxy.config)
        proxy.reload()
        assert_works_on(loads)


def test_reload_brings_a_new_tenant(start_proxy, postgres, rows):
    proxy = start_proxy(states={"acme": "active"})
    kept = proxy.connect("acme")
    with pytest.raises(psycopg.OperationalError):
        proxy.connect("globex")
    proxy.states["globex"] = "active"
    proxy.write_config(proxy.config)
    proxy.reload()

    def can_connect():
        try:
            proxy.connect("globex").close()
            return True
        except psycopg.OperationalError:
            return False

    wait_for(can_connect, what="login of the new tenant")
    assert kept.execute("SELECT count(*) FROM orders").fetchone() == (3,)
    kept.close()


def test_reload_of_a_wrong_file_keeps_the_old(loaded):
    proxy, loads = loaded
    for wrong in ("listeners: [", {**proxy.config, "no_such_key": 1},
                  {**proxy.config, "upstreams": {}}):
        log_length = len(proxy.log())
        proxy.write_config(wrong)
        proxy.reload()
        wait_for(lambda: "ringfence.yaml" in proxy.log()[log_length:], what="complaint in the log")
        assert_works_on(loads)
    with proxy.connect("globex") as session:
        assert session.execute("SELECT count(*) FROM orders").fetchone() == (2,)


def test_term_lets_a_transaction_finish(start_proxy, rows, postgres):
    proxy = start_proxy()
    session = proxy.connect("acme", autocommit=False)
    session.execute("UPDATE orders SET item = 'kept' WHERE id = 1")
    proxy.process.send_signal(signal.SIGTERM)
    wait_for(lambda: proxy.http("/readyz")[0] == 503 if proxy.process.is_alive() else True,
             what="not ready while draining")
    with pytest.raises(psycopg.OperationalError):
        proxy.connect("globex", connect_timeout=3).close()
    session.execute("UPDATE orders SET amount = 1 WHERE id = 1")
    session.commit()
    session.close()
    proxy.stop()
    assert postgres.admin("SELECT item, amount FROM orders WHERE tenant_id = 'acme' AND id = 1"
                          ) == [("kept", 1)]


def test_term_ends_idle_sessions_with_57p01(start_proxy, rows):
    proxy = start_proxy()
    idle, cache = proxy.connect("acme"), proxy.redis("acme")
    assert idle.execute("SELECT 1").fetchone() == (1,) and cache.ping()
    begin = time.monotonic()
    proxy.stop()
    assert time.monotonic() - begin < 15
    with pytest.raises(psycopg.OperationalError) as ended:
        idle.execute("SELECT 1")
    assert ended.value.sqlstate in {"57P01", None}
    with pytest.raises(redis.ConnectionError):
        cache.ping()


def test_term_under_load_answers_what_it_took(loaded):
    """Each load ends with a clean end of connection, never with a wrong answer."""
    proxy, loads = loaded
    proxy.stop()
    for load in loads:
        load.join(20)
        (failure,) = load.failures
        assert isinstance(failure, (psycopg.OperationalError, redis.ConnectionError)), failure


def test_a_stop_with_open_sessions_tells_them_and_exits_cleanly(start_proxy, rows):
    """Clients that do not react hold nothing up."""
    proxy = start_proxy()
    idle, busy = proxy.connect("acme"), proxy.connect("acme")
    busy.execute("BEGIN")
    proxy.stop(signal.SIGQUIT)
    for client in (idle, busy):
        with pytest.raises(psycopg.OperationalError) as ended:
            client.execute("SELECT 1")
        assert "the proxy is shutting down" in str(ended.value)


def session_pool(start_proxy, **limits):
    return start_proxy(overrides={"limits": {"workers": 1, **limits},
                                  "upstreams": {"main": {"pool": {"mode": "session"}}}})


def gone(proxy):
    return not proxy.process.is_alive()


def test_term_waits_for_clients_of_a_session_pool(start_proxy, rows):
    proxy = session_pool(start_proxy)
    with proxy.connect("acme") as client:
        proxy.process.send_signal(signal.SIGTERM)
        wait_for(lambda: "draining" in proxy.log(), what="the drain")
        for _ in range(3):
            assert client.execute("SELECT 1").fetchone() == (1,)
        with pytest.raises(psycopg.OperationalError):
            proxy.connect("acme")
    wait_for(lambda: gone(proxy), what="the end")
    proxy.stop()


def test_int_waits_for_transactions_only(start_proxy, rows):
    proxy = session_pool(start_proxy)
    idle, busy = proxy.connect("acme"), proxy.connect("acme")
    busy.execute("BEGIN")
    proxy.process.send_signal(signal.SIGTERM)
    wait_for(lambda: "draining" in proxy.log(), what="the drain")
    assert idle.execute("SELECT 1").fetchone() == (1,)
    proxy.process.send_signal(signal.SIGINT)
    with pytest.raises(psycopg.OperationalError) as ended:
        wait_for(lambda: idle.execute("SELECT 1") is None, what="the end of the idle session")
    assert ended.value.sqlstate in {"57P01", None}
    assert busy.execute("SELECT 1").fetchone() == (1,)
    busy.execute("COMMIT")
    wait_for(lambda: gone(proxy), what="the end")
    proxy.stop()


@pytest.mark.parametrize("signals", [[signal.SIGTERM, signal.SIGTERM],
                                     [signal.SIGINT, signal.SIGINT],
                                     [signal.SIGTERM, signal.SIGINT, signal.SIGINT],
                                     [signal.SIGTERM, signal.SIGQUIT]])
def test_a_second_signal_does_not_wait(start_proxy, rows, signals):
    proxy = session_pool(start_proxy)
    busy = proxy.connect("acme")
    busy.execute("BEGIN")
    for count, number in enumerate(signals, 1):
        proxy.process.send_signal(number)
        wait_for(lambda count=count: gone(proxy) or proxy.log().count(" signal ") >= count,
                 what="the signal")
    wait_for(lambda: gone(proxy), what="the end")
    proxy.stop()


def test_drain_timeout(start_proxy, rows):
    proxy = session_pool(start_proxy, drain_timeout="300ms")
    busy = proxy.connect("acme")
    busy.execute("BEGIN")
    proxy.process.send_signal(signal.SIGTERM)
    wait_for(lambda: gone(proxy), what="the end")
    assert "drain_timeout" in proxy.log()
    proxy.stop()
