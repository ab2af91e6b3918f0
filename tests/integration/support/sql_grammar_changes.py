# SPDX-License-Identifier: Apache-2.0
"""INSERT, UPDATE, DELETE and MERGE of the generated statements.

Which rows change, and into what, never depends on the plan: where a row of the target may match
several others, new values and RETURNING are made of the target's columns alone."""

from . import sql_grammar_data as data, sql_twins
from .sql_grammar_data import INT, TEXT
from .sql_grammar_from import from_clause
from .sql_grammar_queries import Query, scalar, select, with_clause
from .sql_grammar_values import certain_error, condition, pair, value

_OWN, _OTHER = f"'{sql_twins.TENANT}'", f"'{sql_twins.OTHER}'"
_KEYS = ("id", "tenant_id")


def _target(level, name=None):
    """(name, text, alias): of a table that may be changed; the level knows its columns."""
    statement = level.statement
    name = name or level.rng.choice(data.CHANGED)
    alias = level.alias() if statement.chance(0.6) else name
    level.used.add(alias)
    level.scope = [(f"{alias}.{column}", kind) for column, kind in data.TABLES[name]]
    level.rows = [alias]
    prefix = level.rng.choice(["", "", "public."])
    return name, f"{prefix}{name}" + (f" AS {alias}" if alias != name else ""), alias


def _returning(level, share=0.6):
    """(RETURNING or nothing, its columns)."""
    if not level.statement.chance(share):
        return "", []
    kinds = [level.rng.choice([INT, TEXT]) for _ in range(level.rng.randint(1, 3))]
    names = [level.statement.name("v") for _ in kinds]
    texts = [f"({value(level, kind)})::{kind} AS {name}" for kind, name in zip(kinds, names)]
    if level.statement.chance(0.25):
        return f" RETURNING {level.rng.choice(['*', level.rows[0] + '.*'])}", []
    return f" RETURNING {', '.join(texts)}", list(zip(names, kinds))


def _settable(level, name, most=3):
    columns = [(column, kind) for column, kind in data.TABLES[name] if column not in _KEYS]
    return level.rng.sample(columns, level.rng.randint(1, most))


def _value_for(level, kind):
    return f"({value(level, kind, 1)})::{kind}"


def _inserted(level, name, columns):
    """VALUES or SELECT of rows that nobody has, the tenant's own if they say whose."""
    statement, rng = level.statement, level.rng
    blind = level.twin()
    if statement.chance(0.6):
        rows, others = [], statement.chance(0.04)
        for number in range(rng.randint(1, 3)):
            cells = []
            for column, kind in columns:
                if column == "id":
                    cells.append(str(600 + number if statement.chance(0.85) else rng.randint(1, 3)))
                elif column == "tenant_id":
                    cells.append(_OTHER if others else _OWN)
                else:
                    cells.append("DEFAULT" if statement.chance(0.1) and column == "total"
                                 else _value_for(blind, kind))
            rows.append(f"({', '.join(cells)})")
        return f"VALUES {', '.join(rows)}"
    source = level.twin()
    source_name, text, alias = _target(source)
    cells = [f"{alias}.id + 700" if column == "id" else _OWN if column == "tenant_id"
             else _value_for(source, kind) for column, kind in columns]
    where = f" WHERE {condition(source)}" if statement.chance(0.5) else ""
    return f"SELECT {', '.join(cells)} FROM {text}{where}"


def _conflict(level, name, alias):
    statement, rng = level.statement, level.rng
    arbiter = rng.choice(["(tenant_id, id)", "(id, tenant_id)"] + (
        [] if name == "items" else [f"ON CONSTRAINT {name}_pkey"]))
    if statement.chance(0.4):
        return f" ON CONFLICT{' ' + arbiter if statement.chance(0.7) else ''} DO NOTHING"
    level.scope = level.scope + [(f"excluded.{column}", kind) for column, kind in data.TABLES[name]]
    changes = ", ".join(f"{column} = {_value_for(level, kind)}"
                        for column, kind in _settable(level, name, 2))
    where = f" WHERE {condition(level)}" if statement.chance(0.3) else ""
    level.scope = [pair_ for pair_ in level.scope if not pair_[0].startswith("excluded.")]
    return f" ON CONFLICT {arbiter} DO UPDATE SET {changes}{where}"


def insert(level, name=None):
    statement = level.statement
    prefix = with_clause(level, 1) if name is None and statement.chance(0.08) else ""
    name, text, alias = _target(level, name)
    if statement.chance(0.05):
        returning, columns = _returning(level)
        return Query(f"{prefix}INSERT INTO {text} DEFAULT VALUES{returning}", columns)
    columns = [("id", INT), *_settable(level, name, 4)]
    if statement.chance(0.5):
        columns.insert(level.rng.randint(0, len(columns)), ("tenant_id", TEXT))
    level.rng.shuffle(columns)
    if statement.chance(0.1):
        columns = data.TABLES[name]
        names = ""
    else:
        names = f" ({', '.join(column for column, _ in columns)})"
    source = _inserted(level, name, columns)
    conflict = _conflict(level, name, alias) if statement.chance(0.3) else ""
    returning, outputs = _returning(level)
    return Query(f"{prefix}INSERT INTO {text}{names} {source}{conflict}{returning}", outputs)


