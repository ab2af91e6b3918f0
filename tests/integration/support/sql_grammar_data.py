# SPDX-License-Identifier: Apache-2.0
"""The tables that generated statements are about, and databases of them: under RLS, without, and
with the other tenant's values dealt out anew.

Tenant t1's rows never make a statement fail where t2's rows would: t1's codes are numbers, its
lists are arrays, no tag is 0. So an ordinary cast in any place raises an error, which quotes the
value, as soon as the server looks at a row of t2's. t2's texts begin with zq."""

import itertools
import random

from . import sql_twins

INT, TEXT, NUMBER, BOOL, DATE, JSON, ARRAY = (
    "int8", "text", "numeric", "bool", "date", "jsonb", "int8[]")

#: {table: [(column, type)]}, the tenant column in all kinds of places.
TABLES = {
    "customers": [("tenant_id", TEXT), ("id", INT), ("name", TEXT), ("code", TEXT),
                  ("joined", DATE), ("tags", ARRAY), ("doc", JSON)],
    "orders": [("id", INT), ("tenant_id", TEXT), ("customer_id", INT), ("total", NUMBER),
               ("paid", BOOL), ("code", TEXT), ("placed", DATE), ("doc", JSON)],
    "items": [("id", INT), ("order_id", INT), ("parent_id", INT), ("name", TEXT),
              ("price", NUMBER), ("tags", ARRAY), ("tenant_id", TEXT)],
    "events": [("tenant_id", TEXT), ("id", INT), ("at", DATE), ("body", TEXT)],
    "countries": [("id", INT), ("iso", TEXT), ("name", TEXT), ("area", NUMBER)],
}
TABLES["events_2026_01"] = TABLES["events"]
#: What may be changed, with a key that has the tenant column.
CHANGED = ("customers", "orders", "items")
SHARED = ["public.countries"]
#: Begins every text that only t2's rows hold.
SECRET = "zq"
#: An id that only t2's rows have.
SECRET_ID = 97

PLAIN, RLS, BEFORE, AFTER = "grammar", "grammar_rls", "grammar_before", "grammar_after"

_TABLES = """
CREATE TABLE customers (tenant_id text NOT NULL, id int8 NOT NULL DEFAULT 500,
    name text NOT NULL DEFAULT 'new', code text NOT NULL DEFAULT '500', joined date, tags int8[],
    doc jsonb, PRIMARY KEY (tenant_id, id));
CREATE TABLE orders (id int8 NOT NULL DEFAULT 500, tenant_id text NOT NULL, customer_id int8,
    total numeric NOT NULL DEFAULT 0, paid bool, code text NOT NULL DEFAULT '500', placed date,
    doc jsonb, PRIMARY KEY (tenant_id, id));
CREATE TABLE items (id int8 NOT NULL DEFAULT 500, order_id int8, parent_id int8, name text,
    price numeric, tags int8[], tenant_id text NOT NULL, UNIQUE (id, tenant_id));
CREATE TABLE events (tenant_id text NOT NULL, id int8 NOT NULL, at date NOT NULL, body text)
    PARTITION BY RANGE (at);
CREATE TABLE events_2026_01 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
CREATE TABLE events_default PARTITION OF events DEFAULT;
CREATE TABLE countries (id int8 PRIMARY KEY, iso text NOT NULL, name text, area numeric);
CREATE INDEX ON orders (total); CREATE INDEX ON customers (name); CREATE INDEX ON items (order_id);
"""
_SEALED = ("customers", "orders", "items", "events", "events_2026_01", "events_default")
_NAMES = ("ada", "alan", "grace", "edsger", "barbara", "tony", "leslie", "ken")


def _own_rows():
    """t1's: 12 orders of 6 customers, 14 items, 8 events."""
    date = "2026-0{}-1{}".format
    yield "customers", [("t1", i, _NAMES[i], str(100 + i), date(1 + i % 3, i), [i, i + 1],
                         f'{{"n": {i}, "tag": "red", "list": [{i}, 2]}}') for i in range(1, 7)]
    yield "orders", [(i, "t1", 1 + i % 5 if i % 6 else None, 12.5 * (i % 5), i % 3 == 0,
                      str(200 + i), date(1 + i % 3, i % 9),
                      f'{{"n": {i % 4}, "tag": "blue", "list": [1]}}') for i in range(1, 13)]
    yield "items", [(i, 1 + i % 9, i // 2 or None, _NAMES[i % 8] if i % 7 else None, 1.25 * i,
                     [1 + i % 3] if i % 4 else None, "t1") for i in range(1, 15)]
    yield "events", [("t1", i, date(1 + i % 2, i), f"{_NAMES[i % 4]} came") for i in range(1, 9)]


