# SPDX-License-Identifier: Apache-2.0
"""Queries through the proxy over the simple and the extended protocol, alone and in pipelines."""

import psycopg
import pytest

from support import psql, tenants
from support.pg_wire import (FLUSH, SYNC, RawSession, bind, close, describe, error_fields,
                             execute, message, parse, query, row_values)

SELECT_ITEMS = "SELECT item FROM orders ORDER BY id"


def types(messages):
    return "".join(message.type for message in messages)


def raw(proxy, tenant):
    session = RawSession(proxy.ports["pg"])
    session.login(f"app.{tenant}")
    return session


@pytest.mark.parametrize("tenant", tenants.TENANTS)
def test_each_tenant_sees_its_own_rows(connect, rows, tenant):
    sql = "SELECT id, item FROM orders ORDER BY id"
    connection = connect(tenant)
    assert connection.execute(sql).fetchall() == rows[tenant]
    assert connection.execute(sql + " LIMIT %s", (9,)).fetchall() == rows[tenant]
    assert connection.execute(sql, prepare=True).fetchall() == rows[tenant]
    assert connection.execute(sql, binary=True).fetchall() == rows[tenant]


def test_psql_runs_unchanged(proxy, rows):
    found = psql.rows(proxy.pg_dsn("acme"), SELECT_ITEMS)
    assert found == [item for _, item in rows["acme"]]


def test_several_statements_in_one_query(proxy, rows):
    with raw(proxy, "acme") as session:
        session.send(query("SELECT 1; SELECT count(*) FROM orders; SELECT 'x'"))
        answer = session.read_until_ready()
        assert types(answer) == "TDCTDCTDCZ"
        assert [row_values(m.body)[0] for m in answer if m.type == "D"] == [b"1", b"3", b"x"]


def test_one_refused_statement_refuses_them_all(connect, rows):
    connection = connect("acme")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("DELETE FROM orders; SELECT pg_sleep(0)")
    assert connection.execute("SELECT count(*) FROM orders").fetchone() == (len(rows["acme"]),)


def test_empty_queries(proxy):
    with raw(proxy, "acme") as session:
        session.send(query(""), query("  ;  "))
        assert types(session.read_until_ready()) == "IZ"
        assert types(session.read_until_ready()) == "IZ"
        session.send(query("BEGIN"), query(""), query("ROLLBACK"))
        assert [types(session.read_until_ready()) for _ in range(3)] == ["CZ", "IZ", "CZ"]
        session.send(parse(""), bind(), describe(), execute(), SYNC)
        assert types(session.read_until_ready()) == "12nIZ"


def test_unnamed_statement_with_parameters(proxy):
    with raw(proxy, "acme") as session:
        session.send(parse("SELECT item FROM orders WHERE id = $1"), describe("S"), bind([b"2"]),
                     describe(), execute(), SYNC)
        answer = session.read_until_ready()
        assert types(answer) == "1tT2TDCZ"
        assert answer[1].body == b"\x00\x01\x00\x00\x00\x14"  # one parameter, of type bigint
        assert row_values(answer[5].body) == [b"rocket"]


@pytest.mark.parametrize("formats, value", [((), b"2"), ((0,), b"2"), ((1,), b"\0" * 7 + b"\2")])
def test_parameter_formats(proxy, formats, value):
    with raw(proxy, "acme") as session:
        session.send(parse("SELECT item FROM orders WHERE id = $1"),
                     bind([value], formats=formats, result_formats=(1,)), execute(), SYNC)
        answer = session.read_until_ready()
        assert types(answer) == "12DCZ"
        assert row_values(answer[2].body) == [b"rocket"]


def test_more_types_declared_than_used(proxy):
    with raw(proxy, "acme") as session:
        session.send(parse("SELECT count(*) FROM orders", types=(23, 23)), describe("S"),
                     bind([b"1", b"2"]), execute(), SYNC)
        answer = session.read_until_ready()
        assert types(answer) == "1tT2DCZ"
        assert answer[1].body == b"\x00\x02" + b"\x00\x00\x00\x17" * 2
        assert row_values(answer[4].body) == [b"3"]


