# SPDX-License-Identifier: Apache-2.0
"""One isolated database, as an application sees it: psql and psycopg, simple and extended."""

import concurrent.futures
import decimal

import psycopg
import pytest

from support import psql, tenants

ALL_ORDERS = "SELECT id, item FROM orders ORDER BY id"


@pytest.fixture(params=["simple", "extended"])
def execute(request):
    """execute(connection, sql, parameters): by the simple or the extended protocol."""
    if request.param == "simple":
        def simple(connection, sql, parameters=None):
            return psycopg.ClientCursor(connection).execute(sql, parameters)
        return simple

    def extended(connection, sql, parameters=None):
        # Binary results take the extended protocol even where nothing is bound.
        return connection.cursor(binary=True).execute(sql, parameters)
    return extended


@pytest.mark.parametrize("tenant", tenants.TENANTS)
def test_psql_sees_own_rows_only(proxy, rows, tenant):
    found = psql.rows(proxy.pg_dsn(tenant), ALL_ORDERS, options=("-A", "-t", "-F", " "))
    assert found == [f"{number} {item}" for number, item in rows[tenant]]


def test_psql_scripts_errors_and_transactions(proxy, rows):
    done = psql.run(proxy.pg_dsn("acme"), script="""
        BEGIN;
        INSERT INTO orders (id, item) VALUES (50, 'draft');
        SELECT count(*) FROM orders;
        ROLLBACK;
        SELECT count(*) FROM orders;
        SELECT nothing FROM orders;
        SELECT 'still here';
    """)
    assert done.stdout.splitlines() == ["BEGIN", "INSERT 0 1", "4", "ROLLBACK", "3", "still here"]
    assert 'column "nothing" does not exist' in done.stderr


@pytest.mark.parametrize("tenant", tenants.TENANTS)
def test_select_sees_own_rows_only(connect, execute, rows, tenant):
    assert execute(connect(tenant), ALL_ORDERS).fetchall() == rows[tenant]


def test_select_with_parameters(connect, execute):
    acme = connect("acme")
    by_item = "SELECT id, amount FROM orders WHERE item = %s AND id < %s"
    assert execute(acme, by_item, ("rocket", 100)).fetchall() == [(2, decimal.Decimal("250.50"))]
    assert execute(acme, by_item, ("secret-plan", 100)).fetchall() == []


def test_other_tenants_value_finds_nothing_or_is_refused(connect, execute):
    for condition in ("tenant_id = 'globex'", "tenant_id <> 'acme'", "tenant_id = 'globex' OR true",
                      "true OR tenant_id = 'globex'"):
        try:
            found = execute(connect("acme"), f"SELECT tenant_id FROM orders WHERE {condition}")
            assert {tenant for (tenant,) in found.fetchall()} <= {"acme"}
        except psycopg.errors.InsufficientPrivilege:
            pass


@pytest.mark.parametrize("sql, expected", [
    ("SELECT count(*) FROM orders", [(3,)]),
    ("SELECT o.item, c.name FROM orders o JOIN customers c ON c.id = o.customer_id "
     "WHERE o.id = 1", [("anvil", "Ada")]),
    ("SELECT c.name, o.item FROM customers c LEFT JOIN orders o ON o.customer_id = c.id "
     "AND o.amount > 100 ORDER BY c.id", [("Ada", None), ("Alan", "rocket")]),
    ("SELECT name FROM customers WHERE id IN (SELECT customer_id FROM orders WHERE amount > 100)",
     [("Alan",)]),
    ("WITH big AS (SELECT * FROM orders WHERE amount >= 10) SELECT count(*) FROM big", [(2,)]),
    ("SELECT id FROM orders UNION SELECT id FROM customers ORDER BY 1", [(1,), (2,), (3,)]),
    ("SELECT (SELECT max(amount) FROM orders) > 999", [(False,)]),
    ("SELECT code FROM countries ORDER BY code", [("DE",), ("FR",)]),
    ("SELECT c.code, o.id FROM countries c CROSS JOIN LATERAL "
     "(SELECT id FROM orders ORDER BY id DESC LIMIT 1) o ORDER BY 1", [("DE", 3), ("FR", 3)]),
    ("VALUES ((SELECT count(*) FROM customers))", [(2,)]),
])
def test_shapes_of_select(connect, execute, sql, expected):
    assert execute(connect("acme"), sql).fetchall() == expected


