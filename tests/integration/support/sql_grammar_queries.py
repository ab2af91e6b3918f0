# SPDX-License-Identifier: Apache-2.0
"""Queries of the generated statements: all forms of SELECT, VALUES, TABLE, set operations, WITH.

Every answer is one multiset, whatever the plan: LIMIT comes with an order over all outputs, window
functions and ordered aggregates give equal values to peers, and DISTINCT ON keeps a row that the
order decides."""

from . import sql_grammar_data as data
from .sql_grammar_data import ARRAY, BOOL, DATE, INT, JSON, NUMBER, TEXT
from .sql_grammar_from import from_clause, table
from .sql_grammar_values import certain_error, condition, value

_AGGREGATES = {
    INT: ["count(*)", "count({0})", "count(DISTINCT {0})", "sum({0})", "min({0})", "max({0})",
          "bit_or({0})", "mode() WITHIN GROUP (ORDER BY {0})"],
    TEXT: ["min({0})", "max({0})", "string_agg({0}, ',' ORDER BY {0})",
           "string_agg(DISTINCT {0}, ';' ORDER BY {0})"],
    NUMBER: ["sum({0})", "avg({0})", "min({0})", "max({0})", "count(*)",
             "percentile_disc(0.5) WITHIN GROUP (ORDER BY {0})", "round(stddev({0}), 3)"],
    BOOL: ["bool_and({0})", "bool_or({0})", "every({0})"],
    DATE: ["min({0})", "max({0})"],
    JSON: ["jsonb_agg({0} ORDER BY {0})", "jsonb_agg(DISTINCT {0})"],
    ARRAY: ["min({0})", "max({0})", "array_agg({1} ORDER BY {1})"],
}
# {0}: the value; {1}: PARTITION BY or nothing; {2}: what orders.
_WINDOWS = {
    INT: ["rank() OVER ({1} ORDER BY {2})", "dense_rank() OVER ({1} ORDER BY {2})",
          "count(*) OVER ({1} ORDER BY {2})", "count({0}) OVER ({1})", "sum({0}) OVER ({1})",
          "lag({0}) OVER ({1} ORDER BY {0})", "lead({0}, 1) OVER ({1} ORDER BY {0})",
          "sum({0}) OVER ({1} ORDER BY {0} ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)",
          "max({0}) OVER ({1} ORDER BY {0} GROUPS 1 PRECEDING)",
          "first_value({0}) OVER ({1} ORDER BY {0} DESC)",
          "count(*) FILTER (WHERE {0} > 2) OVER ({1} ORDER BY {0} RANGE 3 PRECEDING"
          " EXCLUDE GROUP)"],
    NUMBER: ["sum({0}) OVER ({1} ORDER BY {2})", "avg({0}) OVER ({1})",
             "nth_value({0}, 2) OVER ({1} ORDER BY {0})"],
    TEXT: ["min({0}) OVER ({1})", "last_value({0}) OVER ({1} ORDER BY {0})"],
}
_KINDS = {INT: 5, TEXT: 5, NUMBER: 4, BOOL: 1.5, DATE: 1.5, JSON: 1, ARRAY: 1}


class Query:
    """Its text; its columns as (name, type); whether ORDER BY decides the order of its rows."""

    def __init__(self, text, columns, is_ordered=False):
        self.text, self.columns, self.is_ordered = text, columns, is_ordered


def _kinds(level, kinds):
    return kinds or [level.statement.pick(_KINDS) for _ in range(level.rng.randint(1, 4))]


def _outputs(level, kinds, make):
    names = [level.statement.name("v") for _ in kinds]
    texts = [f"{make(kind)}::{kind} AS {name}" for kind, name in zip(kinds, names)]
    return ", ".join(texts), list(zip(names, kinds))


def _bracketed(text):
    return f"({text})"


def _where(level, share=0.55):
    return f" WHERE {condition(level)}" if level.statement.chance(share) else ""


