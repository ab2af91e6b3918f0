# SPDX-License-Identifier: Apache-2.0
"""The adversarial corpus, statement by statement: as tenant t1, compared with PostgreSQL's own RLS.

Families A to D (reading) are strict: each case does what it says. In the others a refusal is
always right; what is forwarded must equal RLS, and no answer may show anything of t2's. Every case
runs in a transaction that is rolled back, as one Query message and, if it is a single statement,
as Parse, Bind and Execute too. own.sql holds further cases in the same form; its truth is computed
here and now, by running each statement under RLS."""

import csv

import pytest

from support import sql_cases, sql_compare, sql_proxies

STRICT = set("ABCD")
CASES = sql_cases.load("adversarial.sql")
OWN = sql_cases.load("own.sql")
ORACLE_WIDTH = 300  # the oracle file cuts longer answers


def is_single(sql):
    return ";" not in sql.rstrip().rstrip(";")


def run_in_transaction(way, sql, protocol="simple"):
    way.begin()
    try:
        return way.run(sql, protocol)
    finally:
        way.rollback()


def protocols(sql):
    return ["simple", "extended"] if is_single(sql) else ["simple"]


@pytest.mark.parametrize("case", CASES + OWN, ids=lambda case: case.id)
def test_through_the_proxy(case, sql_proxy_way, sql_rls_way):
    truth = run_in_transaction(sql_rls_way, case.sql)
    for protocol in protocols(case.sql):
        got = run_in_transaction(sql_proxy_way, case.sql, protocol)
        wrong = sql_compare.judge(case, got, truth, strict=case.family in STRICT)
        assert wrong is None, f"[{case.id}] {protocol}: {case.sql}\n{wrong}"


@pytest.mark.parametrize("case", CASES + OWN, ids=lambda case: case.id)
def test_as_explained(case, sql_explained_way, sql_rls_way):
    truth = run_in_transaction(sql_rls_way, case.sql)
    got = run_in_transaction(sql_explained_way, case.sql)
    wrong = sql_compare.judge(case, got, truth, strict=case.family in STRICT)
    assert wrong is None, f"[{case.id}]: {case.sql}\n{wrong}"


@pytest.mark.parametrize("case", CASES + OWN, ids=lambda case: case.id)
def test_with_policies(case, sql_secured_way, sql_rls_way):
    truth = run_in_transaction(sql_rls_way, case.sql)
    for protocol in protocols(case.sql):
        got = run_in_transaction(sql_secured_way, case.sql, protocol)
        wrong = sql_compare.judge(case, got, truth, strict=case.family in STRICT)
        assert wrong is None, f"[{case.id}] {protocol}: {case.sql}\n{wrong}"


def as_oracle_writes(answer):
    if answer.error:
        return f"ERROR {answer.sqlstate} {answer.error['message']}"
    return " / ".join(
        " / ".join("|".join(value or "" for value in row) for row in result.rows)
        if result.columns else result.tag for result in answer.results)


def test_our_rls_database_is_the_oracles(sql_rls_way):
    """The recorded oracle and the one we build agree, so that both can be trusted."""
    path = sql_cases.CORPUS / "postgres15-oracle.tsv"
    with open(path, encoding="utf-8", newline="") as file:
        recorded = {row["id"]: row["with_rls"] for row in csv.DictReader(file, delimiter="\t")}
    compared = 0
    for case in CASES:
        if case.family in STRICT and case.id in recorded:
            got = as_oracle_writes(run_in_transaction(sql_rls_way, case.sql))
            wanted = recorded[case.id][:ORACLE_WIDTH - 5]
            got = got[:ORACLE_WIDTH - 5]
            if "ORDER BY" not in case.sql:  # the order is the plan's
                got, wanted = sorted(got.split(" / ")), sorted(wanted.split(" / "))
            assert got == wanted, case.id
            compared += 1
    assert compared > 60
