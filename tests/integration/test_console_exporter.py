# SPDX-License-Identifier: Apache-2.0
"""pgbouncer_exporter on the console: the program itself where it can be fetched, and what it asks
by the driver that it uses."""

import json
import os
import subprocess
import urllib.error
import urllib.request

import pytest

from support import workdir
from support.console import EXPORTER, PASSWORDS
from support.process import Process, wait_for
from support.ringfence import ROOT

BUILT = ROOT / "build/drivers"


def prepare(kind):
    done = subprocess.run([str(ROOT / "tests/drivers/prepare"), kind], capture_output=True,
                          text=True, check=False)
    if done.returncode == 77:
        pytest.skip(done.stdout.strip())
    assert done.returncode == 0, done.stdout + done.stderr


def test_lib_pq(console):
    prepare("lib_pq")
    env = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    env |= {"PGHOST": "127.0.0.1", "PGPORT": str(console.port), "PGUSER": "reader",
            "PGPASSWORD": PASSWORDS["reader"], "PGDATABASE": "pgbouncer", "PGSSLMODE": "disable"}
    with console.proxy.connect("acme") as acme:
        acme.execute("SELECT 1")
        done = subprocess.run([str(BUILT / "lib_pq/lib_pq"), *EXPORTER], env=env, text=True,
                              capture_output=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr
    answers = {answer["Command"]: answer for answer in map(json.loads, done.stdout.splitlines())}
    for command, columns in EXPORTER.items():
        assert set(columns.split()) <= set(answers[command]["Columns"])
        assert answers[command]["Rows"]
    totals = answers["SHOW stats_totals;"]
    row = dict(zip(totals["Columns"], totals["Rows"][0]))
    assert (row["database"], row["query_count"]) == ("main", 1)


def test_pgbouncer_exporter_itself(console):
    prepare("exporter")
    port = workdir.free_port()
    login = f"postgres://reader:{PASSWORDS['reader']}@127.0.0.1:{console.port}"
    exporter = Process("pgbouncer_exporter", [
        BUILT / "exporter/pgbouncer_exporter", f"--web.listen-address=127.0.0.1:{port}",
        f"--pgBouncer.connectionString={login}/pgbouncer?sslmode=disable"], console.proxy.folder)

    def scrape():
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
                return answer.read().decode()
        except urllib.error.URLError:
            return ""
    try:
        with console.proxy.connect("acme") as acme:
            acme.execute("SELECT 1")
            page = wait_for(scrape)
        assert "\npgbouncer_up 1\n" in page
        assert 'pgbouncer_databases_paused{database="app"' in page
        assert 'pgbouncer_stats_totals_queries_pooled_total{database="main"} 1\n' in page or \
            'pgbouncer_stats_queries_pooled_total{database="main"} 1\n' in page
    finally:
        exporter.stop()
