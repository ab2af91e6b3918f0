# SPDX-License-Identifier: Apache-2.0
"""Prepared statements that follow their session from link to link in transaction pooling."""

import threading
import time

import psycopg
import pytest

from support import passthrough
from support.pg_wire import (SYNC, RawSession, bind, close, describe, error_fields, execute, parse,
                             query, row_values)


def types(messages):
    return "".join(message.type for message in messages)


def pooled(start_proxy, size, **changes):
    return start_proxy(overrides={"upstreams": {"main": {"pool": {"size": size, **changes}}},
                                  "limits": {"workers": 1}})


def raw(proxy, tenant, **parameters):
    session = RawSession(proxy.ports["pg"])
    session.login(f"app.{tenant}", **parameters)
    return session


def item_of(session, number, name):
    session.send(bind([str(number).encode()], statement=name), execute(), SYNC)
    answer = session.read_until_ready()
    assert types(answer) == "2DCZ", answer
    return row_values(answer[1].body)[0].decode()


SELECT_ITEM = "SELECT item FROM orders WHERE id = $1"


@pytest.mark.parametrize("size", [1, 2])
def test_many_sessions_share_few_links(start_proxy, rows, size):
    proxy = pooled(start_proxy, size)
    tenants = ["acme", "globex"] * 3
    sessions = [raw(proxy, tenant) for tenant in tenants]
    for number, session in enumerate(sessions):
        session.send(parse(SELECT_ITEM, name=f"s{number % 2}"), SYNC)
        assert types(session.read_until_ready()) == "1Z"
    for _ in range(5):
        for number, (tenant, session) in enumerate(zip(tenants, sessions)):
            assert item_of(session, 1, f"s{number % 2}") == rows[tenant][0][1]
    for session in sessions:
        session.socket.close()


def test_statement_is_sent_again_on_another_link(start_proxy, rows):
    proxy = pooled(start_proxy, 2)
    with raw(proxy, "acme") as first, raw(proxy, "globex") as second:
        first.send(parse(SELECT_ITEM, name="s"), SYNC)
        assert types(first.read_until_ready()) == "1Z"
        second.send(query("BEGIN"))  # takes the link that knows the statement
        second.read_until_ready()
        assert item_of(first, 2, "s") == "rocket"
        first.send(describe("S", "s"), SYNC)
        assert types(first.read_until_ready()) == "tTZ"
        second.send(query("COMMIT"))
        second.read_until_ready()


def test_unnamed_statement_is_never_anothers(start_proxy, rows):
    """The server's unnamed statement is the other tenant's by the time this one is bound."""
    proxy = pooled(start_proxy, 1)
    with raw(proxy, "acme") as first, raw(proxy, "globex") as second:
        for _ in range(3):
            first.send(parse("SELECT $1::text"), SYNC)
            assert types(first.read_until_ready()) == "1Z"
            second.send(parse("SELECT item FROM orders WHERE tenant_id = $1"), SYNC)
            assert types(second.read_until_ready()) == "1Z"
            first.send(bind([b"globex"]), execute(), SYNC)
            answer = first.read_until_ready()
            assert types(answer) == "2DCZ"
            assert row_values(answer[1].body) == [b"globex"]


def test_unnamed_parse_that_was_skipped_is_not_used(start_proxy, rows):
    """Pipelined: the Parse is skipped after an error, and the next batch binds the name."""
    proxy = pooled(start_proxy, 1)
    with raw(proxy, "globex") as other, raw(proxy, "acme") as session:
        other.send(parse("SELECT item FROM orders WHERE tenant_id = $1"), SYNC)
        other.read_until_ready()
        session.send(parse("SELECT * FROM nosuch"), parse("SELECT $1::text"), SYNC,
                     bind([b"globex"]), execute(), SYNC)
        assert types(session.read_until_ready()) == "EZ"
        answer = session.read_until_ready()
        assert types(answer) == "EZ"
        assert error_fields(answer[0].body)["C"] == "26000"


