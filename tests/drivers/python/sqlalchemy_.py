# SPDX-License-Identifier: Apache-2.0
"""SQLAlchemy: its ORM over psycopg 3, psycopg 2 and, asynchronously, asyncpg."""

import asyncio
import decimal
import os

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from trips import LARGE, ROWS, TENANT, raises, same, seen, trip


class Base(orm.DeclarativeBase):
    pass


class Order(Base):
    __tablename__ = "orders"
    tenant_id: orm.Mapped[str] = orm.mapped_column(primary_key=True, default=TENANT)
    id: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, primary_key=True)
    item: orm.Mapped[str]
    amount: orm.Mapped[decimal.Decimal] = orm.mapped_column(sa.Numeric(12, 2))


def url(driver):
    return sa.URL.create(f"postgresql+{driver}", os.environ["PGUSER"], os.environ["PGPASSWORD"],
                         os.environ["PGHOST"], int(os.environ["PGPORT"]), os.environ["PGDATABASE"])


def all_rows(session):
    return seen((order.id, order.item) for order in session.scalars(sa.select(Order)))


def work(session):
    """The unit of work: insert, read back, change, delete, in one transaction each."""
    session.add_all([Order(id=900 + n, item=f"new {n}", amount=n) for n in range(10)])
    session.commit()
    same(len(all_rows(session)), len(ROWS) + 10)
    order = session.get(Order, (TENANT, 905))
    same((order.item, order.amount), ("new 5", decimal.Decimal("5.00")))
    order.item = "changed"
    session.commit()
    same(session.scalar(sa.select(Order.item).where(Order.id == 905)), "changed")
    session.rollback()
    same(session.execute(sa.delete(Order).where(Order.id >= 900)).rowcount, 10)
    session.commit()
    same(all_rows(session), ROWS)


def failure(session):
    first = Order(id=920, item="first", amount=1)
    session.add(first)
    session.flush()
    raises(sa.exc.IntegrityError, lambda: session.execute(
        sa.insert(Order).values(tenant_id=TENANT, id=920, item="again", amount=1)))
    session.rollback()
    same(all_rows(session), ROWS)
    with session.begin_nested() as nested:
        session.add(Order(id=921, item="gone", amount=1))
        session.flush()
        nested.rollback()
    session.commit()
    same(all_rows(session), ROWS)


def reads(session):
    session.rollback()
    same(all_rows(session), ROWS)


def large(session):
    numbers = sa.select(sa.func.generate_series(1, LARGE))
    same(list(session.scalars(numbers)), list(range(1, LARGE + 1)))


def stream(session):
    rows = session.execute(sa.select(Order.id, Order.item),
                           execution_options={"stream_results": True, "yield_per": 2})
    same(seen(rows), ROWS)


def reflect(session):
    """What a migration tool asks of a database."""
    inspector = sa.inspect(session.connection())
    same(set(inspector.get_table_names()) >= {"orders", "customers", "countries"}, True)
    same([column["name"] for column in inspector.get_columns("orders")][:2], ["tenant_id", "id"])
    same(inspector.get_pk_constraint("orders")["constrained_columns"], ["tenant_id", "id"])
    same(inspector.get_foreign_keys("orders")[0]["referred_table"], "customers")
    for ask in (inspector.get_indexes, inspector.get_unique_constraints,
                inspector.get_table_comment, inspector.get_check_constraints):
        ask("orders")
    inspector.get_view_names(), inspector.get_schema_names(), inspector.get_sequence_names()
    table = sa.Table("orders", sa.MetaData(), autoload_with=session.connection())
    same(seen(session.execute(sa.select(table.c.id, table.c.item))), ROWS)


STEPS = {"connect": reads, "transaction": work, "rollback": failure, "large": large,
         "cursor": stream, "reflect": reflect}


def through(driver, **options):
    engine = sa.create_engine(url(driver), pool_size=2, pool_pre_ping=True, **options)
    with orm.Session(engine) as session:
        for name, step in STEPS.items():
            trip(f"{driver} {name}", lambda: step(session), lambda: reads(session))
    engine.dispose()


async def through_asyncpg():
    engine = create_async_engine(url("asyncpg"), pool_size=2)
    async with AsyncSession(engine) as session:
        for step in (work, failure, large):
            await session.run_sync(step)
    await engine.dispose()


through("psycopg")
through("psycopg2")
trip("asyncpg transaction", lambda: asyncio.run(through_asyncpg()), lambda: None)
