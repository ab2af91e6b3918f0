# SPDX-License-Identifier: Apache-2.0
"""COPY in and out through a listener without isolation, and what goes wrong in the middle of it."""

import struct

import psycopg
import pytest

from support import passthrough
from support.process import wait_for
from support.pg_wire import RawSession, SYNC, bind, error_fields, execute, message, parse, query


def types(messages):
    return "".join(found.type for found in messages if found.type not in "SN")


@pytest.fixture(scope="module")
def copied(postgres):
    postgres.admin("DROP TABLE IF EXISTS copied; CREATE TABLE copied (id int, body text); "
                   "GRANT ALL ON copied TO PUBLIC")
    yield
    postgres.admin("DROP TABLE copied")


@pytest.fixture
def small(start_proxy, postgres, copied):
    """Two links and one worker."""
    postgres.admin("TRUNCATE copied")
    return start_proxy(overrides=passthrough.overrides(size=2, wait_timeout="2s"))


@pytest.fixture
def session(small):
    with RawSession(small.ports["pg"]) as opened:
        opened.login("app.acme")
        yield opened


def data(text):
    return message("d", text)


DONE = message("c")


def fail(reason):
    return message("f", reason.encode() + b"\0")


def count(postgres):
    return postgres.admin("SELECT count(*) FROM copied")[0][0]


@pytest.mark.parametrize("options", ["", "WITH (FORMAT csv)", "WITH (FORMAT binary)"])
def test_in_and_out_again(small, postgres, options):
    rows = [(i, f"body {i}, \"quoted\"\t{'x' * (i % 100)}") for i in range(5000)]
    with small.connect("acme", autocommit=False) as connection:
        with connection.cursor() as cursor:
            with cursor.copy(f"COPY copied FROM STDIN {options}") as copy:
                if "csv" in options:
                    for i, body in rows:
                        copy.write(f'{i},"{body.replace(chr(34), chr(34) * 2)}"\n')
                else:
                    if "binary" in options:
                        copy.set_types(["int4", "text"])
                    for row in rows:
                        copy.write_row(row)
        connection.commit()
        assert connection.execute("SELECT id, body FROM copied ORDER BY id").fetchall() == rows
        with psycopg.connect(passthrough.direct_dsn(postgres)) as direct:
            outs = []
            for each in (direct, connection):
                with each.cursor() as cursor, cursor.copy(
                        f"COPY (SELECT * FROM copied ORDER BY id) TO STDOUT {options}") as copy:
                    outs.append(b"".join(copy))
        assert outs[0] == outs[1]


def test_a_large_value_passes_in_pieces(small, session):
    """A row larger than any buffer of the proxy, both ways."""
    body = b"y" * (9 << 20)
    session.send(query("COPY copied FROM STDIN"))
    assert session.read().type == "G"
    session.send(data(b"1\t" + body + b"\n"), DONE)
    assert types(session.read_until_ready()) == "CZ"
    session.send(query("COPY copied TO STDOUT"))
    answer = session.read_until_ready()
    assert types(answer) == "HdcCZ" and answer[1].body == b"1\t" + body + b"\n"


def test_extended_with_a_sync_that_copy_swallows(session, postgres):
    session.send(parse("COPY copied FROM STDIN"), bind(), execute(), SYNC)
    answer = [session.read() for _ in range(3)]
    assert types(answer) == "12G"
    session.send(data(b"1\ta\n"), SYNC, message("H"), data(b"2\tb\n"), DONE, SYNC)
    assert types(session.read_until_ready()) == "CZ"
    assert count(postgres) == 2
    session.send(query("SELECT 1"))
    assert types(session.read_until_ready()) == "TDCZ"


def test_two_copies_in_one_message(session, postgres):
    session.send(query("COPY copied FROM STDIN; COPY copied FROM STDIN; SELECT 7"))
    assert session.read().type == "G"
    session.send(data(b"1\ta\n"), DONE)
    assert [session.read().type for _ in range(2)] == ["C", "G"]
    session.send(data(b"2\tb\n"), DONE)
    assert types(session.read_until_ready()) == "CTDCZ"
    assert count(postgres) == 2


FAILURES = {
    "client says so": [fail("changed my mind")],
    "client says so late": [data(b"1\ta\n"), fail("changed my mind")],
    "bad row": [data(b"1\ta\n"), data(b"x\ty\n"), data(b"3\tc\n"), DONE],
    "bad last row": [data(b"1\ta\n2"), DONE],
    "too many columns": [data(b"1\ta\tb\n"), DONE],
    "half a message": [data(b"1\ta\n2\tb"), data(b"c\tz\n"), DONE],
}


