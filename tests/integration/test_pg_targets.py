# SPDX-License-Identifier: Apache-2.0
"""Listeners for standbys: reads go where the listener says, and nowhere else."""

import psycopg
import pytest

from support import tenants, workdir
from support.pg_relay import PgRelay
from support.process import wait_for
from support.replication import Standby, address
from support.ringfence import run_command

TARGETS = ("primary", "any", "standby", "prefer-standby")


@pytest.fixture(scope="module")
def pair(start_module_postgres):
    primary = start_module_postgres()
    standby = Standby(primary)
    yield primary, standby
    standby.remove()


@pytest.fixture
def own_pair(start_postgres):
    primary = start_postgres()
    standby = Standby(primary)
    yield primary, standby
    standby.remove()


def start_with_targets(start_proxy, primary, *servers):
    """A proxy with a listener for each target; returns it and {target: port}."""
    ports = {target: workdir.free_port() for target in TARGETS}
    proxy = start_proxy(postgres=primary, redis_server=None, overrides={
        "listeners": [{"name": target, "protocol": "postgres", "upstream": "main",
                       "bind": f"127.0.0.1:{port}", "target": target,
                       "auth": {"method": "trust"}} for target, port in ports.items()],
        "upstreams": {"main": {"endpoints": [address(server) for server in servers]}}})
    return proxy, ports


def is_standby(session):
    return session.info.parameter_status("in_hot_standby") == "on"


def can_write(session):
    try:
        session.execute("UPDATE orders SET amount = amount + 1")
        return True
    except psycopg.errors.ReadOnlySqlTransaction:
        return False


def test_each_listener_leads_to_what_it_is_for(pair, start_proxy):
    primary, standby = pair
    proxy, ports = start_with_targets(start_proxy, primary, primary, standby)
    for target, on_standby in [("primary", False), ("standby", True), ("prefer-standby", True)]:
        for tenant in tenants.TENANTS:
            with proxy.connect(tenant, port=ports[target]) as session:
                found = session.execute("SELECT id, item FROM orders ORDER BY id").fetchall()
                assert found == tenants.ORDERS[tenant]
                assert is_standby(session) == on_standby
                assert can_write(session) != on_standby
    with proxy.connect("acme", port=ports["any"]) as session:
        assert session.execute("SELECT 1").fetchone() == (1,)


def test_a_drivers_own_choice_works_through_the_proxy(pair, start_proxy):
    """libpq asks every host of its list what it is, and believes what it reports."""
    primary, standby = pair
    proxy, ports = start_with_targets(start_proxy, primary, primary, standby)
    for wish, on_standby in [("standby", True), ("read-only", True), ("primary", False),
                             ("read-write", False), ("prefer-standby", True)]:
        # libpq itself: psycopg would go through the hosts on its own.
        connection = psycopg.pq.PGconn.connect(proxy.pg_dsn(
            "acme", host="127.0.0.1,127.0.0.1", port=f"{ports['primary']},{ports['standby']}",
            target_session_attrs=wish).encode())
        assert connection.status == psycopg.pq.ConnStatus.OK, connection.error_message
        assert connection.port.decode() == str(ports["standby" if on_standby else "primary"])
        connection.finish()


def test_statements_that_fail_for_want_of_a_primary_move_nobody(pair, start_proxy):
    """A tenant that writes where it must not has its errors, and no failover."""
    primary, standby = pair
    proxy, ports = start_with_targets(start_proxy, primary, primary, standby)
    with proxy.connect("acme", port=ports["standby"]) as reader, \
            proxy.connect("acme", port=ports["primary"]) as writer:
        for _ in range(20):
            assert not can_write(reader)
            assert can_write(writer)
    log = proxy.log()
    assert "primary_changed" not in log and "second_primary" not in log


def test_no_standby_refuses_standby_and_not_prefer_standby(pair, start_proxy):
    primary, _ = pair
    proxy, ports = start_with_targets(start_proxy, primary, primary)
    with pytest.raises(psycopg.OperationalError, match="not available"):
        proxy.connect("acme", port=ports["standby"])
    with proxy.connect("acme", port=ports["prefer-standby"]) as session:
        assert not is_standby(session) and can_write(session)


def test_a_standby_that_is_lost_and_comes_back(own_pair, start_proxy):
    primary, standby = own_pair
    proxy, ports = start_with_targets(start_proxy, primary, primary, standby)
    port = ports["prefer-standby"]

    def reads_on_standby(expected):
        try:
            with proxy.connect("acme", port=port) as session:
                return can_write(session) != expected
        except psycopg.OperationalError:
            return False

    assert reads_on_standby(True)
    standby.stop()
    wait_for(lambda: reads_on_standby(False), what="a read on the primary")
    standby.start()
    with proxy.connect("acme", port=ports["any"]) as session:
        session.execute("SELECT 1")

    def serves_standby():
        try:
            with proxy.connect("acme", port=ports["standby"]):
                return True
        except psycopg.OperationalError:
            return False

    wait_for(serves_standby, what="the standby")
    wait_for(lambda: reads_on_standby(True), what="a read on the standby")


