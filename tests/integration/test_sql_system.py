# SPDX-License-Identifier: Apache-2.0
"""The system catalogues under row isolation: what tools ask is answered as on a direct connection,
and nothing of it counts or quotes other tenants' rows."""

import os
import subprocess

import psycopg
import pytest

from support import tenants

COMMANDS = [
    r"\d", r"\d orders", r"\d+ orders", r"\dt", r"\dv", r"\di", r"\ds", r"\dm", r"\dE",
    r"\dtvs", r"\d *.orders", r"\dt pub*.*", r"\dn", r"\dn+", r"\df", r"\df+", r"\da", r"\dT",
    r"\dT+", r"\dD", r"\do +", r"\dC", r"\dO", r"\dL", r"\dx", r"\dx+", r"\du", r"\du+", r"\dg",
    r"\dp", r"\z", r"\ddp", r"\dd", r"\dc", r"\dF", r"\dF+", r"\dFd", r"\dFp", r"\dFt", r"\dy",
    r"\dP", r"\dA", r"\dAc", r"\dAf", r"\dAo", r"\dAp", r"\dew", r"\det", r"\des", r"\dRp",
    r"\dX", r"\sf nosuch", r"\sv nosuch", r"\encoding", r"\conninfo",
]
REFUSED = {  # what counts rows of all tenants, or shows settings of roles and passwords of servers
    r"\db", r"\dconfig work_mem", r"\dt+", r"\di+", r"\dm+", r"\l", r"\l+", r"\db+", r"\dP+",
    r"\drds", r"\deu", r"\dRs", r"\dl",
}


def psql(parameters, *arguments):
    env = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    env |= {"PGHOST": str(parameters["host"]), "PGPORT": str(parameters["port"]),
            "PGUSER": parameters["user"], "PGPASSWORD": parameters.get("password") or "",
            "PGDATABASE": parameters["dbname"], "PSQLRC": "/dev/null"}
    command = ["psql", "-X", "-v", "VERBOSITY=verbose"]
    for argument in arguments:
        command += ["-c", argument]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=20)
    return done.stdout, done.stderr


@pytest.fixture
def direct(postgres):
    return {"host": "127.0.0.1", "port": postgres.port, "user": tenants.LINK_USER,
            "password": tenants.LINK_PASSWORD, "dbname": tenants.DATABASE}


@pytest.mark.parametrize("command", COMMANDS)
def test_psql_describes_as_on_a_direct_connection(proxy, direct, rows, command):
    through, errors = psql(proxy.pg_parameters("acme"), command)
    assert "42501" not in errors and "0A000" not in errors, errors
    wanted, _ = psql(direct, command)
    if command != r"\conninfo":
        assert through == wanted


@pytest.mark.parametrize("command", sorted(REFUSED))
def test_psql_is_refused_what_counts(proxy, rows, command):
    _, errors = psql(proxy.pg_parameters("acme"), command)
    assert "42501" in errors, errors


def test_strict_shows_nothing(start_proxy, rows):
    proxy = start_proxy(overrides={"isolation": {"row": {"metadata": "strict"}}})
    with proxy.connect("acme", autocommit=True) as connection:
        for text in ("SELECT relname FROM pg_class", "SELECT 'orders'::regclass",
                     "SELECT table_name FROM information_schema.tables",
                     "SELECT pg_get_userbyid(10)", "SELECT pg_table_is_visible(1)"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(text)


def test_open_shows_counts_but_no_values(start_proxy, rows):
    proxy = start_proxy(overrides={"isolation": {"row": {"metadata": "open"}}})
    with proxy.connect("acme", autocommit=True) as connection:
        assert connection.execute("SELECT reltuples FROM pg_class LIMIT 1").fetchone()
        assert connection.execute("SELECT * FROM pg_class LIMIT 1").fetchone()
        assert connection.execute("SELECT pg_relation_size('orders')").fetchone()
        assert connection.execute("SELECT n_live_tup FROM pg_stat_user_tables").fetchone()
        for text in ("SELECT * FROM pg_stats", "SELECT query FROM pg_stat_activity",
                     "SELECT * FROM pg_locks", "SELECT * FROM pg_statistic",
                     "SELECT * FROM pg_prepared_statements", "SELECT * FROM pg_cursors",
                     "SELECT has_schema_privilege(item, 'usage') FROM orders"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(text)


@pytest.mark.parametrize("binary", [False, True])
def test_the_name_of_a_setting_in_a_parameter(connect, binary):
    connection = connect("acme")
    mark = "%b" if binary else "%t"
    read = f"SELECT current_setting({mark}::text, true)"
    assert connection.execute(read, ("work_mem",)).fetchone()[0]
    assert connection.execute(read, (None,)).fetchone() == (None,)
    for name in ("data_directory", "work_mem ", ""):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(read, (name,))
        connection.rollback()
