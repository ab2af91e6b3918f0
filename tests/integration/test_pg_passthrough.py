# SPDX-License-Identifier: Apache-2.0
"""Listeners without isolation: everything passes, and nothing of one session reaches another."""

import psycopg
import pytest

from support import passthrough
from support.pg_wire import (RawSession, SYNC, bind, close, error_fields, execute, message, parse,
                             query, row_values)


def types(messages):
    return "".join(found.type for found in messages if found.type not in "SN")


def raw(proxy, tenant, **parameters):
    session = RawSession(proxy.ports["pg"])
    session.login(f"app.{tenant}", **parameters)
    return session


@pytest.fixture(params=["transaction", "session"])
def through(request, start_proxy, rows):
    return start_proxy(overrides=passthrough.overrides(mode=request.param, size=4))


@pytest.fixture
def pooled(start_proxy, rows):
    """One link for everybody: whatever stays on it is seen by the next."""
    return start_proxy(overrides=passthrough.overrides(size=1, wait_timeout="500ms"))


def test_statements_are_not_touched(through, rows):
    with through.connect("acme") as connection:
        tenants = connection.execute("SELECT DISTINCT tenant_id FROM orders ORDER BY 1").fetchall()
        assert tenants == [("acme",), ("globex",)]
        assert connection.execute("SELECT current_setting('search_path')").fetchone() == (
            '"$user", public',)
        assert connection.execute("SELECT %s::int + 1", (41,), prepare=True).fetchone() == (42,)


def test_an_error_comes_as_the_server_said_it(through, postgres, rows):
    with psycopg.connect(passthrough.direct_dsn(postgres)) as direct, \
            through.connect("acme") as proxied:
        for text in ("SELECT * FROM nowhere", "SELECT 1/0", "selec",
                     "INSERT INTO orders (tenant_id, id) SELECT tenant_id, id FROM orders LIMIT 1"):
            seen = []
            for connection in (direct, proxied):
                with pytest.raises(psycopg.Error) as caught:
                    connection.execute(text)
                connection.rollback()
                diag = caught.value.diag
                seen.append((diag.sqlstate, diag.message_primary, diag.message_detail,
                             diag.statement_position, diag.table_name))
            assert seen[0] == seen[1]


KEPT = {
    "setting": ("SET temp_buffers = '7MB'", "SHOW temp_buffers", "7MB"),
    "temporary_table": ("CREATE TEMP TABLE mine AS SELECT 7 AS x", "SELECT x FROM mine", "7"),
    "prepare": ("PREPARE p AS SELECT 7", "EXECUTE p", "7"),
    "cursor_with_hold": ("DECLARE c CURSOR WITH HOLD FOR SELECT 7", "FETCH c", "7"),
    "listen": ("LISTEN news", "SELECT pg_listening_channels()", "news"),
    "advisory_lock": ("SELECT pg_advisory_lock(7)",
                      "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'", "1"),
    "set_config": ("SELECT set_config('work_mem', '7MB', false)", "SHOW work_mem", "7MB"),
    "search_path": ("SET search_path = 'pg_catalog'", "SHOW search_path", "pg_catalog"),
    "do": ("DO $$ BEGIN PERFORM set_config('work_mem', '7MB', false); END $$", "SHOW work_mem",
           "7MB"),
    "pg_temp": ("CREATE FUNCTION pg_temp.f() RETURNS int LANGUAGE sql AS 'SELECT 7'",
                "SELECT pg_temp.f()", "7"),
    "escaped pg_temp": ("CREATE FUNCTION U&\"pg\\005ftemp\".f() RETURNS int LANGUAGE sql "
                        "AS 'SELECT 7'", "SELECT pg_temp.f()", "7"),
    "created and called": ("SELECT leave_setting()", "SHOW work_mem", "7MB"),
    "select into": ("SELECT 7 AS x INTO TEMP mine", "SELECT x FROM mine", "7"),
    "explain analyze": ("EXPLAIN ANALYZE SELECT set_config('work_mem', '7MB', false)",
                        "SHOW work_mem", "7MB"),
    "in a cte": ("WITH a AS (SELECT set_config('work_mem', '7MB', false)) SELECT * FROM a",
                 "SHOW work_mem", "7MB"),
    "after local": ("SELECT set_config('a.b', 'x', true), set_config('work_mem', '7MB', false)",
                    "SHOW work_mem", "7MB"),
    "before another": ("SET work_mem = '7MB'; SELECT 1", "SHOW work_mem", "7MB"),
    "while reading changes": ("BEGIN; SET LOCAL standard_conforming_strings = off; COMMIT; "
                              "SET work_mem = '7MB'", "SHOW work_mem", "7MB"),
}


@pytest.fixture
def leave_setting(postgres):
    postgres.admin("CREATE OR REPLACE FUNCTION leave_setting() RETURNS void LANGUAGE sql AS "
                   "$$ SELECT set_config('work_mem', '7MB', false) $$")
    yield
    postgres.admin("DROP FUNCTION leave_setting()")


@pytest.mark.parametrize("kind", KEPT)
@pytest.mark.parametrize("extended", [False, True], ids=["simple", "extended"])
def test_what_a_session_leaves_is_its_own(pooled, leave_setting, kind, extended):
    """It finds it again in its next transaction, and the next user of the link does not."""
    leave, look, expected = KEPT[kind]
    with raw(pooled, "acme") as session, raw(pooled, "globex") as other:
        if extended and ";" not in leave.replace("; END", ""):
            session.send(parse(leave), bind(), execute(), SYNC)
        else:
            session.send(query(leave))
        assert "E" not in types(session.read_until_ready())
        session.send(query("SELECT 1"))
        session.read_until_ready()
        other.send(query("SELECT 1"))
        refused = other.read_until_ready()
        assert types(refused) == "EZ" and error_fields(refused[0].body)["C"] == "53300", \
            "the session keeps the only link"
        session.send(query(look))
        answer = session.read_until_ready()
        values = [row_values(found.body)[0] for found in answer if found.type == "D"]
        assert values == [expected.encode()]
        session.close()
        other.send(query(look))
        after = other.read_until_ready()
        seen = [row_values(found.body)[0] for found in after if found.type == "D"]
        assert seen != [expected.encode()]


