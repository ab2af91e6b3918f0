# SPDX-License-Identifier: Apache-2.0
"""ringfence policy sql: what it prints, a server runs, and the tenants are apart by it."""

import psycopg
import pytest

from support import tenants
from support.ringfence import run_command

ROW = {"views": ["public.items"], "setting": "app.tenant", "shared": ["public.countries"]}


@pytest.fixture
def server(start_postgres):
    started = start_postgres()
    started.admin('CREATE VIEW items AS SELECT tenant_id, item FROM orders; '
                  'CREATE TABLE "odd ""name" (tenant_id uuid, id int); '
                  "CREATE TABLE parts (tenant_id text, id int) PARTITION BY RANGE (id); "
                  "CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (1) TO (9)")
    return started


def printed(proxy):
    done = run_command("policy", "sql", "-c", proxy.config_path)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_what_is_printed_keeps_tenants_apart(server, start_proxy):
    proxy = start_proxy(postgres=server, overrides={"isolation": {"row": ROW}})
    text = printed(proxy)
    server.admin(text)
    server.admin(text)  # again
    server.admin("INSERT INTO parts VALUES ('acme', 1), ('globex', 2)")
    direct = psycopg.connect(host="127.0.0.1", port=server.port, user=tenants.LINK_USER,
                             password=tenants.LINK_PASSWORD, dbname="app", autocommit=True)
    with direct:
        for name in ("orders", "customers", '"odd ""name"', "parts", "parts_1", "items"):
            assert direct.execute(f"SELECT * FROM {name}").fetchall() == [], name
        direct.execute("SET app.tenant = 'acme'")
        assert {row[0] for row in direct.execute("SELECT item FROM items")} == {
            item for _, item in tenants.ORDERS["acme"]}
        assert direct.execute("SELECT id FROM parts_1").fetchall() == [(1,)]
        assert direct.execute("SELECT count(*) FROM countries").fetchone() == (2,)
        for refused in ("INSERT INTO orders (tenant_id, id) VALUES ('globex', 9)",
                        "TRUNCATE orders"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                direct.execute(refused)
    proxy = start_proxy(postgres=server,
                        overrides={"isolation": {"row": {**ROW, "enforce": "both"}}})
    with proxy.connect("globex", autocommit=True) as connection:
        assert {row[0] for row in connection.execute("SELECT item FROM items")} == {
            item for _, item in tenants.ORDERS["globex"]}


def test_usage(proxy):
    for arguments in ((), ("drop",), ("sql",), ("sql", "-c", "/nosuch")):
        assert run_command("policy", *arguments).returncode == 2
    assert run_command("policy", "--help").returncode == 0
    assert "CREATE POLICY" in printed(proxy)
