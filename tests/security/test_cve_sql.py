# SPDX-License-Identifier: Apache-2.0
"""What others got wrong about what statements say and in which order they count."""

import psycopg
import pytest

from support import tenants
from support.pg_wire import (SYNC, RawSession, bind, error_fields, execute, message, parse, query,
                             row_values)

SMUGGLED = query("DELETE FROM orders")


@pytest.fixture
def session(proxy, rows):
    with RawSession(proxy.ports["pg"]) as session:
        session.login("app.acme")
        yield session


def types(messages):
    return "".join(found.type for found in messages)


def num_orders(postgres):
    return postgres.admin("SELECT count(*) FROM orders")[0][0]


REFUSED = parse("SELECT pg_read_file('x')")
DESYNC = {  # a batch with an error in it; none of what it carries is a statement of its own
    "in the values of what was refused": REFUSED + bind([SMUGGLED, b"x" * 70000 + SMUGGLED]),
    "in the values for no statement": bind([SMUGGLED * 1000], statement="none"),
    "as the next statement": REFUSED + SMUGGLED,
    "as the next statements": bind(statement="none") + SMUGGLED * 600,
    "prepared after an error": REFUSED + parse("DELETE FROM orders") + bind() + execute(),
    "prepared after the server's error": parse("SELECT 1/0") + bind() + execute() +
                                         parse("DELETE FROM orders") + bind() + execute(),
    "a statement after the server's error": parse("SELECT 1/0") + bind() + execute() + SMUGGLED,
}


@pytest.mark.parametrize("name", DESYNC)
@pytest.mark.parametrize("piece", [None, 4096])
def test_cve_2015_0244_in_step_after_an_error(session, postgres, name, piece):
    """PostgreSQL: after an error in the middle of a message its rest was read as messages."""
    sent = DESYNC[name] + SYNC
    for at in range(0, len(sent), piece or len(sent)):
        session.send(sent[at:at + (piece or len(sent))])
    answer = session.read_until_ready()
    assert types(answer).lstrip("12") == "EZ"
    session.send(query("SELECT count(*) FROM orders"))
    assert row_values(session.read_until_ready()[1].body) == [b"3"]
    assert num_orders(postgres) == 5


@pytest.mark.parametrize("kind, body", [
    ("P", b"\0SELECT 1\0\0\0" + SMUGGLED), ("B", b"\0\0\0\0\0\0\0\0" + SMUGGLED),
    ("D", b"S\0" + SMUGGLED), ("E", b"\0\0\0\0\0" + SMUGGLED), ("S", SMUGGLED), ("H", SMUGGLED),
    ("C", b"S\0" + SMUGGLED), ("Q", b"SELECT 1\0" + SMUGGLED)])
def test_cve_2015_0244_the_end_at_what_is_malformed(session, postgres, kind, body):
    """Nobody looks for the next message inside of one that was not understood."""
    session.send(message(kind, body), query("SELECT 1"))
    answer = session.read_to_end()
    assert types(answer) == "E" and error_fields(answer[0].body)["C"] == "08P01"
    assert num_orders(postgres) == 5


@pytest.mark.parametrize("kind", "dcf")
def test_cve_2015_0244_copy_without_copy(session, postgres, kind):
    """What belongs to a COPY that is over is passed over whole (PG docs, COPY Operations)."""
    session.send(message(kind, SMUGGLED), query("SELECT 1"))
    answer = session.read_until_ready()
    assert types(answer) == "TDCZ" and row_values(answer[1].body) == [b"1"]
    assert num_orders(postgres) == 5


@pytest.fixture(scope="module")
def other_role(postgres):
    """One that the links' role may become, and whose rights it does not have."""
    postgres.admin(f"CREATE ROLE other_role; CREATE TABLE IF NOT EXISTS public.of_other (x int);"
                   f"ALTER TABLE of_other OWNER TO other_role; GRANT other_role TO "
                   f"{tenants.LINK_USER}; ALTER ROLE {tenants.LINK_USER} NOINHERIT")
    yield
    postgres.admin(f"ALTER ROLE {tenants.LINK_USER} INHERIT; DROP TABLE of_other;"
                   f"DROP ROLE other_role")


