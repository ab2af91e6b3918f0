# SPDX-License-Identifier: Apache-2.0
"""Cursors, SQL PREPARE, EXPLAIN and MERGE under row isolation, with another tenant on the link."""

import psycopg
import pytest


ONE_LINK = {"upstreams": {"main": {"pool": {"size": 1}}}, "limits": {"workers": 1}}


@pytest.fixture
def shared(start_proxy, rows):
    """Sessions of two tenants that share one link."""
    proxy = start_proxy(overrides=ONE_LINK)
    with proxy.connect("acme") as acme, proxy.connect("globex") as globex:
        yield acme, globex


def ids(cursor):
    return sorted(row[0] for row in cursor.fetchall())


def items(rows, tenant):
    return sorted(item for _, item in rows[tenant])


def test_a_cursor_sees_its_tenants_rows(shared, rows):
    acme, globex = shared
    for connection, tenant in ((acme, "acme"), (globex, "globex")):
        with connection.transaction():
            connection.execute("DECLARE c SCROLL CURSOR FOR SELECT item FROM orders")
            assert ids(connection.execute("FETCH ALL FROM c")) == items(rows, tenant)
            connection.execute("MOVE ABSOLUTE 0 IN c")
            assert connection.execute("FETCH NEXT FROM c").fetchone()[0] in items(rows, tenant)
            connection.execute("CLOSE c")
    with pytest.raises(psycopg.errors.InvalidCursorName), acme.transaction():
        acme.execute("FETCH ALL FROM c")


def test_a_server_side_cursor_of_a_driver(shared, rows):
    acme, _ = shared
    with acme.transaction(), acme.cursor("named") as cursor:
        cursor.execute("SELECT item FROM orders WHERE id >= %s", (0,))
        assert sorted(row[0] for row in cursor) == items(rows, "acme")


def test_a_cursor_with_hold_keeps_the_link_until_it_is_given_up(shared, rows):
    acme, globex = shared
    acme.execute("DECLARE h CURSOR WITH HOLD FOR SELECT item FROM orders")
    assert ids(acme.execute("FETCH ALL FROM h")) == items(rows, "acme")
    acme.execute("DISCARD ALL")
    with pytest.raises(psycopg.errors.InvalidCursorName):
        globex.execute("FETCH ALL FROM h")


def test_the_row_a_cursor_stands_on(shared, rows, postgres):
    acme, _ = shared
    with acme.transaction(force_rollback=True):
        acme.execute("DECLARE c CURSOR FOR SELECT id FROM orders ORDER BY id FOR UPDATE")
        number = acme.execute("FETCH c").fetchone()[0]
        acme.execute("UPDATE orders SET item = 'x' WHERE CURRENT OF c")
        changed = acme.execute("SELECT item FROM orders WHERE id = %s", (number,)).fetchall()
        assert changed == [("x",)]
        acme.execute("DELETE FROM orders WHERE CURRENT OF c")
        assert len(acme.execute("SELECT 1 FROM orders").fetchall()) == len(rows["acme"]) - 1


def test_prepared_by_sql(shared, rows):
    acme, globex = shared
    acme.execute("PREPARE p AS SELECT item FROM orders WHERE id >= $1")
    assert ids(acme.execute("EXECUTE p (0)")) == items(rows, "acme")
    acme.execute("DEALLOCATE p")
    with pytest.raises(psycopg.errors.InvalidSqlStatementName):
        acme.execute("EXECUTE p (0)")
    acme.execute("PREPARE p AS SELECT item FROM orders WHERE id >= $1")
    acme.execute("DISCARD ALL")
    with pytest.raises(psycopg.errors.InvalidSqlStatementName):
        globex.execute("EXECUTE p (0)")
    # In the extended protocol the tenant is in the text: nobody may share what was parsed.
    for connection, tenant in ((acme, "acme"), (globex, "globex")):
        connection.execute("PREPARE q AS SELECT item FROM orders", prepare=True)
        assert ids(connection.execute("EXECUTE q", prepare=True)) == items(rows, tenant)
        connection.execute("DISCARD ALL")