def _assignments(level, name):
    statement, parts = level.statement, []
    columns = _settable(level, name)
    if len(columns) > 1 and statement.chance(0.5):
        (one, first), (two, second) = columns[:2]
        inner = level.inner()
        form = level.rng.choice([
            f"({_value_for(level, first)}, {_value_for(level, second)})",
            f"ROW({_value_for(level, first)}, {_value_for(level, second)})",
            f"(SELECT {_value_for(inner, first)}, {_value_for(inner, second)} LIMIT 1)"])
        parts.append(f"({one}, {two}) = {form}")
        columns = columns[2:]
    for column, kind in columns:
        made = scalar(level, kind) if statement.chance(0.1) else _value_for(level, kind)
        parts.append(f"{column} = {made}")
    if statement.chance(0.02):
        # Refused for what it says; under RLS only if a row is met.
        parts.append(f"tenant_id = {_OTHER}")
        statement.refusals.add("42501")
    return ", ".join(parts)


def _others(level):
    """(FROM or USING items, the condition that joins them), next to the target."""
    beside = level.twin()
    beside.used = set(level.used)
    text = from_clause(beside)
    return text, pair(level, level.scope, beside.scope), beside


def update(level, name=None):
    statement = level.statement
    prefix = with_clause(level, 1) if name is None and statement.chance(0.08) else ""
    name, text, _ = _target(level, name)
    if name != "customers" and statement.chance(0.04):
        numbers = [column for column, kind in data.TABLES[name] if kind == INT and column != "id"]
        changes = f"{level.rng.choice(numbers or ['id'])} = {certain_error(level)}"
    else:
        changes = _assignments(level, name)
    from_text, conditions = "", []
    if statement.chance(0.35):
        others, close, beside = _others(level)
        from_text = f" FROM {others}"
        conditions += [close] if close else []
        if statement.chance(0.4):
            conditions.append(f"({condition(beside)})")
    if statement.chance(0.6):
        conditions.append(f"({condition(level)})")
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    returning, columns = _returning(level)
    if from_text:
        returning = returning.replace(" RETURNING *", f" RETURNING {level.rows[0]}.*")
    return Query(f"{prefix}UPDATE {text} SET {changes}{from_text}{where}{returning}", columns)


def delete(level, name=None):
    statement = level.statement
    prefix = with_clause(level, 1) if name is None and statement.chance(0.08) else ""
    name, text, _ = _target(level, name)
    using, conditions = "", []
    if statement.chance(0.35):
        others, close, beside = _others(level)
        using = f" USING {others}"
        conditions += [close] if close else []
        if statement.chance(0.4):
            conditions.append(f"({condition(beside)})")
    if statement.chance(0.75):
        conditions.append(f"({condition(level)})")
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    returning, columns = _returning(level)
    if using:
        returning = returning.replace(" RETURNING *", f" RETURNING {level.rows[0]}.*")
    return Query(f"{prefix}DELETE FROM {text}{using}{where}{returning}", columns)


def merge(level):
    """The source's rows have different keys: a row of the target is met once."""
    statement, rng = level.statement, level.rng
    prefix = with_clause(level, 1) if statement.chance(0.08) else ""
    name, text, alias = _target(level)
    own = list(level.scope)
    source = level.twin()
    source.used = set(level.used)
    if statement.chance(0.4):
        _, source_text, by = _target(source)
        columns = source.scope
    else:
        by = level.statement.name("s")
        inner = level.twin()
        _, inner_text, inner_alias = _target(inner)
        shift = rng.choice(["", " + 4", " + 600"])
        source_text = rng.choice([
            f"(SELECT {inner_alias}.id{shift} AS id, {_value_for(inner, TEXT)} AS t "
            f"FROM {inner_text}) AS {by}",
            f"(VALUES (1::int8, 'one'), (2, 'two'), (601, 'new')) AS {by}(id, t)"])
        columns = [(f"{by}.id", INT), (f"{by}.t", TEXT)]
    both = own + columns
    whens, forms = [], rng.sample(["update", "delete", "nothing", "insert"], rng.randint(1, 3))
    for form in forms:
        level.scope, level.rows = (columns, []) if form == "insert" else (both, [alias])
        extra = f" AND ({condition(level)})" if statement.chance(0.4) else ""
        if form == "insert":
            names = [("id", INT), *_settable(level, name, 2)]
            cells = [f"{by}.id + 700", *[_value_for(level, kind) for _, kind in names[1:]]]
            if statement.chance(0.6):
                names.append(("tenant_id", TEXT))
                cells.append(_OWN)
            listed = ", ".join(column for column, _ in names)
            whens.append(f"WHEN NOT MATCHED{extra} THEN INSERT ({listed}) "
                         f"VALUES ({', '.join(cells)})")
        elif form == "update":
            changes = ", ".join(f"{column} = {_value_for(level, kind)}"
                                for column, kind in _settable(level, name))
            whens.append(f"WHEN MATCHED{extra} THEN UPDATE SET {changes}")
        else:
            action = "DELETE" if form == "delete" else "DO NOTHING"
            whens.append(f"WHEN MATCHED{extra} THEN {action}")
    # An unconditional WHEN makes what follows it unreachable, which is an error.
    whens.sort(key=lambda when: " AND (" not in when.split(" THEN ")[0])
    return Query(f"{prefix}MERGE INTO {text} USING {source_text} ON {alias}.id = {by}.id "
                 f"{' '.join(whens)}", [])


def changing_cte(level):
    """WITH that changes one table, and a query that reads what it returned."""
    name, change = level.statement.name("d"), level.rng.choice([insert, update, delete])
    made = change(level.inner(correlated=False), level.rng.choice(data.CHANGED))
    query = level.twin()
    if made.columns:
        query.ctes[name] = made.columns
    return Query(f"WITH {name} AS ({made.text}) {select(query).text}", [])