def test_insert_is_the_tenants_own(connect, execute, postgres):
    cursor = execute(connect("globex"), "INSERT INTO orders (id, item) VALUES (%s, %s), (8, 'map') "
                     "RETURNING id, tenant_id", (7, "compass"))
    assert cursor.fetchall() == [(7, "globex"), (8, "globex")]
    assert postgres.admin("SELECT tenant_id, id FROM orders WHERE item IN ('map', 'compass') "
                          "ORDER BY id") == [("globex", 7), ("globex", 8)]
    assert execute(connect("acme"), "SELECT id FROM orders WHERE id > 5").fetchall() == []


def test_insert_from_select(connect, execute):
    acme = connect("acme")
    cursor = execute(acme, "INSERT INTO orders (id, item) SELECT id + 10, item FROM orders")
    assert cursor.rowcount == 3
    assert execute(acme, "SELECT count(*) FROM orders").fetchone() == (6,)


def test_insert_for_another_tenant_is_refused(connect, execute, postgres):
    acme = connect("acme")
    for sql, parameters in (
            ("INSERT INTO orders (tenant_id, id) VALUES ('globex', 70)", None),
            ("INSERT INTO orders (tenant_id, id) VALUES (%s, 71)", ("globex",)),
            ("INSERT INTO orders VALUES ('globex', 72)", None)):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            execute(acme, sql, parameters)
    assert postgres.admin("SELECT count(*) FROM orders WHERE id >= 70") == [(0,)]
    execute(acme, "INSERT INTO orders (tenant_id, id) VALUES (%s, 73)", ("acme",))


def test_update_and_delete_touch_own_rows_only(connect, execute, postgres):
    acme = connect("acme")
    assert execute(acme, "UPDATE orders SET item = upper(item)").rowcount == 3
    assert execute(acme, "DELETE FROM orders WHERE id IN (%s, 3, 4)", (1,)).rowcount == 2
    assert execute(acme, ALL_ORDERS).fetchall() == [(2, "ROCKET")]
    assert postgres.admin("SELECT id, item FROM orders WHERE tenant_id = 'globex' ORDER BY id"
                          ) == tenants.ORDERS["globex"]


def test_moving_a_row_to_another_tenant_is_refused(connect, execute, postgres):
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        execute(connect("acme"), "UPDATE orders SET tenant_id = 'globex' WHERE id = 1")
    assert postgres.admin("SELECT count(*) FROM orders WHERE tenant_id = 'acme'") == [(3,)]


@pytest.mark.parametrize("sql", [
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT set_config('search_path', 'pg_temp', false)",
    "CREATE TABLE own (id int)",
    "DROP TABLE orders",
    "COPY orders TO PROGRAM 'cat'",
    "DO $$ BEGIN PERFORM 1; END $$",
    "SELECT rolname FROM pg_authid",
    "SET search_path TO other",
    "SET client_encoding TO 'LATIN1'",
    "TRUNCATE orders",
])
def test_refused_statement_keeps_the_session_usable(connect, execute, sql):
    acme = connect("acme")
    with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.FeatureNotSupported,
                        psycopg.errors.UndefinedTable,
                        psycopg.errors.InvalidParameterValue)) as refused:
        execute(acme, sql)
    assert refused.value.diag.message_primary
    assert execute(acme, "SELECT count(*) FROM orders").fetchone() == (3,)


def test_refusal_inside_a_transaction_fails_the_transaction(connect, execute):
    acme = connect("acme", autocommit=False)
    execute(acme, "INSERT INTO orders (id) VALUES (60)")
    with pytest.raises(psycopg.Error):
        execute(acme, "DROP TABLE orders")
    with pytest.raises(psycopg.errors.InFailedSqlTransaction):
        execute(acme, "SELECT 1")
    acme.rollback()
    assert execute(acme, "SELECT count(*) FROM orders").fetchone() == (3,)


