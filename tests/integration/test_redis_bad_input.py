# SPDX-License-Identifier: Apache-2.0
"""Broken RESP: one protocol error, that connection closes, nobody else notices."""

import random
import socket

import pytest

from support.resp_wire import RawRedis, command


@pytest.fixture(autouse=True)
def others_see_nothing(redis_client):
    bystander = redis_client("globex")
    assert bystander.set("before", "1")
    yield
    assert bystander.get("before") == "1"


@pytest.fixture
def raw(proxy):
    with RawRedis(proxy.ports["redis"]) as session:
        assert session.login("acme") == b"+OK"
        yield session


BROKEN = [
    b"*-5\r\n", b"*1048577000\r\n", b"*99999999999999999999\r\n", b"*x\r\n", b"*1\r\nGET\r\n",
    b"*1\r\n$-1\r\n", b"*1\r\n$-2\r\n", b"*1\r\n$99999999999999999999\r\n", b"*1\r\n$x\r\n",
    b"*1\r\n$4\r\nPINGxx", b"*2\r\n$4\r\nPING\r\n:1\r\n", b"*1\n$4\nPING\n\n\x00*",
    b"*1\r\n*1\r\n$4\r\nPING\r\n", b"*1\r\n$2147483648\r\n",
]


@pytest.mark.parametrize("packet", BROKEN)
def test_protocol_error_closes(raw, packet):
    raw.send(packet)
    raw.socket.shutdown(socket.SHUT_WR)
    answer = raw.read_to_end()
    assert answer == b"" or answer.startswith(b"-ERR Protocol error"), answer


def test_protocol_error_is_named(raw):
    raw.send(b"*1\r\n$x\r\n")
    assert raw.read_to_end().startswith(b"-ERR Protocol error: ")


def test_answers_before_the_error_arrive(raw):
    raw.send(command("SET", "k", "v"), command("GET", "k"), b"*1\r\n$x\r\n")
    assert raw.read_reply() == b"+OK\r\n"
    assert raw.read_reply() == b"$1\r\nv\r\n"
    assert raw.read_to_end().startswith(b"-ERR Protocol error")


def test_requests_redis_does_not_answer(raw):
    raw.send(b"*0\r\n", b"*-1\r\n", command("ECHO", "after"))
    assert raw.read_reply() == b"$5\r\nafter\r\n"


@pytest.mark.parametrize("line", [b"PING\r\n", b"\r\n", b"POST / HTTP/1.1\r\n", b"GET motto\r\n"])
def test_inline_commands_are_refused(raw, line):
    """Redis takes them; another protocol's client could send them unaware."""
    raw.send(line)
    assert raw.read_to_end().startswith(b"-ERR Protocol error: inline commands")


def test_one_byte_at_a_time(raw):
    packet = command("SET", "k", "v") + command("GET", "k")
    for at in range(len(packet)):
        raw.send(packet[at:at + 1])
    assert raw.read_reply() + raw.read_reply() == b"+OK\r\n$1\r\nv\r\n"


def test_random_bytes_end_no_other_session(proxy):
    generator = random.Random(2)
    for turn in range(60):
        with RawRedis(proxy.ports["redis"]) as session:
            junk = generator.randbytes(generator.randrange(1, 4000))
            session.send(command("AUTH", "acme", "any") + junk if turn % 2 else junk)
            session.socket.shutdown(socket.SHUT_WR)
            session.read_to_end()
    assert proxy.process.is_alive()


def test_vanishing_clients(proxy, redis_client):
    acme = redis_client("acme")
    for number in range(50):
        with RawRedis(proxy.ports["redis"]) as session:
            session.login("acme")
            session.send(command("INCR", "count") * 20)
            if number % 2:
                session.reset()
    assert acme.get("absent") is None
    assert 0 <= int(acme.get("count") or 0) <= 1000
