# SPDX-License-Identifier: Apache-2.0
"""What a generated statement keeps while it grows: the random source, its bind parameters, how
much it may still grow, and per query level the columns and CTEs that can be named."""

from . import sql_grammar_data as data

CONSTANTS = {
    data.INT: ["1", "2", "3", "5", "7", "10", "97"],
    data.TEXT: ["ada", "alan", "grace", "t1", "101", "205", "zz", "", "o'hara"],
    data.NUMBER: ["0", "0.5", "12.5", "25", "37.50", "1000"],
    data.BOOL: ["true", "false"],
    data.DATE: ["2026-01-11", "2026-02-12", "2026-03-01"],
    data.JSON: ['{"n": 1}', '{"n": 2, "tag": "red"}', "[1, 2]", "null"],
    data.ARRAY: ["{1,2}", "{3}", "{}", "{2,NULL}"],
}
#: Names of tables and columns on purpose: an alias is not what it is called.
ALIASES = ["a", "b", "o", "orders", "customers", "countries", "tenant_id", "items", "x"]
#: Sub-queries in one statement.
BUDGET = 7


class Statement:
    """One statement in the making."""

    def __init__(self, rng, with_parameters):
        self.rng = rng
        self.with_parameters = with_parameters
        self.parameters = []
        self.budget = BUDGET
        self.num_names = 0
        #: Whether an error depends on what the server evaluates first.
        self.may_raise = False
        #: Refusals that the proxy promises where RLS may answer.
        self.refusals = set()

    def name(self, stem):
        self.num_names += 1
        return f"{stem}{self.num_names}"

    def chance(self, share):
        return self.rng.random() < share

    def pick(self, weighted):
        """weighted: {thing: weight}."""
        return self.rng.choices(list(weighted), list(weighted.values()))[0]

    def constant(self, kind):
        """A literal, or a parameter with its value kept aside."""
        value = self.rng.choice(CONSTANTS[kind])
        if self.with_parameters and self.chance(0.5):
            self.parameters.append(value)
            return f"${len(self.parameters)}::{kind}"
        quoted = "'" + value.replace("'", "''") + "'"
        if kind in (data.INT, data.NUMBER) and self.chance(0.7):
            return value
        return self.rng.choice([f"{quoted}::{kind}", f"CAST({quoted} AS {kind})"])

    def may_nest(self):
        if self.budget <= 0:
            return False
        self.budget -= 1
        return True


class Level:
    """One query of the statement: its own columns, and those of the queries around it."""

    def __init__(self, statement, ctes=None, outer=()):
        self.statement = statement
        self.rng = statement.rng
        self.ctes = dict(ctes or {})  # {name: [(column, type)]}
        self.outer = list(outer)
        self.scope = []     # (reference, type) of its FROM
        self.rows = []      # aliases that can be named as a whole row
        self.star = []      # types of SELECT *, None where not known
        self.used = set()   # aliases that are taken
        self.is_lockable = True

    def inner(self, correlated=True):
        """A level inside this one."""
        return Level(self.statement, self.ctes, self.scope + self.outer if correlated else ())

    def twin(self):
        """A level in the same place: another arm of a set operation."""
        return Level(self.statement, self.ctes, self.outer)

    def alias(self):
        name = self.rng.choice(ALIASES)
        if name in self.used or self.statement.chance(0.5):
            name = self.statement.name(name)
        self.used.add(name)
        return name

    def column(self, kind):
        """A reference of this type, seldom to a query around this one; None if there is none."""
        fitting = [reference for reference, other in self.scope if other == kind]
        around = [reference for reference, other in self.outer if other == kind
                  and reference.split(".")[0] not in self.used]
        if around and (not fitting or self.statement.chance(0.15)):
            return self.rng.choice(around)
        return self.rng.choice(fitting) if fitting else None