def test_names_are_the_sessions_own(start_proxy):
    proxy = pooled(start_proxy, 1)
    with raw(proxy, "acme") as session:
        session.send(parse("SELECT 1", name="a"), SYNC)
        assert types(session.read_until_ready()) == "1Z"
        session.send(parse("SELECT 2", name="a"), SYNC)
        answer = session.read_until_ready()
        assert types(answer) == "EZ" and error_fields(answer[0].body)["C"] == "42P05"
        session.send(bind(statement="b"), SYNC)
        answer = session.read_until_ready()
        assert types(answer) == "EZ" and error_fields(answer[0].body)["C"] == "26000"
        session.send(close("S", "a"), close("S", "nothing"), parse("SELECT 3", name="a"),
                     bind(statement="a"), execute(), SYNC)
        answer = session.read_until_ready()
        assert types(answer) == "3312DCZ" and row_values(answer[4].body) == [b"3"]
        session.send(query("BEGIN"), close("S", "a"), SYNC, query("COMMIT"))
        assert [types(session.read_until_ready()) for _ in range(3)] == ["CZ", "3Z", "CZ"]
        session.send(describe("S", "a"), SYNC)
        assert types(session.read_until_ready()) == "EZ"


def test_failed_and_skipped_parses_leave_nothing(start_proxy):
    proxy = pooled(start_proxy, 1)
    with raw(proxy, "acme") as session:
        session.send(parse("SELECT nonsense", name="a"), parse("SELECT 1", name="b"), SYNC,
                     bind(statement="a"), SYNC, bind(statement="b"), SYNC)
        for code in ("42703", "26000", "26000"):
            answer = session.read_until_ready()
            assert types(answer) == "EZ" and error_fields(answer[0].body)["C"] == code
        session.send(parse("SELECT 1", name="a"), parse("SELECT 2", name="b"),
                     bind(statement="b"), execute(), SYNC)
        assert types(session.read_until_ready()) == "112DCZ"


def test_close_that_was_skipped_closed_nothing(start_proxy):
    proxy = pooled(start_proxy, 1)
    with raw(proxy, "acme") as session:
        session.send(parse("SELECT 5", name="a"), SYNC)
        session.read_until_ready()
        session.send(parse("SELECT nonsense"), close("S", "a"), SYNC,
                     bind(statement="a"), execute(), SYNC)
        assert types(session.read_until_ready()) == "EZ"
        assert types(session.read_until_ready()) == "2DCZ"


def test_local_answers_keep_their_place(start_proxy):
    """The second session's Parse is answered by the proxy, the rest by the server."""
    proxy = pooled(start_proxy, 1)
    with raw(proxy, "acme") as first, raw(proxy, "acme") as second:
        first.send(parse("SELECT 7", name="x"), SYNC)
        first.read_until_ready()
        second.send(parse("SELECT 8"), bind(), execute(), parse("SELECT 7", name="y"),
                    bind(statement="y"), execute(), close("S", "y"), SYNC)
        assert types(second.read_until_ready()) == "12DC12DC3Z"
        second.send(parse("SELECT 8"), bind(), execute(), parse("SELECT nonsense"),
                    parse("SELECT 7", name="y"), SYNC)
        assert types(second.read_until_ready()) == "12DCEZ"
        second.send(bind(statement="y"), SYNC)
        assert error_fields(second.read_until_ready()[0].body)["C"] == "26000"


def test_more_statements_than_a_link_keeps(start_proxy, postgres):
    proxy = pooled(start_proxy, 1)
    with raw(proxy, "acme") as session:
        for number in range(450):
            session.send(parse(f"SELECT {number}", name=f"s{number}"), SYNC)
            assert types(session.read_until_ready()) == "1Z"
        for number in (0, 449, 17):
            session.send(bind(statement=f"s{number}"), execute(), SYNC)
            answer = session.read_until_ready()
            assert row_values(answer[1].body) == [str(number).encode()]


def test_session_has_a_limit_of_statements(start_proxy):
    proxy = pooled(start_proxy, 1)
    with raw(proxy, "acme") as session:
        session.send(*(parse("SELECT 1", name=f"s{number}") for number in range(5001)), SYNC)
        answer = session.read_until_ready()
        assert types(answer) == "1" * 5000 + "EZ"
        assert error_fields(answer[-2].body)["C"] == "53400"


