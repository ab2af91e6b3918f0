# SPDX-License-Identifier: Apache-2.0
"""The console: who gets in, what each right may do, and what is shown."""

import concurrent.futures
import os
import pathlib
import signal
import socket

import psycopg
import pytest

from support import pg_wire, psql, workdir
from support.console import EXPORTER, PASSWORDS, Console, overrides
from support.process import wait_for

HALF = ("database server_assignment_count xact_count query_count bytes_received bytes_sent "
        "xact_time query_time wait_time client_parse_count server_parse_count bind_count")
CONNECTION = ("type user database replication state addr port local_addr local_port connect_time "
              "request_time wait wait_us close_needed ptr link remote_pid tls application_name "
              "prepared_statements id tenant pin")

#: What both rights may do, with its columns. An oracle of our own, kept apart from the program's.
SHOWS = {
    "SHOW VERSION": "version",
    "SHOW STATE": "key value",
    "SHOW CONFIG": "key value default changeable",
    "SHOW DATABASES": "name host port database force_user pool_size min_pool_size "
                      "reserve_pool_size server_lifetime pool_mode load_balance_hosts "
                      "max_connections current_connections max_client_connections "
                      "current_client_connections paused disabled",
    "SHOW USERS": "name pool_size reserve_pool_size pool_mode max_user_connections "
                  "current_connections max_user_client_connections current_client_connections",
    "SHOW TENANTS": "tenant state cl_postgres cl_redis cl_pinned total_xact_count "
                    "total_query_count total_refused_count total_received total_sent",
    "SHOW POOLS": "database user cl_active cl_waiting cl_active_cancel_req cl_waiting_cancel_req "
                  "sv_active sv_active_cancel sv_being_canceled sv_idle sv_used sv_tested sv_login "
                  "maxwait maxwait_us pool_mode load_balance_hosts",
    "SHOW STATS": "database total_server_assignment_count total_xact_count total_query_count "
                  "total_received total_sent total_xact_time total_query_time total_wait_time "
                  "total_client_parse_count total_server_parse_count total_bind_count "
                  "avg_server_assignment_count avg_xact_count avg_query_count avg_recv avg_sent "
                  "avg_xact_time avg_query_time avg_wait_time avg_client_parse_count "
                  "avg_server_parse_count avg_bind_count",
    "SHOW STATS_TOTALS": HALF,
    "SHOW STATS_AVERAGES": HALF,
    "SHOW CLIENTS": CONNECTION,
    "SHOW SERVERS": CONNECTION,
    "SHOW LISTS": "list items",
    "SHOW MEM": "name size used free memtotal",
    "SHOW HELP": "command right meaning",
}
SHUTDOWNS = ["SHUTDOWN", "SHUTDOWN WAIT_FOR_CLIENTS", "SHUTDOWN WAIT_FOR_SERVERS"]
#: What only writers may do.
CHANGES = [
    "RELOAD", "RECONNECT", "RECONNECT main", "KILL", "KILL main", "KILL TENANT acme",
    "PAUSE", "PAUSE main", "PAUSE TENANT acme", "RESUME", "RESUME main", "RESUME TENANT acme",
    "DISABLE main", "DISABLE TENANT acme", "ENABLE main", "ENABLE TENANT acme", *SHUTDOWNS]


def test_psql_and_both_databases(console):
    for database in ("ringfence", "pgbouncer"):
        dsn = psycopg.conninfo.make_conninfo(**console.parameters("reader", dbname=database))
        assert psql.rows(dsn, "SHOW VERSION;")[0].startswith("Ringfence ")


@pytest.mark.parametrize("user", PASSWORDS)
@pytest.mark.parametrize("command, columns", SHOWS.items())
def test_shows_by_every_right_and_protocol(console, user, command, columns):
    with console.connect(user) as connection, console.proxy.connect("acme") as acme:
        acme.execute("SELECT 1")
        simple = psycopg.ClientCursor(connection).execute(command + ";")
        assert [column.name for column in simple.description] == columns.split()
        text = simple.fetchall()
        assert text
        binary = connection.cursor(binary=True).execute(command)
        assert [column.name for column in binary.description] == columns.split()
        assert len(binary.fetchall()) == len(text)
        prepared = connection.execute(command, prepare=True)
        assert len(prepared.fetchall()) == len(text)


