# SPDX-License-Identifier: Apache-2.0
"""What the comparisons share: the servers of the integration tests, CPU time, medians, a table.

Ratios are taken within a round, where every target met the same minute of the machine, and the
median over the rounds is reported.
"""

import json
import os
import pathlib
import statistics
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests/integration"))
os.environ.setdefault("RF_BINARY", str(ROOT / "build/release/proxy/ringfence"))

TICK = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid):
    """User and system time of a process and its threads (proc(5), stat fields 14 and 15)."""
    stat = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
    fields = stat.rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def measure(pid, run):
    """Runs run() -> operations; returns {"operations", "seconds", "cpu_us"} (per operation)."""
    cpu, begin = cpu_seconds(pid) if pid else 0.0, time.monotonic()
    operations = run()
    seconds = time.monotonic() - begin
    used = cpu_seconds(pid) - cpu if pid else 0.0
    return {"operations": operations, "per_second": operations / seconds,
            "cpu_us": used / operations * 1e6}


def interleave(rounds, targets, workloads, run):
    """[{"round", "workload", "target", ...}]: every target once per workload and round.

    run(target, workload) -> measurement, or None where the target cannot do it."""
    results = []
    for number in range(rounds):
        order = targets if number % 2 == 0 else list(reversed(targets))
        for workload in workloads:
            for target in order:
                found = run(target, workload)
                if found:
                    results.append({"round": number, "workload": workload, "target": target,
                                    **found})
        print(f"round {number + 1} of {rounds} done", file=sys.stderr)
    return results


def values(results, workload, target, field):
    """{round: value}"""
    return {result["round"]: result[field] for result in results
            if result["workload"] == workload and result["target"] == target}


def median(results, workload, target, field):
    found = values(results, workload, target, field)
    return statistics.median(found.values()) if found else None


def ratio(results, workload, target, base, field):
    """Median over the rounds of target/base; None where either is missing."""
    above, below = (values(results, workload, name, field) for name in (target, base))
    ratios = [above[number] / below[number] for number in above if below.get(number)]
    return statistics.median(ratios) if ratios else None


def print_table(head, rows):
    lines = [head] + [[_cell(value) for value in row] for row in rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    for line in lines:
        cells = [line[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(line[1:], widths[1:])]
        print("  ".join(cells))


def _cell(value):
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.2f}" if value < 1000 else f"{value:.0f}"
    return str(value)


def save(name, results):
    path = ROOT / "build/bench" / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    print(f"raw figures: {path.relative_to(ROOT)}")
