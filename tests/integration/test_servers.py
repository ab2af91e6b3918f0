# SPDX-License-Identifier: Apache-2.0
"""The fixtures themselves: the servers are real, of the version we claim, and hold both tenants."""

from support import psql, scram, tenants


def test_postgres_15_with_two_tenants(postgres, rows):
    assert postgres.admin("SHOW server_version_num")[0][0].startswith("15")
    assert postgres.admin("SHOW server_encoding") == [("UTF8",)]
    for tenant in tenants.TENANTS:
        condition = f"WHERE tenant_id = '{tenant}' ORDER BY id"
        assert postgres.admin(f"SELECT id, item FROM orders {condition}") == rows[tenant]


def test_link_role_has_no_privilege_that_would_hide_a_leak(postgres):
    assert postgres.admin(
        f"SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = '{tenants.LINK_USER}'"
    ) == [(False, False)]
    assert psql.rows(f"host=127.0.0.1 port={postgres.port} user={tenants.LINK_USER} "
                     f"password={tenants.LINK_PASSWORD} dbname={tenants.DATABASE}",
                     "SELECT count(*) FROM orders") == ["5"]


def test_redis_7_keeps_nothing(redis_server):
    with redis_server.connect_admin() as admin:
        assert admin.info("server")["redis_version"].startswith("7.")
        assert admin.config_get("save") == {"save": ""}


def test_redis_with_a_password(start_redis):
    server = start_redis(password="hunter2")
    with server.connect_admin() as admin:
        assert admin.ping()


def test_restarted_postgres_keeps_port_and_rows(start_postgres):
    server = start_postgres(auth="trust")
    port = server.port
    server.restart()
    assert (server.port, server.admin("SELECT count(*) FROM orders")) == (port, [(5,)])


def test_scram_verifier_is_postgres_own(postgres):
    """The server takes a verifier for a password as it is and stores it unchanged."""
    verifier = scram.verifier("acme-secret")
    postgres.admin(f"CREATE ROLE verifier_probe LOGIN PASSWORD '{verifier}'")
    try:
        condition = "WHERE rolname = 'verifier_probe'"
        assert postgres.admin(f"SELECT rolpassword FROM pg_authid {condition}") == [(verifier,)]
        assert psql.rows(f"host=127.0.0.1 port={postgres.port} user=verifier_probe "
                         "password=acme-secret dbname=postgres", "SELECT 1") == ["1"]
    finally:
        postgres.admin("DROP ROLE verifier_probe")
