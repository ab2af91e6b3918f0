# SPDX-License-Identifier: Apache-2.0
"""psycopg 3: extended protocol with server-side statements, pipelines, named cursors."""

import datetime
import decimal
import uuid

import psycopg
from psycopg.types.json import Jsonb
from trips import LARGE, ROWS, SELECT_ROWS, SLOW, TENANT, cancelled, raises, same, seen, trip


def connect():
    return psycopg.connect(sslmode="disable", autocommit=True)


def prepared(session):
    session.prepare_threshold = 0
    for number in range(5):
        same(session.execute("SELECT %s::int + 1", (number,)).fetchone(), (number + 1,))
        same(seen(session.execute(SELECT_ROWS).fetchall()), ROWS)


def types(session):
    values = (True, 2**40, decimal.Decimal("12.50"), "Zürich ' \\ \"", b"\x00\xff",
              datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc),
              uuid.UUID(int=7), Jsonb({"a": [1, None]}), None)
    for binary in (False, True):
        row = session.execute(
            "SELECT %s::bool, %s::int8, %s::numeric, %s::text, %s::bytea, %s::timestamptz, "
            "%s::uuid, %s::jsonb, %s::text", values, binary=binary).fetchone()
        same(row, tuple(value.obj if isinstance(value, Jsonb) else value for value in values))


def arrays(session):
    for binary in (False, True):
        same(session.execute("SELECT %s::int4[], %s::text[]", ([1, -2, 3], ["a,b", '"', ""]),
                             binary=binary).fetchone(), ([1, -2, 3], ["a,b", '"', ""]))


def transactions(session):
    with session.transaction():
        session.execute("INSERT INTO orders (tenant_id, id, item) VALUES (%s, 900, 'kept')",
                        (TENANT,))
        same(len(session.execute(SELECT_ROWS).fetchall()), len(ROWS) + 1)
    session.execute("DELETE FROM orders WHERE id = 900 AND tenant_id = %s", (TENANT,))


def rollback(session):
    with session.transaction(force_rollback=True):
        session.execute("INSERT INTO orders (tenant_id, id) VALUES (%s, 901)", (TENANT,))
        with session.transaction(force_rollback=True):
            same(session.execute("DELETE FROM orders WHERE id = 901").rowcount, 1)
        same(len(session.execute(SELECT_ROWS).fetchall()), len(ROWS) + 1)
    same(seen(session.execute(SELECT_ROWS).fetchall()), ROWS)


def errors(session):
    raises(psycopg.errors.DivisionByZero, lambda: session.execute("SELECT 1 / %s", (0,)))
    raises(psycopg.errors.UndefinedColumn, lambda: session.execute("SELECT nope FROM orders"))
    same(session.execute("SELECT 1").fetchone(), (1,))


def pipeline(session):
    with session.pipeline():
        cursors = [session.execute("SELECT %s::int", (n,)) for n in range(100)]
        rows = session.execute(SELECT_ROWS)
    same([cursor.fetchone() for cursor in cursors], [(n,) for n in range(100)])
    same(seen(rows.fetchall()), ROWS)

    def fail():
        with session.pipeline():
            session.execute("SELECT 1")
            session.execute("SELECT 1 / 0")
            session.execute("SELECT 2")
    raises(psycopg.errors.DivisionByZero, fail)
    same(session.execute("SELECT 3").fetchone(), (3,))


def large(session):
    rows = session.execute("SELECT g, repeat('x', 100) FROM generate_series(1, %s) g",
                           (LARGE,)).fetchall()
    same([row[0] for row in rows], list(range(1, LARGE + 1)))


def cursor(session):
    with session.transaction(), session.cursor("walk") as walk:
        walk.itersize = 2
        same(seen(walk.execute(SELECT_ROWS)), ROWS)


def cancel(session):
    cancelled(session.cancel, lambda: raises(psycopg.errors.QueryCanceled,
                                             lambda: session.execute(SLOW)))
    same(seen(session.execute(SELECT_ROWS).fetchall()), ROWS)


def reads(session):
    same(seen(session.execute(SELECT_ROWS).fetchall()), ROWS)


STEPS = {"connect": reads, "prepared": prepared, "types": types, "arrays": arrays,
         "transaction": transactions, "rollback": rollback, "error": errors, "pipeline": pipeline,
         "large": large, "cursor": cursor, "cancel": cancel}


def main():
    with connect() as session:
        for name, work in STEPS.items():
            trip(name, lambda: work(session), lambda: reads(session))
    with connect() as session:
        trip("reconnect", lambda: reads(session), lambda: None)


main()
