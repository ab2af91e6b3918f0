# SPDX-License-Identifier: Apache-2.0
"""Generated statements of every kind, changes among them (support/sql_grammar.py).

Differential: through the proxy they answer what PostgreSQL's RLS answers. Non-interference: they
answer the same, byte for byte, whatever the other tenant's rows hold. 5,000 of each, 200,000 with
--long; RF_SQL_SEED and RF_SQL_ONLY choose."""

import os
import re

import pytest

from support import sql_compare, sql_grammar, sql_grammar_data as data, sql_proxies, sql_twins
from support.ringfence import Ringfence

SEED = int(os.environ.get("RF_SQL_SEED", "1"))
ONLY = os.environ.get("RF_SQL_ONLY")
TIDY_EVERY = 500
#: Of all statements that run under RLS, so many may be refused by the proxy.
REFUSED_MOST = 0.02
#: The server wants the same expression in two places, and a sub-query over a tenant's table is not
#: the same twice after rewriting (docs/isolation.md).
SAME_EXPRESSION = "42P10"
#: So many must succeed, and so many of those return or change rows.
SUCCEED_LEAST = 0.6


@pytest.fixture(scope="module")
def numbers(is_long):
    if ONLY:
        return [int(ONLY)]
    return range(200_000 if is_long else 5_000)


@pytest.fixture(scope="module")
def way_to(sql_cluster):
    """way_to(database): as tenant t1, through a proxy of its own."""
    opened = []

    def open_way(database):
        data.create(sql_cluster, database)
        overrides = {
            "upstreams": {"main": {"database": database, "user": sql_twins.ROLE,
                                   "pool": {"size": 2}}},
            "isolation": {"row": {"shared": data.SHARED}},
        }
        proxy = Ringfence(sql_cluster, overrides=overrides, passwords={},
                          states={sql_twins.TENANT: "active", sql_twins.OTHER: "active"})
        opened.append(proxy)
        opened.append(sql_proxies.through_proxy(proxy.start(), database=database))
        return opened[-1]

    yield open_way
    for way in reversed(opened):
        way.close() if isinstance(way, sql_proxies.Direct) else way.remove()


def shown_secret(generated, answer):
    """A text of the answer that only t2's rows hold."""
    for text in answer.texts():
        if data.SECRET in text and data.SECRET not in generated.sql:
            return text
    return None


def in_order(answer):
    """The rows as they came. 2.50 and 2.5 are peers: which of them comes first is open."""
    return [[[value if value is None else re.sub(r"(\.\d*?)0+$", r"\1", value).removesuffix(".")
              for value in row] for row in result.rows] for result in answer.results]


def without_oids(error):
    """One message of the server's names a table by the number it happens to have."""
    return error and {**error, "message": re.sub(r"table reference \d+", "table reference",
                                                 error["message"])}


def has_rows(answer):
    return any(result.rows or not result.tag.endswith(" 0") for result in answer.results)


def differs(generated, got, truth):
    if got.error and got.sqlstate in generated.refusals:
        return None
    if generated.may_raise and (got.error or truth.error):
        return None
    if got.sqlstate == SAME_EXPRESSION and not truth.error:
        return None
    wrong = sql_compare.differs(got, truth, allow_refusal=True)
    if wrong or got.error:
        return wrong
    if [result.columns for result in got.results] != [result.columns for result in truth.results]:
        return "other column names"
    # Under grouping sets PostgreSQL (15 at least) drops the ORDER BY of a column that a policy
    # fixes, though it is NULL in some rows: then RLS is not the truth.
    has_sets = any(word in generated.sql for word in ("CUBE", "ROLLUP", "GROUPING SETS"))
    if generated.is_ordered and not has_sets and in_order(got) != in_order(truth):
        return f"another order: {in_order(got)}, under RLS {in_order(truth)}"
    return None


def test_as_under_row_level_security(sql_cluster, way_to, numbers):
    data.create(sql_cluster, data.RLS)
    rls = sql_proxies.Direct(sql_twins.parameters(sql_cluster, data.RLS))
    proxy = way_to(data.PLAIN)
    before = data.snapshot(sql_cluster, data.PLAIN)
    ran = refused = fruitful = 0
    for number in numbers:
        generated = sql_grammar.statement(SEED, number)
        truth, got = sql_grammar.run(rls, generated), sql_grammar.run(proxy, generated)
        assert shown_secret(generated, got) is None, f"{generated}shows t2's: {got}"
        wrong = differs(generated, got, truth)
        assert wrong is None, f"{generated}{wrong}"
        ran += truth.error is None
        refused += truth.error is None and got.sqlstate in {
            SAME_EXPRESSION, *sql_compare.REFUSALS}
        fruitful += got.error is None and has_rows(got)
        if number % TIDY_EVERY == TIDY_EVERY - 1:
            data.tidy(sql_cluster, data.PLAIN)
            data.tidy(sql_cluster, data.RLS)
    rls.close()
    assert data.snapshot(sql_cluster, data.PLAIN) == before
    if len(numbers) > 1:
        assert refused <= REFUSED_MOST * ran, f"{refused} of {ran} refused"
        assert fruitful >= SUCCEED_LEAST * len(numbers), f"only {fruitful} found or changed rows"


def test_other_rows_do_not_matter(sql_cluster, way_to, numbers):
    before, after = way_to(data.BEFORE), way_to(data.AFTER)
    for number in numbers:
        generated = sql_grammar.statement(SEED, number)
        one, other = sql_grammar.run(before, generated), sql_grammar.run(after, generated)
        assert without_oids(one.error) == without_oids(other.error), generated
        assert one.notices == other.notices, generated
        assert one.multisets() == other.multisets(), generated
        if generated.is_ordered:
            assert in_order(one) == in_order(other), generated
        if number % TIDY_EVERY == TIDY_EVERY - 1:
            data.tidy(sql_cluster, data.BEFORE)
            data.tidy(sql_cluster, data.AFTER)
