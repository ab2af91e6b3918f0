# SPDX-License-Identifier: Apache-2.0
"""The echo oracle: every request carries an id of its own and its answer must bring it back.

Many sessions of two tenants share three links for a few seconds and mix what a reply queue can
stumble over: pipelines, errors inside of them, aborted clients, large rows, refused statements,
names that come and go. One foreign id, row or tenant is a failure.
"""

import random
import threading
import time
from collections import Counter

import pytest

from support import tenants
from support.pg_wire import (SYNC, RawSession, bind, close, error_fields, execute, parse, query,
                             row_values)

SECONDS = 5.0
SESSIONS = 12

OWN_IDS = {tenant: sorted(str(row[0]).encode() for row in rows)
           for tenant, rows in tenants.ORDERS.items()}


class Mismatch(AssertionError):
    """An answer that is not the one to its request."""


def expect(found, wanted, what):
    if found != wanted:
        raise Mismatch(f"{what}: {found!r}, not {wanted!r}")


def rows_of(messages):
    return [row_values(message.body) for message in messages if message.type == "D"]


def types(messages):
    return "".join(message.type for message in messages if message.type not in "SN")


def new_id(rng):
    return b"%032x" % rng.getrandbits(128)


class Client:
    """One tenant's session, opened again whenever it was thrown away."""

    def __init__(self, port, tenant, rng):
        self.port, self.tenant, self.rng = port, tenant, rng
        self.session = None

    def open(self):
        if self.session is None:
            self.session = RawSession(self.port, timeout=30.0)
            self.session.login(f"app.{self.tenant}")
        return self.session

    def vanish(self):
        session, self.session = self.session, None
        self.rng.choice([session.reset, session.close])()

    def expect_own(self, messages, value, what):
        rows = rows_of(messages)
        expect([row[0] for row in rows], [value] * len(rows), what)
        expect(sorted(row[1] for row in rows), OWN_IDS[self.tenant], what)


def simple(client, session):
    value = new_id(client.rng)
    session.send(query(f"SELECT '{value.decode()}', id FROM orders"))
    client.expect_own(session.read_until_ready(), value, "simple")


def pipeline(client, session):
    """Batches sent in one go, under names that are used once, or none."""
    values = [new_id(client.rng) for _ in range(client.rng.randint(1, 6))]
    is_named = client.rng.random() < 0.5
    for value in values:
        name = value.decode() if is_named else ""
        text = f"SELECT $1::text, id FROM orders LIMIT {client.rng.randint(10, 400)}"
        session.send(parse(text, name), bind((value,), statement=name), execute(),
                     close("S", name) if is_named else b"", SYNC)
    for value in values:
        client.expect_own(session.read_until_ready(), value, "pipeline")


def failing_pipeline(client, session):
    """What follows an error is skipped up to the Sync, and not a message further."""
    value = new_id(client.rng)
    wrong = client.rng.choice(["SELECT 1/0", "SELEC", "SELECT pg_sleep(1)", "SELECT id FROM nope"])
    session.send(parse("SELECT $1::text"), bind((value,)), execute(),
                 parse(wrong), bind(()), execute(), bind((b"skipped",)), execute(), SYNC,
                 query(f"SELECT '{value.decode()}'"))
    first, second = session.read_until_ready(), session.read_until_ready()
    expect((rows_of(first), rows_of(second)), ([[value]], [[value]]), "failing pipeline")
    expect(types(first)[-2:], "EZ", "failing pipeline")


def transaction(client, session):
    value = new_id(client.rng)
    wrong = client.rng.choice(["SELECT 1/0", "SELECT pg_sleep(1)"])
    session.send(query("BEGIN"), query(f"SELECT '{value.decode()}'"), query(wrong),
                 query("SELECT 1"), query("ROLLBACK"))
    answers = [session.read_until_ready() for _ in range(5)]
    expect([types(answer) for answer in answers], ["CZ", "TDCZ", "EZ", "EZ", "CZ"], "transaction")
    expect(rows_of(answers[1]), [[value]], "transaction")
    expect(error_fields(answers[3][0].body)["C"], "25P02", "transaction")


def large_rows(client, session):
    value = new_id(client.rng)
    session.send(parse("SELECT $1::text || repeat('x', $2::int) FROM orders"),
                 bind((value, b"%d" % client.rng.randint(1, 200000))), execute(), SYNC)
    found = [row[0][:len(value)] for row in rows_of(session.read_until_ready())]
    expect(found, [value] * len(OWN_IDS[client.tenant]), "large rows")


def settings(client, session):
    """A pinned session sees its own setting; the next user of the link does not."""
    name = f"{client.tenant}-{new_id(client.rng).decode()[:8]}"
    session.send(query("SHOW application_name"), query(f"SET application_name = '{name}'"),
                 query("SHOW application_name"), query("DISCARD ALL"))
    answers = [session.read_until_ready() for _ in range(4)]
    expect(rows_of(answers[2]), [[name.encode()]], "settings")
    expect(rows_of(answers[0])[0][0].startswith((b"acme-", b"globex-")), False, "settings")


def vanish_while_owed(client, session):
    session.send(query(f"SELECT count(*) FROM generate_series(1, {client.rng.randint(1, 500000)})"),
                 *[query("SELECT 'not for you'")] * client.rng.randint(0, 3))
    client.vanish()


def vanish_in_transaction(client, session):
    session.send(query("BEGIN"), query("UPDATE orders SET amount = amount WHERE id = 1"))
    if client.rng.random() < 0.5:
        session.read_until_ready()
    client.vanish()


def vanish_in_batch(client, session):
    session.send(parse("SELECT $1::text, id FROM orders", "gone"),
                 bind((b"not for you",), statement="gone"), execute(), b"Q\0\0")
    client.vanish()


STEPS = {simple: 30, pipeline: 30, failing_pipeline: 10, transaction: 8, large_rows: 8,
         settings: 4, vanish_while_owed: 5, vanish_in_transaction: 3, vanish_in_batch: 3}


def run(client, until, counts, failures):
    while time.monotonic() < until and not failures:
        step = client.rng.choices(list(STEPS), list(STEPS.values()))[0]
        try:
            step(client, client.open())
            counts[step.__name__] += 1
        except Exception as error:  # pylint: disable=broad-except
            failures.append(f"{client.tenant}: {step.__name__}: {error!r}")


@pytest.mark.parametrize("workers, size", [(1, 3), (2, 3)])
def test_every_answer_is_its_requests(start_proxy, rows, workers, size):
    proxy = start_proxy(overrides={"upstreams": {"main": {"pool": {"size": size,
                                                                   "wait_timeout": "20s"}}},
                                   "limits": {"workers": workers}})
    until = time.monotonic() + SECONDS
    failures, counters, threads = [], [], []
    for number in range(SESSIONS):
        client = Client(proxy.ports["pg"], tenants.TENANTS[number % 2], random.Random(number))
        counters.append(Counter())
        threads.append(threading.Thread(target=run,
                                        args=(client, until, counters[-1], failures)))
        threads[-1].start()
    for thread in threads:
        thread.join()
    counts = sum(counters, Counter())
    assert not failures, failures[:3]
    assert set(counts) == {step.__name__ for step in STEPS}, f"not everything was tried: {counts}"
    assert proxy.is_live()
