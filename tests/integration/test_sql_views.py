# SPDX-License-Identifier: Apache-2.0
"""Views that the operator lists: read like tables, by their tenant column."""

import psycopg
import pytest

VIEWS = ["public.order_items", "public.order_totals"]


@pytest.fixture
def views(postgres, rows):
    postgres.admin("CREATE VIEW order_items AS "
                   "SELECT tenant_id, id, item, 100 / (amount - 99) AS x FROM orders; "
                   "CREATE MATERIALIZED VIEW order_totals AS "
                   "SELECT tenant_id, sum(amount) AS total FROM orders GROUP BY 1; "
                   "CREATE VIEW no_tenant AS SELECT item FROM orders; "
                   "GRANT SELECT ON order_items, order_totals, no_tenant TO PUBLIC")
    yield postgres
    postgres.admin("DROP VIEW order_items, no_tenant; DROP MATERIALIZED VIEW order_totals")


@pytest.mark.parametrize("prepare", [False, True])
def test_listed_views_are_read_by_tenant(start_proxy, views, rows, prepare):
    """A row of globex divides by zero in the view itself: the fence keeps it out."""
    proxy = start_proxy(overrides={"isolation": {"row": {"views": VIEWS}}})
    with proxy.connect("acme", autocommit=True) as acme:
        def found(text):
            return sorted(acme.execute(text, prepare=prepare).fetchall())
        assert found("SELECT id, item FROM order_items") == sorted(rows["acme"])
        assert found("SELECT v.id FROM order_items v LEFT JOIN order_items w ON v.id = w.id") == [
            (number,) for number, _ in sorted(rows["acme"])]
        assert found("SELECT item FROM order_items WHERE x IS NOT NULL") == sorted(
            (item,) for _, item in rows["acme"])
        assert len(found("SELECT total FROM order_totals")) == 1
        for text in ("UPDATE order_items SET item = 'x'", "DELETE FROM order_items",
                     "INSERT INTO order_items (id) VALUES (1)", "SELECT * FROM no_tenant",
                     "REFRESH MATERIALIZED VIEW order_totals"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                acme.execute(text, prepare=prepare)


def test_other_views_are_refused(start_proxy, views):
    proxy = start_proxy(overrides={"isolation": {"row": {"views": ["public.no_tenant"]}}})
    with proxy.connect("acme", autocommit=True) as acme:
        for text in ("SELECT * FROM order_items", "SELECT * FROM no_tenant"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                acme.execute(text)
    assert "no_tenant has no column tenant_id" in proxy.log()


def test_under_row_security_a_view_must_ask_as_its_reader(start_proxy, views, rows):
    proxy = start_proxy(overrides={"isolation": {"row": {"views": VIEWS, "enforce": "both"}}})
    with proxy.connect("acme", autocommit=True) as acme:
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row security"):
            acme.execute("SELECT * FROM order_items")
    views.admin("ALTER VIEW order_items SET (security_invoker = true)")
    proxy = start_proxy(overrides={"isolation": {"row": {"views": VIEWS, "enforce": "both"}}})
    with proxy.connect("acme", autocommit=True) as acme:
        assert sorted(acme.execute("SELECT id, item FROM order_items").fetchall()) == sorted(
            rows["acme"])
