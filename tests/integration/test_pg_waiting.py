# SPDX-License-Identifier: Apache-2.0
"""Sessions that wait for a link when something else happens to them."""

import signal

import pytest

from support import prometheus
from support.pg_relay import PgRelay
from support.pg_wire import RawSession, error_fields, query, startup
from support.process import wait_for


def one_link(**pool):
    return {"upstreams": {"main": {"pool": {"size": 1, **pool}}}, "limits": {"workers": 1}}


def raw(proxy, tenant):
    session = RawSession(proxy.ports["pg"])
    session.login(f"app.{tenant}")
    return session


def num_waiting(proxy):
    return prometheus.total(prometheus.parse(proxy.http("/metrics")[1]), "ringfence_pool_waiting")


def suspend(proxy, tenant):
    proxy.states = {**proxy.states, tenant: "suspended"}
    proxy.write_config(proxy.config)
    proxy.reload()


def hold_the_link(proxy):
    holder = raw(proxy, "globex")
    holder.send(query("BEGIN"))
    holder.read_until_ready()
    return holder


def wait_for_a_link(proxy, tenant):
    waiter = raw(proxy, tenant)
    waiter.send(query("SELECT id FROM orders"))
    wait_for(lambda: num_waiting(proxy) == 1)
    return waiter


@pytest.mark.parametrize("vanish", [RawSession.close, RawSession.reset])
def test_who_vanishes_waits_no_longer(start_proxy, rows, vanish):
    proxy = start_proxy(overrides=one_link())
    with hold_the_link(proxy):
        vanish(wait_for_a_link(proxy, "acme"))
        wait_for(lambda: num_waiting(proxy) == 0)


def test_a_tenant_that_is_suspended_does_not_wait_for_one_more(start_proxy, rows):
    proxy = start_proxy(overrides=one_link())
    with hold_the_link(proxy) as holder, wait_for_a_link(proxy, "acme") as waiter:
        suspend(proxy, "acme")
        last = waiter.read_to_end()[-1]
        assert (last.type, error_fields(last.body)["C"]) == ("E", "57P01")
        assert num_waiting(proxy) == 0
        holder.send(query("COMMIT"))
        holder.read_until_ready()


def test_a_drain_ends_who_waited_in_vain(start_proxy, rows):
    proxy = start_proxy(overrides=one_link(wait_timeout="500ms"))
    with hold_the_link(proxy) as holder, wait_for_a_link(proxy, "acme") as waiter:
        proxy.process.send_signal(signal.SIGTERM)
        last = waiter.read_to_end()[-1]
        assert (last.type, error_fields(last.body)["C"]) == ("E", "57P01")
        holder.send(query("COMMIT"))
        holder.read_to_end()


def test_a_drain_serves_who_waits(start_proxy, rows):
    proxy = start_proxy(overrides=one_link())
    with hold_the_link(proxy) as holder, wait_for_a_link(proxy, "acme") as waiter:
        proxy.process.send_signal(signal.SIGTERM)
        holder.send(query("COMMIT"))
        holder.read_to_end()
        found = waiter.read_to_end()
        assert "".join(message.type for message in found) == "TDDDCZE"


def test_a_tenant_that_is_suspended_while_it_logs_in(start_proxy, postgres, rows):
    with PgRelay(postgres.port) as relay:
        proxy = start_proxy(overrides=relay.overrides(pool={"connect_timeout": "5s"}))
        relay.connects.clear()
        with RawSession(proxy.ports["pg"]) as session:
            session.send(startup({"user": "app.acme", "database": "app"}))
            wait_for(lambda: "link_opened" in proxy.log())
            suspend(proxy, "acme")
            last = session.read_to_end()[-1]
            assert (last.type, error_fields(last.body)["C"]) == ("E", "57P01")
