# SPDX-License-Identifier: Apache-2.0
"""What others showed to whoever asked."""

import base64
import pathlib

import psycopg
import pytest

from support import auth_query, tenants, workdir
from support.console import PASSWORDS, Console, overrides
from support.process import wait_for

SHOWN = ("VERSION", "STATE", "CONFIG", "DATABASES", "USERS", "TENANTS", "POOLS", "STATS",
         "STATS_TOTALS", "STATS_AVERAGES", "CLIENTS", "SERVERS", "LISTS", "MEM", "HELP")


@pytest.fixture(scope="module")
def roles(start_module_postgres):
    server = start_module_postgres()
    auth_query.create_roles(server)
    return server


@pytest.fixture
def asked(start_proxy, roles):
    """A console of a proxy that has secrets of every kind."""
    port = workdir.free_port()
    return Console(start_proxy(postgres=roles, overrides=lambda proxy: {
        **overrides(port)(proxy), **auth_query.asks(users_file=True)(proxy)}), port)


def secrets(console, roles):
    """Passwords, and what a verifier would let somebody in by, as they are and in base64."""
    found = [tenants.LINK_PASSWORD, auth_query.READER_PASSWORD, *PASSWORDS.values(),
             *console.proxy.passwords.values(), *(password for password, _ in
                                                  auth_query.ROLES.values())]
    verifiers = [row[0] for row in roles.admin(
        "SELECT rolpassword FROM pg_authid WHERE rolpassword IS NOT NULL")]
    for file in pathlib.Path(console.proxy.folder).glob("*s.txt"):
        verifiers += [line.split('"')[3] for line in file.read_text(encoding="utf-8").splitlines()]
    found += [part for verifier in verifiers for part in verifier.replace("$", ":").split(":")
              if len(part) > 20]
    return {*found, *(base64.b64encode(each.encode()).decode() for each in found)}


def test_cve_2023_22332_no_secret_is_shown(asked, roles):
    """Pgpool-II: a SHOW command printed the password of its watchdog to any user who had logged
    in. Here nobody is shown one, whatever right he has, nor is the log or a metric."""
    proxy, shown = asked.proxy, ""
    with auth_query.login(proxy, "app-later.acme") as acme, proxy.connect("globex"):
        acme.execute("BEGIN")
        acme.execute("SELECT 1")
        with pytest.raises(psycopg.OperationalError):
            auth_query.login(proxy, "app-later.acme", "wrong-secret")
        for user in PASSWORDS:
            for command in SHOWN:
                rows = asked.rows("SHOW " + command, user)
                assert rows, command
                shown += repr(rows)
    proxy.reload()
    wait_for(lambda: "reloaded" in proxy.log(), what="the reload")
    pid = proxy.process.pid
    shown += proxy.log() + proxy.http("/metrics")[1] + "".join(
        pathlib.Path(f"/proc/{pid}/{name}").read_text(encoding="utf-8", errors="replace")
        for name in ("cmdline", "environ"))
    for secret in secrets(asked, roles):
        assert secret not in shown, secret


@pytest.mark.parametrize("isolation", ["row", "passthrough"])
def test_cve_2023_22332_tenants_are_shown_nothing(start_proxy, rows, isolation):
    """On a tenant's connection the commands of a console are statements, and none that there is."""
    port = workdir.free_port()
    proxy = start_proxy(overrides=lambda made: {
        **overrides(port)(made),
        "listeners": [{**made.config["listeners"][0], "isolation": isolation}]})
    with proxy.connect("acme") as session:
        for command in SHOWN:
            with pytest.raises(psycopg.Error):
                session.execute("SHOW " + command)
