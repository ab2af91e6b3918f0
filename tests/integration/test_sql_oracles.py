# SPDX-License-Identifier: Apache-2.0
"""Statements that ask, without reading a row, whether another tenant's value exists: by an error
that is raised only when it does. Each is run with a guess that is right about t2's rows and with
one that nobody's rows hold; the two answers must be the same, whatever they are.

The table is large enough for the planner to keep statistics, because the planner itself runs some
operators over the most common values of all tenants."""

import pytest

from support import sql_twins

RIGHT = sql_twins.NOTES[sql_twins.OTHER]
WRONG = "absent-note"
assert len(RIGHT) == len(WRONG)

STATEMENTS = [
    # LIKE raises when a value matches all before a lone backslash at the pattern's end.
    r"SELECT count(*) FROM notes WHERE body LIKE '%{part}\'",
    r"SELECT count(*) FROM notes WHERE body NOT LIKE '%{part}\'",
    r"SELECT count(*) FROM notes WHERE body ILIKE '%{part}\'",
    r"SELECT count(*) FROM notes WHERE body OPERATOR(pg_catalog.~~) '%{part}\'",
    r"SELECT count(*) FROM notes WHERE body LIKE E'%{part}\x5c'",
    r"SELECT count(*) FROM notes WHERE body LIKE '%{part}' || chr(92)",
    r"SELECT count(*) FROM notes WHERE body LIKE concat('%{part}', chr(92))",
    r"SELECT count(*) FROM notes WHERE body LIKE '%{part}!' ESCAPE '!'",
    r"SELECT count(*) FROM notes WHERE body LIKE ANY (ARRAY['x', '%{part}\'])",
    r"SELECT count(*) FROM notes WHERE body LIKE ANY ('{{%{part}\\\\}}')",
    r"SELECT count(*) FROM notes WHERE body LIKE ALL (string_to_array('%{part}\', ','))",
    r"SELECT count(*) FROM notes WHERE body LIKE ANY (SELECT '%{part}\')",
    r"SELECT count(*) FROM notes WHERE body LIKE CASE WHEN true THEN '%{part}\' END",
    r"SELECT count(*) FROM notes WHERE body LIKE coalesce(NULL, '%{part}\')",
    r"SELECT count(*) FROM notes WHERE body LIKE '%{part}\' COLLATE ""C""".replace('""', '"'),
    r"SELECT count(*) FROM notes n, (SELECT '%{part}\'::text AS p) s WHERE n.body LIKE s.p",
    r"SELECT count(*) FROM notes n, (VALUES ('%{part}\')) s(p) WHERE n.body LIKE s.p",
    r"SELECT count(*) FROM notes n, concat('%{part}', chr(92)) p WHERE n.body LIKE p",
    r"WITH s AS (SELECT '%{part}\'::text AS p) SELECT count(*) FROM notes, s WHERE body LIKE p",
    r"SELECT count(*) FROM countries k LEFT JOIN notes n ON n.body LIKE '%{part}' || chr(92)",
    r"SELECT 1 WHERE EXISTS (SELECT FROM notes WHERE body LIKE '%{part}' || chr(92))",
    # A second condition that raises for the rows that the first one lets through.
    "SELECT count(*) FROM notes WHERE body = '{guess}' AND body::int > 0",
    "SELECT count(*) FROM notes WHERE body = '{guess}' AND 1 / (length(body) - length(body)) > 0",
    "SELECT count(*) FROM notes WHERE CASE WHEN body = '{guess}' THEN 1 / (id - id) > 0 END",
    "SELECT count(*) FROM notes WHERE body = '{guess}' AND body ~ '('",
    "SELECT count(*) FROM notes WHERE body = '{guess}' AND to_date(body, 'YYYY') IS NULL",
    "SELECT count(*) FROM notes WHERE body = '{guess}' AND body::xml IS DOCUMENT",
    "SELECT count(*) FROM notes WHERE body = '{guess}' AND repeat(body, 2000000000) = ''",
    "SELECT count(*) FROM notes WHERE body = '{guess}' AND (SELECT id FROM notes) > 0",
    "SELECT count(*) FROM notes WHERE body = '{guess}' AND substr(body, 1, -id) = ''",
    "SELECT count(*) FROM notes WHERE body = '{guess}' AND has_schema_privilege(body, 'usage')",
    "SELECT count(*) FROM notes WHERE body = '{guess}' AND body::regclass IS NOT NULL",
    "SELECT x FROM (SELECT 1 / (id - id) AS x FROM notes WHERE body = '{guess}') s WHERE x > 0",
    "SELECT count(*) FROM notes n JOIN countries k ON n.body = '{guess}' AND n.body::int > 0",
    "SELECT count(*) FROM countries k LEFT JOIN notes n ON n.body = '{guess}' AND n.body::int > 0",
    "SELECT count(*) FROM notes FULL JOIN countries ON notes.body = countries.code"
    " WHERE notes.body = '{guess}' AND notes.body::int > 0",
    "SELECT count(*) FROM notes AS n(a, tenant_id, c) WHERE c = '{guess}' AND c::int > 0",
    "UPDATE orders SET total = 0 FROM notes n WHERE n.body = '{guess}' AND n.body::int > 0",
    "DELETE FROM orders USING notes n WHERE n.body = '{guess}' AND n.body::int > 0",
]

WITH_PATTERN = [
    "SELECT count(*) FROM notes WHERE body LIKE $1",
    "SELECT count(*) FROM notes WHERE body NOT ILIKE $1::text",
    "SELECT count(*) FROM notes WHERE body LIKE $1 || ''",
    "SELECT count(*) FROM notes WHERE body LIKE ANY (ARRAY[$1])",
    "SELECT count(*) FROM notes WHERE $1 IS NOT NULL AND body LIKE $1::varchar",
]


def shown(answer, guess):
    """All that the client sees, with the guess taken out."""
    texts = [text.replace(guess, "*").replace(guess[:-1], "*") for text in answer.texts()]
    return answer.sqlstate, texts, [result.tag for result in answer.results]


def ask(way, statement, guess, protocol):
    way.begin()
    try:
        return shown(way.run(statement.format(guess=guess, part=guess[:-1]), protocol), guess)
    finally:
        way.rollback()


@pytest.mark.parametrize("protocol", ["simple", "extended"])
@pytest.mark.parametrize("statement", STATEMENTS)
def test_a_right_guess_looks_like_a_wrong_one(statement, protocol, sql_proxy_way):
    assert ask(sql_proxy_way, statement, RIGHT, protocol) == ask(
        sql_proxy_way, statement, WRONG, protocol)


@pytest.mark.parametrize("statement", WITH_PATTERN)
def test_a_pattern_that_is_bound(statement, sql_proxy_way):
    right, wrong = (shown(sql_proxy_way.run(statement, "extended", [f"%{guess[:-1]}\\"]), guess)
                    for guess in (RIGHT, WRONG))
    assert right == wrong


def test_the_unguarded_server_can_be_asked(sql_cluster):
    """The plain database, asked directly with the fence alone, does tell: the tests above would
    see it."""
    fenced = ("SELECT count(*) FROM notes WHERE tenant_id = ANY (ARRAY['t1']) "
              "AND body LIKE '%{}\\'")
    with sql_cluster.connect_admin(sql_twins.PLAIN) as admin:
        assert admin.execute(fenced.format(WRONG[:-1])).fetchall() == [(0,)]
        with pytest.raises(Exception, match="must not end with escape character"):
            admin.execute(fenced.format(RIGHT[:-1]))
