# SPDX-License-Identifier: Apache-2.0
"""Expressions of the generated statements, well typed by construction.

Three kinds of failure: traps raise only on a row of t2's, and stand anywhere; what must raise
stands where nothing else decides whether it is evaluated (see certain_error); what may raise is
marked in the statement."""

from . import sql_grammar_data as data
from .sql_grammar_data import ARRAY, BOOL, DATE, INT, JSON, NUMBER, TEXT

# {type: [template]}: a field names the type of an operand.
_TEMPLATES = {
    INT: ["({int} + {int})", "({int} - 1)", "({int} % 7)", "abs({int})", "(- {int})",
          "length({text})",
          "strpos({text}, 'a')", "cardinality({array})", "array_length({array}, 1)",
          "extract(year FROM {date})::int8", "greatest({int}, {int})", "least({int}, 3)",
          "{bool}::int::int8", "nullif({int}, {int})", "({array})[1]", "round({number})::int8",
          "position('a' IN {text})", "({date} - DATE '2026-01-01')::int8", "octet_length({text})",
          "array_position({array}, {int})::int8", "({int} & 6)", "num_nulls({text}, {int})::int8"],
    TEXT: ["upper({text})", "lower({text})", "({text} || {text})", "({text} || '-' || {int})",
           "substr({text}, 2)", "substring({text} FROM 1 FOR 2)", "replace({text}, 'a', '.')",
           "concat({text}, {int}, {bool})", "concat_ws(':', {text}, {number})",
           "format('%s/%s', {text}, {int})", "md5({text})", "trim(both 'a' FROM {text})",
           "split_part({text}, '-', 1)", "reverse({text})", "lpad({text}, 6, '*')",
           "initcap({text})", "{int}::text", "{number}::text", "{date}::text",
           "to_char({date}, 'YYYY-MM')", "({json} ->> 'tag')", "array_to_string({array}, ',', '-')",
           "translate({text}, 'ae', '34')", "overlay({text} PLACING 'zz' FROM 1)",
           "regexp_replace({text}, '[aeiou]', '', 'g')", "{text}::varchar(4)",
           "quote_literal({text})",
           "left({text}, 2)", "right({text}, -1)", "{json}::text", "({text} COLLATE \"C\")",
           "jsonb_typeof({json})", "(ROW({int}, {text})::text)",
           "coalesce({text}, {text}, 'none')"],
    NUMBER: ["round({number}, 1)", "({number} + {number})", "({number} * 0.5)", "abs({number})",
             "ceil({number})", "floor({number})", "{int}::numeric", "({number} / 4)",
             "trunc({number})", "({number} / nullif({number}, 0))", "sign({number})",
             "CAST({int} AS numeric(12, 2))", "greatest({number}, {int})", "mod({number}, 3)"],
    DATE: ["({date} + 3)", "date_trunc('month', {date})::date", "greatest({date}, {date})",
           "({date} - interval '1 day')::date", "make_date(2026, 1, 15)"],
    JSON: ["jsonb_build_object('k', {text}, 'n', {int})", "to_jsonb({text})", "to_jsonb({array})",
           "({json} -> 'tag')", "jsonb_build_array({int}, {bool})", "({json} #> '{{list,0}}')",
           "jsonb_strip_nulls({json})", "(jsonb_build_object('a', {int}) || {json})",
           "json_build_object('d', {date})::jsonb"],
    ARRAY: ["ARRAY[{int}, {int}]::int8[]", "array_append({array}, {int})", "({array} || {array})",
            "ARRAY[{int}]::int8[]", "array_remove({array}, 2::int8)", "({array})[1:1]",
            "array_prepend({int}, {array})"],
    BOOL: ["({text} LIKE '%a%')", "({text} ILIKE 'A%')", "({text} NOT LIKE 'zq%')",
           "({text} ~ '^[a-m]')", "({int} BETWEEN {int} AND 9)", "({int} NOT BETWEEN 3 AND 4)",
           "({int} IN (1, 2, 3, {int}))", "({text} NOT IN ('ada', {text}))", "({text} IS NOT NULL)",
           "({int} IS NULL)", "({bool} IS NOT TRUE)", "(NOT {bool})", "({bool} OR {bool})",
           "({bool} AND {bool})", "({int} = ANY ({array}))", "({int} <> ALL ({array}))",
           "({array} @> ARRAY[1::int8])", "({array} && {array})", "({json} ? 'tag')",
           "({json} @> '{{\"n\": 1}}')", "(({int}, {text}) = ({int}, {text}))",
           "(ROW({int}, {number}) > ROW(1, 0))", "({text} IS DISTINCT FROM {text})",
           "({number} >= {number})", "({date} < {date})", "({int} <= {int})", "({text} <> {text})",
           "({text} = {text})", "({int} = {int})", "({int} <> 3)", "({int} > 1)",
           "starts_with({text}, 'a')",
           "({text} SIMILAR TO '(a|g)%')", "({int} > SOME (ARRAY[1, 2, {int}]))",
           "(({date}, {date}) OVERLAPS (DATE '2026-01-01', DATE '2026-02-15'))"],
}
_FIELDS = {INT: "int", TEXT: "text", NUMBER: "number", BOOL: "bool", DATE: "date", JSON: "json",
           ARRAY: "array"}

