#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""CPU of the proxy per `pgbench -S` transaction: ringfence with row isolation, PgBouncer, HAProxy.

One interleaved run; one worker thread each; the same server, tables and pgbench. What the table
says of "direct" is throughput only: there is no proxy whose time could be taken.
"""

import argparse
import re
import subprocess

import harness
import rivals
from support import tenants
from support.postgres import Postgres
from support.ringfence import Ringfence

SCALE = 5
PROTOCOLS = ["simple", "extended", "prepared"]

# pgbench's own tables get the tenant column; every row is acme's.
_TABLES = f"""
ALTER TABLE pgbench_accounts ADD tenant_id text NOT NULL DEFAULT 'acme';
ALTER TABLE pgbench_branches ADD tenant_id text NOT NULL DEFAULT 'acme';
ALTER TABLE pgbench_tellers ADD tenant_id text NOT NULL DEFAULT 'acme';
ALTER TABLE pgbench_history ADD tenant_id text NOT NULL DEFAULT 'acme';
CREATE UNIQUE INDEX ON pgbench_accounts (tenant_id, aid);
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {tenants.LINK_USER};
VACUUM ANALYZE;
"""


def make_server():
    server = Postgres(auth="trust")
    tenants.create_database(server)
    subprocess.run(["pgbench", "-i", "-q", "-s", str(SCALE), "-h", str(server.folder),
                    "-p", str(server.port), "-U", "postgres", tenants.DATABASE],
                   check=True, capture_output=True)
    with server.connect_admin() as admin:
        for statement in filter(None, map(str.strip, _TABLES.split(";"))):
            admin.execute(statement)
    return server


def make_proxy(server):
    return Ringfence(server, overrides={
        "limits": {"workers": 1}, "log": {"level": "warn"},
        "upstreams": {"main": {"pool": {"size": 20}}}}).start()


class Benchmark:
    def __init__(self, options, server, targets):
        """targets: {name: (port, user, pid or None)}"""
        self.options, self.server, self.targets = options, server, targets

    def run(self, target, protocol):
        if target == "pgbouncer" and protocol == "prepared":
            return None  # 1.18 has no prepared statements in transaction pooling
        port, user, pid = self.targets[target]
        return harness.measure(pid, lambda: self._pgbench(port, user, protocol))

    def _pgbench(self, port, user, protocol):
        done = subprocess.run(
            ["pgbench", "-n", "-S", "-M", protocol, "-c", str(self.options.clients), "-j", "1",
             "-T", str(self.options.seconds), "-h", "127.0.0.1", "-p", str(port), "-U", user,
             tenants.DATABASE], capture_output=True, text=True, check=False)
        failed = re.search(r"number of failed transactions: (\d+)", done.stdout)
        if done.returncode != 0 or not failed or failed[1] != "0":
            raise SystemExit(f"pgbench as {user} ({protocol}) failed:\n{done.stdout}{done.stderr}")
        return int(re.search(r"actually processed: (\d+)", done.stdout)[1])


def report(results):
    rows = []
    for protocol in PROTOCOLS:
        for target in ("direct", "haproxy", "pgbouncer", "ringfence"):
            cpu = harness.median(results, protocol, target, "cpu_us") or None
            ratios = [harness.ratio(results, protocol, target, base, "cpu_us") if cpu else None
                      for base in ("pgbouncer", "haproxy")]
            rows.append([f"{protocol} {target}", cpu, *ratios,
                         harness.median(results, protocol, target, "per_second")])
    harness.print_table(["pgbench -S", "us CPU per transaction", "x pgbouncer", "x haproxy",
                         "transactions/s"], rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=4, help="per measurement")
    parser.add_argument("--clients", type=int, default=16)
    options = parser.parse_args()
    opened = []

    def opening(thing):
        opened.append(thing)
        return thing

    try:
        server = opening(make_server())
        ringfence = opening(make_proxy(server))
        haproxy = opening(rivals.haproxy(server.port))
        pgbouncer = opening(rivals.pgbouncer(server.port, tenants.LINK_USER, tenants.DATABASE))
        benchmark = Benchmark(options, server, {
            "direct": (server.port, tenants.LINK_USER, None),
            "haproxy": (haproxy.port, tenants.LINK_USER, haproxy.pid),
            "pgbouncer": (pgbouncer.port, tenants.LINK_USER, pgbouncer.pid),
            "ringfence": (ringfence.ports["pg"], "app.acme", ringfence.process.pid)})
        results = harness.interleave(options.rounds, list(benchmark.targets), PROTOCOLS,
                                     benchmark.run)
    finally:
        for thing in reversed(opened):
            thing.remove()
    report(results)
    harness.save("pgbench", results)


if __name__ == "__main__":
    main()
