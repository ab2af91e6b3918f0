# SPDX-License-Identifier: Apache-2.0
"""Generated statements: number N of a seed is always the same one.

    RF_SQL_SEED=1 RF_SQL_ONLY=4711 pytest tests/integration/test_sql_grammar.py   runs one again
    cd tests/integration && python -m support.sql_grammar 1 4711                  prints it

The other sql_grammar_* files hold the grammar: data (tables), scope, values, from, queries,
changes."""

import dataclasses
import random
import sys

from . import sql_grammar_changes as changes, sql_grammar_queries as queries
from .sql_grammar_scope import Level, Statement

_FORMS = {
    queries.select: 48, queries.star: 8, queries.whole_table: 1, queries.locking: 4,
    queries.failing: 3, queries.perhaps_failing: 1, queries.copied: 2,
    changes.insert: 9, changes.update: 9, changes.delete: 7, changes.merge: 6,
    changes.changing_cte: 4,
}
_CHANGING = (changes.insert, changes.update, changes.delete, changes.merge, changes.changing_cte)


@dataclasses.dataclass(frozen=True)
class Generated:
    name: str            # seed/number, enough to make it again
    form: str
    sql: str
    protocol: str        # "simple" or "extended"
    parameters: tuple
    changes_rows: bool
    is_ordered: bool     # ORDER BY decides the order of the rows
    may_raise: bool      # whether it is an error depends on what is evaluated first
    refusals: frozenset  # SQLSTATEs with which the proxy may refuse what RLS may answer

    def __str__(self):
        return f"[{self.name} {self.form} {self.protocol} {list(self.parameters)}]\n{self.sql}\n"


def statement(seed, number):
    rng = random.Random(f"{seed}/{number}")
    protocol = rng.choice(["simple", "simple", "extended"])
    made = Statement(rng, with_parameters=protocol == "extended" and rng.random() < 0.8)
    form = made.pick(_FORMS)
    if form is queries.copied:
        protocol, made.with_parameters = "simple", False
    query = form(Level(made))
    return Generated(f"{seed}/{number}", form.__name__, query.text, protocol,
                     tuple(made.parameters), form in _CHANGING, query.is_ordered, made.may_raise,
                     frozenset(made.refusals))


def run(way, generated):
    """The answer, with all changes taken back."""
    if generated.changes_rows:
        way.begin()
    answer = way.run(generated.sql, generated.protocol, generated.parameters)
    if generated.changes_rows:
        way.rollback()
    return answer


if __name__ == "__main__":
    print(statement(sys.argv[1], sys.argv[2]))
