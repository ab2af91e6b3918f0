# SPDX-License-Identifier: Apache-2.0
"""SET and RESET behave as on one connection, whichever link the next statement gets."""

import random

import psycopg
import pytest

from support import passthrough
from support.pg_wire import RawSession, SYNC, bind, execute, parse, query, row_values

SETTINGS = {
    "timezone": ["UTC", "Asia/Tokyo", "America/Lima"],
    "datestyle": ["ISO, DMY", "German"],
    "extra_float_digits": ["0", "3"],
    "statement_timeout": ["70000", "80000"],
    "application_name": ["one", "it's two"],
    "intervalstyle": ["postgres", "iso_8601"],
}


def single_link(start_proxy, **pool):
    return start_proxy(overrides={"limits": {"workers": 1},
                                  "upstreams": {"main": {"pool": {"size": 1, **pool}}}})


def show(connection, name):
    return connection.execute(f"SHOW {name}").fetchone()[0]


@pytest.mark.parametrize("isolated", [True, False], ids=["row", "passthrough"])
def test_settings_follow_without_keeping_the_link(start_proxy, rows, isolated):
    proxy = single_link(start_proxy) if isolated else start_proxy(
        overrides=passthrough.overrides(size=1))
    with proxy.connect("acme") as one, proxy.connect("globex") as other:
        one.execute("SET timezone = 'Asia/Tokyo'")
        other.execute("SET extra_float_digits = 0")
        for _ in range(2):
            assert (show(one, "timezone"), show(one, "extra_float_digits")) == ("Asia/Tokyo", "1")
            assert (show(other, "timezone"), show(other, "extra_float_digits")) == ("UTC", "0")
        one.execute("RESET timezone")
        assert show(one, "timezone") == "UTC"
        assert 'ringfence_sessions_pinned{tenant="acme"} 0' in proxy.http("/metrics")[1]


def test_extended_and_reported(start_proxy, rows):
    """As pgjdbc sets at its connection; the client hears what the server reports."""
    proxy = single_link(start_proxy)
    with RawSession(proxy.ports["pg"]) as one, RawSession(proxy.ports["pg"]) as other:
        one.login("app.acme")
        other.login("app.globex")
        one.send(parse("SET TIME ZONE 'Asia/Tokyo'"), bind(), execute(), SYNC)
        answer = one.read_until_ready()
        assert any(found.type == "S" and b"Asia/Tokyo" in found.body for found in answer)
        other.send(query("SHOW timezone"))
        assert [row_values(found.body) for found in other.read_until_ready()
                if found.type == "D"] == [[b"UTC"]]
        one.send(query("SHOW timezone"))
        assert [row_values(found.body) for found in one.read_until_ready()
                if found.type == "D"] == [[b"Asia/Tokyo"]]


def test_a_set_that_was_bound_but_never_executed(start_proxy, rows):
    proxy = single_link(start_proxy)
    with RawSession(proxy.ports["pg"]) as one, RawSession(proxy.ports["pg"]) as other:
        one.login("app.acme")
        other.login("app.globex")
        one.send(parse("SET timezone = 'Asia/Tokyo'"), bind(), SYNC)
        one.read_until_ready()
        for session in (other, one):
            session.send(query("SHOW timezone"))
            assert [row_values(found.body) for found in session.read_until_ready()
                    if found.type == "D"] == [[b"UTC"]]


@pytest.mark.parametrize("messages, kept", [
    ([query("SET timezone = 'Asia/Tokyo'; SELECT 1/0")], False),
    ([query("BEGIN; SET timezone = 'Asia/Tokyo'; COMMIT")], True),
    ([query("BEGIN; SET timezone = 'Asia/Tokyo'; ROLLBACK")], False),
    ([query("BEGIN"), query("SET timezone = 'Asia/Tokyo'"), query("ROLLBACK")], False),
    ([parse("SET timezone = 'Asia/Tokyo'"), bind(), execute(), parse("SELECT 1/0"), bind(),
      execute(), SYNC], False),
    ([parse("SET timezone = 'Asia/Tokyo'"), bind(), execute(), parse("BEGIN"), bind(),
      execute(), SYNC, query("ROLLBACK")], False),
    ([parse("SET timezone = 'Asia/Tokyo'"), bind(), execute(), parse("BEGIN"), bind(),
      execute(), SYNC, query("COMMIT")], True),
    ([query("SET timezone = 'Asia/Tokyo'"), query("SET timezone = 'nowhere'")], True),
    ([query("SET timezone = 'Asia/Tokyo'"), query("SET timezone = 'America/Lima'"),
      query("SET timezone = 'Asia/Tokyo'")], True)])