@pytest.mark.parametrize("command", CHANGES)
def test_readers_change_nothing(console, command):
    acme = console.proxy.connect("acme")
    with console.connect("reader") as connection:
        for cursor in (psycopg.ClientCursor(connection), connection.cursor()):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                cursor.execute(command)
    assert acme.execute("SELECT 1").fetchone() == (1,)
    assert console.proxy.is_ready()
    log = console.proxy.log()
    assert "reloaded" not in log and "draining" not in log
    assert log.count("console_command") == 2


def test_writers_reload(console):
    with console.connect() as connection:
        connection.execute("RELOAD")
        assert "reloaded" in console.proxy.log()
        console.proxy.write_config("nothing: at all\n")
        with pytest.raises(psycopg.errors.ConfigFileError):
            connection.execute("RELOAD")
        assert connection.execute("SHOW STATE").fetchall()[0] == ("active", "yes")


@pytest.mark.parametrize("command", SHUTDOWNS)
def test_writers_shut_down(console, command):
    process = console.proxy.process
    with console.connect() as connection:
        connection.execute(command)
    wait_for(lambda: not process.is_alive())
    console.proxy.stop()


def test_only_who_is_in_the_files_gets_in(console):
    for user, password in (("writer", "wrong"), ("nobody", "x"), ("app.acme", "acme-secret"),
                           ("reader", PASSWORDS["writer"])):
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            console.connect(user, password=password)
    with pytest.raises(psycopg.OperationalError, match="databases are ringfence and pgbouncer"):
        console.connect(dbname="app")
    with pg_wire.RawSession(console.port) as raw:
        raw.send(pg_wire.startup({"user": "writer", "database": "ringfence"}),
                 pg_wire.query("SHUTDOWN"))
        assert [found.type for found in raw.read_to_end()] == ["R", "E"]
    assert console.proxy.is_ready()


def test_tenants_do_not_reach_it(console):
    """On their own address the databases of the console are like any that is not there."""
    messages = set()
    for database in ("ringfence", "pgbouncer", "nothing-of-the-kind"):
        with pytest.raises(psycopg.OperationalError) as refused:
            console.proxy.connect("acme", dbname=database)
        messages.add(str(refused.value).split("FATAL", maxsplit=1)[1])
    assert len(messages) == 1
    for command in ("SHOW POOLS", "SHOW CLIENTS", "SHUTDOWN", "PAUSE", "RELOAD"):
        with pytest.raises(psycopg.Error):
            console.proxy.connect("acme").execute(command)
    assert console.proxy.is_ready()


def test_who_is_taken_from_the_file_loses_the_right(console):
    with console.connect("reader") as reader, console.connect("writer") as writer:
        assert reader.execute("SHOW VERSION").fetchone()
        (pathlib.Path(console.proxy.folder) / "readers.txt").write_text("", encoding="utf-8")
        writer.execute("RELOAD")
        with pytest.raises(psycopg.OperationalError):
            reader.execute("SHOW VERSION")
        assert writer.execute("SHOW VERSION").fetchone()


def test_unknown_commands_are_errors_and_the_session_goes_on(console):
    with console.connect() as connection:
        for command in ("SHOW", "SHOW NOTHING", "SHOW POOLS POOLS", "SHOW VERSION; SHUTDOWN",
                        'SHUTDOWN "WAIT_FOR_CLIENTS"', "SELECT 1", "SHUTDOWN NOW", "SHOW " * 99,
                        "SHOW VERSION" + " " * 600 + "x", "SHOW \"VERSION", "RELOAD TENANT acme"):
            for cursor in (psycopg.ClientCursor(connection), connection.cursor()):
                with pytest.raises(psycopg.errors.SyntaxError):
                    cursor.execute(command)
        assert connection.execute("show version").fetchone()
        psycopg.ClientCursor(connection).execute(" ;; ")
    assert console.proxy.is_ready()


def test_a_pipeline_after_an_error_is_dropped_to_its_sync(console):
    dsn = psycopg.conninfo.make_conninfo(**console.parameters())
    connection = psycopg.pq.PGconn.connect(dsn.encode())
    connection.enter_pipeline_mode()
    for commands in ((b"SHOW STATE", b"NONSENSE", b"SHOW VERSION"), (b"SHOW VERSION",)):
        for command in commands:
            connection.send_query_params(command, None)
        connection.pipeline_sync()
    results = []
    while len(results) < 6:
        result = connection.get_result()
        if result is not None:
            results.append((psycopg.pq.ExecStatus(result.status).name, result.ntuples))
    connection.finish()
    assert results == [("TUPLES_OK", 3), ("FATAL_ERROR", 0), ("PIPELINE_ABORTED", 0),
                       ("PIPELINE_SYNC", 0), ("TUPLES_OK", 1), ("PIPELINE_SYNC", 0)]


