# SPDX-License-Identifier: Apache-2.0
"""Where links lead to: host names, several endpoints, and what becomes of a cancel request."""

import threading

import psycopg
import pytest

from support import tenants, workdir
from support.process import wait_for

SLOW = "SELECT count(*) FROM generate_series(1, 200000000)"


def endpoints(*addresses):
    return {"upstreams": {"main": {"endpoints": [{"address": a} for a in addresses]}}}


def orders(proxy, tenant):
    with proxy.connect(tenant) as session:
        return session.execute("SELECT id, item FROM orders ORDER BY id").fetchall()


def test_a_host_name_works_for_links_cancels_and_redis(start_proxy, postgres, redis_server, rows):
    proxy = start_proxy(overrides={"upstreams": {
        "main": {"endpoints": [{"address": f"localhost:{postgres.port}"}], "dns_ttl": "1s"},
        "cache": {"endpoints": [{"address": f"localhost:{redis_server.port}"}]}}})
    for tenant in tenants.TENANTS:
        assert orders(proxy, tenant) == rows[tenant]
    assert proxy.redis("acme").set("k", "v")
    with proxy.connect("acme") as session:
        timer = threading.Timer(0.2, session.cancel)
        timer.start()
        with pytest.raises(psycopg.errors.QueryCanceled):
            session.execute(SLOW)
        timer.join()
    assert 'ringfence_name_lookups_total{result="found"}' in proxy.http("/metrics")[1]


def test_a_name_that_does_not_exist_is_passed_over(start_proxy, postgres, rows):
    """The catalogue, too, is read from the endpoint that is there."""
    proxy = start_proxy(overrides=endpoints("nowhere.invalid:5432", f"127.0.0.1:{postgres.port}"))
    assert orders(proxy, "acme") == rows["acme"]
    assert "name_failed" in proxy.log()


def test_a_dead_endpoint_is_passed_over(start_proxy, postgres, rows):
    dead = f"127.0.0.1:{workdir.free_port()}"
    proxy = start_proxy(overrides=endpoints(dead, f"127.0.0.1:{postgres.port}"))
    wait_for(lambda: _works(proxy, rows), what="an answer of the second endpoint")


def _works(proxy, rows):
    try:
        return all(orders(proxy, tenant) == rows[tenant] for tenant in tenants.TENANTS)
    except psycopg.OperationalError:
        return False
