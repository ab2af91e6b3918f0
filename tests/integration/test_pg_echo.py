# SPDX-License-Identifier: Apache-2.0
"""The echo oracle: every request carries an id of its own and its answer must bring it back.

64 sessions of two tenants share eight links and mix what a reply queue can stumble over:
pipelines, errors inside of them, cancel requests, aborted clients, large rows, refused statements,
names that come and go. One foreign id, row or tenant, one error that nobody asked for, is a
failure.
"""

import multiprocessing
import random
import threading
import time
from collections import Counter

import pytest

from support import tenants
from support.pg_wire import (SYNC, RawSession, bind, cancel, close, error_fields, execute, parse,
                             query, row_values)

#: The sessions are those of several processes: one could not keep the proxy busy.
NUM_PROCESSES, NUM_THREADS, NUM_LINKS = 2, 32, 8
#: Statements whose answers are checked.
NUM_REQUESTS, NUM_REQUESTS_LONG = 50_000, 1_000_000

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
            self.session = RawSession(self.port, timeout=60.0)
            answer = self.session.login(f"app.{self.tenant}")
            self.session.key = next(found.body for found in answer if found.type == "K")
        return self.session

    def vanish(self):
        session, self.session = self.session, None
        self.rng.choice([session.reset, session.close])()

    def expect_own(self, messages, value, what):
        rows = rows_of(messages)
        expect([row[0] for row in rows], [value] * len(rows), what)
        expect(sorted(row[1] for row in rows), OWN_IDS[self.tenant], what)


# Each step returns how many requests it has checked.

def simple(client, session):
    """Query messages, several of them before the first is answered."""
    values = [new_id(client.rng) for _ in range(client.rng.randint(1, 20))]
    session.send(*[query(f"SELECT '{value.decode()}', id FROM orders") for value in values])
    for value in values:
        client.expect_own(session.read_until_ready(), value, "simple")
    return len(values)


def pipeline(client, session):
    """Batches sent in one go, under names that are used once, or none."""
    values = [new_id(client.rng) for _ in range(client.rng.randint(1, 20))]
    is_named = client.rng.random() < 0.5
    for value in values:
        name = value.decode() if is_named else ""
        text = f"SELECT $1::text, id FROM orders LIMIT {client.rng.randint(10, 400)}"
        session.send(parse(text, name), bind((value,), statement=name), execute(),
                     close("S", name) if is_named else b"", SYNC)
    for value in values:
        client.expect_own(session.read_until_ready(), value, "pipeline")
    return len(values)


def long_batch(client, session):
    """Many requests before one Sync, of one statement that is prepared once."""
    values = [new_id(client.rng) for _ in range(client.rng.randint(2, 30))]
    session.send(parse("SELECT $1::text", "one"),
                 *[bind((value,), statement="one") + execute() for value in values],
                 close("S", "one"), SYNC)
    expect(rows_of(session.read_until_ready()), [[value] for value in values], "long batch")
    return len(values)


def cancelled(client, session):
    """A cancel request ends the query it is meant for, or nothing if that has ended."""
    first, second = new_id(client.rng), new_id(client.rng)
    length = client.rng.choice([10, 20000, 200000])
    session.send(query(f"SELECT '{first.decode()}', count(*) FROM generate_series(1, {length})"))
    cancel(client.port, session.key)
    answer = session.read_until_ready()
    if rows_of(answer):
        expect(rows_of(answer), [[first, b"%d" % length]], "cancelled")
    else:
        expect(error_fields(answer[-2].body)["C"], "57014", "cancelled")
    session.send(query(f"SELECT '{second.decode()}'"))
    expect(rows_of(session.read_until_ready()), [[second]], "after a cancel")
    return 2


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
    return 3


def transaction(client, session):
    value = new_id(client.rng)
    wrong = client.rng.choice(["SELECT 1/0", "SELECT pg_sleep(1)"])
    session.send(query("BEGIN"), query(f"SELECT '{value.decode()}'"), query(wrong),
                 query("SELECT 1"), query("ROLLBACK"))
    answers = [session.read_until_ready() for _ in range(5)]
    expect([types(answer) for answer in answers], ["CZ", "TDCZ", "EZ", "EZ", "CZ"], "transaction")
    expect(rows_of(answers[1]), [[value]], "transaction")
    expect(error_fields(answers[3][0].body)["C"], "25P02", "transaction")
    return 5