def _ordinals(level, count):
    rng = level.rng
    order = rng.sample(range(1, count + 1), count)
    return ", ".join(str(number) + rng.choice(["", "", " DESC", " NULLS FIRST", " ASC NULLS LAST"])
                     for number in order)


def _tail(level, count, may_limit=True):
    """(ORDER BY and the like over all outputs, whether there is one)."""
    rng, statement = level.rng, level.statement
    if not count or not statement.chance(0.4):
        return "", False
    text = f" ORDER BY {_ordinals(level, count)}"
    if may_limit and statement.chance(0.6):
        text += rng.choice([" LIMIT 5", " LIMIT 3 OFFSET 1", " OFFSET 2", " FETCH FIRST ROW ONLY",
                            " FETCH FIRST 2 ROWS WITH TIES", " LIMIT (SELECT count(*) FROM orders)",
                            " OFFSET 1 FETCH NEXT 4 ROWS ONLY", " LIMIT ALL"])
    return text, True


def _plain(level, kinds):
    text = from_clause(level)
    where = _where(level)
    outputs, columns = _outputs(level, _kinds(level, kinds),
                                lambda kind: _bracketed(value(level, kind)))
    distinct = level.rng.choice(["", "", "", "DISTINCT ", "ALL "])
    tail, is_ordered = _tail(level, len(columns))
    return Query(f"SELECT {distinct}{outputs} FROM {text}{where}{tail}", columns, is_ordered)


def _distinct_on(level, kinds):
    text = from_clause(level)
    where = _where(level)
    outputs, columns = _outputs(level, _kinds(level, kinds),
                                lambda kind: _bracketed(value(level, kind)))
    rest = ", ".join(str(number) for number in range(1, len(columns) + 1))
    return Query(f"SELECT DISTINCT ON (1) {outputs} FROM {text}{where} ORDER BY {rest}", columns,
                 True)


def _windowed(level, kinds):
    text = from_clause(level)
    where = _where(level, 0.4)

    def make(kind):
        if kind not in _WINDOWS or level.statement.chance(0.4):
            return _bracketed(value(level, kind))
        by = f"PARTITION BY {value(level, level.rng.choice([TEXT, INT, BOOL]), 1)}"
        order = value(level, level.rng.choice([INT, TEXT, NUMBER]), 1)
        # A bare number would be no expression that orders.
        return level.rng.choice(_WINDOWS[kind]).format(
            f"({value(level, kind, 1)})", by if level.statement.chance(0.6) else "", f"({order})")

    outputs, columns = _outputs(level, _kinds(level, kinds), make)
    tail, is_ordered = _tail(level, len(columns))
    return Query(f"SELECT {outputs} FROM {text}{where}{tail}", columns, is_ordered)


def _aggregate(level, kind):
    text = level.rng.choice(_AGGREGATES[kind]).format(value(level, kind, 1), value(level, INT, 1))
    if level.statement.chance(0.15) and not text.startswith("round"):
        text += f" FILTER (WHERE {condition(level)})"
    return f"({text})"


def _sets(level, keys):
    one, all_keys = keys[0][0], ", ".join(name for name, _ in keys)
    return level.rng.choice([f"GROUPING SETS (({all_keys}), ({one}), ())", f"ROLLUP ({all_keys})",
                             f"CUBE ({all_keys})", all_keys, all_keys, all_keys,
                             f"GROUPING SETS (ROLLUP ({all_keys}), ({one}))",
                             f"DISTINCT {all_keys}", f"{one}, ROLLUP ({all_keys})"])


