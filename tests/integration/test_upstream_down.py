# SPDX-License-Identifier: Apache-2.0
"""Upstreams that are not there: a clear error in time, and recovery without a restart."""

import signal
import time

import psycopg
import pytest
import redis

from support import tenants
from support.process import wait_for


@pytest.fixture
def own(start_postgres, start_redis, start_proxy):
    """(postgres, redis, proxy) of this test alone, to be stopped and started."""
    postgres, redis_server = start_postgres(), start_redis()
    proxy = start_proxy(postgres=postgres, redis_server=redis_server,
                        overrides={"upstreams": {"main": {"pool": {"connect_timeout": "1s"}}}})
    return postgres, redis_server, proxy


def orders(proxy, tenant):
    with proxy.connect(tenant) as session:
        return session.execute("SELECT id, item FROM orders ORDER BY id").fetchall()


def works(proxy):
    try:
        return all(orders(proxy, tenant) == tenants.ORDERS[tenant] for tenant in tenants.TENANTS)
    except psycopg.OperationalError:
        return False


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT])
def test_postgres_down_is_57p03_in_time_and_heals(own, how):
    postgres, _, proxy = own
    session = proxy.connect("acme")
    assert session.execute("SELECT 1").fetchone() == (1,)
    postgres.stop(how)
    begin = time.monotonic()
    with pytest.raises(psycopg.OperationalError) as down:
        session.execute("SELECT count(*) FROM orders")
        session.execute("SELECT count(*) FROM orders")
    assert time.monotonic() - begin < 6
    assert down.value.sqlstate in {"57P03", "57P01", "08006"}
    postgres.start()
    wait_for(lambda: works(proxy), what="recovery")


def test_new_session_while_postgres_is_down(own):
    postgres, _, proxy = own
    assert works(proxy)
    postgres.stop()
    begin = time.monotonic()
    with pytest.raises(psycopg.OperationalError, match="57P03|unavailable|not available|reach"):
        orders(proxy, "acme")
    assert time.monotonic() - begin < 6
    postgres.start()
    wait_for(lambda: works(proxy), what="recovery")


def test_session_survives_the_outage(own):
    """In transaction pooling a session holds no link, so the outage need not end it."""
    postgres, _, proxy = own
    session = proxy.connect("acme")
    assert session.execute("SELECT count(*) FROM orders").fetchone() == (3,)
    postgres.restart()

    def answers():
        try:
            return session.execute("SELECT count(*) FROM orders").fetchone() == (3,)
        except psycopg.OperationalError as error:
            assert not session.closed, error
            return False

    wait_for(answers, what="answer in the old session")


def test_start_before_postgres(start_postgres, redis_server, start_proxy):
    """The proxy starts while its database is down, is not ready, and becomes so."""
    postgres = start_postgres()
    postgres.stop()
    proxy = start_proxy(postgres=postgres, redis_server=redis_server, wait="live")
    assert proxy.http("/readyz")[0] == 503
    postgres.start()
    wait_for(proxy.is_ready, what="readiness")
    assert works(proxy)


def test_redis_down_is_an_error_and_heals(own):
    _, redis_server, proxy = own
    client = proxy.redis("acme")
    client.set("k", "v")
    redis_server.stop()
    begin = time.monotonic()
    with pytest.raises((redis.ConnectionError, redis.ResponseError)):
        for _ in range(3):
            client.get("k")
            time.sleep(0.05)
    assert time.monotonic() - begin < 6
    redis_server.start()

    def answers():
        try:
            return client.set("k", "again")
        except (redis.ConnectionError, redis.ResponseError):
            return False

    wait_for(answers, what="recovery")
    assert proxy.redis("globex").get("k") is None
    assert works(proxy)


def test_one_upstream_down_does_not_touch_the_other(own):
    postgres, redis_server, proxy = own
    redis_server.stop()
    assert works(proxy)
    redis_server.start()
    postgres.stop()
    wait_for(lambda: _sets(proxy), what="redis")


def _sets(proxy):
    try:
        with proxy.redis("acme") as client:
            return client.set("k", "v")
    except redis.RedisError:
        return False
