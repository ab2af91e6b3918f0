# SPDX-License-Identifier: Apache-2.0
"""Who is let in, and how the proxy logs in itself: tenants' states, methods, privileged roles."""

import time

import psycopg
import pytest

from support import tenants
from support.process import wait_for


def test_suspended_tenant(start_proxy, rows):
    proxy = start_proxy(states={"acme": "active", "globex": "suspended"})
    with pytest.raises(psycopg.OperationalError, match="suspended"):
        proxy.connect("globex")
    with proxy.connect("acme") as session:
        assert session.execute("SELECT count(*) FROM orders").fetchone() == (3,)


def assert_never_serves(proxy):
    time.sleep(1)
    assert proxy.http("/readyz")[0] == 503
    with pytest.raises(psycopg.OperationalError):
        with proxy.connect("acme") as session:
            session.execute("SELECT count(*) FROM orders")


@pytest.mark.parametrize("auth", ["trust", "scram-sha-256", "md5", "password"])
def test_server_side_methods(start_postgres, start_proxy, auth):
    """md5 is spoken; a cleartext password is never sent without TLS."""
    postgres = start_postgres(auth=auth)
    if auth == "md5":
        postgres.admin("SET password_encryption = 'md5'; ALTER ROLE "
                       f"{tenants.LINK_USER} PASSWORD '{tenants.LINK_PASSWORD}'")
    proxy = start_proxy(postgres=postgres, wait="live")
    if auth == "password":
        assert_never_serves(proxy)
        assert tenants.LINK_PASSWORD not in proxy.log()
    else:
        wait_for(proxy.is_ready, what="readiness")
        with proxy.connect("acme") as session:
            assert session.execute("SELECT count(*) FROM orders").fetchone() == (3,)


def test_privileged_role_is_refused(start_postgres, start_proxy):
    """A superuser or BYPASSRLS role behind isolation: not served unless unsafe_ says so."""
    postgres = start_postgres()
    postgres.admin(f"ALTER ROLE {tenants.LINK_USER} BYPASSRLS")
    assert_never_serves(start_proxy(postgres=postgres, wait="live"))


def test_password_file_is_read_again_on_rotation(start_postgres, start_proxy):
    """No signal, no restart: the next link logs in with what the file holds then."""
    postgres = start_postgres(auth="scram-sha-256")
    proxy = start_proxy(postgres=postgres)
    password_file = proxy.folder / "pg.password"

    def rotate(password):
        postgres.admin(f"ALTER ROLE {tenants.LINK_USER} PASSWORD '{password}'; "
                       "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                       f"WHERE usename = '{tenants.LINK_USER}'")

    def serves():
        try:
            with proxy.connect("acme") as session:
                return session.execute("SELECT count(*) FROM orders").fetchone() == (3,)
        except psycopg.OperationalError:
            return False

    assert serves()
    password_file.write_text("rotated-secret\n", encoding="utf-8")
    rotate("rotated-secret")
    wait_for(serves, what="a link with the new password")
    password_file.write_text("", encoding="utf-8")  # in the middle of a change
    rotate(tenants.LINK_PASSWORD)  # the one that was loaded at the start
    wait_for(serves, what="a link with the password that was loaded")
    assert "password_kept" in proxy.log() and "rotated-secret" not in proxy.log()
