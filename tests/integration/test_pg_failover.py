# SPDX-License-Identifier: Apache-2.0
"""Primary and standby: who is written to, and what happens when the roles change."""

import psycopg
import pytest

from support import tenants, workdir
from support.process import wait_for
from support.replication import Standby, address


@pytest.fixture
def pair(start_postgres):
    """(primary, standby), both of this test alone."""
    primary = start_postgres()
    standby = Standby(primary)
    yield primary, standby
    standby.remove()


def overrides_of(*servers, **upstream):
    return {"upstreams": {"main": {"endpoints": [address(server) for server in servers],
                                   **upstream}}}


def role(proxy, server, name):
    """The metric of the endpoint's role."""
    line = f'ringfence_pg_endpoint_role{{endpoint="main/127.0.0.1:{server.port}",role="{name}"}} 1'
    return line in proxy.http("/metrics")[1]


def write(proxy, number, tenant="acme"):
    """Adds an order in a session of its own; False when there is no server to be had."""
    try:
        with proxy.connect(tenant) as session:
            session.execute("INSERT INTO orders (id, item) VALUES (%s, 'new')", [number])
        return True
    except psycopg.OperationalError:
        return False


def numbers(server):
    return {row[0] for row in server.admin("SELECT id FROM orders WHERE item = 'new'")}


def test_a_standby_that_is_listed_first_is_passed_over(pair, start_proxy):
    primary, standby = pair
    proxy = start_proxy(postgres=primary, overrides=overrides_of(standby, primary))
    for number in range(10, 20):
        assert write(proxy, number)
    assert numbers(primary) == set(range(10, 20))
    assert role(proxy, primary, "primary") and role(proxy, standby, "standby")


def test_a_standby_alone_is_no_primary(pair, start_proxy):
    primary, standby = pair
    proxy = start_proxy(postgres=primary, overrides=overrides_of(standby))
    with pytest.raises(psycopg.OperationalError, match="not available"):
        proxy.connect("acme")
    assert "the server is a standby" in proxy.log()


def test_sessions_go_on_with_the_promoted_standby(pair, start_proxy):
    primary, standby = pair
    proxy = start_proxy(postgres=primary, overrides=overrides_of(primary, standby))
    session = proxy.connect("acme")
    session.execute("INSERT INTO orders (id, item) VALUES (10, 'new')")
    standby.catch_up(primary)
    primary.stop()
    assert not write(proxy, 11)
    standby.promote()
    wait_for(lambda: write(proxy, 12), what="a write to the new primary")
    session.execute("INSERT INTO orders (id, item) VALUES (13, 'new')")  # it was between two
    assert numbers(standby) == {10, 12, 13}
    assert role(proxy, standby, "primary")
    assert "primary_changed" in proxy.log()
    for tenant in tenants.TENANTS:
        with proxy.connect(tenant) as other:
            found = other.execute("SELECT id, item FROM orders WHERE item <> 'new' ORDER BY id")
            assert found.fetchall() == tenants.ORDERS[tenant]


def test_the_old_primary_is_not_written_to_again(pair, start_proxy):
    """It comes back as it was, which is a split brain that the proxy must not make worse."""
    primary, standby = pair
    other_port = workdir.free_port()
    proxy = start_proxy(postgres=primary, overrides=lambda own: {
        **overrides_of(primary, standby),
        "listeners": [*own.config["listeners"], {
            **own.config["listeners"][0], "name": "other", "bind": f"127.0.0.1:{other_port}",
            "target": "standby"}]})
    assert write(proxy, 10)
    standby.catch_up(primary)
    primary.stop()
    standby.promote()
    wait_for(lambda: write(proxy, 11), what="a write to the new primary")
    primary.start()
    with pytest.raises(psycopg.OperationalError):  # no standby, but so the proxy meets it
        proxy.connect("acme", port=other_port)
    assert "second_primary" in proxy.log()
    for number in range(12, 32):
        assert write(proxy, number)
    assert numbers(primary) == {10}
    assert numbers(standby) == {10, *range(11, 32)}


def test_the_old_primary_comes_back_as_a_standby(pair, start_proxy):
    """And the proxy is started again, so that it knows nothing of the past."""
    primary, standby = pair
    overrides = overrides_of(primary, standby)
    proxy = start_proxy(postgres=primary, overrides=overrides)
    assert write(proxy, 10)
    standby.catch_up(primary)
    primary.stop()
    standby.promote()
    wait_for(lambda: write(proxy, 11), what="a write to the new primary")
    assert role(proxy, primary, "down")
    old = Standby(standby, port=primary.port)
    try:
        fresh = start_proxy(postgres=primary, overrides=overrides)
        for number in range(12, 22):
            assert write(proxy, number) and write(fresh, number + 100)
        expected = {10, 11, *range(12, 22), *range(112, 122)}
        assert numbers(standby) == expected
        wait_for(lambda: numbers(old) == expected, what="the same rows on the standby")
        assert role(fresh, old, "standby") and role(fresh, standby, "primary")
    finally:
        old.remove()


def test_links_to_a_primary_that_was_replaced_are_given_up(pair, start_proxy):
    """A primary that only the proxy's new connections cannot reach, and a session that still has
    a link to it: the session's next transaction is the new primary's."""
    primary, standby = pair
    proxy = start_proxy(postgres=primary, overrides=overrides_of(
        primary, standby, pool={"mode": "transaction", "size": 4}))
    session = proxy.connect("acme", autocommit=False)
    session.execute("INSERT INTO orders (id, item) VALUES (10, 'new')")
    primary.admin("ALTER ROLE app_rw NOLOGIN")
    standby.promote()
    wait_for(lambda: write(proxy, 11), what="a write to the new primary")
    session.commit()
    session.execute("INSERT INTO orders (id, item) VALUES (12, 'new')")
    session.commit()
    assert numbers(primary) == {10}
    assert numbers(standby) >= {11, 12}