def test_a_standby_that_is_promoted_is_read_from_no_more(own_pair, start_proxy):
    """Its server tells the links that are open; the session keeps its own until it is idle."""
    primary, standby = own_pair
    proxy, ports = start_with_targets(start_proxy, primary, primary, standby)
    with proxy.connect("acme", port=ports["standby"]) as session:
        assert not can_write(session)
        standby.promote()

        def is_refused():
            try:
                session.execute("SELECT 1")
                return False
            except psycopg.OperationalError as error:
                assert error.sqlstate == "57P03"
                return True

        wait_for(is_refused, what="an end of reading from the second primary")
    log = proxy.log()
    assert "second_primary" in log and "primary_changed" not in log


CHOICES = [  # of a session, by startup option: on which listener, and where it leads
    ("primary", "standby", True), ("primary", "read-only", True), ("any", "read-write", False),
    ("primary", "prefer-standby", True), ("primary", "any", False), ("standby", "any", True),
    ("standby", "read-only", True), ("prefer-standby", "standby", True),
    ("standby", "primary", "42501"), ("prefer-standby", "read-write", "42501"),
    ("standby", "prefer-standby", "42501"), ("primary", "fastest", "22023"),
]


def test_a_session_chooses_within_what_its_listener_allows(pair, start_proxy):
    primary, standby = pair
    proxy, ports = start_with_targets(start_proxy, primary, primary, standby)
    for listener, wish, leads_to in CHOICES:
        options = {"port": ports[listener], "options": f"-c target_session_attrs={wish}"}
        if isinstance(leads_to, str):
            with pytest.raises(psycopg.OperationalError, match="setting of the startup packet"):
                proxy.connect("acme", **options)
            continue
        with proxy.connect("acme", **options) as session:
            assert can_write(session) != leads_to, (listener, wish)


def test_a_session_cannot_choose_what_nobody_set_up(pair, start_proxy):
    proxy = start_proxy(postgres=pair[0], redis_server=None, overrides={
        "upstreams": {"main": {"endpoints": [address(server) for server in pair]}}})
    with pytest.raises(psycopg.OperationalError, match="setting of the startup packet"):
        proxy.connect("acme", options="-c target_session_attrs=standby")
    with proxy.connect("acme", options="-c target_session_attrs=read-write") as session:
        assert can_write(session)


@pytest.fixture
def silent_pair(pair):
    """The same servers behind relays that keep from the proxy what they are, as version 13 does."""
    with PgRelay(pair[0].port) as primary, PgRelay(pair[1].port) as standby:
        for relay in (primary, standby):
            relay.replace = (b"in_hot_standby", b"in_hot_stand__")
        yield primary, standby


def test_a_server_that_does_not_say_what_it_is_is_asked(pair, silent_pair, start_proxy):
    primary, standby = silent_pair
    proxy, ports = start_with_targets(start_proxy, pair[0], standby, primary)
    for target in TARGETS[:1] + TARGETS[2:]:
        for tenant in tenants.TENANTS:
            with proxy.connect(tenant, port=ports[target]) as session:
                assert is_standby(session) == (target != "primary")
                assert can_write(session) == (target == "primary")
    with proxy.connect("acme", port=ports["any"]) as session:  # is not asked, nor believed
        assert session.execute("SELECT 1").fetchone() == (1,)
    assert "second_primary" not in proxy.log()
    metrics = proxy.http("/metrics")[1]
    assert f'{{endpoint="main/127.0.0.1:{standby.port}",role="standby"}} 1' in metrics


def test_a_server_that_does_not_answer_what_it_is_is_not_used(pair, silent_pair, start_proxy):
    primary, standby = silent_pair
    proxy, ports = start_with_targets(start_proxy, pair[0], primary, standby)
    pair[0].admin("REVOKE EXECUTE ON FUNCTION pg_is_in_recovery FROM PUBLIC")
    try:
        with pytest.raises(psycopg.OperationalError, match="not available"):
            proxy.connect("acme", port=ports["primary"])
        assert "does not say whether it is a standby" in proxy.log()
        with proxy.connect("acme", port=ports["any"]) as session:
            assert session.execute("SELECT 1").fetchone() == (1,)
    finally:
        pair[0].admin("GRANT EXECUTE ON FUNCTION pg_is_in_recovery TO PUBLIC")


def test_only_postgres_has_roles(make_proxy, postgres, redis_server):
    proxy = make_proxy(postgres=postgres, redis_server=redis_server)
    proxy.config["listeners"][1]["target"] = "standby"
    proxy.write_config(proxy.config)
    result = run_command("check", "-c", proxy.config_path)
    assert result.returncode == 2
    assert "target: only postgres listeners choose by role" in result.stderr
