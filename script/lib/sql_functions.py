#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""sql_functions.py FUNCTIONS.TSV FUNCTIONS.DEF [--check]: see script/generate-sql-functions."""

import pathlib
import re
import sys

ROW = re.compile(r'^FUNCTION\("([^"]+)", ([A-Z]+)\)$')
ALLOWED = {"SAFE", "RAISING"}
# What a function that an application may call never takes or answers.
OPAQUE = re.compile(
    r"\b(internal|cstring|trigger|event_trigger|\w+_handler|pg_ddl_command"
    r"|reg(?!config|type)\w+|refcursor|query text)\b"
)
# Volatile and still harmless: they change nothing and read nothing that belongs to anybody.
HARMLESS = {"clock_timestamp", "timeofday", "random", "gen_random_uuid", "pg_is_in_recovery",
            "pg_advisory_unlock_all"}


def read_catalogue(path):
    rows = (line.split("\t") for line in path.read_text(encoding="utf-8").splitlines())
    return {name: (volatile == "t", signatures) for name, volatile, signatures in rows}


def contradictions(catalogue, classes):
    for name, verdict in classes.items():
        if name not in catalogue or verdict not in ALLOWED:
            continue
        volatile, signatures = catalogue[name]
        if OPAQUE.search(signatures):
            yield f"{name} is {verdict} but takes or answers an opaque type: {signatures}"
        if volatile and name not in HARMLESS:
            yield f"{name} is {verdict} but volatile"
        if volatile and verdict == "SAFE" and name != "pg_is_in_recovery":
            yield f"{name} is SAFE but volatile"


def main(arguments):
    catalogue = read_catalogue(pathlib.Path(arguments[0]))
    path = pathlib.Path(arguments[1])
    old = path.read_text(encoding="utf-8")
    lines = old.splitlines()
    classes = dict(match.groups() for match in map(ROW.match, lines) if match)
    head = "\n".join(line for line in lines if not ROW.match(line))
    for name in sorted(set(catalogue) - set(classes)):
        print(f"new, refused until reviewed: {name}")
    for name in sorted(set(classes) - set(catalogue)):
        print(f"not in this server: {name}")
    merged = {name: classes.get(name, "REFUSED") for name in set(catalogue) | set(classes)}
    rows = "".join(
        f'FUNCTION("{name}", {merged[name]})\n' for name in sorted(merged, key=str.encode)
    )
    wrong = list(contradictions(catalogue, merged))
    print(*wrong, sep="\n", end="\n" if wrong else "")
    new = f"{head}\n{rows}"
    if "--check" in arguments:
        return 1 if wrong or new != old else 0
    path.write_text(new, encoding="utf-8")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
