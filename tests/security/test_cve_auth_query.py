# SPDX-License-Identifier: Apache-2.0
"""What others got wrong when they asked the database for the secrets of users."""

import psycopg
import pytest

from support import auth_query
from support.auth_query import READER, READER_PASSWORD, REFUSED, ROLES, exchange, login, quoted

#: As an operator might write it: no name has its schema.
UNQUALIFIED = ("SELECT rolname, rolpassword, rolcanlogin, rolvaliduntil FROM pg_authid "
               "WHERE rolname = $1 AND length(rolname) > 0")

#: Whatever a search path that begins with this schema leads to says that everybody is let in.
EVIL = """
CREATE SCHEMA evil;
CREATE TABLE evil.calls (what text);
GRANT ALL ON SCHEMA evil TO PUBLIC;
GRANT ALL ON evil.calls TO PUBLIC;
CREATE FUNCTION evil.yes(name, text) RETURNS boolean LANGUAGE plpgsql AS
    $$ BEGIN INSERT INTO evil.calls VALUES ('operator'); RETURN true; END $$;
CREATE OPERATOR evil.= (LEFTARG = name, RIGHTARG = text, FUNCTION = evil.yes);
CREATE FUNCTION evil.length(name) RETURNS integer LANGUAGE plpgsql AS
    $$ BEGIN INSERT INTO evil.calls VALUES ('function'); RETURN 1; END $$;
CREATE TABLE evil.pg_authid AS
    SELECT a.rolname, mine.rolpassword, true AS rolcanlogin, NULL::timestamptz AS rolvaliduntil
    FROM pg_authid a, pg_authid mine WHERE mine.rolname = 'app.globex';
GRANT SELECT ON evil.pg_authid TO PUBLIC;
"""


@pytest.fixture(scope="module")
def roles(start_module_postgres):
    server = start_module_postgres()
    auth_query.create_roles(server)
    server.admin(EVIL)
    return server


def refused(proxy, user, password, **options):
    with pytest.raises(psycopg.OperationalError) as error:
        proxy.connect("acme", user=user, password=password, **options)
    return "password authentication failed" in str(error.value)


def test_cve_2025_2291_roles_that_may_not_log_in(start_proxy, roles):
    """PgBouncer: VALID UNTIL was not looked at, and an expired password was as good as any."""
    proxy = start_proxy(postgres=roles, overrides=auth_query.asks())
    login(proxy, "app.acme").close()
    for user in REFUSED:
        assert refused(proxy, user, ROLES[user][0]), user
        assert exchange(proxy, user) == exchange(proxy, "app.unknown")


def test_cve_2025_2291_a_password_that_expires_while_it_is_known(start_proxy, roles):
    proxy = start_proxy(postgres=roles, overrides=auth_query.asks(cache="5m"))
    roles.admin("""
        CREATE ROLE "app-soon.acme" LOGIN PASSWORD 'soon';
        DO $$ BEGIN EXECUTE format('ALTER ROLE "app-soon.acme" VALID UNTIL %L',
                                   clock_timestamp() + interval '1 second'); END $$""")
    login(proxy, "app-soon.acme", "soon").close()
    roles.admin("SELECT pg_sleep(1.1)")
    assert refused(proxy, "app-soon.acme", "soon")


@pytest.mark.parametrize("isolation", ["row", "passthrough"])
@pytest.mark.parametrize("sql", [{}, {"sql": UNQUALIFIED}], ids=["default", "unqualified"])
def test_cve_2025_12819_search_path_of_the_question(start_proxy, roles, sql, isolation):
    """PgBouncer: a client's search_path was set where users are asked for. Nor is the role's."""
    roles.admin(f"ALTER ROLE {READER} SET search_path = evil, pg_catalog;"
                f"ALTER ROLE {READER} IN DATABASE app SET search_path = evil, pg_catalog;"
                f"ALTER DATABASE app SET search_path = evil, pg_catalog, public;"
                "TRUNCATE evil.calls")
    try:
        proxy = start_proxy(postgres=roles,
                            overrides=auth_query.asks(isolation=isolation, **sql))
        theirs = ROLES["app.globex"][0]
        for options in ({}, {"options": "-c search_path=evil,pg_catalog"}):
            for user in ("app.acme", "app-expired.acme", "app-nologin.acme"):
                assert refused(proxy, user, theirs, **options), user
        login(proxy, "app.acme").close()
        assert roles.admin("SELECT * FROM evil.calls") == []
    finally:
        roles.admin(f"ALTER ROLE {READER} RESET search_path;"
                    f"ALTER ROLE {READER} IN DATABASE app RESET search_path;"
                    "ALTER DATABASE app RESET search_path")


@pytest.mark.parametrize("user", ["app.unknown", "app.acme2", "app-nologin.acme", "postgres", "a",
                                  READER + ".acme"])
def test_cve_2015_6817_unknown_user_is_not_the_asking_one(start_proxy, roles, user):
    """PgBouncer: who was not found was logged in as auth_user."""
    proxy = start_proxy(postgres=roles, overrides=auth_query.asks())
    for password in (READER_PASSWORD, ROLES["app.acme"][0], auth_query.tenants.LINK_PASSWORD):
        assert refused(proxy, user, password)


def test_the_name_is_a_parameter(start_proxy, roles):
    """Nobody's name is part of a statement's text."""
    names = ["x' OR true --", "x\"; SELECT 1", "$1", "\\'; --", "app.acme' --"]
    for name in names:
        roles.admin(f"DROP ROLE IF EXISTS {quoted(name)}")
    proxy = start_proxy(postgres=roles, overrides=auth_query.asks())
    for name in names:
        assert refused(proxy, name, ROLES["app.acme"][0]), name
    assert "auth_query_failed" not in proxy.log()