def test_statements_have_a_budget_and_are_counted(start_proxy):
    proxy = start_proxy(overrides={"limits": {"workers": 1, "session_statements_bytes": "64KiB",
                                              "worker_statements_bytes": "1MiB"}})
    def shown(name):
        lines = proxy.http("/metrics")[1].splitlines()
        return int(next(line.split()[1] for line in lines if line.startswith(name + " ")))
    text = "SELECT 1 /* " + "x" * 30000 + " */"
    sessions = [raw(proxy, tenant) for tenant in ["acme", "globex"] * 10]
    room = 0
    for session in sessions:
        session.send(parse(text, name="a"), parse(text, name="b"), parse(text, name="c"), SYNC)
        answer = session.read_until_ready()
        room += types(answer).count("1")
        assert types(answer) in ("11EZ", "1EZ", "EZ")
        assert error_fields(answer[-2].body)["C"] == "53400"
    assert 28 < room < 36
    assert shown("ringfence_pg_prepared_statements") == room
    assert 900_000 < shown("ringfence_pg_prepared_statements_bytes") <= 1 << 20
    sessions[0].send(close("S", "a"), SYNC)
    sessions[0].read_until_ready()
    sessions[-1].send(parse(text, name="d"), SYNC)
    assert types(sessions[-1].read_until_ready()) == "1Z"
    for session in sessions:
        session.close()
    with raw(proxy, "acme") as session:
        session.send(parse(text, name="a"), parse(text, name="b"), SYNC)
        assert types(session.read_until_ready()) == "11Z"
        assert shown("ringfence_pg_prepared_statements") == 2


def test_discard_all_forgets_statements(start_proxy):
    proxy = pooled(start_proxy, 1)
    with raw(proxy, "acme") as session:
        session.send(parse("SELECT 1", name="a"), SYNC, query("DISCARD ALL"),
                     bind(statement="a"), SYNC)
        assert types(session.read_until_ready()) == "1Z"
        assert types(session.read_until_ready()) == "CZ"
        answer = session.read_until_ready()
        assert types(answer) == "EZ" and error_fields(answer[0].body)["C"] == "26000"


def test_sessions_with_other_settings_do_not_share_statements(start_proxy):
    """A literal is read under the DateStyle of the session that parses it."""
    proxy = pooled(start_proxy, 1)
    found = []
    for style in ("ISO, MDY", "ISO, DMY"):
        with raw(proxy, "acme", DateStyle=style) as session:
            session.send(parse("SELECT '01/02/2003'::date", name="d"), bind(statement="d"),
                         execute(), SYNC)
            found.append(row_values(session.read_until_ready()[2].body)[0])
    assert found == [b"2003-01-02", b"2003-02-01"]


def test_psycopg_prepares_over_two_links(start_proxy, rows):
    proxy = pooled(start_proxy, 2)
    connections = [proxy.connect(t, prepare_threshold=0) for t in ("acme", "globex", "acme")]
    for _ in range(4):
        for connection, tenant in zip(connections, ("acme", "globex", "acme")):
            for number, item in rows[tenant]:
                assert connection.execute("SELECT item FROM orders WHERE id = %s",
                                          (number,)).fetchone() == (item,)
    with pytest.raises(psycopg.Error):
        connections[0].execute("DEALLOCATE ALL; SELECT * FROM nosuch")
    for connection in connections:
        connection.close()


@pytest.mark.parametrize("isolated", [True, False], ids=["row", "passthrough"])
def test_deallocate(start_proxy, rows, isolated):
    """Names of clients are known here, not at the server; another session has its own."""
    proxy = pooled(start_proxy, 1) if isolated else start_proxy(
        overrides=passthrough.overrides(size=1))
    with raw(proxy, "acme") as session, raw(proxy, "globex") as other:
        for each in (session, other):
            each.send(parse("SELECT 7", name="a"), parse("SELECT 8", name="B"), SYNC)
            assert types(each.read_until_ready()) == "11Z"
        session.send(query("DEALLOCATE a"))
        answer = session.read_until_ready()
        assert types(answer) == "CZ" and answer[0].body == b"DEALLOCATE\0"
        for text, sqlstate in (("DEALLOCATE a", "26000"), ("DEALLOCATE PREPARE b", "26000")):
            session.send(query(text))
            answer = session.read_until_ready()
            assert types(answer) == "EZ" and error_fields(answer[0].body)["C"] == sqlstate
        session.send(bind(statement="a"), SYNC)
        assert error_fields(session.read_until_ready()[0].body)["C"] == "26000"
        session.send(query("BEGIN"), query("DEALLOCATE ALL"), query("COMMIT"))
        assert [types(session.read_until_ready()) for _ in range(3)] == ["CZ"] * 3
        session.send(bind(statement="B"), SYNC)
        assert error_fields(session.read_until_ready()[0].body)["C"] == "26000"
        session.send(query("BEGIN"), query("SELECT 1/0"), query("DEALLOCATE ALL"),
                     query("ROLLBACK"))
        answers = [session.read_until_ready() for _ in range(4)]
        assert error_fields(answers[2][0].body)["C"] == "25P02"
        assert [row[-1].body for row in answers] == [b"T", b"E", b"E", b"I"]
        other.send(bind(statement="B"), execute(), SYNC)
        assert row_values(other.read_until_ready()[1].body) == [b"8"]


