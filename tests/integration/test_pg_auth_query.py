# SPDX-License-Identifier: Apache-2.0
"""Users whose secrets are in the database: who gets in, who does not, and nobody is told why."""

import threading
import time

import psycopg
import pytest

from support import auth_query
from support.auth_query import ACCEPTED, REFUSED, exchange, login
from support.process import wait_for
from support.ringfence import TENANT_PASSWORDS

WRONG_PASSWORD = "password authentication failed"
UNAVAILABLE = "users cannot be looked up"


@pytest.fixture(scope="module")
def roles(start_module_postgres):
    """A server whose roles clients log in as."""
    server = start_module_postgres()
    auth_query.create_roles(server)
    return server


@pytest.fixture
def asking(start_proxy, roles):
    """asking(users_file=False, sql=..., cache=...): a proxy that asks that server."""
    def start(**query):
        return start_proxy(postgres=roles, overrides=auth_query.asks(**query))
    return start


def refused_because(proxy, user, password):
    with pytest.raises(psycopg.OperationalError) as error:
        login(proxy, user, password)
    return str(error.value)


def orders(connection):
    with connection:
        return connection.execute("SELECT DISTINCT tenant_id FROM orders").fetchall()


@pytest.mark.parametrize("user", ACCEPTED)
def test_roles_that_may_log_in(asking, roles, user):
    auth_query.tenants.reset_rows(roles)
    proxy = asking()
    assert orders(login(proxy, user)) == [(user.rsplit(".", 1)[1],)]
    assert orders(login(proxy, user)) == [(user.rsplit(".", 1)[1],)]
    assert WRONG_PASSWORD in refused_because(proxy, user, "wrong")


def test_who_must_not_log_in_is_told_of_a_wrong_password(asking):
    """Expired, NOLOGIN, without a password, with md5: the same messages as for who is unknown."""
    proxy = asking()
    wrong = exchange(proxy, "app.acme")
    assert wrong[0] == ["R", "R", "E"] and wrong[2] == "28P01"
    for user in (*REFUSED, "app-bare.acme", "app-md5.acme", "app.unknown", "x" * 300, "postgres"):
        assert exchange(proxy, user) == wrong, user
        assert exchange(proxy, user) == wrong, user
    for user in REFUSED:
        assert WRONG_PASSWORD in refused_because(proxy, user, None)
    assert WRONG_PASSWORD in refused_because(proxy, "app-md5.acme", "md5-secret")
    for reason in ("VALID UNTIL is over", "may not log in", "has no SCRAM-SHA-256 verifier"):
        assert reason in proxy.log()


@pytest.mark.parametrize("user", [
    "app.acme' OR 'a'='a", "app.acme'--", 'app.acme"', "app.acme\\", "$1", "app.acme\n",
    "'; DROP ROLE \"app.acme\"; --", "app.acm\u00e9", "%", "app_acme", "APP.ACME", "app.acme "])
def test_names_are_only_names(asking, user):
    proxy = asking()
    assert exchange(proxy, user)[2] == "28P01"
    assert orders(login(proxy, "app.acme")) == [("acme",)]


def test_names_that_are_no_text_are_not_asked_for(asking, roles):
    proxy = asking()
    assert exchange(proxy, b"app.\xff\xfe")[2] == "28P01"
    assert auth_query.num_links(roles) == 0


def test_the_users_file_comes_first(asking):
    proxy = asking(users_file=True)
    assert orders(login(proxy, "app.acme", TENANT_PASSWORDS["app.acme"])) == [("acme",)]
    assert WRONG_PASSWORD in refused_because(proxy, "app.acme", None)
    assert orders(login(proxy, "app-later.acme")) == [("acme",)]


def test_an_answer_is_good_for_a_while(asking, roles):
    proxy = asking(cache="5m")
    roles.admin("CREATE ROLE \"app-moving.acme\" LOGIN PASSWORD 'first'")
    login(proxy, "app-moving.acme", "first").close()
    roles.admin("ALTER ROLE \"app-moving.acme\" PASSWORD 'second'")
    login(proxy, "app-moving.acme", "first").close()
    assert WRONG_PASSWORD in refused_because(proxy, "app-moving.acme", "second")
    proxy.reload()
    wait_for(lambda: "reloaded" in proxy.log(), what="the reload")
    login(proxy, "app-moving.acme", "second").close()


def test_a_short_while_ends(asking, roles):
    proxy = asking(cache="200ms")
    assert WRONG_PASSWORD in refused_because(proxy, "app-new.acme", "new")
    roles.admin("CREATE ROLE \"app-new.acme\" LOGIN PASSWORD 'new'")
    time.sleep(0.3)
    login(proxy, "app-new.acme", "new").close()
    roles.admin("ALTER ROLE \"app-new.acme\" NOLOGIN")
    time.sleep(0.3)
    assert WRONG_PASSWORD in refused_because(proxy, "app-new.acme", "new")