def test_portal_in_portions(proxy):
    with raw(proxy, "acme") as session:
        session.send(parse(SELECT_ITEMS), bind(portal="p"), execute("p", 2), execute("p", 2),
                     close("P", "p"), SYNC)
        answer = session.read_until_ready()
        assert types(answer) == "12DDsDC3Z"


def test_flush_brings_answers_before_sync(proxy):
    with raw(proxy, "acme") as session:
        session.send(parse("SELECT 1"), FLUSH)
        assert session.read().type == "1"
        session.send(bind(), execute(), FLUSH)
        assert [session.read().type for _ in range(3)] == ["2", "D", "C"]
        session.send(SYNC)
        assert types(session.read_until_ready()) == "Z"


def test_many_syncs_in_flight(proxy):
    with raw(proxy, "acme") as session:
        batch = [parse("SELECT $1::int"), bind([b"7"]), execute(), SYNC]
        session.send(*(batch * 200))
        for _ in range(200):
            assert types(session.read_until_ready()) == "12DCZ"


def test_error_skips_to_sync_and_not_further(proxy):
    with raw(proxy, "acme") as session:
        session.send(parse("SELECT 1 / (id - id) FROM orders"), bind(), execute(),
                     parse("SELECT 1"), SYNC, parse("SELECT 2"), bind(), execute(), SYNC)
        assert types(session.read_until_ready()) == "12EZ"
        assert types(session.read_until_ready()) == "12DCZ"


@pytest.mark.parametrize("before", [(), (parse("SELECT 1"), bind(), execute())])
def test_refusal_in_a_pipeline_stands_in_its_place(proxy, before):
    with raw(proxy, "acme") as session:
        session.send(*before, parse("SELECT pg_sleep(1)"), bind(), execute(), SYNC,
                     parse("SELECT 2"), bind(), execute(), SYNC)
        answer = session.read_until_ready()
        assert types(answer) == ("12DC" if before else "") + "EZ"
        assert error_fields(answer[-2].body)["C"] == "42501"
        assert types(session.read_until_ready()) == "12DCZ"


def test_simple_query_inside_a_failed_batch_is_skipped(proxy):
    with raw(proxy, "acme") as session:
        session.send(parse("SELECT nonsense"), query("SELECT 1"), SYNC, query("SELECT 2"))
        assert types(session.read_until_ready()) == "EZ"
        assert types(session.read_until_ready()) == "TDCZ"


def test_psycopg_pipeline(connect, rows):
    connection = connect("acme")
    with connection.pipeline():
        cursors = [connection.execute("SELECT item FROM orders WHERE id = %s", (i,))
                   for i in (1, 2, 3)]
    assert [c.fetchone()[0] for c in cursors] == [item for _, item in rows["acme"]]


def test_wrong_number_of_parameters(proxy):
    with raw(proxy, "acme") as session:
        session.send(parse("SELECT item FROM orders WHERE id = $1"), bind([b"1", b"globex"]),
                     execute(), SYNC)
        answer = session.read_until_ready()
        assert types(answer) == "1EZ"
        assert error_fields(answer[1].body)["C"] == "08P01"
        assert "supplies 2 parameters" in error_fields(answer[1].body)["M"]


def test_error_position_is_of_the_clients_text(connect):
    connection = connect("acme")
    text = "SELECT id, item FROM orders WHERE amount > 'zonk'"
    for arguments in ((), ((),)):
        with pytest.raises(psycopg.errors.InvalidTextRepresentation) as error:
            connection.execute(text, *arguments)
        assert error.value.diag.statement_position == str(text.index("'zonk'") + 1)


def test_detail_that_quotes_rows_is_left_out(connect):
    connection = connect("acme")
    with pytest.raises(psycopg.errors.UniqueViolation) as error:
        connection.execute("INSERT INTO orders (id, item) VALUES (1, 'x')")
    assert error.value.diag.message_detail is None
    assert error.value.diag.constraint_name == "orders_pkey"


def test_function_call_message_is_refused(proxy):
    with raw(proxy, "acme") as session:
        session.send(message("F", b"\0\0\0\1" + b"\0\0" * 3))
        answer = session.read_until_ready()
        assert types(answer) == "EZ" and error_fields(answer[0].body)["C"] == "42501"
        session.send(query("SELECT 1"))
        assert types(session.read_until_ready()) == "TDCZ"