def extended(session, text, *more, portal=""):
    """What a driver sends for a statement without parameters, and its answer."""
    session.send(parse(text), bind(portal=portal), describe(), execute(), *more, SYNC)
    return session.read_until_ready()


@pytest.mark.parametrize("isolated", [True, False], ids=["row", "passthrough"])
def test_deallocate_in_the_extended_protocol(start_proxy, rows, isolated):
    proxy = pooled(start_proxy, 1) if isolated else start_proxy(
        overrides=passthrough.overrides(size=1))
    with raw(proxy, "acme") as session, raw(proxy, "globex") as other:
        for each in (session, other):
            each.send(parse("SELECT 7", name="a"), parse("SELECT 8", name="b"), SYNC)
            assert types(each.read_until_ready()) == "11Z"
        answer = extended(session, "DEALLOCATE a")
        assert types(answer) == "12nCZ" and answer[3].body == b"DEALLOCATE\0"
        answer = extended(session, "DEALLOCATE a")
        assert error_fields(answer[-2].body)["C"] == "26000"
        # Skipped, so that the name is still there; then forgotten and used anew in one pipeline.
        session.send(parse("SELECT 1/0"), bind(), execute(), parse("DEALLOCATE b"), bind(),
                     execute(), SYNC, bind(statement="b"), execute(), SYNC)
        assert error_fields(session.read_until_ready()[-2].body)["C"] == "22012"
        assert row_values(session.read_until_ready()[1].body) == [b"8"]
        session.send(parse("DEALLOCATE ALL"), bind(), execute(), parse("SELECT 9", name="b"),
                     bind(statement="b"), execute(), SYNC)
        answer = session.read_until_ready()
        assert types(answer) == "12C12DCZ" and answer[2].body == b"DEALLOCATE ALL\0"
        assert row_values(answer[5].body) == [b"9"]
        assert error_fields(extended(session, "DEALLOCATE ALL", portal="p")[1].body)["C"] == "0A000"
        session.send(query("BEGIN"), query("SELECT 1/0"))
        session.read_until_ready(), session.read_until_ready()
        assert error_fields(extended(session, "DEALLOCATE b")[-2].body)["C"] == "25P02"
        session.send(query("ROLLBACK"), bind(statement="b"), execute(), SYNC)
        session.read_until_ready()
        assert row_values(session.read_until_ready()[1].body) == [b"9"]
        session.send(parse("DEALLOCATE b", name="d"), SYNC)
        session.read_until_ready()
        for sqlstate in (None, "26000"):
            session.send(bind(statement="d"), execute(), SYNC)
            answer = session.read_until_ready()
            assert types(answer) == ("2CZ" if sqlstate is None else "2EZ")
            assert sqlstate is None or error_fields(answer[1].body)["C"] == sqlstate
        other.send(bind(statement="b"), execute(), SYNC)
        assert row_values(other.read_until_ready()[1].body) == [b"8"]