def test_syntax_error_is_the_servers_own_with_the_clients_position(connect, execute, postgres):
    sql = "SELECT id FROM orders WHERE id = = 1"
    with pytest.raises(psycopg.errors.SyntaxError) as direct:
        postgres.admin(sql)
    with pytest.raises(psycopg.errors.SyntaxError) as proxied:
        execute(connect("acme"), sql)
    assert proxied.value.diag.message_primary == direct.value.diag.message_primary
    assert proxied.value.diag.statement_position == direct.value.diag.statement_position


@pytest.mark.parametrize("sql", [
    "SELECT id, nothing FROM orders",
    "SELECT   item,\n  no_such_column\nFROM   orders  WHERE id = 1",
    "SELECT id FROM orders WHERE 'größe' = item AND nothing = 1",
    "SELECT id + item FROM orders",
])
def test_error_position_is_in_the_clients_text(connect, execute, postgres, sql):
    with pytest.raises(psycopg.Error) as direct:
        postgres.admin(sql)
    with pytest.raises(psycopg.Error) as proxied:
        execute(connect("acme"), sql)
    assert proxied.value.sqlstate == direct.value.sqlstate
    assert proxied.value.diag.statement_position == direct.value.diag.statement_position


def test_unknown_tenant_and_no_tenant_are_refused(proxy):
    for user in ("app.nobody", "app", "app.", ".acme.", "app.ACME"):
        with pytest.raises(psycopg.OperationalError) as refused:
            psycopg.connect(**{**proxy.pg_parameters("acme"), "user": user}).close()
        assert "ERROR" in str(refused.value) or "FATAL" in str(refused.value)


def test_transactions_commit_and_roll_back(connect, execute):
    acme, other = connect("acme", autocommit=False), connect("acme")
    execute(acme, "INSERT INTO orders (id) VALUES (80)")
    assert execute(other, "SELECT count(*) FROM orders").fetchone() == (3,)
    acme.commit()
    assert execute(other, "SELECT count(*) FROM orders").fetchone() == (4,)
    with pytest.raises(psycopg.errors.UniqueViolation):
        execute(acme, "INSERT INTO orders (id) VALUES (80)")
    acme.rollback()
    with acme.transaction():
        execute(acme, "DELETE FROM orders WHERE id = 80")
    assert execute(other, "SELECT count(*) FROM orders").fetchone() == (3,)


def test_many_sessions_share_few_links(proxy, connect, postgres):
    def work(number):
        tenant = tenants.TENANTS[number % 2]
        with proxy.connect(tenant) as session:
            for _ in range(10):
                found = session.execute(ALL_ORDERS).fetchall()
                assert found == tenants.ORDERS[tenant]

    with concurrent.futures.ThreadPoolExecutor(40) as pool:
        list(pool.map(work, range(40)))
    links = postgres.admin("SELECT count(*) FROM pg_stat_activity "
                           f"WHERE usename = '{tenants.LINK_USER}' "
                           "AND query NOT LIKE 'WITH ns AS %'")[0][0]
    assert 1 <= links <= 10 + 2  # the pool, and the catalogue's own


def test_startup_option_names_the_tenant(start_proxy, rows):
    proxy = start_proxy(overrides={"tenants": {"identify": [
        {"startup_option": "ringfence.tenant"}]}})
    globex = "-c ringfence.tenant=globex"
    dsn = proxy.pg_dsn("acme", user="app", options=globex)
    assert psql.rows(dsn, "SELECT count(*) FROM orders") == ["2"]
    for options in ("", "-c ringfence.tenant=nobody", f"{globex} -c ringfence.tenant=acme"):
        done = psql.run(proxy.pg_dsn("acme", user="app", options=options), "SELECT 1")
        assert done.returncode == 2 and "FATAL" in done.stderr