def _grouped(level, kinds):
    text = from_clause(level)
    where = _where(level, 0.4)
    simple = [(name, kind) for name, kind in level.scope if kind in (INT, TEXT, NUMBER, BOOL, DATE)]
    keys = level.rng.sample(simple, min(len(simple), level.rng.randint(1, 2)))
    by_kind = {kind: name for name, kind in keys}

    def make(kind):
        if kind == INT and keys and level.statement.chance(0.15):
            return f"GROUPING({keys[0][0]})"
        if kind in by_kind and level.statement.chance(0.6):
            return by_kind[kind]
        return _aggregate(level, kind)

    group = f" GROUP BY {_sets(level, keys)}" if keys and level.statement.chance(0.85) else ""
    if not group:
        keys, by_kind = [], {}
    outputs, columns = _outputs(level, _kinds(level, kinds), make)
    having = ""
    if level.statement.chance(0.3):
        having = level.rng.choice([" HAVING count(*) > 0", " HAVING max({}) IS NOT NULL", " HAVING "
                                   "sum({}) > 1 OR count(*) < 9"]).format(value(level, INT, 1))
    tail, is_ordered = _tail(level, len(columns))
    return Query(f"SELECT {outputs} FROM {text}{where}{group}{having}{tail}", columns, is_ordered)


def _values(level, kinds):
    kinds = _kinds(level, kinds)
    scalars = level.statement.chance(0.5)

    def cell(kind):
        return f"({value(level, kind, 1)})::{kind}" if scalars else level.statement.constant(kind)

    rows = [", ".join(cell(kind) for kind in kinds) for _ in range(level.rng.randint(1, 3))]
    columns = [(f"column{number}", kind) for number, kind in enumerate(kinds, 1)]
    return Query("VALUES " + ", ".join(f"({row})" for row in rows), columns)


def _set_operation(level, kinds):
    kinds = _kinds(level, kinds)
    arms = [(_plain if level.statement.chance(0.7) else _grouped)(level.twin(), kinds)
            for _ in range(level.rng.randint(2, 3))]
    text = f"({arms[0].text})"
    for arm in arms[1:]:
        operator = level.rng.choice(["UNION", "UNION ALL", "UNION ALL", "INTERSECT", "EXCEPT",
                                     "EXCEPT ALL", "INTERSECT ALL"])
        text += f" {operator} ({arm.text})"
    tail, is_ordered = _tail(level, len(kinds))
    return Query(text + tail, arms[0].columns, is_ordered)


def select(level, kinds=None):
    """A query, of these types if they are given."""
    statement = level.statement
    prefix = with_clause(level, statement.pick({1: 4, 2: 1})) if (
        statement.chance(0.1) and statement.may_nest()) else ""
    form = statement.pick({_plain: 10, _grouped: 4, _windowed: 2.5, _distinct_on: 1, _values: 0.7,
                           _set_operation: 2 if statement.budget > 0 else 0})
    query = form(level, kinds)
    return Query(prefix + query.text, query.columns, query.is_ordered)


def column_of(level, kind):
    return select(level, [kind]).text


def scalar(level, kind):
    """A sub-query of at most one row."""
    inner = level.inner()
    text = from_clause(inner)
    if level.statement.chance(0.3):
        found = value(inner, kind, 1)
        return f"(SELECT ({found})::{kind} AS v FROM {text}{_where(inner)} ORDER BY 1 LIMIT 1)"
    return f"(SELECT {_aggregate(inner, kind)}::{kind} FROM {text}{_where(inner)})"


# WITH.

def _recursive(level, name):
    rng = level.rng
    inner = level.inner(correlated=False)
    inner.ctes = {}
    start = table(inner, "items")
    names = {reference.split(".")[-1]: reference for reference, _ in start.columns}
    if not {"id", "parent_id", "name"} <= set(names):
        text = "SELECT 1::int8, 'ada'::text UNION ALL SELECT n + 1, t || 'x' FROM {0} WHERE n < 5"
        return text.format(name), ["n", "t"]
    alias = start.rows[0]
    step = rng.choice([
        f"SELECT i.id, i.name FROM items i JOIN {name} r ON i.parent_id = r.n",
        f"SELECT i.parent_id, i.name FROM {name} r, items i WHERE i.id = r.n",
        f"SELECT r.n + 1, r.t FROM {name} r WHERE r.n < 20 AND EXISTS (SELECT FROM items i "
        f"WHERE i.id = r.n)"])
    return (f"SELECT {alias}.id, {alias}.name FROM {start.text} WHERE {alias}.id < 4 UNION {step}",
            ["n", "t"])


