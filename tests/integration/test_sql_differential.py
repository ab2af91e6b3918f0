# SPDX-License-Identifier: Apache-2.0
"""Statements that change rows, committed: afterwards the superuser looks at every row of both
databases. The other tenant's rows are as they were; where the proxy and RLS both ran the
statement, all rows are equal. Then generated queries, which no person wrote with the rewriter in
mind: RF_SQL_QUERIES of them (default 400), reproducible by RF_SQL_SEED."""

import os
import random

import pytest

from support import sql_cases, sql_compare, sql_generator, sql_twins

CHANGES = [case for case in sql_cases.load("adversarial.sql") + sql_cases.load("own.sql")
           if case.changes_rows and case.family in "CEFGHP"]
SEED = int(os.environ.get("RF_SQL_SEED", "1"))
NUM_QUERIES = int(os.environ.get("RF_SQL_QUERIES", "400"))


@pytest.fixture(scope="module")
def untouched(sql_cluster):
    """What the plain database holds before any statement."""
    return sql_twins.snapshot(sql_cluster, sql_twins.PLAIN)


def others_rows(snapshot):
    return {table: [row for row in rows if f"{sql_twins.OTHER}," in row]
            for table, rows in snapshot.items()}


@pytest.mark.parametrize("case", CHANGES, ids=lambda case: case.id)
def test_rows_after_commit(case, sql_cluster, sql_proxy_way, sql_rls_way, untouched):
    truth = sql_rls_way.run(case.sql)
    got = sql_proxy_way.run(case.sql)
    try:
        rows = sql_twins.snapshot(sql_cluster, sql_twins.PLAIN)
        assert others_rows(rows) == others_rows(untouched), f"changed t2's rows: {case.sql}"
        if got.error:
            assert rows == untouched, f"failed and still changed rows: {case.sql}"
        elif truth.error is None:
            assert rows == sql_twins.snapshot(sql_cluster, sql_twins.RLS), case.sql
    finally:
        for database in (sql_twins.PLAIN, sql_twins.RLS):
            if sql_twins.snapshot(sql_cluster, database) != untouched:
                sql_twins.reset(sql_cluster, database)


def test_generated_queries(sql_proxy_way, sql_rls_way):
    compare_generated(sql_proxy_way, sql_rls_way)


def test_generated_queries_as_explained(sql_explained_way, sql_rls_way):
    compare_generated(sql_explained_way, sql_rls_way)


def compare_generated(way, rls_way):
    refused = 0
    for number in range(NUM_QUERIES):
        sql = sql_generator.query(random.Random(f"{SEED}/{number}"))
        truth = rls_way.run(sql)
        got = way.run(sql)
        where = f"seed {SEED}, query {number}: {sql}\n"
        leak = sql_compare.find_leak(sql, got)
        # A count may happen to be 20: under RLS it is so too.
        assert leak is None or sql_compare.find_leak(sql, truth) == leak, (
            f"{where}shows a value of t2's: {leak!r}")
        wrong = sql_compare.differs(got, truth, allow_refusal=True)
        assert wrong is None, where + wrong
        refused += got.sqlstate in sql_compare.REFUSALS and not truth.error
    # The generator keeps to what the proxy promises to run.
    assert refused <= NUM_QUERIES // 50, f"{refused} of {NUM_QUERIES} refused"
