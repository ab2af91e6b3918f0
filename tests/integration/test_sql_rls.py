# SPDX-License-Identifier: Apache-2.0
"""Row security as the second wall, or the only one: the proxy tells policies who the tenant is."""

import psycopg
import pytest

from support.pg_wire import SYNC, RawSession, bind, execute, parse, query, row_values

POLICY = """
ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON {table}
    USING (tenant_id = NULLIF(current_setting('app.tenant', true), ''))
    WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant', true), ''));
"""


@pytest.fixture
def secured(postgres, rows):
    """Policies on both tables of the tenants."""
    for table in ("orders", "customers"):
        postgres.admin(POLICY.format(table=table))
    yield postgres
    for table in ("orders", "customers"):
        postgres.admin(f"DROP POLICY tenant ON {table}; ALTER TABLE {table} "
                       f"DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY")


def overrides(enforce, **pool):
    return {"limits": {"workers": 1}, "upstreams": {"main": {"pool": {"size": 1, **pool}}},
            "isolation": {"row": {"enforce": enforce, "setting": "app.tenant"}}}


def items(connection, **options):
    return sorted(row[0] for row in connection.execute("SELECT item FROM orders", **options))


def wanted(rows, tenant):
    return sorted(item for _, item in rows[tenant])


@pytest.mark.parametrize("mode", ["transaction", "session"])
@pytest.mark.parametrize("enforce", ["rls", "both"])
def test_two_tenants_on_one_link(start_proxy, secured, rows, enforce, mode):
    proxy = start_proxy(overrides=overrides(enforce, mode=mode))
    for _ in range(2):
        for tenant in ("acme", "globex"):
            with proxy.connect(tenant, autocommit=True) as connection:
                for prepare in (False, True):
                    assert items(connection, prepare=prepare) == wanted(rows, tenant)
                    assert connection.execute("SHOW app.tenant").fetchone() == (tenant,)
    if mode == "session":
        return
    with proxy.connect("acme", autocommit=True, prepare_threshold=0) as acme, \
            proxy.connect("globex", autocommit=True, prepare_threshold=0) as globex:
        for _ in range(3):
            assert items(acme) == wanted(rows, "acme")
            assert items(globex) == wanted(rows, "globex")
        acme.execute("INSERT INTO orders (id, item) VALUES (900, 'new')")
        acme.execute("INSERT INTO orders (tenant_id, id, item) VALUES ('acme', 901, 'new')")
        assert acme.execute("UPDATE orders SET item = 'x' WHERE id >= 900").rowcount == 2
        assert acme.execute("DELETE FROM orders WHERE id >= 900").rowcount == 2
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            acme.execute("INSERT INTO orders (tenant_id, id) VALUES ('globex', 902)")
        acme.execute("DISCARD ALL")  # with what the driver had prepared
        assert items(acme, prepare=False) == wanted(rows, "acme")
        assert items(globex) == wanted(rows, "globex")


@pytest.mark.parametrize("enforce", ["rls", "both"])
def test_the_setting_cannot_be_changed(start_proxy, secured, rows, enforce):
    proxy = start_proxy(overrides=overrides(enforce))
    with proxy.connect("acme", autocommit=True) as connection:
        for text in ("SET app.tenant = 'globex'", "SET LOCAL app.tenant = 'globex'",
                     "SET APP.TENANT TO 'globex'", "RESET app.tenant",
                     "SELECT set_config('app.tenant', 'globex', false)",
                     "SET row_security = off"):
            with pytest.raises((psycopg.errors.InsufficientPrivilege,
                                psycopg.errors.FeatureNotSupported)):
                connection.execute(text)
        for text in ("RESET ALL", "SELECT 1; RESET ALL"):
            connection.execute(text)
            assert items(connection) == wanted(rows, "acme")
            assert connection.execute("SHOW app.tenant").fetchone() == ("acme",)
        with connection.transaction(), pytest.raises(psycopg.errors.FeatureNotSupported):
            connection.execute("RESET ALL")
    with pytest.raises(psycopg.OperationalError, match="app.tenant"):
        proxy.connect("acme", options="-c app.tenant=globex")


def test_behind_discard_all_in_a_pipeline_nothing_is_seen(start_proxy, secured, rows):
    """The setting is gone until the batch ends: policies then see no tenant, and show nothing."""
    proxy = start_proxy(overrides=overrides("rls"))
    with RawSession(proxy.ports["pg"]) as session:
        session.login("app.acme")
        session.send(parse("DISCARD ALL"), bind(), execute(), parse("SELECT item FROM orders"),
                     bind(), execute(), SYNC, query("SELECT count(*) FROM orders"))
        answer = session.read_until_ready()
        assert not [message for message in answer if message.type == "D"]
        counted = [m for m in session.read_until_ready() if m.type == "D"]
        assert row_values(counted[0].body) == [str(len(rows["acme"])).encode()]


@pytest.mark.parametrize("enforce", ["rls", "both"])
def test_a_table_without_policies_is_refused(start_proxy, postgres, rows, enforce):
    proxy = start_proxy(overrides=overrides(enforce))
    with proxy.connect("acme", autocommit=True) as connection:
        for text in ("SELECT * FROM orders", "DELETE FROM orders", "INSERT INTO orders VALUES (1)"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row security"):
                connection.execute(text)
        assert connection.execute("SELECT count(*) FROM countries").fetchone() == (2,)


def test_what_is_sent(start_proxy, secured, rows):
    """With rls alone statements keep their conditions; rows still get their tenant."""
    proxy = start_proxy(overrides=overrides("rls"))
    with proxy.connect("acme", autocommit=True) as connection:
        plan = str(connection.execute("EXPLAIN SELECT * FROM orders WHERE id = 1").fetchall())
        assert "current_setting" in plan and "'acme'" not in plan
        assert connection.execute("INSERT INTO orders (id) VALUES (903) RETURNING tenant_id"
                                  ).fetchone() == ("acme",)
        connection.execute("DELETE FROM orders WHERE id = 903")