def test_the_proxys_own_statements_cannot_be_named(shared, rows):
    """globex has rf_1, which takes a tenant as its last parameter."""
    acme, globex = shared
    globex.prepare_threshold = 0
    assert globex.execute("SELECT item FROM orders WHERE id >= %s", (0,)).fetchall()
    for text in ["EXECUTE rf_1 (0, 'globex')", "EXECUTE \"rf_1\" (0, 'globex')",
                 "EXPLAIN (COSTS OFF) EXECUTE rf_1 (0, 'globex')",
                 "EXECUTE U&\"\\0072f_1\" (0, 'globex')"]:
        with pytest.raises(psycopg.errors.InvalidSqlStatementName):
            acme.execute(text)
    with pytest.raises(psycopg.errors.InvalidName):
        acme.execute("PREPARE rf_99 AS SELECT 1")
    acme.execute("PREPARE p AS SELECT 1")  # pins, so that DEALLOCATE goes to the server
    with pytest.raises(psycopg.errors.InvalidSqlStatementName):
        acme.execute("DEALLOCATE rf_1")
    acme.execute("DEALLOCATE ALL")
    acme.execute("DISCARD ALL")
    assert len(globex.execute("SELECT item FROM orders WHERE id >= %s",
                              (0,)).fetchall()) == len(rows["globex"])


@pytest.mark.parametrize("prepare", [False, True])
def test_explain_shows_no_estimates(shared, prepare):
    acme, _ = shared
    lines = acme.execute("EXPLAIN SELECT * FROM orders", prepare=prepare).fetchall()
    plan = "\n".join(line for line, in lines)
    assert "orders" in plan and "rows=" not in plan and "cost=" not in plan
    plan = acme.execute("EXPLAIN (FORMAT json, VERBOSE, COSTS on) SELECT * FROM orders "
                        "WHERE id = %s", (1,), prepare=prepare).fetchone()[0]
    assert "Plan Rows" not in str(plan) and "Total Cost" not in str(plan)
    for options in ("ANALYZE", "(ANALYZE, COSTS off)", "(BUFFERS)", "(SETTINGS)"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            acme.execute(f"EXPLAIN {options} SELECT * FROM orders", prepare=prepare)


@pytest.mark.parametrize("metadata", ["strict", "open"])
def test_explain_by_policy(start_proxy, rows, metadata):
    proxy = start_proxy(overrides={**ONE_LINK, "isolation": {"row": {"metadata": metadata}}})
    with proxy.connect("acme") as acme:
        if metadata == "strict":
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                acme.execute("EXPLAIN SELECT * FROM orders")
        else:
            plan = str(acme.execute("EXPLAIN ANALYZE SELECT * FROM orders").fetchall())
            assert "actual time" in plan


@pytest.mark.parametrize("prepare", [False, True])
def test_merge_changes_one_tenant(shared, rows, postgres, prepare):
    acme, _ = shared
    before = postgres.admin("SELECT * FROM orders WHERE tenant_id = 'globex' ORDER BY id")
    with acme.transaction(force_rollback=True):
        acme.execute("MERGE INTO orders o USING (SELECT 7001 AS id) s ON o.id = s.id "
                     "WHEN NOT MATCHED THEN INSERT (id, item) VALUES (s.id, 'merged')",
                     prepare=prepare)
        acme.execute("MERGE INTO orders o USING orders s ON o.id = s.id "
                     "WHEN MATCHED THEN UPDATE SET item = 'all'", prepare=prepare)
        assert {row[0] for row in acme.execute("SELECT item FROM orders")} == {"all"}
        acme.execute("MERGE INTO orders o USING orders s ON o.id = s.id WHEN MATCHED THEN DELETE",
                     prepare=prepare)
        assert acme.execute("SELECT count(*) FROM orders").fetchone() == (0,)
        with acme.transaction(force_rollback=True), pytest.raises(
                psycopg.errors.InsufficientPrivilege):
            acme.execute("MERGE INTO orders o USING (SELECT 1 AS id) s ON false WHEN NOT MATCHED "
                         "THEN INSERT (id, tenant_id, item) VALUES (9, 'globex', 'x')",
                         prepare=prepare)
    assert postgres.admin("SELECT * FROM orders WHERE tenant_id = 'globex' ORDER BY id") == before