def test_malformed_messages_end_the_session_only(console):
    for bad in (pg_wire.message("Q", b"no end"), pg_wire.message("P", b"\0"), b"?????",
                pg_wire.message("d", b"x"), pg_wire.message("Q", b"x", length=1 << 29)):
        with pg_wire.RawSession(console.port) as raw:
            raw.send(pg_wire.startup({"user": "writer", "database": "ringfence"}), bad)
            raw.read_to_end()
    assert console.rows("SHOW VERSION")


def test_numbers_are_those_of_the_traffic(console):
    with console.proxy.connect("acme") as acme, console.proxy.connect("globex"):
        for _ in range(5):
            acme.execute("SELECT count(*) FROM orders")
        tenants = {row["tenant"]: row for row in console.rows("SHOW TENANTS", "reader")}
        assert tenants["acme"]["cl_postgres"] == 1 and tenants["acme"]["total_query_count"] == 5
        assert tenants["acme"]["total_xact_count"] == 5 and tenants["acme"]["total_sent"] > 0
        assert tenants["globex"]["total_query_count"] == 0
        pool, = console.rows("SHOW POOLS")
        assert (pool["database"], pool["cl_active"]) == ("main", 2)
        assert pool["sv_idle"] + pool["sv_active"] >= 1
        database, = console.rows("SHOW DATABASES")
        assert database["current_client_connections"] == 2
        assert database["current_connections"] == pool["sv_idle"] + pool["sv_active"]
        lists = {row["list"]: row["items"] for row in console.rows("SHOW LISTS")}
        assert lists["used_clients"] == 2 and lists["databases"] == 1


def test_no_secret_is_shown(console):
    shown = repr([console.rows(command) for command in SHOWS])
    for secret in (*PASSWORDS.values(), *console.proxy.passwords.values(), "SCRAM-SHA-256$",
                   (pathlib.Path(console.proxy.folder) / "pg.password").read_text().strip()):
        assert secret not in shown


def test_idle_strangers_do_not_lock_operators_out_for_ever(start_proxy, rows):
    port = workdir.free_port()
    proxy = start_proxy(overrides=lambda p: {
        **overrides(port)(p), "limits": {"login_timeout": "200ms"}})
    strangers = [pg_wire.RawSession(port) for _ in range(40)]
    console = Console(proxy, port)

    def gets_in():
        try:
            return console.rows("SHOW VERSION")
        except psycopg.OperationalError:
            return False
    wait_for(gets_in)
    for stranger in strangers:
        stranger.close()


def test_signal_while_a_console_is_open(console):
    with console.connect():
        console.proxy.stop(signal.SIGTERM)


def test_clients_and_servers_of_all_workers(console):
    clients = [console.proxy.connect("acme", application_name=f"job-{number}")
               for number in range(6)]
    clients[0].execute("BEGIN")
    clients[0].execute("SELECT 1")
    seen = {row["application_name"]: row for row in console.rows("SHOW CLIENTS", "reader")}
    assert set(seen) == {f"job-{number}" for number in range(6)}
    assert len({int(row["id"]) >> 48 for row in seen.values()}) == 2
    for number, client in enumerate(clients):
        row = seen[f"job-{number}"]
        own = client.pgconn.socket
        assert (row["user"], row["tenant"], row["database"]) == ("app.acme", "acme", "main")
        assert row["port"] == _own_port(own) and row["local_port"] == console.proxy.ports["pg"]
    held, = [row for row in console.rows("SHOW SERVERS") if row["state"] == "active"]
    assert held["link"] == seen["job-0"]["ptr"] and held["tenant"] == "acme"
    assert held["remote_pid"] == seen["job-0"]["remote_pid"]
    assert clients[0].execute("SELECT pg_backend_pid()").fetchone() == (held["remote_pid"],)
    for client in clients:
        client.close()
    wait_for(lambda: console.rows("SHOW CLIENTS") == [])


def _own_port(descriptor):
    duplicate = socket.socket(fileno=os.dup(descriptor))
    with duplicate:
        return duplicate.getsockname()[1]


def test_a_pin_is_explained(start_proxy, rows):
    port = workdir.free_port()

    def passing(proxy):
        listener = {**proxy.config["listeners"][0], "isolation": "passthrough"}
        return {**overrides(port)(proxy), "listeners": [listener, *proxy.config["listeners"][1:]]}
    console = Console(start_proxy(overrides=passing), port)
    with console.proxy.connect("acme") as acme:
        acme.execute("PREPARE pinned AS SELECT 1")
        row, = console.rows("SHOW CLIENTS")
        assert row["pin"] == "prepare" and row["state"] == "active"
        acme.execute("SELECT 1")
        server, = [row for row in console.rows("SHOW SERVERS") if row["link"]]
        assert server["link"] == row["ptr"]