@pytest.mark.parametrize("isolated", [True, False], ids=["row", "passthrough"])
@pytest.mark.parametrize("mode", ["transaction", "session"])
def test_discard_all_in_the_extended_protocol(start_proxy, rows, isolated, mode):
    proxy = pooled(start_proxy, 1, mode=mode) if isolated else start_proxy(
        overrides=passthrough.overrides(size=1, mode=mode))
    with raw(proxy, "acme", TimeZone="Asia/Tokyo") as session:
        session.send(query("SET DateStyle = 'German'"), query("SET TimeZone = 'UTC'"),
                     parse("SELECT 8", name="b"), SYNC)
        for _ in range(3):
            session.read_until_ready()
        session.send(query("BEGIN"))
        session.read_until_ready()
        assert error_fields(extended(session, "DISCARD ALL")[-2].body)["C"] == "25001"
        session.send(query("ROLLBACK"), bind(statement="b"), execute(), SYNC,
                     query("SHOW DateStyle"))
        session.read_until_ready()
        assert row_values(session.read_until_ready()[1].body) == [b"8"]
        assert row_values(session.read_until_ready()[1].body) == [b"German, DMY"]
        session.send(parse("DISCARD ALL"), bind(), describe(), execute(), SYNC,
                     query("SHOW DateStyle"), query("SHOW TimeZone"), bind(statement="b"), SYNC)
        answer = session.read_until_ready()
        answer = [message for message in answer if message.type != "S"]
        assert types(answer) == "12nCZ" and answer[3].body == b"DISCARD ALL\0"
        shown = [row_values(session.read_until_ready()[1].body)[0] for _ in range(2)]
        assert shown == [b"ISO, MDY", b"Asia/Tokyo"]
        assert error_fields(session.read_until_ready()[0].body)["C"] == "26000"


def test_deallocate_of_sql_names_passes_where_they_are_possible(start_proxy, rows):
    proxy = start_proxy(overrides=passthrough.overrides(size=2))
    with raw(proxy, "acme") as session, raw(proxy, "globex") as other:
        session.send(parse("SELECT 7", name="by_message"), SYNC)
        session.read_until_ready()
        session.send(query("PREPARE by_sql AS SELECT 8"), query("EXECUTE by_sql"),
                     query("DEALLOCATE by_sql"), query("EXECUTE by_sql"))
        answers = [session.read_until_ready() for _ in range(4)]
        assert [types(each) for each in answers] == ["CZ", "TDCZ", "CZ", "EZ"]
        session.send(query("PREPARE by_sql AS SELECT 8"), query("DEALLOCATE ALL"),
                     query("EXECUTE by_sql"), bind(statement="by_message"), SYNC)
        answers = [session.read_until_ready() for _ in range(4)]
        assert [types(each) for each in answers] == ["CZ", "CZ", "EZ", "EZ"]
        other.send(query("SELECT 1; DEALLOCATE ALL"))
        other.read_until_ready()
        for each in (session, other):
            each.send(parse("SELECT 9", name="after"), bind(statement="after"), execute(), SYNC)
            assert row_values(each.read_until_ready()[2].body) == [b"9"]
        session.send(query("PREPARE by_sql AS SELECT 8"))
        session.read_until_ready()
        assert error_fields(extended(session, "DEALLOCATE by_sql")[0].body)["C"] == "0A000"


def test_statement_is_planned_again_after_a_reload(start_proxy):
    """What a reload forbids is forbidden for statements that were prepared before, too."""
    proxy = start_proxy(overrides={"limits": {"workers": 1}})
    with raw(proxy, "acme") as session:
        session.send(parse("SELECT name FROM countries ORDER BY code", name="s"),
                     parse("SELECT code FROM countries"), SYNC)
        assert types(session.read_until_ready()) == "11Z"
        proxy.config["isolation"]["row"]["shared"] = []
        proxy.write_config(proxy.config)
        proxy.reload()
        deadline = time.monotonic() + 10
        answer = []
        while "E" not in types(answer):
            assert time.monotonic() < deadline
            session.send(query("SELECT name FROM countries"))
            answer = session.read_until_ready()
        session.send(bind(statement="s"), execute(), SYNC, describe("S", "s"), SYNC)
        for _ in range(2):
            assert types(session.read_until_ready()) == "EZ"


def test_a_literal_is_read_as_the_session_is_set_now(start_proxy):
    proxy = pooled(start_proxy, 1)
    with raw(proxy, "acme") as session:
        found = []
        for number, style in enumerate(("ISO, MDY", "ISO, DMY", "ISO, MDY")):
            session.send(query(f"SET datestyle = '{style}'"),
                         parse("SELECT '01/02/2003'::date", name=f"d{number}"),
                         bind(statement=f"d{number}"), execute(), SYNC)
            session.read_until_ready()
            found.append(row_values(session.read_until_ready()[2].body)[0])
        assert found == [b"2003-01-02", b"2003-02-01", b"2003-01-02"]