IDENTITY = [
    "SET ROLE other_role", "SET LOCAL ROLE other_role", "SET SESSION AUTHORIZATION other_role",
    "SET role = other_role", "SET LOCAL role TO 'other_role'", 'SET "role" = other_role',
    'SET "ROLE" = other_role', "RESET ROLE", "RESET SESSION AUTHORIZATION", "SET ROLE NONE",
    "SET SESSION AUTHORIZATION DEFAULT", "SET session_authorization = DEFAULT",
    "SELECT set_config('role', 'other_role', true)",
    "SELECT set_config('role', 'other_role', false)",
    "SELECT set_config('ROLE', 'other_role', true)",
    "SELECT pg_catalog.set_config('ro' || 'le', 'other_role', true)",
    "SELECT set_config(item, 'other_role', true) FROM orders",
    "SELECT set_config('session_authorization', 'other_role', true)",
    "SELECT set_config(setting_name => 'role', new_value => 'other_role', is_local => true)",
    "SELECT * FROM set_config('role', 'other_role', true)",
    "UPDATE pg_settings SET setting = 'other_role' WHERE name = 'role'",
    "DO $$ BEGIN PERFORM set_config('role', 'other_role', true); END $$",
    "CREATE FUNCTION f() RETURNS int LANGUAGE sql SET role = other_role AS 'SELECT 1'",
    "ALTER ROLE CURRENT_USER SET role = other_role", "DISCARD ALL; SET ROLE other_role",
]


@pytest.mark.parametrize("sql", IDENTITY)
def test_cve_2021_41558_nobody_becomes_another(connect, other_role, sql):
    """set_user, and CVE-2021-38140: set_config() and RESET SESSION AUTHORIZATION changed the user
    where SET was filtered."""
    acme = connect("acme")
    for cursor in (psycopg.ClientCursor(acme), acme.cursor()):
        acme.execute("BEGIN")
        with pytest.raises(psycopg.Error) as error:
            cursor.execute(sql)
        assert error.value.diag.sqlstate in ("42501", "0A000", "42601", "25001"), error.value
        acme.execute("ROLLBACK")
    assert acme.execute("SELECT current_user, session_user").fetchone() == \
        (tenants.LINK_USER, tenants.LINK_USER)


STATISTICS = ["pg_stats", "pg_statistic", "pg_stats_ext", "pg_stats_ext_exprs",
              "pg_statistic_ext_data"]


@pytest.mark.parametrize("metadata", ["strict", "driver", "open"])
def test_cve_2017_7484_statistics_are_values(start_proxy, postgres, rows, metadata):
    """PostgreSQL, and CVE-2019-10130 and CVE-2025-8713: the planner's statistics hold values of
    rows, and showed those that nobody might see."""
    proxy = start_proxy(overrides={"isolation": {"row": {"metadata": metadata}}})
    postgres.admin("ANALYZE orders")
    assert "secret-plan" in str(postgres.admin("SELECT * FROM pg_stats WHERE tablename='orders'"))
    with proxy.connect("acme") as acme:
        for relation in STATISTICS:
            for sql in (f"SELECT * FROM {relation}", f"SELECT count(*) FROM pg_catalog.{relation}",
                        f"TABLE {relation}", f"EXPLAIN SELECT * FROM {relation}",
                        f"SELECT (SELECT count(*) FROM {relation})", f"COPY {relation} TO STDOUT",
                        f"WITH a AS (SELECT 1 FROM {relation}) SELECT * FROM a",
                        f"SELECT '{relation}'::regclass, x.* FROM {relation} x"):
                with pytest.raises(psycopg.Error) as error:
                    acme.execute(sql)
                assert error.value.diag.sqlstate in ("42501", "0A000", "42P01"), sql
        if metadata != "open":
            with pytest.raises(psycopg.Error):
                acme.execute("EXPLAIN ANALYZE SELECT * FROM orders")


NEGATIVE = [
    "SELECT 1 - -1", "SELECT 1 - - - 1", "SELECT -(-1)", "SELECT - -1.5", "SELECT 1 - -1.5e0",
    "SELECT 2 - -3.25, 'b'", "SELECT -(-(-1.5))", "SELECT 1 + -0.5 - -0.5",
    "SELECT 1 -/**/-1", "SELECT 1 -\n-1", "SELECT @ -5, @ -5.5", "SELECT (-1)::int - -(1)::int",
    "SELECT -9223372036854775808 - -1", "SELECT count(*) FROM orders WHERE amount > -1 - -1.0",
    "SELECT id - -1 FROM orders ORDER BY - -id LIMIT 1", "SELECT 5 % -3, 5 * -3, 7.5 / -2.5",
]