def test_kill_hits_what_it_names(console):
    acme, globex = console.proxy.connect("acme"), console.proxy.connect("globex")
    acme.execute("BEGIN")
    acme.execute("SELECT 1")
    with console.connect() as writer:
        for wrong, error in (("KILL nothing", psycopg.errors.InvalidCatalogName),
                             ("KILL cache", psycopg.errors.InvalidCatalogName),
                             ("KILL TENANT nobody", psycopg.errors.UndefinedObject)):
            with pytest.raises(error):
                writer.execute(wrong)
        writer.execute("KILL TENANT acme")
        with pytest.raises(psycopg.OperationalError, match="administrator command"):
            acme.execute("SELECT 1")
        assert globex.execute("SELECT 1").fetchone() == (1,)
        assert console.proxy.connect("acme").execute("SELECT 1").fetchone() == (1,)
        writer.execute("KILL main")
        with pytest.raises(psycopg.OperationalError, match="administrator command"):
            globex.execute("SELECT 1")
    assert console.proxy.connect("globex").execute("SELECT 1").fetchone() == (1,)


def test_reconnect_brings_new_links(console):
    with console.proxy.connect("acme") as acme, console.connect() as writer:
        before = acme.execute("SELECT pg_backend_pid()").fetchone()
        assert acme.execute("SELECT pg_backend_pid()").fetchone() == before
        acme.execute("BEGIN")
        acme.execute("SELECT 1")
        writer.execute("RECONNECT main")
        assert acme.execute("SELECT pg_backend_pid()").fetchone() == before
        acme.execute("COMMIT")
        assert acme.execute("SELECT pg_backend_pid()").fetchone() != before


def test_an_operator_who_leaves_does_not_wait_for_an_answer(console):
    for _ in range(20):
        dsn = psycopg.conninfo.make_conninfo(**console.parameters())
        connection = psycopg.pq.PGconn.connect(dsn.encode())
        connection.send_query(b"SHOW CLIENTS")
        connection.finish()
    assert console.rows("SHOW CLIENTS") == []


def _in_background(function, *arguments):
    pool = concurrent.futures.ThreadPoolExecutor(1)
    future = pool.submit(function, *arguments)
    pool.shutdown(wait=False)
    return future


def _pool(console):
    row, = console.rows("SHOW POOLS", "reader")
    return row


def test_pause_waits_for_transactions_and_resume_goes_on(console):
    with console.proxy.connect("acme") as acme, console.proxy.connect("globex") as globex, \
            console.connect() as writer, console.connect() as other:
        acme.execute("BEGIN")
        acme.execute("SELECT 1")
        pause = _in_background(writer.execute, "PAUSE main")
        wait_for(lambda: console.rows("SHOW DATABASES")[0]["paused"] == 1)
        waiting = _in_background(globex.execute, "SELECT 2")
        wait_for(lambda: _pool(console)["cl_waiting"] == 1)
        assert acme.execute("SELECT 3").fetchone() == (3,) and not pause.done()
        acme.execute("COMMIT")
        pause.result(10)
        assert not waiting.done()
        assert console.rows("SHOW SERVERS") == []
        assert dict(other.execute("SHOW STATE").fetchall())["paused"] == "yes"
        other.execute("RESUME main")
        assert waiting.result(10).fetchone() == (2,)
        assert acme.execute("SELECT 4").fetchone() == (4,)
        assert console.rows("SHOW DATABASES")[0]["paused"] == 0


def test_pause_of_a_tenant_is_nobody_elses(console):
    with console.proxy.connect("acme") as acme, console.proxy.connect("globex") as globex, \
            console.connect() as writer:
        globex.execute("SELECT 1")
        writer.execute("PAUSE TENANT acme")
        waiting = _in_background(acme.execute, "SELECT 2")
        wait_for(lambda: _pool(console)["cl_waiting"] == 1)
        for number in range(20):
            assert globex.execute("SELECT %s::int", (number,)).fetchone() == (number,)
            assert console.proxy.connect("globex").execute("SELECT 1").fetchone() == (1,)
        assert not waiting.done()
        states = {row["tenant"]: row["state"] for row in console.rows("SHOW TENANTS")}
        assert (states["acme"], states["globex"]) == ("paused", "active")
        writer.execute("RESUME TENANT acme")
        assert waiting.result(10).fetchone() == (2,)


