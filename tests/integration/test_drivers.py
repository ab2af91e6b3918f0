# SPDX-License-Identifier: Apache-2.0
"""Real drivers through the proxy: each program of tests/drivers makes its list of round trips.

Under isolation the programs of both tenants run at once over few links, each checking that it sees
its own rows only; on a passthrough listener one runs alone. A driver whose packages or toolchain
cannot be had is skipped with the reason.
"""

import functools
import os
import subprocess

import pytest

from support import passthrough, tenants
from support.ringfence import ROOT

SOURCES = ROOT / "tests/drivers"
BUILT = ROOT / "build/drivers"
PROGRAM_SECONDS = 90

STEPS = {"connect", "prepared", "types", "arrays", "transaction", "rollback", "error", "pipeline",
         "large", "cursor", "cancel", "reconnect"}
SQLALCHEMY_STEPS = {f"{driver} {step}" for driver in ("psycopg", "psycopg2")
                    for step in ("connect", "transaction", "rollback", "large", "cursor",
                                 "reflect")}
DJANGO_STEPS = {f"{database} {step}" for database in ("default", "server_side")
                for step in ("connect", "transaction", "bulk", "rollback", "cursor",
                              "reflect", "reconnect")}


def python(name):
    return [str(BUILT / "python/bin/python"), str(SOURCES / "python" / name)]


def node(name):
    """require() looks for packages beside the program, or where NODE_PATH says."""
    return ["env", f"NODE_PATH={BUILT}/node/node_modules", "node", str(SOURCES / "node" / name)]


#: name: (kind to prepare, command, the round trips it must report)
DRIVERS = {
    "psql": ("shell", [str(SOURCES / "shell/psql")], STEPS - {"prepared", "types", "arrays"}),
    "pgbench": ("shell", [str(SOURCES / "shell/pgbench")], {"simple", "extended", "prepared"}),
    "psycopg3": ("python", python("psycopg3.py"), STEPS),
    "psycopg2": ("python", python("psycopg2_.py"), STEPS - {"prepared"}),
    "asyncpg": ("python", python("asyncpg_.py"), STEPS),
    "sqlalchemy": ("python", python("sqlalchemy_.py"), SQLALCHEMY_STEPS | {"asyncpg transaction"}),
    "django": ("python", python("django_.py"), DJANGO_STEPS),
    "node-postgres": ("node", node("node_postgres.js"), STEPS),
    "postgres.js": ("node", node("postgres_js.js"), STEPS),
    "pgx": ("go", [str(BUILT / "go/pgx")], STEPS - {"cursor"}),
    "pgjdbc": ("java", ["java", "-cp", f"{BUILT}/java:{BUILT}/java/*", "Pgjdbc"], STEPS),
    "tokio-postgres": ("rust", [str(BUILT / "rust/target/debug/round-trips")], STEPS),
}


#: What isolation refuses, clearly and with the session unharmed; docs/drivers.md says why.
REFUSED = {}


@functools.cache
def prepare(kind):
    """None, or the reason to skip all drivers of this kind."""
    done = subprocess.run([str(SOURCES / "prepare"), kind], capture_output=True, text=True,
                          check=False)
    if done.returncode == 77:
        return done.stdout.strip()
    assert done.returncode == 0, done.stdout + done.stderr
    return None


def start(command, proxy, tenant, rows):
    login = proxy.pg_parameters(tenant)
    env = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    env |= {"PGHOST": login["host"], "PGPORT": str(login["port"]), "PGUSER": login["user"],
            "PGPASSWORD": login["password"], "PGDATABASE": login["dbname"],
            "RF_TENANT": tenant, "RF_ROWS": ",".join(f"{key}:{item}" for key, item in rows)}
    return subprocess.Popen(command, env=env, text=True, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT)


def finish(program):
    try:
        output, _ = program.communicate(timeout=PROGRAM_SECONDS)
    finally:
        program.kill()
    assert program.returncode == 0, output
    return output


def check(output, steps, refused=()):
    """Every round trip was made, but for those of which the proxy said that isolation forbids
    them: exactly the known ones, so that what begins to work is noticed too."""
    found = {"ok": set(), "refused": set()}
    for line in output.splitlines():
        verdict, _, step = line.partition(" ")
        found.setdefault(verdict, set()).add(step.partition(":")[0])
    assert found["refused"] == set(refused), output
    assert found["ok"] == steps - set(refused), output


@pytest.fixture(name="driver", params=DRIVERS)
def fixture_driver(request):
    kind, command, steps = DRIVERS[request.param]
    reason = prepare(kind)
    if reason:
        pytest.skip(reason)
    return request.param, command, steps


@pytest.fixture(name="isolating")
def fixture_isolating(start_proxy):
    return start_proxy(overrides={"upstreams": {"main": {"pool": {"size": 3}}},
                                  "limits": {"workers": 1}})


def test_two_tenants_under_row_isolation(isolating, rows, driver):
    name, command, steps = driver
    programs = [start(command, isolating, tenant, rows[tenant]) for tenant in tenants.TENANTS]
    try:
        for program in programs:
            check(finish(program), steps, REFUSED.get(name, ()))
    finally:
        for program in programs:
            program.kill()


def test_passthrough_in_transaction_mode(start_proxy, rows, driver):
    _, command, steps = driver
    proxy = start_proxy(overrides=passthrough.overrides(size=3))
    check(finish(start(command, proxy, "acme", rows["acme"] + rows["globex"])), steps)