def test_pipelines_and_transactions(start_proxy, rows, messages, kept):
    proxy = single_link(start_proxy, wait_timeout="500ms")
    syncs = sum(found.startswith((b"Q", b"S")) for found in messages)
    with RawSession(proxy.ports["pg"]) as one:
        one.login("app.acme")
        one.send(*messages)
        for _ in range(syncs):
            one.read_until_ready()
        one.send(query("SHOW timezone"))
        assert [row_values(found.body) for found in one.read_until_ready() if found.type == "D"
                ] == [[b"Asia/Tokyo" if kept else b"UTC"]]


def test_reset_goes_back_to_the_startup_packet(start_proxy, rows):
    proxy = single_link(start_proxy)
    with proxy.connect("acme", options="-c timezone=Asia/Tokyo") as connection:
        connection.execute("SET timezone = 'America/Lima'")
        assert show(connection, "timezone") == "America/Lima"
        connection.execute("DISCARD ALL")
        assert show(connection, "timezone") == "Asia/Tokyo"


def step(chance):
    """One random statement; values that the server refuses among them."""
    name = chance.choice(list(SETTINGS))
    value = chance.choice(SETTINGS[name] + ["no such value"] * (chance.random() < 0.2))
    quoted = value.replace("'", "''")
    return chance.choice([
        f"SET {name} = '{quoted}'", f"SET {name} = '{quoted}'", f"SET SESSION {name} TO '{quoted}'",
        f"SET LOCAL {name} = '{quoted}'", f"SET {name} TO DEFAULT", f"RESET {name}", "BEGIN",
        "COMMIT", "ROLLBACK", "SAVEPOINT a", "ROLLBACK TO a", "RELEASE a", "SELECT 1/0",
        f"SHOW {name}", f"SHOW {name}", f"SHOW {name}"])


def run(connection, text):
    try:
        cursor = connection.execute(text)
        return cursor.fetchall() if cursor.description else cursor.statusmessage
    except psycopg.Error as error:
        return error.sqlstate


@pytest.mark.parametrize("seed", range(4))
def test_as_on_one_connection(start_proxy, postgres, rows, seed):
    """Random scripts of two sessions over three links (a third one stirs them), and the same
    scripts on connections of their own: equal answers, step by step."""
    proxy = start_proxy(overrides=passthrough.overrides(size=3, wait_timeout="5s"))
    chance = random.Random(seed)
    direct = [psycopg.connect(passthrough.direct_dsn(postgres), autocommit=True)
              for _ in range(2)]
    proxied = [proxy.connect("acme") for _ in range(2)]
    stirring = proxy.connect("globex")
    for number in range(600):
        who = chance.randrange(2)
        text = step(chance)
        expected, seen = run(direct[who], text), run(proxied[who], text)
        assert seen == expected, f"seed {seed}, step {number}: {text}"
        if chance.random() < 0.3:
            stirring.execute("SELECT 1")
    for connection in (*direct, *proxied, stirring):
        connection.close()


@pytest.mark.parametrize("isolated", [True, False], ids=["row", "passthrough"])
@pytest.mark.parametrize("mode", ["transaction", "session"])
def test_reset_all_gives_what_the_startup_packet_asked_for(start_proxy, rows, isolated, mode):
    """As asyncpg's pool gives a connection back; the link is not kept for it."""
    proxy = single_link(start_proxy, mode=mode) if isolated else start_proxy(
        overrides=passthrough.overrides(size=1, mode=mode))
    with RawSession(proxy.ports["pg"]) as session:
        session.login("app.acme", TimeZone="Asia/Tokyo")
        for reset in ("RESET ALL", "SELECT 1; CLOSE ALL; RESET ALL"):
            for text in ("SET timezone = 'UTC'", "SET extra_float_digits = 0"):
                session.send(query(text))
                session.read_until_ready()
            session.send(query(reset), query("SHOW timezone"), query("SHOW extra_float_digits"))
            answers = [session.read_until_ready() for _ in range(3)]
            shown = [row_values(m.body)[0] for a in answers[1:] for m in a if m.type == "D"]
            assert shown == [b"Asia/Tokyo", b"1"]
        session.send(parse("RESET ALL"), bind(), execute(), SYNC, query("SHOW timezone"))
        session.read_until_ready()
        assert [row_values(m.body) for m in session.read_until_ready() if m.type == "D"] == [
            [b"Asia/Tokyo"]]
    if mode == "transaction":
        assert "ringfence_pg_pins_total{reason=\"setting\",upstream=\"main\"} 0" in "\n".join(
            sorted_labels(proxy.http("/metrics")[1]))


def sorted_labels(text):
    """Lines of /metrics with the labels of each in order."""
    for line in text.splitlines():
        name, brace, rest = line.partition("{")
        labels, _, value = rest.partition("}")
        yield f"{name}{{{','.join(sorted(labels.split(',')))}}}{value}" if brace else line
