# SPDX-License-Identifier: Apache-2.0
"""COPY under row isolation: what comes out is one tenant's, and what goes in becomes it."""

import pytest

from support.pg_wire import (SYNC, RawSession, bind, error_fields, execute, message, parse, query,
                             row_values)

DONE = message("c")
ONE_LINK = {"upstreams": {"main": {"pool": {"size": 1}}}, "limits": {"workers": 1}}


def data(text):
    return message("d", text)


def types(messages):
    return "".join(found.type for found in messages if found.type not in "SN")


@pytest.fixture
def proxy_of_one_link(start_proxy, rows):
    return start_proxy(overrides=ONE_LINK)


@pytest.fixture
def session(proxy_of_one_link):
    with RawSession(proxy_of_one_link.ports["pg"]) as opened:
        opened.login("app.acme")
        yield opened


def rows_of(postgres, tenant):
    return postgres.admin(f"SELECT id, item FROM orders WHERE tenant_id = '{tenant}' AND id >= 800 "
                          "ORDER BY id")


def copied_in(session, text, *chunks, done=True):
    """The answer to a COPY FROM with that data."""
    session.send(query(text), *(data(chunk) for chunk in chunks), *([DONE] if done else []))
    return session.read_until_ready()


@pytest.mark.parametrize("tenant", ["acme", "globex"])
@pytest.mark.parametrize("text", ["COPY orders (id, item) TO STDOUT",
                                  "COPY (SELECT id, item FROM orders) TO STDOUT"])
def test_out(proxy_of_one_link, rows, tenant, text):
    with proxy_of_one_link.connect(tenant, autocommit=True) as connection:
        for options in ("", " (FORMAT csv)"):
            with connection.cursor().copy(text + options) as copy:
                got = sorted(bytes(line) for line in copy)
            mark = b"," if options else b"\t"
            assert got == sorted(b"%d%s%s\n" % (n, mark, item.encode())
                                 for n, item in rows[tenant])
        with connection.cursor().copy(text + " (FORMAT binary)") as copy:
            binary = b"".join(bytes(piece) for piece in copy)
        assert binary.startswith(b"PGCOPY\n") and all(
            item.encode() in binary for _, item in rows[tenant])
        assert b"secret-plan" not in binary or tenant == "globex"
        with connection.cursor().copy("COPY orders TO STDOUT") as copy:
            assert all(bytes(line).startswith(tenant.encode() + b"\t") for line in copy)
        assert connection.execute("SELECT count(*) FROM orders").fetchone() == (len(rows[tenant]),)


def test_out_in_the_extended_protocol_is_of_one_tenant_each(proxy_of_one_link, rows):
    """What the other tenant's session parsed holds its id: it must not be shared."""
    for tenant in ("acme", "globex", "acme"):
        with RawSession(proxy_of_one_link.ports["pg"]) as opened:
            opened.login(f"app.{tenant}")
            opened.send(parse("COPY orders (item) TO STDOUT", name="c"), bind(statement="c"),
                        execute(), SYNC)
            answer = opened.read_until_ready()
            got = sorted(m.body.decode().strip() for m in answer if m.type == "d")
            assert got == sorted(item for _, item in rows[tenant])


@pytest.mark.parametrize("options, chunks", [
    ("", [b"801\ta\n802\tb\n"]), ("", [b"80", b"1\ta", b"\n802\tb"]),
    ("", [b"801\ta\r\n802\tb\r\n"]), ("", [b"801\ta\n802\tb\n\\.\n"]),
    (" (FORMAT csv)", [b"801,\"a\"\n8", b"02,b\n"]),
    (" (FORMAT csv, HEADER)", [b"id,item\n801,a\n802,b\n"]),
    (" (FORMAT csv, HEADER match)", [b"id,item\n801,a\n802,b"]),
    (" (HEADER)", [b"id\titem\n801\ta\n802\tb\n"]),
    (" (DELIMITER '-')", [b"801-a\n802-b\n"]),
    (" (FORMAT csv, DELIMITER ';', QUOTE '''', ESCAPE '\\')", [b"801;'a'\n802;b\n"]),
])
def test_in_without_the_tenants_column(session, postgres, options, chunks):
    answer = copied_in(session, f"COPY orders (id, item) FROM STDIN{options}", *chunks)
    assert types(answer) == "GCZ", error_fields(answer[-2].body)
    assert rows_of(postgres, "acme") == [(801, "a"), (802, "b")]
    assert rows_of(postgres, "globex") == []
    session.send(query("SELECT count(*) FROM orders WHERE id >= 800"))
    assert row_values(session.read_until_ready()[1].body) == [b"2"]


