#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""redis-benchmark through ringfence in prefix mode, HAProxy, twemproxy (if installed) and direct.

One interleaved run; one worker thread each; 50 clients, without a pipeline and with 16 requests
in flight. Throughput as redis-benchmark says, and the proxy's CPU per request.
"""

import argparse
import csv
import io
import statistics
import subprocess

import harness
import rivals
from support.redis_server import RedisServer
from support.ringfence import Ringfence

COMMANDS = ["get", "set", "mset", "incr", "lpush", "hset"]
DEPTHS = {"no pipeline": 1, "pipeline 16": 16}


class Benchmark:
    def __init__(self, options, targets):
        """targets: {name: (port, login arguments, pid or None)}"""
        self.options, self.targets = options, targets

    def run(self, target, workload):
        port, login, pid = self.targets[target]
        depth = DEPTHS[workload]
        requests = self.options.requests * (4 if depth > 1 else 1)
        rates = {}

        def all_commands():
            rates.update(self._redis_benchmark(port, login, depth, requests))
            return requests * len(rates)

        found = harness.measure(pid, all_commands)
        found["rates"] = rates
        # Equal weight for each command: the harmonic mean is total requests over total time.
        found["per_second"] = statistics.harmonic_mean(rates.values())
        return found

    @staticmethod
    def _redis_benchmark(port, login, depth, requests):
        done = subprocess.run(
            ["redis-benchmark", "-h", "127.0.0.1", "-p", str(port), *login, "-c", "50", "-P",
             str(depth), "-n", str(requests), "-t", ",".join(COMMANDS), "--csv"],
            capture_output=True, text=True, check=False)
        rates = {row["test"].split()[0].lower(): float(row["rps"])
                 for row in csv.DictReader(io.StringIO(done.stdout)) if row.get("rps")}
        if done.returncode != 0 or sorted(rates) != sorted(COMMANDS):
            raise SystemExit(f"redis-benchmark on {port} failed:\n{done.stdout}{done.stderr}")
        return rates


def report(results, targets):
    rows = []
    for workload in DEPTHS:
        for target in targets:
            ratios = [harness.ratio(results, workload, target, base, "per_second")
                      for base in ("direct", "haproxy", "twemproxy")]
            rows.append([f"{workload}, {target}",
                         harness.median(results, workload, target, "per_second"), *ratios,
                         harness.median(results, workload, target, "cpu_us") or None])
    harness.print_table(["redis-benchmark", "requests/s", "x direct", "x haproxy", "x twemproxy",
                         "us CPU per request"], rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--requests", type=int, default=40_000,
                        help="per command without a pipeline; four times that with one")
    options = parser.parse_args()
    opened = []

    def opening(thing):
        if thing:
            opened.append(thing)
        return thing

    try:
        server = opening(RedisServer())
        ringfence = opening(Ringfence(redis_server=server, overrides={
            "limits": {"workers": 1}, "log": {"level": "warn"}}).start())
        haproxy = opening(rivals.haproxy(server.port))
        twemproxy = opening(rivals.twemproxy(server.port))
        targets = {"direct": (server.port, [], None),
                   "haproxy": (haproxy.port, [], haproxy.pid),
                   "ringfence": (ringfence.ports["redis"], ["--user", "acme", "-a", "any"],
                                 ringfence.process.pid)}
        if twemproxy:
            targets["twemproxy"] = (twemproxy.port, [], twemproxy.pid)
        results = harness.interleave(options.rounds, list(targets), list(DEPTHS),
                                     Benchmark(options, targets).run)
    finally:
        for thing in reversed(opened):
            thing.remove()
    report(results, targets)
    harness.save("redis", results)


if __name__ == "__main__":
    main()
