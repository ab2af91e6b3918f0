# SPDX-License-Identifier: Apache-2.0
"""Tables that change behind the proxy: until it notices nothing leaks, and it notices soon."""

import time

import psycopg
import pytest

REFUSED = (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn,
           psycopg.errors.InsufficientPrivilege, psycopg.errors.UndefinedObject)


@pytest.fixture
def pair(start_postgres, start_proxy):
    """A server of its own, whose tables may be changed, and a proxy in front of it."""
    server = start_postgres()
    proxy = start_proxy(postgres=server)
    with proxy.connect("acme", autocommit=True) as connection:
        yield server, proxy, connection


def soon(connection, text, wanted, seconds=15):
    """The answer is the wanted one before long; until then it is a refusal or what it was."""
    answers = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            answers.append(connection.execute(text).fetchall())
        except REFUSED:
            answers.append("refused")
        if answers[-1] == wanted:
            return answers
        time.sleep(0.1)
    raise AssertionError(f"{text}: {answers[-3:]}, not {wanted}")


MADE = ("CREATE TABLE made (id int, tenant_id text, body text); GRANT ALL ON made TO PUBLIC; "
        "INSERT INTO made VALUES (1, 'acme', 'own'), (2, 'globex', 'secret')")


def test_a_new_table_is_unknown_and_then_guarded(pair):
    server, _, connection = pair
    server.admin(MADE)
    assert {str(a) for a in soon(connection, "SELECT id FROM made", [(1,)])} <= {
        "refused", "[(1,)]"}


def test_a_new_type_is_known_soon_though_nobody_asks_for_a_table(pair):
    server, _, connection = pair
    server.admin("CREATE TYPE late AS ENUM ('x')")
    soon(connection, "SELECT 'x'::late", [("x",)])


def test_a_renamed_table_whose_name_another_takes(pair):
    server, _, connection = pair
    server.admin(MADE)
    soon(connection, "SELECT id FROM made", [(1,)])
    server.admin("ALTER TABLE made RENAME TO kept; CREATE TABLE made (id int, body text); "
                 "GRANT ALL ON made TO PUBLIC; INSERT INTO made VALUES (3, 'of nobody')")
    for _ in range(30):
        with pytest.raises(REFUSED):
            connection.execute("SELECT id FROM made")
        time.sleep(0.1)
    soon(connection, "SELECT id FROM kept", [(1,)])


def test_a_tenant_column_that_is_renamed_or_dropped(pair):
    server, _, connection = pair
    server.admin(MADE)
    soon(connection, "SELECT id FROM made", [(1,)])
    server.admin("ALTER TABLE made RENAME tenant_id TO owner")
    for _ in range(30):
        with pytest.raises(REFUSED):
            connection.execute("SELECT * FROM made")
        time.sleep(0.1)


def test_a_shared_table_that_gets_the_tenant_column(pair):
    """The one case in which a stale catalogue shows rows: the operator said that they are shared.
    Noticed, it is a reason to serve nobody."""
    server, proxy, connection = pair
    assert connection.execute("SELECT count(*) FROM countries").fetchone() == (2,)
    server.admin("ALTER TABLE countries ADD COLUMN tenant_id text")
    end = time.monotonic() + 15
    while "catalog_refused" not in proxy.log() and time.monotonic() < end:
        time.sleep(0.1)
    assert "countries has the tenant column" in proxy.log()
    for text in ("SELECT * FROM countries", "SELECT * FROM orders"):
        with pytest.raises(psycopg.OperationalError):
            connection.execute(text)
    server.admin("ALTER TABLE countries DROP COLUMN tenant_id")
    end = time.monotonic() + 15
    while time.monotonic() < end:
        try:
            assert connection.execute("SELECT count(*) FROM countries").fetchone() == (2,)
            return
        except psycopg.OperationalError:
            time.sleep(0.1)
    raise AssertionError("the catalogue did not come back")


def test_columns_that_move(pair):
    server, _, connection = pair
    server.admin(MADE)
    soon(connection, "SELECT id FROM made", [(1,)])
    server.admin("DROP TABLE made; CREATE TABLE made (body text, tenant_id text, id int); "
                 "GRANT ALL ON made TO PUBLIC; INSERT INTO made VALUES ('own', 'acme', 7)")
    with pytest.raises((psycopg.errors.InvalidTextRepresentation, *REFUSED)):
        connection.execute("INSERT INTO made VALUES ('new', 'acme', 8)")
    soon(connection, "SELECT id FROM made", [(7,)])
    end = time.monotonic() + 15
    while time.monotonic() < end:
        try:
            connection.execute("INSERT INTO made VALUES ('new', 'acme', 8)")
            break
        except (psycopg.errors.InvalidTextRepresentation, *REFUSED):
            time.sleep(0.1)
    assert sorted(connection.execute("SELECT id, body FROM made").fetchall()) == [
        (7, "own"), (8, "new")]


def test_partitions_are_guarded_by_name_and_through_their_parent(pair):
    server, _, connection = pair
    server.admin("CREATE TABLE parts (id int, tenant_id text) PARTITION BY RANGE (id); "
                 "CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (1) TO (100); "
                 "GRANT ALL ON parts, parts_1 TO PUBLIC; "
                 "INSERT INTO parts VALUES (1, 'acme'), (2, 'globex')")
    soon(connection, "SELECT id FROM parts", [(1,)])
    server.admin("CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM (100) TO (200); "
                 "GRANT ALL ON parts_2 TO PUBLIC; "
                 "INSERT INTO parts VALUES (101, 'acme'), (102, 'globex')")
    assert connection.execute("SELECT id FROM parts ORDER BY id").fetchall() == [(1,), (101,)]
    soon(connection, "SELECT id FROM parts_2", [(101,)])
