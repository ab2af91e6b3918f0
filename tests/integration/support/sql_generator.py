# SPDX-License-Identifier: Apache-2.0
"""Random read queries over the corpus' schema, valid by construction, the same for the same seed.

Every relation in scope is a list of (reference, type) columns, so that conditions and outputs are
well typed; what varies is the shape: joins, nesting, CTEs that shadow tables, set operations,
aliases that lie. Nothing volatile and no LIMIT: the answer is one multiset."""

INT, TEXT, NUMBER, OTHER = "int8", "text", "numeric", "other"

TABLES = {
    "orders": [("id", INT), ("tenant_id", TEXT), ("customer_id", INT), ("total", NUMBER)],
    "customers": [("id", INT), ("tenant_id", TEXT), ("name", TEXT)],
    "countries": [("code", TEXT), ("name", TEXT)],
    "events": [("tenant_id", TEXT), ("ts", OTHER), ("body", TEXT)],
    "events_2026_01": [("tenant_id", TEXT), ("ts", OTHER), ("body", TEXT)],
}
CONSTANTS = {
    INT: ["1", "2", "3", "10", "12", "15"],
    TEXT: ["'t1'", "'alice'", "'FR'", "'x'", "'t1 jan'"],
    NUMBER: ["0", "0.5", "50", "60", "100"],
}
ALIASES = ["o", "c", "tenant_id", "orders", "customers", "countries", "x", "y"]


class _Query:
    def __init__(self, rng, depth, ctes):
        self.rng = rng
        self.depth = depth
        self.ctes = ctes  # {name: columns} that this query can see
        self.scope = []   # (reference, type) of its FROM
        self.num_aliases = 0

    # Relations.

    def alias(self):
        self.num_aliases += 1
        return f"{self.rng.choice(ALIASES)}{self.depth}_{self.num_aliases}"

    def plain_alias(self, used):
        """Sometimes an alias that is another table's name, if this FROM does not hold it yet."""
        name = self.rng.choice(ALIASES)
        if self.rng.random() < 0.3 and name not in used:
            return name
        return self.alias()

    def relation(self, used):
        """(text, alias, columns) of one FROM item."""
        rng = self.rng
        alias = self.plain_alias(used)
        used.add(alias)
        if self.depth < 3 and rng.random() < 0.2:
            text, columns = select(rng, self.depth + 1, self.ctes)
            return f"({text}) AS {alias}", alias, columns
        if self.ctes and rng.random() < 0.4:
            name = rng.choice(sorted(self.ctes))
            return f"{name} AS {alias}", alias, self.ctes[name]
        name = rng.choice(sorted(TABLES))
        columns = TABLES[name]
        prefix = "public." if name in self.ctes or rng.random() < 0.2 else ""
        text = f"{rng.choice(['', '', '', 'ONLY '])}{prefix}{name} AS {alias}"
        if rng.random() < 0.15:
            names = [f"c{i}" for i in range(len(columns))]
            if rng.random() < 0.5:  # the tenant column's name on another column
                names[rng.randrange(len(names))] = "tenant_id"
            columns = [(new, kind) for new, (_, kind) in zip(names, columns)]
            text += f"({', '.join(names)})"
        return text, alias, columns

    def from_clause(self):
        used = set()
        text, alias, columns = self.relation(used)
        self.scope = [(f"{alias}.{name}", kind) for name, kind in columns]
        while self.rng.random() < 0.45 and len(used) < 4:
            text = self.join(text, used)
        return text

    def join(self, left, used):
        right, alias, columns = self.relation(used)
        old, new = list(self.scope), [(f"{alias}.{name}", kind) for name, kind in columns]
        self.scope = old + new
        kind = self.rng.choice(["JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN", "CROSS JOIN"])
        if kind == "CROSS JOIN":
            return f"({left} CROSS JOIN {right})"
        # FULL JOIN takes only conditions that can be merged or hashed.
        pairs = [f"{a} = {b}" for a, one in old for b, two in new if one == two]
        if kind == "FULL JOIN" or self.rng.random() < 0.6:
            if not pairs:
                return f"({left} CROSS JOIN {right})"
            return f"({left} {kind} {right} ON {self.rng.choice(pairs)})"
        return f"({left} {kind} {right} ON {self.condition()})"

    # Expressions.

    def column(self, kind):
        fitting = [reference for reference, other in self.scope if other == kind]
        return self.rng.choice(fitting) if fitting else None

    def value(self, kind):
        rng = self.rng
        if self.depth < 3 and rng.random() < 0.12:
            return self.scalar_query(kind)
        column = self.column(kind)
        if column is None or rng.random() < 0.3:
            return rng.choice(CONSTANTS[kind])
        if rng.random() < 0.2:
            wrap = {INT: "coalesce({}, 0)", TEXT: "upper({})", NUMBER: "abs({})"}[kind]
            return wrap.format(column)
        return column

    def scalar_query(self, kind):
        inner = _Query(self.rng, self.depth + 1, self.ctes)
        text = inner.from_clause()
        column = inner.column(kind)
        inner.scope = inner.scope + self.scope  # correlated
        where = f" WHERE {inner.condition()}" if self.rng.random() < 0.6 else ""
        if column is None:
            return f"(SELECT count(*) FROM {text}{where})::{kind}"
        return f"(SELECT {self.rng.choice(['min', 'max'])}({column}) FROM {text}{where})"

    def condition(self):
        rng = self.rng
        roll = rng.random()
        if roll < 0.15:
            joiner = rng.choice(["AND", "OR"])
            return f"({self.condition()} {joiner} {self.condition()})"
        if roll < 0.2:
            return f"NOT ({self.condition()})"
        if roll < 0.3 and self.depth < 3:
            text, _ = select(rng, self.depth + 1, self.ctes)
            return f"{rng.choice(['', 'NOT '])}EXISTS ({text})"
        kind = rng.choice([INT, TEXT, NUMBER])
        if roll < 0.4 and self.depth < 3:
            inner = _Query(rng, self.depth + 1, self.ctes)
            text = inner.from_clause()
            column = inner.column(kind)
            if column:
                return f"{self.value(kind)} IN (SELECT {column} FROM {text})"
        if roll < 0.5:
            return f"{self.value(kind)} IS {rng.choice(['', 'NOT '])}NULL"
        operator = rng.choice(["=", "<>", "<", ">", "<=", ">=", "IS DISTINCT FROM"])
        return f"{self.value(kind)} {operator} {self.value(kind)}"