@pytest.mark.parametrize("name", FAILURES)
@pytest.mark.parametrize("extended", [False, True], ids=["simple", "extended"])
def test_a_copy_that_fails(session, postgres, name, extended):
    text = "COPY copied FROM STDIN"
    session.send(*([parse(text), bind(), execute()] if extended else [query(text)]))
    if extended:
        session.send(message("H"))
        assert types([session.read() for _ in range(3)]) == "12G"
    else:
        assert session.read().type == "G"
    session.send(*FAILURES[name])
    if extended:
        session.send(SYNC)
    answer = session.read_until_ready()
    assert types(answer) == "EZ" and error_fields(answer[0].body)["C"] in {"57014", "22P02",
                                                                             "22P04"}
    assert count(postgres) == 0
    session.send(query("SELECT 1"))
    assert types(session.read_until_ready()) == "TDCZ"


def test_data_after_a_failure_goes_nowhere(session):
    """A client that is still sending when its COPY fails: PostgreSQL ignores what comes."""
    session.send(query("COPY copied FROM STDIN"))
    assert session.read().type == "G"
    session.send(data(b"x\ty\n"))
    assert types(session.read_until_ready()) == "EZ"
    session.send(data(b"1\ta\n"), data(b"2\tb\n"), DONE, query("SELECT 1"))
    assert types(session.read_until_ready()) == "TDCZ"


def test_stray_copy_messages_are_ignored(session):
    session.send(data(b"1\ta\n"), DONE, fail("no"), query("SELECT 1"))
    assert types(session.read_until_ready()) == "TDCZ"


@pytest.mark.parametrize("vanish", ["close", "reset"])
@pytest.mark.parametrize("direction", ["FROM STDIN", "TO STDOUT"])
def test_a_client_that_vanishes(small, postgres, vanish, direction):
    """Nothing is stored, and the links serve others."""
    postgres.admin("INSERT INTO copied SELECT 0, repeat('z', 1000) FROM generate_series(1, 20000)")
    for _ in range(4):
        session = RawSession(small.ports["pg"])
        session.login("app.acme")
        session.send(query(f"COPY copied {direction}"))
        assert session.read().type in "GH"
        if direction == "FROM STDIN":
            session.send(data(b"1\ta\n"))
        getattr(session, vanish)()
    with small.connect("globex") as connection:
        assert connection.execute("SELECT count(*) FROM copied").fetchone() == (20000,)
    wait_for(lambda: postgres.admin("SELECT count(*) FROM pg_stat_activity WHERE query LIKE "
                                    "'COPY copied%' AND state = 'active'") == [(0,)],
             what="the end of the COPYs")


@pytest.mark.parametrize("direction", ["FROM STDIN", "TO STDOUT"])
def test_a_server_that_vanishes(small, postgres, direction):
    postgres.admin("INSERT INTO copied SELECT 0, repeat('z', 1000) FROM generate_series(1, 60000)")
    with RawSession(small.ports["pg"]) as session:
        session.login("app.acme")
        session.send(query(f"COPY copied {direction}"))
        assert session.read().type in "GH"
        postgres.admin("SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                       "WHERE query LIKE 'COPY copied%'")
        rest = session.read_to_end()
        others = [(found.type, found.body[:80]) for found in rest if found.type not in "dE"]
        assert not others
    with small.connect("globex") as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_cancelled_copy(small, postgres):
    with small.connect("acme") as connection:
        with pytest.raises(psycopg.errors.QueryCanceled):
            with connection.cursor() as cursor, cursor.copy("COPY copied FROM STDIN") as copy:
                copy.write_row((1, "a"))
                connection.cancel()
                for i in range(20000):  # libpq looks at the end only
                    copy.write_row((i, "b" * 1000))
        assert connection.execute("SELECT count(*) FROM copied").fetchone() == (0,)


def test_backpressure_both_ways(small, postgres):
    """100 MiB each way with a reader that takes its time: all of it arrives."""
    chunk = b"".join(struct.pack("!i", i).hex().encode() + b"\t" + b"w" * 1000 + b"\n"
                     for i in range(100)).replace(b"\t", b"")
    with RawSession(small.ports["pg"], timeout=60) as session:
        session.login("app.acme")
        session.send(query("CREATE TEMP TABLE wide (line text); COPY wide FROM STDIN"))
        session.read()
        assert session.read().type == "G"
        for _ in range(400):
            session.send(data(chunk))
        session.send(DONE)
        session.read_until_ready()
        session.send(query("COPY wide TO STDOUT"))
        total = sum(len(found.body) for found in session.read_until_ready() if found.type == "d")
        assert total == 400 * len(chunk)
