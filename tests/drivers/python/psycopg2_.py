# SPDX-License-Identifier: Apache-2.0
"""psycopg 2: simple protocol only, parameters pasted in by the client, named cursors."""

import datetime
import decimal

import psycopg2
import psycopg2.errors
import psycopg2.extras
from trips import LARGE, ROWS, SELECT_ROWS, SLOW, TENANT, cancelled, raises, same, seen, trip


def fetch(session, text, values=None):
    with session.cursor() as cursor:
        cursor.execute(text, values)
        return cursor.fetchall()


def change(session, text, values=None):
    with session.cursor() as cursor:
        cursor.execute(text, values)
        return cursor.rowcount


def types(session):
    values = (True, -2**40, decimal.Decimal("-12.50"), "Zürich ' \\ \"",
              datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc), None)
    same(fetch(session, "SELECT %s::bool, %s::int8, %s::numeric, %s::text, %s::timestamptz, "
               "%s::text", values), [values])
    same(bytes(fetch(session, "SELECT %s", (psycopg2.Binary(b"\x00\xff\\"),))[0][0]),
         b"\x00\xff\\")
    same(fetch(session, "SELECT 5-%s", (-1,)), [(6,)])


def arrays(session):
    same(fetch(session, "SELECT %s::int4[], %s::text[]", ([1, -2, 3], ["a,b", '"', ""])),
         [([1, -2, 3], ["a,b", '"', ""])])


def transactions(session):
    change(session, "INSERT INTO orders (tenant_id, id, item) VALUES (%s, 900, 'kept')", (TENANT,))
    session.commit()
    same(len(fetch(session, SELECT_ROWS)), len(ROWS) + 1)
    same(change(session, "DELETE FROM orders WHERE id = 900"), 1)
    session.commit()


def rollback(session):
    change(session, "INSERT INTO orders (tenant_id, id) VALUES (%s, 901)", (TENANT,))
    change(session, "SAVEPOINT s")
    same(change(session, "DELETE FROM orders WHERE id = 901"), 1)
    change(session, "ROLLBACK TO SAVEPOINT s")
    same(len(fetch(session, SELECT_ROWS)), len(ROWS) + 1)
    session.rollback()
    same(seen(fetch(session, SELECT_ROWS)), ROWS)


def errors(session):
    raises(psycopg2.errors.DivisionByZero, lambda: fetch(session, "SELECT 1 / 0"))
    raises(psycopg2.errors.InFailedSqlTransaction, lambda: fetch(session, "SELECT 1"))
    session.rollback()
    same(fetch(session, "SELECT 1"), [(1,)])


def batch(session):
    """Several statements in one Query, and the VALUES lists of execute_values."""
    with session.cursor() as cursor:
        psycopg2.extras.execute_values(
            cursor, "INSERT INTO orders (tenant_id, id) VALUES %s",
            [(TENANT, 910 + n) for n in range(20)], page_size=10)
        psycopg2.extras.execute_batch(cursor, "DELETE FROM orders WHERE id = %s",
                                      [(910 + n,) for n in range(20)])
    session.commit()
    same(seen(fetch(session, SELECT_ROWS)), ROWS)


def large(session):
    rows = fetch(session, "SELECT g, repeat('x', 100) FROM generate_series(1, %s) g", (LARGE,))
    same([row[0] for row in rows], list(range(1, LARGE + 1)))


def walk(session):
    with session.cursor("walk") as cursor:
        cursor.itersize = 2
        cursor.execute(SELECT_ROWS)
        same(seen(cursor), ROWS)
    session.commit()


def cancel(session):
    cancelled(session.cancel, lambda: raises(psycopg2.errors.QueryCanceled,
                                             lambda: fetch(session, SLOW)))
    session.rollback()
    same(seen(fetch(session, SELECT_ROWS)), ROWS)


def reads(session):
    session.rollback()
    same(seen(fetch(session, SELECT_ROWS)), ROWS)


STEPS = {"connect": reads, "types": types, "arrays": arrays, "transaction": transactions,
         "rollback": rollback, "error": errors, "pipeline": batch, "large": large, "cursor": walk,
         "cancel": cancel}


def main():
    session = psycopg2.connect("sslmode=disable")
    for name, work in STEPS.items():
        trip(name, lambda: work(session), lambda: reads(session))
    session.close()
    session = psycopg2.connect("sslmode=disable")
    trip("reconnect", lambda: reads(session), lambda: None)
    session.close()


main()