@pytest.mark.parametrize("sql", NEGATIVE)
def test_cve_2024_1597_a_sign_never_begins_a_comment(connect, postgres, sql):
    """pgjdbc, and CVE-2024-27289 of pgx: a negative number behind a minus made a comment of the
    rest of the line."""
    acme = connect("acme")
    wanted = postgres.admin(sql.replace("FROM orders", "FROM (SELECT * FROM orders WHERE "
                                                       "tenant_id = 'acme') orders"))
    assert psycopg.ClientCursor(acme).execute(sql).fetchall() == wanted
    assert acme.execute(sql, prepare=True).fetchall() == wanted
    for value in (-1, -1.5, 0, 1):
        marked = "SELECT 10 -%s, -%s, 'end' FROM orders WHERE id > %s LIMIT 1"
        for cursor in (psycopg.ClientCursor(acme), acme.cursor()):
            row = cursor.execute(marked, (value, value, min(value, 0))).fetchone()
            assert [float(row[0]), float(row[1]), row[2]] == [10 - value, -value, "end"]


#: What is not UTF-8: cut short, longer than it need be (a quote, a backslash), not a character.
NOT_UTF8 = [b"\xc0", b"\xc0\xa7", b"\xe0\x80\xa7", b"\xf0\x80\x80\xa7", b"\xc1\x9c", b"\xe4\xb8",
            b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xf8\x88\x80\x80\x80", b"\xff",
            b"\x80"]


@pytest.mark.parametrize("bad", NOT_UTF8, ids=lambda bad: bad.hex())
def test_cve_2025_1094_text_in_no_encoding(session, postgres, bad):
    """PostgreSQL, and CVE-2006-2313 and 2314: a quote behind half a character was one to the server
    and none to who had escaped it. Here such text is read by nobody, and sent to nobody."""
    before = len(postgres.process.log())
    for around in (b"SELECT item FROM orders WHERE item = '%b'", b"SELECT '%b'' OR true --'",
                   b'SELECT 1 AS "%b"" FROM orders --"', b"SELECT 1 /* %b*/", b"SELECT $%b$ $%b$",
                   b"SELECT E'%b\\'' OR true --'", b"SELECT 1 %b"):
        text = around.replace(b"%b", bad)
        session.send(query(text), parse(text), SYNC)
        for answer in (session.read_until_ready(), session.read_until_ready()):
            assert types(answer) == "EZ" and error_fields(answer[0].body)["C"] == "22021"
    assert "invalid byte sequence" not in postgres.process.log()[before:]


POLICY = """
ALTER TABLE orders ENABLE ROW LEVEL SECURITY;
ALTER TABLE orders FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON orders USING (tenant_id = current_setting('app.tenant', true));
"""
PLANNED = [
    "SELECT item FROM orders", "SELECT (SELECT max(item) FROM orders)",
    "WITH o AS (SELECT item FROM orders) SELECT item FROM o",
    "SELECT a.item FROM orders a JOIN orders b ON a.id = b.id",
    "SELECT item FROM orders WHERE EXISTS (SELECT 1 FROM orders)",
]


@pytest.mark.parametrize("enforce", ["rls", "both"])
def test_cve_2024_10976_plans_of_another(start_proxy, postgres, rows, enforce):
    """PostgreSQL, and CVE-2016-2193 and CVE-2023-2455: a plan that was made for one user's row
    security was used for another's. Two tenants run the same statements on one link, more often
    than a server plans anew."""
    postgres.admin(POLICY)
    try:
        proxy = start_proxy(overrides={
            "limits": {"workers": 1}, "upstreams": {"main": {"pool": {"size": 1}}},
            "isolation": {"row": {"enforce": enforce, "setting": "app.tenant"}}})
        with proxy.connect("acme", prepare_threshold=0) as acme, \
                proxy.connect("globex", prepare_threshold=0) as globex:
            for sql in PLANNED:
                for turn in range(8):
                    for tenant, connection in (("acme", acme), ("globex", globex)):
                        found = {row[0] for row in connection.execute(sql)}
                        assert found and found <= {item for _, item in rows[tenant]}, (sql, turn)
    finally:
        postgres.admin("DROP POLICY tenant ON orders; ALTER TABLE orders DISABLE ROW LEVEL "
                       "SECURITY, NO FORCE ROW LEVEL SECURITY")
