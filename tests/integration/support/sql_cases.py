# SPDX-License-Identifier: Apache-2.0
"""Reads files of statements with what is expected of them: tests/corpus/*.sql.

    SELECT * FROM orders; -- expect: [A01] FILTER (a remark)

One message a line. The words before the first remark say what may happen; any one of them is
right: FILTER (equal to the same statement under RLS), ALLOW (the same, no tenant table in it),
DENY [SQLSTATE] (refused by the proxy), SERVER-ERR [SQLSTATE] (refused by the server)."""

import dataclasses
import pathlib
import re

CORPUS = pathlib.Path(__file__).resolve().parents[2] / "corpus"

ALL_VERDICTS = ("FILTER", "ALLOW", "DENY", "SERVER-ERR")

_LINE = re.compile(r"^(?P<sql>.*\S)\s+-- expect: \[(?P<id>[\w-]+)\] (?P<expect>.*)$")
_SQLSTATE = re.compile(r"\b(?=[0-9A-Z]*[0-9])[0-9A-Z]{5}\b")


@dataclasses.dataclass(frozen=True)
class Case:
    id: str
    sql: str
    expect: str

    @property
    def family(self):
        return re.match(r"[A-Z]+", self.id.split("-")[-1])[0]

    @property
    def head(self):
        """What is expected, without the remarks."""
        return re.split(r"[(;:,]| and ", self.expect, maxsplit=1)[0].strip()

    @property
    def verdicts(self):
        return set(re.findall(r"FILTER|ALLOW|DENY|SERVER-ERR", self.head)) or set(ALL_VERDICTS)

    @property
    def sqlstates(self):
        return set(_SQLSTATE.findall(self.expect))

    @property
    def is_explain(self):
        """The answer is about the plan: never the same twice."""
        return self.sql.upper().startswith("EXPLAIN")

    @property
    def changes_rows(self):
        return re.search(r"\b(INSERT|UPDATE|DELETE|MERGE)\b", self.sql, re.IGNORECASE) is not None


def load(name):
    """The cases of tests/corpus/NAME, in their order; a malformed line is an error."""
    cases, seen = [], set()
    for number, line in enumerate((CORPUS / name).read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip() or line.startswith("--"):
            continue
        match = _LINE.match(line)
        assert match, f"{name}:{number}: not a case: {line}"
        assert match["id"] not in seen, f"{name}:{number}: {match['id']} twice"
        seen.add(match["id"])
        cases.append(Case(match["id"], match["sql"], match["expect"]))
    assert cases, f"{name}: no cases"
    return cases