def test_a_pause_that_nobody_ends_is_refused_in_time(start_proxy, rows):
    port = workdir.free_port()
    proxy = start_proxy(overrides=lambda p: {
        **overrides(port)(p), "upstreams": {"main": {"pool": {"wait_timeout": "300ms"}}}})
    console = Console(proxy, port)
    with proxy.connect("acme") as acme, console.connect() as writer:
        acme.execute("SELECT 1")
        writer.execute("PAUSE")
        with pytest.raises(psycopg.errors.TooManyConnections):
            acme.execute("SELECT 1")
        writer.execute("RESUME")
        assert acme.execute("SELECT 1").fetchone() == (1,)


def test_an_operator_may_leave_while_a_pause_waits(console):
    with console.proxy.connect("acme") as acme:
        acme.execute("BEGIN")
        acme.execute("SELECT 1")
        dsn = psycopg.conninfo.make_conninfo(**console.parameters())
        connection = psycopg.pq.PGconn.connect(dsn.encode())
        connection.send_query(b"PAUSE")
        wait_for(lambda: console.rows("SHOW DATABASES")[0]["paused"] == 1)
        connection.finish()
        acme.execute("COMMIT")
        with console.connect() as writer:
            writer.execute("RESUME")
        assert acme.execute("SELECT 1").fetchone() == (1,)


def test_who_left_takes_no_place(console):
    """As many as the console has places for leave while what they asked for cannot end."""
    dsn = psycopg.conninfo.make_conninfo(**console.parameters())
    with console.proxy.connect("acme") as acme:
        acme.execute("BEGIN")
        acme.execute("SELECT 1")
        for _ in range(40):
            connection = wait_for(lambda: _connected(dsn))
            connection.send_query(b"PAUSE")
            connection.finish()
        wait_for(lambda: _connected(dsn)).finish()
        with console.connect() as writer:
            writer.execute("RESUME")
        assert acme.execute("COMMIT")


def _connected(dsn):
    connection = psycopg.pq.PGconn.connect(dsn.encode())
    return connection if connection.status == psycopg.pq.ConnStatus.OK else None


@pytest.mark.parametrize("what", ["main", "TENANT acme"])
def test_disable_lets_nobody_in(console, what):
    with console.proxy.connect("acme") as acme, console.connect() as writer:
        writer.execute(f"DISABLE {what}")
        assert acme.execute("SELECT 1").fetchone() == (1,)
        for _ in range(4):
            with pytest.raises(psycopg.OperationalError, match="disabled here by the admin"):
                console.proxy.connect("acme")
        if what != "main":
            assert console.proxy.connect("globex").execute("SELECT 1").fetchone() == (1,)
        writer.execute("RELOAD")
        with pytest.raises(psycopg.OperationalError):
            console.proxy.connect("acme")
        writer.execute(f"ENABLE {what}")
        assert console.proxy.connect("acme").execute("SELECT 1").fetchone() == (1,)
        for command in ("DISABLE", "ENABLE", "DISABLE TENANT"):
            with pytest.raises((psycopg.errors.SyntaxError, psycopg.errors.InvalidCatalogName)):
                writer.execute(command)


def test_what_pgbouncer_exporter_asks(console):
    with console.proxy.connect("acme") as acme:
        for _ in range(3):
            acme.execute("SELECT count(*) FROM orders")
        with console.connect("reader", dbname="pgbouncer", client_encoding="UTF8") as connection:
            found = {}
            for query, columns in EXPORTER.items():
                cursor = psycopg.ClientCursor(connection).execute(query)
                names = [column.name for column in cursor.description]
                assert set(columns.split()) <= set(names)
                found[query] = [dict(zip(names, row)) for row in cursor.fetchall()]
    totals, = found["SHOW stats_totals;"]
    assert (totals["database"], totals["query_count"], totals["xact_count"]) == ("main", 3, 3)
    assert totals["query_time"] > 0 and totals["xact_time"] >= totals["query_time"]
    assert totals["server_assignment_count"] == 3
    assert found["SHOW STATS"][0]["total_query_count"] == 3
    assert found["SHOW pools;"][0]["maxwait"] is None
    for row in found["SHOW LISTS;"]:
        float(row["items"])
    config = {row["key"]: row["value"] for row in found["SHOW CONFIG;"]}
    assert float(config["max_client_conn"]) == 10000 and config["max_user_connections"] == "0"
    assert all(row["changeable"] is not None for row in found["SHOW CONFIG;"])
