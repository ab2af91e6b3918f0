# SPDX-License-Identifier: Apache-2.0
"""Transactions, settings and pins: what a session may count on although links come and go."""

import psycopg
import pytest

from support.pg_wire import (SYNC, RawSession, bind, error_fields, execute, parse, query,
                             row_values)


def types(messages):
    return "".join(message.type for message in messages)


def small(start_proxy, size=1, **pool):
    return start_proxy(overrides={"upstreams": {"main": {"pool": {"size": size, **pool}}},
                                  "limits": {"workers": 1}})


def raw(proxy, tenant, **parameters):
    session = RawSession(proxy.ports["pg"])
    session.login(f"app.{tenant}", **parameters)
    return session


def test_commit_and_rollback(connect, rows):
    connection = connect("acme", autocommit=False)
    connection.execute("INSERT INTO orders (id, item) VALUES (50, 'kept')")
    connection.commit()
    connection.execute("DELETE FROM orders")
    connection.rollback()
    assert connection.execute("SELECT count(*) FROM orders").fetchone() == (len(rows["acme"]) + 1,)
    assert connect("globex").execute("SELECT count(*) FROM orders").fetchone() == (2,)


@pytest.mark.parametrize("is_extended", [False, True])
def test_refusal_fails_the_transaction(proxy, rows, is_extended):
    with raw(proxy, "acme") as session:
        session.send(query("BEGIN"))
        session.read_until_ready()
        text = "SELECT pg_sleep(1)"
        refused = parse(text) + SYNC if is_extended else query(text)
        session.send(refused, query("SELECT 1"))
        answer = session.read_until_ready()
        assert types(answer) == "EZ" and answer[1].body == b"E"
        assert error_fields(answer[0].body)["C"] == "42501"
        answer = session.read_until_ready()
        assert error_fields(answer[0].body)["C"] == "25P02" and answer[1].body == b"E"
        session.send(query("ROLLBACK"), query("SELECT 1"))
        assert session.read_until_ready()[-1].body == b"I"
        assert types(session.read_until_ready()) == "TDCZ"


def test_savepoints(connect):
    connection = connect("acme", autocommit=False)
    connection.execute("INSERT INTO orders (id) VALUES (60)")
    with pytest.raises(psycopg.errors.UniqueViolation):
        with connection.transaction():
            connection.execute("INSERT INTO orders (id) VALUES (60)")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        with connection.transaction():
            connection.execute("SELECT pg_sleep(1)")
    assert connection.execute("SELECT count(*) FROM orders WHERE id = 60").fetchone() == (1,)
    connection.rollback()


def test_settings_of_the_startup_packet_follow_the_session(start_proxy):
    proxy = small(start_proxy)
    names = {"a": "Asia/Tokyo", "b": "Europe/Paris", "c": None}
    sessions = {key: proxy.connect("acme", application_name=f"app-{key}'s",
                                   options=f"-c TimeZone={zone}" if zone else "")
                for key, zone in names.items()}
    for _ in range(3):
        for key, connection in sessions.items():
            assert connection.execute("SHOW timezone").fetchone() == (names[key] or "UTC",)
            assert connection.execute("SHOW application_name").fetchone() == (f"app-{key}'s",)
            assert connection.info.parameter_status("application_name") == f"app-{key}'s"
    for connection in sessions.values():
        connection.close()


def test_set_pins_and_is_scrubbed(start_proxy):
    proxy = small(start_proxy, size=2)
    pinned = proxy.connect("acme")
    pinned.execute("SET timezone = 'Asia/Tokyo'")
    other = proxy.connect("globex")
    for _ in range(3):
        assert other.execute("SHOW timezone").fetchone() == ("UTC",)
        assert pinned.execute("SHOW timezone").fetchone() == ("Asia/Tokyo",)
    pinned.close()
    sessions = [proxy.connect("globex", autocommit=False) for _ in range(2)]
    for connection in sessions:  # both links are used again
        assert connection.execute("SHOW timezone").fetchone() == ("UTC",)
    for connection in sessions + [other]:
        connection.close()


def test_discard_all_ends_the_pin(start_proxy):
    proxy = small(start_proxy, wait_timeout="1s")
    connection = proxy.connect("acme")
    other = proxy.connect("globex")
    connection.execute("SET timezone = 'Asia/Tokyo'; SELECT 1")
    with pytest.raises(psycopg.OperationalError):
        other.execute("SELECT 1")
    connection.execute("DISCARD ALL")
    assert other.execute("SHOW timezone").fetchone() == ("UTC",)
    assert connection.execute("SHOW timezone").fetchone() == ("UTC",)
    connection.autocommit = False
    connection.execute("SELECT 1")
    with pytest.raises(psycopg.errors.ActiveSqlTransaction):
        connection.execute("DISCARD ALL")
    connection.close()
    other.close()