def with_clause(level, count):
    """WITH and its queries, whose names the level then knows; they may hide tables."""
    statement, rng, parts = level.statement, level.rng, []
    is_recursive = statement.chance(0.25)
    for _ in range(count):
        name = rng.choice(["orders", "customers", "w", "events", "countries"])
        if name in level.ctes or statement.chance(0.4):
            name = statement.name("w")
        hint = rng.choice(["", "", "MATERIALIZED ", "NOT MATERIALIZED "])
        if is_recursive and not parts:
            name = statement.name("r")
            text, names = _recursive(level, name)
            columns, renaming = [(names[0], INT), (names[1], TEXT)], "(n, t)"
        else:
            inner = level.inner(correlated=False)
            inner.outer = list(level.outer)
            query = select(inner)
            text, columns, renaming = query.text, query.columns, ""
            if is_recursive:  # it would see itself
                name = statement.name("w")
        parts.append(f"{name}{renaming} AS {hint}({text})")
        level.ctes[name] = columns
    return f"WITH {'RECURSIVE ' if is_recursive else ''}{', '.join(parts)} "


# Whole statements.

def star(level):
    """SELECT with stars."""
    text = from_clause(level)
    where = _where(level)
    row = level.rng.choice(level.rows)
    # jsonb sorts too, so every column can be ordered by.
    form = level.rng.choice(["*", f"{row}.*", f"{row}.*, 1 AS one", f"{row}", f"({row}).*"])
    tail, is_ordered = _tail(level, len(level.star) if form == "*" else 0)
    return Query(f"SELECT {form} FROM {text}{where}{tail}", [], is_ordered)


def whole_table(level):
    name = level.rng.choice(sorted(data.TABLES))
    tail, is_ordered = _tail(level, len(data.TABLES[name]))
    return Query(f"TABLE {name}{tail}", [], is_ordered)


def locking(level):
    """FOR UPDATE and its kin, of inner joins alone."""
    text = from_clause(level)
    while not level.is_lockable:
        level = level.twin()
        text = from_clause(level)
    where = _where(level)
    outputs, columns = _outputs(level, _kinds(level, None),
                                lambda kind: _bracketed(value(level, kind)))
    strength = level.rng.choice(["FOR UPDATE", "FOR SHARE", "FOR NO KEY UPDATE", "FOR KEY SHARE"])
    rows = level.rng.choice(["", f" OF {level.rows[0]}"]) + level.rng.choice(["", "", " NOWAIT",
                                                                            " SKIP LOCKED"])
    return Query(f"SELECT {outputs} FROM {text}{where} {strength}{rows}", columns)


def failing(level):
    """One table, and an expression in its outputs or as its whole condition that is an error."""
    item = table(level, level.rng.choice(["customers", "orders", "items"]))
    level.scope, level.rows = item.columns, item.rows
    error = certain_error(level)
    if level.statement.chance(0.5):
        return Query(f"SELECT {level.scope[0][0]} FROM {item.text} WHERE {error} IS NOT NULL", [])
    outputs, columns = _outputs(level, _kinds(level, None),
                                lambda kind: _bracketed(value(level, kind, 1)))
    return Query(f"SELECT {error} AS wrong, {outputs} FROM {item.text}", columns)


def perhaps_failing(level):
    """An error that one order of evaluation meets and another does not."""
    level.statement.may_raise = True
    text = from_clause(level)
    joiner = level.rng.choice(["AND", "OR"])
    return Query(f"SELECT count(*) FROM {text} WHERE ({condition(level)}) {joiner} "
                 f"{certain_error(level)} IS NOT NULL", [])


def copied(level):
    return Query(f"COPY ({select(level).text}) TO STDOUT", [])