def select(rng, depth, ctes):
    """(text, columns) of one SELECT, possibly with its own WITH or a set operation."""
    with_text = ""
    if depth < 2 and rng.random() < 0.25:
        name = rng.choice(["orders", "customers", "w"])
        body, columns = select(rng, depth + 1, ctes)
        with_text = f"WITH {name} AS ({body}) "
        ctes = {**ctes, name: columns}
    query_ = _Query(rng, depth, ctes)
    from_text = query_.from_clause()
    where = f" WHERE {query_.condition()}" if rng.random() < 0.6 else ""
    kinds = [rng.choice([INT, TEXT, NUMBER]) for _ in range(rng.randint(1, 3))]
    outputs = ", ".join(f"{query_.value(kind)}::{kind} AS v{i}" for i, kind in enumerate(kinds))
    text = f"SELECT {rng.choice(['', '', 'DISTINCT '])}{outputs} FROM {from_text}{where}"
    columns = [(f"v{i}", kind) for i, kind in enumerate(kinds)]
    if depth < 2 and rng.random() < 0.2:
        operator = rng.choice(["UNION", "UNION ALL", "INTERSECT", "EXCEPT"])
        text = f"({text}) {operator} ({_same_shape(rng, depth + 1, ctes, kinds)})"
    return with_text + text, columns


def _same_shape(rng, depth, ctes, kinds):
    query_ = _Query(rng, depth, ctes)
    from_text = query_.from_clause()
    outputs = ", ".join(f"{query_.value(kind)}::{kind}" for kind in kinds)
    return f"SELECT {outputs} FROM {from_text}"


def query(rng):
    """One statement."""
    return select(rng, 0, {})[0]
