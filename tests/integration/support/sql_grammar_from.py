# SPDX-License-Identifier: Apache-2.0
"""FROM clauses of the generated statements: tables under lying names, sub-queries, functions and
VALUES, joined in every way. Fills the level's scope."""

from . import sql_grammar_data as data
from .sql_grammar_data import ARRAY, INT, NUMBER, TEXT
from .sql_grammar_values import condition, pair, value


class _Item:
    """One relation or join: its text and what it adds to the scope."""

    def __init__(self, text, columns, rows, star, table=None):
        self.text, self.columns, self.rows, self.star, self.table = text, columns, rows, star, table


def _named(text, alias, columns, table=None):
    kinds = [kind for _, kind in columns]
    return _Item(text, [(f"{alias}.{name}", kind) for name, kind in columns], [alias], kinds, table)


def _renamed(level, columns):
    """A column alias list, sometimes with the tenant column's name on another column."""
    names = [level.statement.name("k_") for _ in columns]
    if level.statement.chance(0.5):
        names[level.rng.randrange(len(names))] = "tenant_id"
    return f"({', '.join(names)})", [(new, kind) for new, (_, kind) in zip(names, columns)]


def table(level, name=None):
    statement, rng = level.statement, level.rng
    name = name or statement.pick({"customers": 3, "orders": 4, "items": 4, "events": 1,
                                   "events_2026_01": 1, "countries": 2})
    columns = data.TABLES[name]
    schema = "public." if name in level.ctes or statement.chance(0.2) else ""
    text = f"{rng.choice(['ONLY ', *[''] * 6]) if name != 'events' else ''}{schema}{name}"
    if name in level.used or statement.chance(0.75):
        alias = level.alias()
        text += f"{rng.choice([' AS ', ' '])}{alias}"
        if statement.chance(0.12):
            renaming, columns = _renamed(level, columns)
            text += renaming
    else:
        alias = name
        level.used.add(name)
    if statement.chance(0.04) and name != "countries":
        text += rng.choice([" TABLESAMPLE SYSTEM (100)",
                            " TABLESAMPLE bernoulli (100) REPEATABLE (3)"])
        level.is_lockable = False
    return _named(text, alias, columns, name)


def _sub_query(level, lateral):
    from .sql_grammar_queries import select
    # Without LATERAL it sees the queries around this one, not this FROM.
    inner = level.inner()
    inner.outer = level.scope + level.outer if lateral else list(level.outer)
    query = select(inner)
    alias = level.alias()
    columns, renaming = query.columns, ""
    if level.statement.chance(0.15):
        renaming, columns = _renamed(level, columns)
    prefix = "LATERAL " if lateral else ""
    return _named(f"{prefix}({query.text}) AS {alias}{renaming}", alias, columns)


def _function(level, lateral):
    level.is_lockable = False
    statement, rng, alias = level.statement, level.rng, level.alias()
    of = (lambda kind: value(level, kind, 2)) if lateral else statement.constant
    form = rng.choice(["series", "unnest", "ordinality", "elements", "rows from"])
    if form == "series":
        return _named(f"generate_series(1::int8, 3) AS {alias}(g)", alias, [("g", INT)])
    if form == "unnest":
        return _named(f"unnest({of(ARRAY)}) AS {alias}(u)", alias, [("u", INT)])
    if form == "ordinality":
        return _named(f"unnest({of(ARRAY)}) WITH ORDINALITY AS {alias}(u, at)", alias,
                      [("u", INT), ("at", INT)])
    if form == "elements":
        return _named(f"string_to_table({of(TEXT)}, 'a') AS {alias}(part)", alias, [("part", TEXT)])
    return _named(f"ROWS FROM (generate_series(1::int8, 2), unnest({of(ARRAY)})) AS {alias}(g, u)",
                  alias, [("g", INT), ("u", INT)])


def _values(level):
    level.is_lockable = False
    statement, alias = level.statement, level.alias()
    rows = ", ".join(f"({statement.constant(INT)}, {statement.constant(TEXT)}, "
                     f"{statement.constant(NUMBER)})" for _ in range(level.rng.randint(1, 3)))
    return _named(f"(VALUES {rows}) AS {alias}(id, name, total)".replace("(id,", "(n,"), alias,
                  [("n", INT), ("name", TEXT), ("total", NUMBER)])