def test_no_answer_is_good_beyond_valid_until(asking, roles):
    proxy = asking(cache="5m")
    roles.admin("CREATE ROLE \"app-brief.acme\" LOGIN PASSWORD 'brief'")
    roles.admin("DO $$ BEGIN EXECUTE format('ALTER ROLE \"app-brief.acme\" VALID UNTIL %L', "
                "clock_timestamp() + interval '1500 ms'); END $$")
    login(proxy, "app-brief.acme", "brief").close()
    time.sleep(1.6)
    assert WRONG_PASSWORD in refused_because(proxy, "app-brief.acme", "brief")


def test_many_logins_share_one_link(asking, roles):
    proxy = asking(cache="1ms")
    seen, wrong = [], []

    def log_in(user):
        try:
            with login(proxy, user) as connection:
                connection.execute("SELECT 1")
            seen.append(user)
        except psycopg.Error as error:
            wrong.append(str(error))
    threads = [threading.Thread(target=log_in, args=(user,)) for user in ACCEPTED * 12]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(seen), wrong) == (len(threads), [])
    assert auth_query.num_links(roles) == 1


SQL = "SELECT rolname, rolpassword, rolcanlogin, rolvaliduntil FROM pg_authid "
WRONG_SQL = {
    "SELECT rolname, rolpassword FROM pg_authid WHERE rolname = $1": "4 result formats",
    "SELECT rolname, rolpassword, 1, rolvaliduntil FROM pg_authid WHERE rolname = $1": "a boolean",
    "SELECT rolname, rolpassword, true, 'infinity' FROM pg_authid WHERE rolname = $1":
        "a timestamptz",
    "SELECT rolname, rolpassword, true, rolvaliduntil, 1 FROM pg_authid WHERE rolname = $1":
        "4 result formats",
    "SELECT $1, $2, true, NULL::timestamptz": "supplies 1 parameters",
    "SELECT": "4 result formats",
    "nonsense $1": "syntax error",
    "SELECT 1/0, $1, true, NULL::timestamptz": "division by zero",
    "SELECT $1, passwd, true, NULL::timestamptz FROM pg_shadow": "permission denied",
    SQL + "WHERE rolname = $1; SELECT 1": "multiple commands",
    "SET search_path = public": "no statement with rows",
    "COPY pg_authid TO STDOUT": "no statement with rows",
}


@pytest.mark.parametrize("sql", WRONG_SQL)
def test_a_query_that_does_not_fit_lets_nobody_in(asking, sql):
    proxy = asking(sql=sql)
    for _ in range(2):
        assert exchange(proxy, "app.acme")[2] == "57P03"
    assert WRONG_SQL[sql] in proxy.log()


@pytest.mark.parametrize("sql, reason", [
    (SQL, "more than one row"),
    (SQL + "WHERE rolname = 'app.acme' AND $1 <> ''", "another name"),
    (SQL + "WHERE rolname = lower($1)", "another name"),
    (SQL + "WHERE rolname = $1::name", "another name"),
    ("SELECT NULL::text, rolpassword, true, NULL::timestamptz FROM pg_authid WHERE rolname = $1",
     "another name")])
def test_a_row_that_is_not_the_users_is_nobodys(asking, roles, sql, reason):
    """Also of a name that was cut: a role's has 63 bytes, and the rest could name a tenant."""
    longest = "a" * 58 + ".acme"
    roles.admin(f"DROP ROLE IF EXISTS {auth_query.quoted(longest)};"
                f"CREATE ROLE {auth_query.quoted(longest)} LOGIN PASSWORD 'long'")
    proxy = asking(sql=sql)
    for user in ("APP.acme", longest + ".globex", "app.acme2", longest):
        if exchange(proxy, user)[2] != "28P01" or reason in proxy.log():
            break
    assert reason in proxy.log()
    assert WRONG_PASSWORD in refused_because(proxy, longest + ".globex", "long")
    assert WRONG_PASSWORD in refused_because(proxy, "APP.acme", auth_query.ROLES["app.acme"][0])


def test_a_function_of_the_operators(asking, roles):
    """As PgBouncer's users have it, with two columns more; the name comes back as it came in."""
    roles.admin("""
        CREATE OR REPLACE FUNCTION public.user_lookup(INOUT uname text, OUT secret text,
                                                      OUT may boolean, OUT until timestamptz)
        LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
            SELECT rolname, rolpassword, rolcanlogin, rolvaliduntil
            FROM pg_authid WHERE rolname = uname AND NOT rolsuper $$;
        REVOKE ALL ON FUNCTION public.user_lookup FROM PUBLIC;
        GRANT EXECUTE ON FUNCTION public.user_lookup TO auth_reader""")
    proxy = asking(sql="SELECT * FROM public.user_lookup($1)")
    assert orders(login(proxy, "app.acme")) == [("acme",)]
    for user in (*REFUSED, "postgres", "app.unknown"):
        assert exchange(proxy, user)[2] == "28P01"


def test_another_database_of_the_server(asking, roles):
    roles.admin("DROP DATABASE IF EXISTS people", database="postgres")
    roles.admin("CREATE DATABASE people", database="postgres")
    roles.admin("GRANT SELECT ON pg_authid TO auth_reader", database="people")
    proxy = asking(database="people")
    assert orders(login(proxy, "app.acme")) == [("acme",)]