def _others_rows():
    """t2's: the same ids and some of the same values, and others that t1 has not."""
    ids = [*range(1, 9), *range(SECRET_ID, SECRET_ID + 6)]
    date = "2026-0{}-1{}".format
    yield "customers", [("t2", i, f"zq-{i}" if i % 2 else _NAMES[i % 8], f"zq{i}",
                         date(1 + i % 3, i % 7), [0, i], f'{{"n": "zq{i}", "tag": "zq", '
                         f'"list": {{"zq": {i}}}}}') for i in ids]
    yield "orders", [(i, "t2", 1 + i % 5, 12.5 * (i % 7), i % 2 == 0, f"zq{i}",
                      date(1 + i % 4, i % 9), f'{{"n": "zq{i}", "tag": "blue", "list": "zq"}}')
                     for i in ids]
    yield "items", [(i, 1 + i % 9, i // 2, f"zq-item-{i}" if i % 3 else "ada", 1.25 * i, [0],
                     "t2") for i in ids]
    yield "events", [("t2", i, date(1 + i % 2, i % 9), f"zq came {i}") for i in ids]


def _dealt_anew(rows):
    """The same values, each column's in another order."""
    rng = random.Random("dealt anew")
    columns = [list(column) for column in zip(*rows)]
    for column in columns:
        rng.shuffle(column)
    return list(zip(*columns))


def _fill(admin, dealt_anew):
    others = dict(_others_rows())
    for table, own in _own_rows():
        hidden = _dealt_anew(others[table]) if dealt_anew else others[table]
        # The tenants' rows alternate, so that no prefix of a table is one tenant's.
        mixed = [row for pair in itertools.zip_longest(hidden, own) for row in pair if row]
        marks = ", ".join(["%s"] * len(mixed[0]))
        with admin.cursor() as cursor:
            cursor.executemany(f"INSERT INTO {table} VALUES ({marks})", mixed)
    admin.execute("INSERT INTO countries VALUES (1, 'FR', 'ada', 640), (2, 'DE', 'alan', 357),"
                  " (3, 'IT', 'italy', 302.5), (96, 'NO', NULL, 0)")
    admin.execute("ANALYZE")


def _seal(admin):
    for table in _SEALED:
        condition = "(tenant_id = current_setting('app.tenant'))"
        admin.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY; "
                      f"CREATE POLICY tenant ON {table} USING {condition} WITH CHECK {condition}; "
                      # A row that leaves the tenant out gets it, as from the proxy.
                      f"ALTER TABLE {table} ALTER tenant_id SET DEFAULT '{sql_twins.TENANT}'")


def create(postgres, database):
    """One of the four databases, in a cluster that has sql_twins' roles."""
    postgres.admin(f"CREATE DATABASE {database}", "postgres")
    role = sql_twins.ROLE
    with postgres.connect_admin(database) as admin:
        admin.execute(_TABLES)
        _fill(admin, dealt_anew=database == AFTER)
        admin.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public "
                      f"TO {role}")
        admin.execute(f"ALTER ROLE {role} IN DATABASE {database} SET app.tenant = "
                      f"'{sql_twins.TENANT}'")
        # Compiling such small queries takes longer than running them.
        admin.execute(f"ALTER DATABASE {database} SET jit = off")
        if database == RLS:
            _seal(admin)


def tidy(postgres, database):
    """Removes what rolled-back statements left in the tables' pages."""
    postgres.admin("VACUUM ANALYZE", database)


def snapshot(postgres, database):
    """Every row, as the superuser sees them."""
    with postgres.connect_admin(database) as admin:
        return {table: sorted(row[0] for row in admin.execute(f"SELECT t::text FROM {table} t"))
                for table in TABLES}