# Each is an error for some row of t2's, and only there: see sql_grammar_data.
_TRAPS = {
    "code": "{}::int8", "doc": "({}->>'n')::int8", "tags": "(10 / ({})[1])",
    "id": f"(10 / ({{}} - {data.SECRET_ID}))", "list": "jsonb_array_length({}->'list')",
}
# Whatever the operand: the error is in the value itself.
_ERRORS = ["1 / ({int} - {int})", "({int} / 0)", "(coalesce({text}, '') || 'x')::int8",
           "sqrt(-1 - abs(coalesce({number}, 0)))::int8", "ln(0 * {int})::int8",
           "length(substr(coalesce({text}, ''), 1, -1))",
           "(coalesce({text}, '') || '?')::date - NULL",
           "(coalesce({int}, 0) + 9223372036854775807 + 1)",
           "(coalesce({text}, 'a') || '!')::numeric",
           "length(chr(-1 - abs(coalesce({int}, 0))::int))",
           "CAST(coalesce({text}, 'a') || 'x' AS bool)::int"]


def _operand(level, kind, depth):
    return value(level, kind, depth + 1)


def _fill(level, template, depth):
    """The template with an operand of its own for every field."""
    parts, rest = [], template
    by_field = {field: kind for kind, field in _FIELDS.items()}
    while rest:
        at = rest.find("{")
        if at < 0:
            parts.append(rest.replace("}}", "}"))
            break
        parts.append(rest[:at].replace("}}", "}"))
        if rest[at + 1] == "{":
            parts.append("{")
            rest = rest[at + 2:]
            continue
        end = rest.index("}", at)
        parts.append(_operand(level, by_field[rest[at + 1:end]], depth))
        rest = rest[end + 1:]
    return "".join(parts)


def trap(level):
    """An int8 that only the tenant's own rows have."""
    name = level.rng.choice(list(_TRAPS))
    column = "doc" if name == "list" else name
    fitting = [reference for reference, _ in level.scope if reference.endswith(f".{column}")
               and not reference.startswith("k_")]
    return _TRAPS[name].format(level.rng.choice(fitting)) if fitting else None


def _case(level, kind, depth):
    test, one, two = (value(level, wanted, depth + 1) for wanted in (BOOL, kind, kind))
    if level.statement.chance(0.3):
        of = value(level, INT, depth + 1)
        return f"(CASE {of} WHEN 1 THEN {one} WHEN 2 THEN {two} END)"
    return f"(CASE WHEN {test} THEN {one} ELSE {two} END)"


