# SPDX-License-Identifier: Apache-2.0
"""Text and bytes made to do harm: one clear error, and nobody else notices."""

import random
import socket

import pytest

from support import pg_wire
from support.pg_wire import RawSession, error_fields, message, query, startup


@pytest.fixture
def raw(proxy, rows):
    with RawSession(proxy.ports["pg"]) as session:
        yield session


@pytest.fixture(autouse=True)
def others_see_nothing(connect):
    """A session of the other tenant that was there before works through and after the test."""
    bystander = connect("globex", autocommit=False)
    assert bystander.execute("SELECT count(*) FROM orders").fetchone() == (2,)
    yield
    assert bystander.execute("SELECT count(*) FROM orders").fetchone() == (2,)


def assert_one_error_and_end(session, sqlstates):
    """One ErrorResponse, with one of these states, and then end of stream."""
    errors = [found for found in session.read_to_end() if found.type == "E"]
    assert len(errors) == 1, errors
    fields = error_fields(errors[0].body)
    assert fields["C"] in sqlstates, fields
    assert fields["S"] == "FATAL" and fields["V"] == "FATAL" and fields["M"]


def test_bad_message_in_a_transaction_rolls_it_back(raw, postgres):
    raw.login("app.acme")
    raw.send(query("BEGIN; UPDATE orders SET item = 'lost'"))
    raw.read_until_ready()
    raw.send(message("!", b""))
    assert_one_error_and_end(raw, {"08P01"})
    assert postgres.admin("SELECT count(*) FROM orders WHERE item = 'lost'") == [(0,)]


@pytest.mark.parametrize("sql, sqlstates", [
    (b"SELECT '\xff\xfe'", {"22021"}),
    (b"SELECT '\xc0\x80'", {"22021"}),
    (b"SELECT '\xed\xa0\x80'", {"22021"}),
    (b"SELECT " + b"(" * 20_000 + b"1" + b")" * 20_000, {"54001", "54000"}),
    (b"SELECT " + b"1+" * 100_000 + b"1", {"54001", "54000"}),
    (b"SELECT " + b"NOT " * 100_000 + b"true", {"54001", "54000"}),
    (b"SELECT " + b"- " * 100_000 + b"1", {"54001", "54000"}),
    (b"SELECT 1" + b" UNION SELECT 1" * 50_000, {"54001", "54000"}),
    (b"SELECT " + b"a." * 50_000 + b"a", {"54001", "54000", "42601", "42P01", "0A000"}),
    (b"SELECT $1", {"42P02", "42P18", "0A000"}),
    (b"SELECT $99999999999", {"42601", "42P02", "54000"}),
    (b"SELECT 1 FROM", {"42601"}),
    (b"SELECT 'open", {"42601"}),
    (b"SELECT $tag$ open", {"42601"}),
    (b"SELECT /* open", {"42601"}),
    (b"SELECT U&'\\zzzz'", {"42601", "22025"}),
])
def test_hostile_text_is_an_error_and_the_session_stays(raw, sql, sqlstates):
    raw.login("app.acme")
    raw.send(query(sql))
    answer = raw.read_until_ready()
    assert [found.type for found in answer] == ["E", "Z"]
    fields = error_fields(answer[0].body)
    assert fields["C"] in sqlstates and fields["S"] == "ERROR", fields
    raw.send(query("SELECT count(*) FROM orders"))
    assert pg_wire.row_values(raw.read_until_ready()[1].body) == [b"3"]


def test_statements_and_portals_that_do_not_exist(raw):
    raw.login("app.acme")
    for packet, state in ((pg_wire.bind(statement="absent"), "26000"),
                          (pg_wire.describe("S", "absent"), "26000"),
                          (pg_wire.describe("P", "absent"), "34000"),
                          (pg_wire.execute("absent"), "34000")):
        raw.send(packet, pg_wire.SYNC)
        answer = raw.read_until_ready()
        assert [found.type for found in answer] == ["E", "Z"]
        assert error_fields(answer[0].body)["C"] == state
    raw.send(pg_wire.close("S", "absent"), pg_wire.close("P", "absent"), pg_wire.SYNC)
    assert [found.type for found in raw.read_until_ready()] == ["3", "3", "Z"]


def test_random_bytes_end_no_other_session(proxy):
    generator = random.Random(2)
    login = startup({"user": "app.acme", "database": "app"})
    for turn in range(60):
        with RawSession(proxy.ports["pg"], timeout=10) as session:
            junk = generator.randbytes(generator.randrange(1, 4000))
            session.send(login + junk if turn % 2 else junk)
            session.socket.shutdown(socket.SHUT_WR)
            session.read_to_end()
    assert proxy.process.is_alive()
