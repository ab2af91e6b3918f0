# SPDX-License-Identifier: Apache-2.0
"""asyncpg: extended and binary only, named statements in a cache, portals with row limits."""

import asyncio
import datetime
import decimal
import uuid

import asyncpg
from trips import LARGE, ROWS, SELECT_ROWS, SLOW, TENANT, same, seen, trip


async def raises(error, work):
    try:
        await work
    except error:
        return
    raise AssertionError(f"no {error}")


async def prepared(session):
    statement = await session.prepare("SELECT $1::int + 1")
    for number in range(5):
        same(await statement.fetchval(number), number + 1)
        same(seen(await session.fetch(SELECT_ROWS)), ROWS)
    same(await session.fetch("SELECT item FROM orders WHERE id = $1", -1), [])


async def types(session):
    values = [True, 2**40, decimal.Decimal("12.50"), "Zürich ' \\ \"", b"\x00\xff",
              datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc),
              uuid.UUID(int=7), '{"a": [1, null]}', None]
    row = await session.fetchrow(
        "SELECT $1::bool, $2::int8, $3::numeric, $4::text, $5::bytea, $6::timestamptz, "
        "$7::uuid, $8::jsonb, $9::text", *values)
    same(list(row.values()), values)


async def arrays(session):
    """asyncpg asks the catalogues about array types."""
    row = await session.fetchrow("SELECT $1::int4[], $2::text[]", [1, -2, 3], ["a,b", '"', ""])
    same(tuple(row), ([1, -2, 3], ["a,b", '"', ""]))


async def transactions(session):
    async with session.transaction(isolation="serializable"):
        await session.execute("INSERT INTO orders (tenant_id, id, item) VALUES ($1, 900, 'kept')",
                              TENANT)
        same(len(await session.fetch(SELECT_ROWS)), len(ROWS) + 1)
    same(await session.execute("DELETE FROM orders WHERE id = 900"), "DELETE 1")


async def rollback(session):
    outer = session.transaction()
    await outer.start()
    await session.execute("INSERT INTO orders (tenant_id, id) VALUES ($1, 901)", TENANT)
    inner = session.transaction()
    await inner.start()
    same(await session.execute("DELETE FROM orders WHERE id = 901"), "DELETE 1")
    await inner.rollback()
    same(len(await session.fetch(SELECT_ROWS)), len(ROWS) + 1)
    await outer.rollback()
    same(seen(await session.fetch(SELECT_ROWS)), ROWS)


async def errors(session):
    await raises(asyncpg.DivisionByZeroError, session.fetchval("SELECT 1 / $1::int", 0))
    await raises(asyncpg.UndefinedColumnError, session.fetch("SELECT nope FROM orders"))
    await raises(asyncpg.DivisionByZeroError, session.execute("SELECT 1; SELECT 1 / 0; SELECT 2"))
    same(await session.fetchval("SELECT 1"), 1)


async def batch(session):
    """executemany sends Bind and Execute again and again before one Sync."""
    await session.executemany("INSERT INTO orders (tenant_id, id) VALUES ($1, $2)",
                              [(TENANT, 910 + n) for n in range(200)])
    same(await session.execute("DELETE FROM orders WHERE id >= 910"), "DELETE 200")


async def large(session):
    rows = await session.fetch("SELECT g, repeat('x', 100) FROM generate_series(1, $1) g", LARGE)
    same([row[0] for row in rows], list(range(1, LARGE + 1)))


async def cursor(session):
    async with session.transaction():
        rows = [row async for row in session.cursor(SELECT_ROWS, prefetch=2)]
        same(seen(rows), ROWS)


async def cancel(session):
    """A timeout of the driver sends the cancel request."""
    await raises(asyncio.TimeoutError, session.fetch(SLOW, timeout=0.5))
    same(seen(await session.fetch(SELECT_ROWS)), ROWS)


async def reads(session):
    same(seen(await session.fetch(SELECT_ROWS)), ROWS)


async def pool():
    async with asyncpg.create_pool(ssl=False, min_size=2, max_size=2) as sessions:
        for _ in range(4):
            await reads(sessions)


STEPS = {"connect": reads, "prepared": prepared, "types": types, "arrays": arrays,
         "transaction": transactions, "rollback": rollback, "error": errors, "pipeline": batch,
         "large": large, "cursor": cursor, "cancel": cancel}


def main():
    with asyncio.Runner() as runner:
        session = runner.run(asyncpg.connect(ssl=False))
        for name, work in STEPS.items():
            trip(name, lambda: runner.run(work(session)), lambda: runner.run(reads(session)))
        runner.run(session.close())
        trip("reconnect", lambda: runner.run(pool()), lambda: None)


main()