def _whole_row(level, kind):
    """Something made of a whole row; None for types that it cannot be."""
    if not level.rows:
        return None
    row = level.rng.choice(level.rows)
    return {TEXT: f"{row}::text", JSON: f"to_jsonb({row})", BOOL: f"({row} IS NOT NULL)"}.get(kind)


def value(level, kind, depth=0):
    """One expression of the type."""
    statement = level.statement
    form = statement.pick({"column": 10 + 8 * depth, "constant": 2 + depth,
                           "template": 7 / (1 + depth),
                           "case": 0.5, "query": 0.5 if depth < 2 else 0, "row": 0.5,
                           "trap": 1.2 if kind in (INT, NUMBER) else 0, "coalesce": 0.5})
    found = None
    if form == "column":
        found = level.column(kind)
    elif form == "template" and depth < 3:
        found = _fill(level, level.rng.choice(_TEMPLATES[kind]), depth)
    elif form == "case" and depth < 3:
        found = _case(level, kind, depth)
    elif form == "query" and statement.may_nest():
        from .sql_grammar_queries import scalar
        found = scalar(level, kind)
    elif form == "row":
        found = _whole_row(level, kind)
    elif form == "trap":
        found = trap(level)
    elif form == "coalesce":
        found = f"coalesce({level.column(kind) or 'NULL'}, {statement.constant(kind)})"
    return found or level.column(kind) or statement.constant(kind)


def _query_condition(level):
    from .sql_grammar_queries import column_of, select
    rng, inner = level.rng, level.inner()
    form = rng.choice(["exists", "in", "any", "row", "array"])
    if form == "exists":
        return f"{rng.choice(['', '', 'NOT '])}EXISTS ({select(inner).text})"
    if form == "row":
        query = select(inner, [INT, TEXT]).text
        negation = rng.choice(["", "NOT "])
        return f"({value(level, INT, 2)}, {value(level, TEXT, 2)}) {negation}IN ({query})"
    kind = rng.choice([INT, TEXT, NUMBER])
    query = column_of(inner, kind)
    if form == "in":
        return f"{value(level, kind, 2)} {rng.choice(['', '', 'NOT '])}IN ({query})"
    if form == "array":
        return f"{value(level, kind, 2)} = ANY (ARRAY({query}))"
    operator = rng.choice(["= ANY", "<> ALL", "<= ANY", ">= ALL", "= SOME"])
    return f"{value(level, kind, 2)} {operator} ({query})"


def condition(level):
    """A condition that many rows meet."""
    statement, rng = level.statement, level.rng
    if statement.chance(0.12) and statement.may_nest():
        return _query_condition(level)
    if statement.chance(0.15):
        return f"({condition(level)} {rng.choice(['AND', 'OR', 'OR'])} {condition(level)})"
    if statement.chance(0.15):
        found = trap(level)
        if found:
            return rng.choice(["{} IS NOT NULL", "{} < 100000", "({} + 1) <> 3"]).format(found)
    if statement.chance(0.35):
        # An OR without brackets: an AND that is put behind it would bind only its right side.
        return f"{value(level, INT, 1)} > 2 OR {value(level, BOOL, 1)}"
    return value(level, BOOL)


def pair(level, left, right):
    """A condition that joins two lists of columns, or None."""
    wanted = [(one, two) for one, kind in left for two, other in right
              if kind == other and kind in (INT, TEXT, NUMBER, DATE)]
    close = [(one, two) for one, two in wanted if one.endswith("id") and two.endswith("id")
             and "tenant" not in one + two]
    if not wanted:
        return None
    one, two = level.rng.choice(close if close and level.statement.chance(0.7) else wanted)
    return f"{one} = {two}"


def certain_error(level):
    """An expression that is an error for every row."""
    template = level.rng.choice(_ERRORS)
    if template == _ERRORS[0]:
        one = level.column(INT) or "1"
        return f"1 / (coalesce({one}, 0) - coalesce({one}, 0))"
    if "{int}" in template and "coalesce" not in template:
        template = template.replace("{int}", "coalesce({int}, 0)")
    return f"({_fill(level, template, 3)})"