def large_rows(client, session):
    value = new_id(client.rng)
    session.send(parse("SELECT $1::text || repeat('x', $2::int) FROM orders"),
                 bind((value, b"%d" % client.rng.randint(1, 200000))), execute(), SYNC)
    found = [row[0][:len(value)] for row in rows_of(session.read_until_ready())]
    expect(found, [value] * len(OWN_IDS[client.tenant]), "large rows")
    return 1


def settings(client, session):
    """A pinned session sees its own setting; the next user of the link does not."""
    name = f"{client.tenant}-{new_id(client.rng).decode()[:8]}"
    session.send(query("SHOW application_name"), query(f"SET application_name = '{name}'"),
                 query("SHOW application_name"), query("DISCARD ALL"))
    answers = [session.read_until_ready() for _ in range(4)]
    expect(rows_of(answers[2]), [[name.encode()]], "settings")
    expect(rows_of(answers[0])[0][0].startswith((b"acme-", b"globex-")), False, "settings")
    return 4


def vanish_while_owed(client, session):
    session.send(query(f"SELECT count(*) FROM generate_series(1, {client.rng.randint(1, 500000)})"),
                 *[query("SELECT 'not for you'")] * client.rng.randint(0, 3))
    client.vanish()
    return 0


def vanish_in_transaction(client, session):
    session.send(query("BEGIN"), query("UPDATE orders SET amount = amount WHERE id = 1"))
    if client.rng.random() < 0.5:
        session.read_until_ready()
    client.vanish()
    return 0


def vanish_in_batch(client, session):
    session.send(parse("SELECT $1::text, id FROM orders", "gone"),
                 bind((b"not for you",), statement="gone"), execute(), b"Q\0\0")
    client.vanish()
    return 0


STEPS = {simple: 30, pipeline: 30, long_batch: 20, failing_pipeline: 10, transaction: 8,
         large_rows: 2, settings: 4, cancelled: 6, vanish_while_owed: 3, vanish_in_transaction: 3,
         vanish_in_batch: 3}


def run(client, num_requests, counts, failures):
    """Until it has made its share of the requests, or somebody has failed."""
    while counts["requests"] < num_requests and not failures:
        step = client.rng.choices(list(STEPS), list(STEPS.values()))[0]
        try:
            counts["requests"] += step(client, client.open())
            counts[step.__name__] += 1
        except Exception as error:  # pylint: disable=broad-except
            failures.append(f"{client.tenant}: {step.__name__}: {error!r}")


def run_process(port, seed, num_requests, results):
    """One process's sessions; puts what it counted and the failures into the queue."""
    failures, counters, threads = [], [], []
    for number in range(NUM_THREADS):
        client = Client(port, tenants.TENANTS[number % 2], random.Random(seed + number))
        counters.append(Counter())
        threads.append(threading.Thread(
            target=run, args=(client, num_requests // NUM_THREADS + 1, counters[-1], failures)))
        threads[-1].start()
    for thread in threads:
        thread.join()
    results.put((sum(counters, Counter()), failures))


@pytest.mark.parametrize("workers", [1, 2])
def test_every_answer_is_its_requests(start_proxy, rows, is_long, workers):
    proxy = start_proxy(overrides={"upstreams": {"main": {"pool": {"size": NUM_LINKS,
                                                                   "wait_timeout": "60s"}}},
                                   "limits": {"workers": workers}, "log": {"level": "info"}})
    num_requests = (NUM_REQUESTS_LONG if is_long else NUM_REQUESTS) // 2
    context = multiprocessing.get_context("fork")
    results = context.SimpleQueue()
    processes = [context.Process(target=run_process, args=(
        proxy.ports["pg"], 1000 * number, num_requests // NUM_PROCESSES, results))
        for number in range(NUM_PROCESSES)]
    begin = time.monotonic()
    for process in processes:
        process.start()
    answers = [results.get() for _ in processes]
    for process in processes:
        process.join()
    counts = sum((counter for counter, _ in answers), Counter())
    assert not [failure for _, failures in answers for failure in failures][:3]
    assert set(counts) == {"requests"} | {step.__name__ for step in STEPS}, counts
    assert counts["requests"] >= num_requests
    assert proxy.is_live()
    print(f"{dict(counts)} in {time.monotonic() - begin:.0f} s")