@pytest.mark.parametrize("text", [
    "SELECT 1", "SELECT now(), pg_sleep(0), version()", "INSERT INTO orders VALUES ('acme', 77)",
    "BEGIN; SET LOCAL work_mem = '7MB'; COMMIT", "SELECT pg_advisory_xact_lock(1)",
    "SELECT set_config('app.user', '7', true)", "EXPLAIN SELECT 1", "SHOW work_mem",
    "CREATE TABLE made (x int); DROP TABLE made", "NOTIFY news", "VACUUM orders",
    "COPY (SELECT 1) TO STDOUT", "SELECT nextval('counted')", "selec",
    "BEGIN; CREATE TEMP TABLE t (x int) ON COMMIT DROP; COMMIT",
    "BEGIN; DECLARE c CURSOR FOR SELECT 1; FETCH c; COMMIT", "DISCARD ALL"])
def test_what_leaves_nothing_keeps_no_link(pooled, postgres, text):
    postgres.admin("CREATE SEQUENCE IF NOT EXISTS counted; GRANT ALL ON counted TO PUBLIC; "
                   "GRANT CREATE ON SCHEMA public TO PUBLIC")
    with raw(pooled, "acme") as session, raw(pooled, "globex") as other:
        session.send(query(text))
        session.read_until_ready()
        other.send(query("SELECT 1"))
        assert types(other.read_until_ready()) == "TDCZ"


def test_lastval_is_never_anothers(pooled, postgres):
    postgres.admin("CREATE SEQUENCE IF NOT EXISTS counted; GRANT ALL ON counted TO PUBLIC")
    with raw(pooled, "acme") as session, raw(pooled, "globex") as other:
        session.send(query("SELECT nextval('counted')"))
        session.read_until_ready()
        for text in ("SELECT lastval()", "SELECT currval('counted')"):
            other.send(query(text))
            answer = other.read_until_ready()
            assert "E" in types(answer)
            assert error_fields(answer[-2].body)["C"] == "55000"
        session.send(query("BEGIN; SELECT nextval('counted'); SELECT lastval()"))
        answer = session.read_until_ready()
        values = [row_values(found.body)[0] for found in answer if found.type == "D"]
        assert values[0] == values[1]


def test_prepared_statements_follow_the_session(pooled):
    with raw(pooled, "acme") as session, raw(pooled, "globex") as other:
        session.send(parse("SELECT $1::int * 2", "double"), SYNC)
        assert types(session.read_until_ready()) == "1Z"
        other.send(parse("SELECT $1::int * 3", "double"), SYNC)
        assert types(other.read_until_ready()) == "1Z"
        for connection, factor in ((session, 2), (other, 3), (session, 2)):
            connection.send(bind([b"21"], statement="double"), execute(), SYNC)
            answer = connection.read_until_ready()
            assert row_values(answer[1].body) == [str(21 * factor).encode()]
        session.send(bind([b"1", b"2"], statement="double"), SYNC)
        answer = session.read_until_ready()
        assert types(answer) == "EZ" and error_fields(answer[0].body)["C"] == "08P01"
        session.send(close("S", "double"), close("S", "never"), SYNC)
        assert types(session.read_until_ready()) == "33Z"


def test_startup_settings_reach_the_server(through):
    with through.connect("acme", options="-c search_path=pg_catalog,public -c work_mem=9MB",
                         application_name="it's me") as connection:
        for name, expected in (("search_path", "pg_catalog,public"), ("work_mem", "9MB"),
                               ("application_name", "it's me")):
            assert connection.execute(f"SHOW {name}").fetchone() == (expected,)
    with through.connect("globex") as connection:
        assert connection.execute("SHOW work_mem").fetchone() == ("4MB",)


@pytest.mark.parametrize("option", ["-c standard_conforming_strings=off",
                                    "-c client_encoding=SJIS"])
def test_startup_settings_that_change_what_text_means(through, option):
    with pytest.raises(psycopg.OperationalError) as refused:
        through.connect("acme", options=option)
    assert "setting" in str(refused.value) or "value" in str(refused.value)


def test_notifications_reach_who_listens(through):
    with through.connect("acme") as listener, through.connect("globex") as speaker:
        listener.execute("LISTEN news")
        speaker.execute("NOTIFY news, 'hello'")
        for note in listener.notifies(timeout=10, stop_after=1):
            assert (note.channel, note.payload) == ("news", "hello")


def test_function_calls_by_message(through):
    """lo_creat and lo_unlink by their numbers, as libpq calls them."""
    with raw(through, "acme") as session:
        body = ((957).to_bytes(4, "big") + b"\0\1\0\1" + b"\0\1" + b"\0\0\0\4" +
                b"\0\2\0\0" + b"\0\1")
        session.send(message("F", body))
        answer = session.read_until_ready()
        assert types(answer) == "VZ"


def test_function_calls_are_refused_under_isolation(connect, proxy, rows):
    with raw(proxy, "acme") as session:
        session.send(message("F", (957).to_bytes(4, "big") + b"\0\0\0\0\0\0"))
        answer = session.read_until_ready()
        assert types(answer) == "EZ" and error_fields(answer[0].body)["C"] == "42501"