def test_pipeline_longer_than_any_queue(start_proxy):
    proxy = pooled(start_proxy, 1)
    with raw(proxy, "acme") as session:
        session.socket.settimeout(60)
        batch = [parse("SELECT 1"), bind(), execute()] * 4000
        writer = threading.Thread(target=session.send, args=(*batch, SYNC))
        writer.start()
        answer = session.read_until_ready()
        writer.join()
        assert types(answer) == "12DC" * 4000 + "Z"
        session.send(query("BEGIN"), *[query("SELECT pg_sleep(1)")] * 10000, query("ROLLBACK"))
        for _ in range(10002):
            session.read_until_ready()


CHANGING = "SELECT * FROM changing WHERE id = $1"


@pytest.fixture
def changing(postgres):
    """A table of this test alone; answers how to add a column to it."""
    postgres.admin("DROP TABLE IF EXISTS changing; CREATE TABLE changing (id int, tenant_id text, "
                   "PRIMARY KEY (tenant_id, id)); GRANT ALL ON changing TO PUBLIC; "
                   "INSERT INTO changing VALUES (1, 'acme'), (2, 'globex')")
    numbers = iter(range(100))
    yield lambda: postgres.admin(f"ALTER TABLE changing ADD COLUMN c{next(numbers)} int")
    postgres.admin("DROP TABLE changing")


def columns_of(session, *messages):
    """How many columns the first row of the answer has."""
    session.send(*messages, SYNC)
    answer = session.read_until_ready()
    assert "E" not in types(answer), error_fields(answer[-2].body)
    return len(row_values(next(m.body for m in answer if m.type == "D")))


@pytest.mark.parametrize("isolated", [True, False], ids=["row", "passthrough"])
def test_a_changed_table_is_prepared_anew(start_proxy, changing, isolated):
    """On a connection of its own a client gets "cached plan must not change result type"."""
    proxy = pooled(start_proxy, 2) if isolated else start_proxy(
        overrides=passthrough.overrides(size=2))
    with raw(proxy, "acme") as session, raw(proxy, "acme") as other:
        use = bind([b"1"], statement="s"), execute()
        for each in (session, other):
            each.send(parse(CHANGING, name="s"), SYNC)
            assert types(each.read_until_ready()) == "1Z"
        other.send(query("BEGIN"))  # so that both links know the statement
        other.read_until_ready()
        assert columns_of(other, *use) == columns_of(session, *use) == 2
        other.send(query("COMMIT"))
        other.read_until_ready()
        changing()
        assert columns_of(session, *use) == 3
        assert columns_of(other, *use) == 3


@pytest.mark.parametrize("isolated", [True, False], ids=["row", "passthrough"])
def test_what_is_replayed_and_what_is_not(start_proxy, changing, isolated):
    """Under isolation the proxy may notice the change first, and plan the statement anew."""
    proxy = pooled(start_proxy, 1) if isolated else start_proxy(
        overrides=passthrough.overrides(size=1))
    use = bind([b"1"], statement="s"), execute()
    with raw(proxy, "acme") as session:
        session.send(parse(CHANGING, name="s"), parse("SELECT $1::int", name="t"), SYNC)
        session.read_until_ready()
        for columns, messages in enumerate((use, (describe("S", "s"), *use), (
                bind([b"1"], statement="s"), describe(), execute(), close("S", "nosuch"),
                bind([b"1"], statement="t"), execute())), start=3):
            assert columns_of(session, *use) == columns - 1
            changing()
            session.send(*messages, SYNC)
            answer = session.read_until_ready()
            assert types(answer) in ("2DCZ", "tT2DCZ", "2TDC32DCZ")
            assert len(row_values(next(m.body for m in answer if m.type == "D"))) == columns
        # Not when an answer has gone to the client, in a transaction, or with more behind it.
        for number, (messages, answers) in enumerate((
                ((bind([b"1"], statement="t"), execute(), *use, SYNC), 1),
                ((query("BEGIN"), *use, SYNC, query("ROLLBACK")), 3),
                ((*use, SYNC, query("SELECT 1")), 2)), start=5):
            assert columns_of(session, *use) == number
            changing()
            session.send(*messages)
            found = [m for _ in range(answers) for m in session.read_until_ready()]
            if isolated and not [m for m in found if m.type == "E"]:
                continue
            assert error_fields(next(m.body for m in found if m.type == "E"))["C"] == "0A000"
    if not isolated:
        assert 'ringfence_pg_replays_total{upstream="main"} 3' in proxy.http("/metrics")[1]