def test_set_local_ends_with_its_transaction(start_proxy):
    proxy = small(start_proxy)
    with raw(proxy, "acme") as session, raw(proxy, "globex") as other:
        session.send(query("BEGIN"), query("SET LOCAL datestyle = 'ISO, DMY'"),
                     parse("SELECT '01/02/2003'::date", name="d"), bind(statement="d"), execute(),
                     SYNC, query("COMMIT"))
        for _ in range(2):
            session.read_until_ready()
        assert row_values(session.read_until_ready()[2].body) == [b"2003-02-01"]
        session.read_until_ready()
        other.send(parse("SELECT '01/02/2003'::date", name="d"), bind(statement="d"), execute(),
                   SYNC)
        assert row_values(other.read_until_ready()[2].body) == [b"2003-01-02"]


def test_session_pool_keeps_and_scrubs(start_proxy):
    proxy = small(start_proxy, size=2, mode="session")
    first, second = proxy.connect("acme"), proxy.connect("globex")
    pid = "SELECT pid FROM (SELECT 1 AS pid) x"
    first.execute("SET timezone = 'Asia/Tokyo'")
    assert first.execute(pid).fetchone() == second.execute(pid).fetchone()
    first.close()
    third = proxy.connect("globex")
    assert third.execute("SHOW timezone").fetchone() == ("UTC",)
    second.close()
    third.close()


@pytest.mark.parametrize("setting, code", [
    ("search_path=pg_catalog", "42501"), ("row_security=off", "42501"), ("role=postgres", "42501"),
    ("app.tenant=globex", "42501"), ("session_replication_role=replica", "42501"),
    ("client_encoding=LATIN1", "22023"), ("standard_conforming_strings=off", "42501"),
    ("nosuch=1", "42501")])
def test_settings_that_a_client_may_not_choose(proxy, setting, code):
    with RawSession(proxy.ports["pg"]) as session:
        from support.pg_wire import startup
        name, value = setting.split("=")
        session.send(startup({"user": "app.acme", "database": "app", name: value}))
        assert error_fields(session.read_to_end()[-1].body)["C"] == code
    with RawSession(proxy.ports["pg"]) as session:
        session.send(startup({"user": "app.acme", "database": "app", "options": f"-c {setting}"}))
        assert error_fields(session.read_to_end()[-1].body)["C"] == code


def test_wrong_value_of_a_setting_ends_the_session_only(start_proxy):
    proxy = small(start_proxy)
    bad = proxy.connect("acme", options="-c timezone=Nowhere/Land")
    with pytest.raises(psycopg.OperationalError) as error:
        bad.execute("SELECT 1")
    assert "TimeZone" in str(error.value) and bad.closed
    good = proxy.connect("acme")
    assert good.execute("SELECT 1").fetchone() == (1,)
    good.close()


@pytest.mark.parametrize("name", ["", "named"])
def test_discard_all_behind_a_batch_without_its_sync(start_proxy, rows, name):
    """The batch is a transaction, and its answers may not come before the Sync: no waiting."""
    proxy = small(start_proxy)
    with raw(proxy, "acme") as session:
        session.send(parse("INSERT INTO orders (id) VALUES (90)", name), bind(statement=name),
                     execute(), query("DISCARD ALL"), query("SELECT id FROM orders WHERE id = 90"))
        answer = session.read_until_ready()
        assert types(answer) == "12CEZ" and error_fields(answer[-2].body)["C"] == "25001"
        assert types(session.read_until_ready()) == "TCZ"


def test_a_query_that_an_error_makes_the_server_skip(start_proxy, rows):
    """The error before it leaves the batch open until Sync, whatever comes in between."""
    proxy = small(start_proxy)
    with raw(proxy, "acme") as session:
        session.send(execute("nowhere"), query("RESET application_name"), query("DISCARD ALL"),
                     SYNC)
        answer = session.read_until_ready()
        assert types(answer) == "EZ" and error_fields(answer[0].body)["C"] == "34000"
        session.send(query("SELECT 1"))
        assert types(session.read_until_ready()) == "TDCZ"