@pytest.mark.parametrize("options, chunks, sqlstate", [
    ("", [b"acme\t801\ta\nacme\t802\tb\n"], None),
    ("", [b"acme\t801\ta\nglobex\t802\tb\n"], "42501"),
    ("", [b"acme\t801\ta\n", b"glo", b"bex\t802\tb"], "42501"),
    ("", [b"\\N\t801\ta\n"], "42501"), ("", [b"\\x67lobex\t801\ta\n"], "42501"),
    ("", [b"acme\r801\ta\n"], "22P04"),
    (" (FORMAT csv)", [b"\"acme\",801,a\nacme,802,b\n"], None),
    (" (FORMAT csv)", [b"acme,801,\"a\nglobex,802,b\"\n"], None),
    (" (FORMAT csv)", [b"acme,801,a\n\"glo\"\"bex\",802,b\n"], "42501"),
    (" (FORMAT csv)", [b"acme,801,\"a\n"], "22P04"),
    (" (FORMAT csv, HEADER)", [b"globex,id,item\nacme,801,a\nacme,802,b\n"], None),
    ("", [b"acme\tno number\ta\n"], "22P02"),
])
def test_in_with_the_tenants_column(session, postgres, options, chunks, sqlstate):
    answer = copied_in(session, f"COPY orders (tenant_id, id, item) FROM STDIN{options}", *chunks)
    if sqlstate is None:
        assert types(answer) == "GCZ", error_fields(answer[-2].body)
        assert [number for number, _ in rows_of(postgres, "acme")][0] == 801
    else:
        assert types(answer) == "GEZ" and error_fields(answer[-2].body)["C"] == sqlstate
        assert rows_of(postgres, "acme") == []
    assert rows_of(postgres, "globex") == []
    session.send(query("SELECT 1"))  # answers are still where they belong
    assert row_values(session.read_until_ready()[1].body) == [b"1"]


def test_data_behind_a_refusal_is_dropped(session, postgres):
    session.send(query("COPY orders (tenant_id, id) FROM STDIN"), data(b"globex\t801\n"))
    answer = session.read_until_ready()
    assert error_fields(answer[-2].body)["C"] == "42501"
    session.send(data(b"acme\t802\n"), DONE, query("SELECT 1"))
    assert row_values(session.read_until_ready()[1].body) == [b"1"]
    assert rows_of(postgres, "acme") == []


def test_data_without_a_copy_is_ignored(session):
    """As a server does: it is what a client still sends after its COPY failed."""
    session.send(data(b"acme\t801\n"), DONE, message("f", b"why\0"), query("SELECT 1"))
    assert row_values(session.read_until_ready()[1].body) == [b"1"]


def test_two_copies_in_a_pipeline(session, postgres):
    text = query("COPY orders (id, item) FROM STDIN")
    session.send(text, data(b"801\ta\n"), DONE, text, data(b"802\tb\n"), DONE,
                 query("COPY orders (item) TO STDOUT"))
    assert [types(session.read_until_ready()) for _ in range(3)][:2] == ["GCZ", "GCZ"]
    assert rows_of(postgres, "acme") == [(801, "a"), (802, "b")]


def test_in_a_transaction_and_with_a_failure_of_the_client(session, postgres):
    session.send(query("BEGIN"), query("COPY orders (id, item) FROM STDIN"), data(b"801\ta\n"),
                 DONE, query("ROLLBACK"))
    assert [types(session.read_until_ready()) for _ in range(3)] == ["CZ", "GCZ", "CZ"]
    session.send(query("COPY orders (id) FROM STDIN"), data(b"801\n"),
                 message("f", b"no more\0"))
    answer = session.read_until_ready()
    assert types(answer) == "GEZ" and error_fields(answer[-2].body)["C"] == "57014"
    assert rows_of(postgres, "acme") == []


def test_a_condition_on_the_rows(session, postgres):
    answer = copied_in(session, "COPY orders (id, item) FROM STDIN WHERE id > 801",
                       b"801\ta\n802\tb\n")
    assert types(answer) == "GCZ"
    assert rows_of(postgres, "acme") == [(802, "b")]


@pytest.mark.parametrize("text, sqlstate", [
    ("COPY orders FROM STDIN (FORMAT binary)", "0A000"), ("COPY countries FROM STDIN", "42501"),
    ("COPY orders TO '/tmp/x'", "42501"), ("COPY orders FROM PROGRAM 'id'", "42501"),
    ("COPY orders (id) FROM STDIN (NULL 'globex')", "0A000"),
    ("COPY orders (id) FROM STDIN (ENCODING 'SJIS')", "0A000"),
    ("COPY orders FROM STDIN; SELECT 1", "0A000"), ("COPY pg_authid TO STDOUT", "42501")])
def test_refused(session, text, sqlstate):
    session.send(query(text))
    answer = session.read_until_ready()
    assert types(answer) == "EZ" and error_fields(answer[0].body)["C"] == sqlstate


def test_large(proxy_of_one_link, postgres):
    with proxy_of_one_link.connect("acme", autocommit=True) as connection:
        with connection.cursor().copy("COPY orders (id, item) FROM STDIN") as copy:
            for number in range(20000):
                copy.write_row((10000 + number, f"item \t\n\\ {number}"))
        found = connection.execute("SELECT count(*), count(DISTINCT item) FROM orders "
                                   "WHERE id >= 10000").fetchone()
        assert found == (20000, 20000)
        connection.execute("DELETE FROM orders WHERE id >= 10000")
    assert postgres.admin("SELECT count(*) FROM orders WHERE tenant_id = 'globex'") == [(2,)]


def test_one_message_has_a_limit(session, postgres):
    """A message of line ends alone becomes many times as large."""
    answer = copied_in(session, "COPY orders (id, item) FROM STDIN", b"801\ta\n",
                       b"\n" * ((1 << 20) + 1))
    assert error_fields(answer[-2].body)["C"] == "54000"
    assert rows_of(postgres, "acme") == []
