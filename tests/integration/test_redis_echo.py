# SPDX-License-Identifier: Apache-2.0
"""The echo oracle for Redis: every value holds its tenant and its key, so a reply that went to the
wrong request shows.

Sessions of two tenants use the same key names over shared links, in RESP2 and RESP3, and mix what
a reply queue can stumble over: pipelines, refused and local commands inside of them, MULTI blocks,
large values, clients that vanish while replies are on their way.
"""

import random
import threading
import time
from collections import Counter

import pytest

from support.redis_proxy import RedisProxy
from support.resp_wire import RawRedis, command

SECONDS = 5.0
SESSIONS = 14
KEYS = 200
TENANTS = ("acme", "globex")


class Mismatch(AssertionError):
    """A reply that is not the one to its request."""


def expect(found, wanted, what):
    if found != wanted:
        raise Mismatch(f"{what}: {found[:200]!r}, not {wanted[:200]!r}")


def bulk(value):
    return b"$%d\r\n%s\r\n" % (len(value), value)


class Client:
    """One tenant's session, opened again whenever it was thrown away."""

    def __init__(self, port, tenant, rng):
        self.port, self.tenant, self.rng = port, tenant, rng
        self.session = None

    def open(self):
        if self.session is None:
            self.session = RawRedis(self.port, timeout=30.0)
            expect(self.session.login(self.tenant), b"+OK", "login")
            if self.rng.random() < 0.5:
                self.session.send(command("HELLO", 3))
                self.session.read_reply()
        return self.session

    def vanish(self):
        session, self.session = self.session, None
        self.rng.choice([session.reset, session.__exit__])()

    def key(self):
        return b"key-%d" % self.rng.randrange(KEYS)

    def value(self, key):
        """The same for every session of the tenant, whoever wrote it."""
        return b"%s/%s/" % (self.tenant.encode(), key)


def fill(port):
    """Every key of both tenants, so that no GET is answered with a nil."""
    for tenant in TENANTS:
        client = Client(port, tenant, random.Random(0))
        session = client.open()
        names = [b"key-%d" % number for number in range(KEYS)]
        session.send(*[command("SET", name, client.value(name)) for name in names])
        for _ in names:
            expect(session.read_reply(), b"+OK\r\n", "fill")
        session.__exit__()


def pipeline(client, session):
    """Reads, writes, refused and local commands: one reply each, in order."""
    requests, wanted = [], []
    for _ in range(client.rng.randint(1, 60)):
        key, what = client.key(), client.rng.random()
        if what < 0.6:
            requests.append(command("GET", key))
            wanted.append(bulk(client.value(key)))
        elif what < 0.8:
            requests.append(command("SET", key, client.value(key)))
            wanted.append(b"+OK\r\n")
        elif what < 0.9:
            requests.append(command("ECHO", key))
            wanted.append(bulk(key))
        else:
            requests.append(command("DEBUG", "SLEEP", "0"))
            wanted.append(b"-")
    session.send(*requests)
    for one in wanted:
        found = session.read_reply()
        expect(found[:1] if one == b"-" else found, one, "pipeline")


def many_keys(client, session):
    keys = [client.key() for _ in range(client.rng.randint(1, 40))]
    session.send(command("MGET", *keys))
    wanted = b"*%d\r\n" % len(keys) + b"".join(bulk(client.value(key)) for key in keys)
    expect(session.read_reply(), wanted, "many keys")


def key_names(client, session):
    """Names in replies lose the prefix, whichever tenant's they are."""
    key = client.key()
    session.send(command("KEYS", key))
    expect(session.read_reply(), b"*1\r\n" + bulk(key), "key names")


def transaction(client, session):
    keys = [client.key() for _ in range(client.rng.randint(1, 10))]
    session.send(command("MULTI"), *[command("GET", key) for key in keys], command("EXEC"),
                 command("GET", keys[0]))
    expect(session.read_reply(), b"+OK\r\n", "transaction")
    for _ in keys:
        expect(session.read_reply(), b"+QUEUED\r\n", "transaction")
    wanted = b"*%d\r\n" % len(keys) + b"".join(bulk(client.value(key)) for key in keys)
    expect(session.read_reply(), wanted, "transaction")
    expect(session.read_reply(), bulk(client.value(keys[0])), "transaction")


def large_value(client, session):
    key = b"large-%d" % client.rng.getrandbits(64)
    value = client.value(key) * client.rng.randint(1, 10000)
    session.send(command("SET", key, value), command("GETDEL", key), command("EXISTS", key))
    expect(session.read_reply(), b"+OK\r\n", "large value")
    expect(session.read_reply(), bulk(value), "large value")
    expect(session.read_reply(), b":0\r\n", "large value")


def vanish_while_owed(client, session):
    keys = [client.key() for _ in range(client.rng.randint(1, 200))]
    session.send(*[command("GET", key) for key in keys])
    for key in keys[:client.rng.randint(0, 3)]:
        expect(session.read_reply(), bulk(client.value(key)), "vanish")
    client.vanish()


def vanish_in_transaction(client, session):
    session.send(command("MULTI"), command("GET", client.key()),
                 client.rng.choice([b"", command("EXEC"), b"*2\r\n$3\r\nGET\r\n$5\r\nke"]))
    client.vanish()


STEPS = {pipeline: 40, many_keys: 15, key_names: 5, transaction: 12, large_value: 8,
         vanish_while_owed: 8, vanish_in_transaction: 4}


def run(client, until, counts, failures):
    while time.monotonic() < until and not failures:
        step = client.rng.choices(list(STEPS), list(STEPS.values()))[0]
        try:
            step(client, client.open())
            counts[step.__name__] += 1
        except Exception as error:  # pylint: disable=broad-except
            failures.append(f"{client.tenant}: {step.__name__}: {error!r}")


@pytest.mark.parametrize("workers", [1, 2])
def test_every_reply_is_its_requests(workers):
    with RedisProxy(overrides={"limits": {"workers": workers}}) as pair:
        fill(pair.port)
        until = time.monotonic() + SECONDS
        failures, counters, threads = [], [], []
        for number in range(SESSIONS):
            client = Client(pair.port, TENANTS[number % 2], random.Random(number))
            counters.append(Counter())
            threads.append(threading.Thread(target=run,
                                            args=(client, until, counters[-1], failures)))
            threads[-1].start()
        for thread in threads:
            thread.join()
        counts = sum(counters, Counter())
        assert not failures, failures[:3]
        assert set(counts) == {step.__name__ for step in STEPS}, f"not all was tried: {counts}"