def _relation(level, may_be_lateral=True):
    statement = level.statement
    form = statement.pick({"table": 12, "cte": 8 if level.ctes else 0, "query": 2.5, "values": 1,
                           "function": 1})
    lateral = may_be_lateral and bool(level.scope) and statement.chance(0.6)
    if form == "cte":
        name = level.rng.choice(sorted(level.ctes))
        level.is_lockable = False
        alias = level.alias()
        return _named(f"{name} AS {alias}", alias, level.ctes[name])
    if form == "query" and statement.may_nest():
        return _sub_query(level, lateral)
    if form == "values":
        return _values(level)
    if form == "function":
        return _function(level, lateral)
    return table(level)


def _shared_names(left, right):
    def names(item):
        found = [reference.split(".")[-1] for reference, _ in item.columns]
        return {name for name in found if found.count(name) == 1}
    kinds = {reference.split(".")[-1]: kind for reference, kind in left.columns}
    return sorted(reference.split(".")[-1] for reference, kind in right.columns
                  if reference.split(".")[-1] in names(left) & names(right)
                  and kinds[reference.split(".")[-1]] == kind)


def _alias_of_join(level, item):
    """(a JOIN b) AS j(...): the names inside are hidden."""
    alias = level.alias()
    names = [level.statement.name("k_") for _ in item.star]
    if level.statement.chance(0.4):
        names[level.rng.randrange(len(names))] = "tenant_id"
    return _named(f"({item.text}) AS {alias}({', '.join(names)})", alias,
                  list(zip(names, item.star)))


def _joined(level, left, kind, text, star=True):
    right = kind
    return _Item(text, left.columns + right.columns, left.rows + right.rows,
                 left.star + right.star if star and left.star and right.star else [])


def _join(level, left):
    statement, rng = level.statement, level.rng
    kind = statement.pick({"JOIN": 5, "LEFT JOIN": 4, "RIGHT JOIN": 2, "FULL JOIN": 2,
                           "CROSS JOIN": 1, "NATURAL": 0.5, "USING": 2})
    level.scope = level.base + left.columns
    right = _relation(level, kind in ("JOIN", "LEFT JOIN", "CROSS JOIN"))
    if rng.random() < 0.1 and not right.text.startswith("LATERAL") and right.table:
        level.scope = level.base + right.columns
        inner = table(level)
        close = pair(level, right.columns, inner.columns)
        if close:
            join = rng.choice(["JOIN", "LEFT JOIN"])
            right = _joined(level, right, inner,
                            f"({right.text} {join} {inner.text} ON {close})")
    if kind not in ("JOIN", "CROSS JOIN"):
        level.is_lockable = False
    shared = _shared_names(left, right) if left.table and right.table else []
    if kind in ("NATURAL", "USING") and shared:
        side = rng.choice(["JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN"])
        if kind == "NATURAL":
            return _joined(level, left, right, f"{left.text} NATURAL {side} {right.text}",
                           star=False)
        names = rng.sample(shared, rng.randint(1, min(2, len(shared))))
        text = f"{left.text} {side} {right.text} USING ({', '.join(names)})"
        joined = _joined(level, left, right, text, star=False)
        if rng.random() < 0.3:
            alias = level.alias()
            kinds = {reference.split(".")[-1]: kind for reference, kind in left.columns}
            joined.text += f" AS {alias}"
            joined.columns = joined.columns + [(f"{alias}.{name}", kinds[name]) for name in names]
        return joined
    close = pair(level, left.columns, right.columns)
    if kind in ("CROSS JOIN", "NATURAL", "USING") or not close:
        return _joined(level, left, right, f"{left.text} CROSS JOIN {right.text}")
    if kind != "FULL JOIN" and statement.chance(0.3):
        level.scope = left.columns + right.columns
        level.rows, rows = left.rows + right.rows, level.rows
        close = f"{close} AND {condition(level)}" if statement.chance(0.7) else condition(level)
        level.rows = rows
    return _joined(level, left, right, f"{left.text} {kind} {right.text} ON {close}")


def from_clause(level):
    """The text behind FROM; the level can then name its columns."""
    statement = level.statement
    level.base, level.scope, items = [], [], []
    more, num_joins = True, 0
    while more:
        item = _relation(level)
        while num_joins < 3 and statement.chance(0.4):
            num_joins += 1
            item = _join(level, item)
            if item.star and statement.chance(0.08):
                level.is_lockable = False
                item = _alias_of_join(level, item)
        items.append(item)
        level.base = level.base + item.columns
        level.rows = level.rows + item.rows
        level.scope = level.base
        more = num_joins < 2 and statement.chance(0.12)
        num_joins += 1
    known = all(item.star for item in items)
    level.star = [kind for item in items for kind in item.star] if known else []
    return ", ".join(item.text for item in items)
