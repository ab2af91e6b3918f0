# SPDX-License-Identifier: Apache-2.0
"""Bytes that no driver sends: one clear error, that connection closes, nobody else notices."""

import struct
import time

import pytest

from support import tenants
from support.pg_wire import (GSSENC_REQUEST, PROTOCOL_3_0, SSL_REQUEST, SYNC, RawSession, bind,
                             error_fields, execute, message, parse, query, row_values, startup)

ACME = {"user": "app.acme", "database": "app"}


def types(messages):
    return "".join(m.type for m in messages)


@pytest.fixture
def bystander(proxy):
    """Another tenant's session, which must go on as if nothing had happened."""
    with RawSession(proxy.ports["pg"]) as session:
        session.login("app.globex")
        yield session
        session.send(query("SELECT count(*) FROM orders"))
        answer = session.read_until_ready()
        assert types(answer) == "TDCZ" and row_values(answer[1].body) == [b"2"]


def packet(version, body=b""):
    return struct.pack("!ii", 8 + len(body), version) + body


BAD_STARTUPS = {
    "too short": struct.pack("!i", 7),
    "zero": struct.pack("!i", 0),
    "negative": struct.pack("!i", -1),
    "too long": struct.pack("!i", 10001) + b"x" * 100,
    "huge": b"\x7f\xff\xff\xff",
    "http": b"GET / HTTP/1.1\r\n\r\n",
    "no user": packet(PROTOCOL_3_0, b"database\0app\0\0"),
    "no terminator": packet(PROTOCOL_3_0, b"user\0app.acme\0"),
    "twice a user": packet(PROTOCOL_3_0, b"user\0app.acme\0user\0app.globex\0\0"),
    "version 2": packet(2 << 16, b"user\0app.acme\0\0"),
    "ssl with more": SSL_REQUEST + startup(ACME),
    "gss with more": GSSENC_REQUEST + b"x",
    "password first": message("p", b"x\0"),
}


@pytest.mark.parametrize("name", BAD_STARTUPS)
def test_bad_startup_packets(proxy, bystander, name):
    with RawSession(proxy.ports["pg"]) as session:
        session.send(BAD_STARTUPS[name])
        answer = session.read_exact(1)
        assert answer in (b"E", None)


def test_encryption_is_declined_once_each(proxy):
    with RawSession(proxy.ports["pg"]) as session:
        session.send(SSL_REQUEST)
        assert session.read_exact(1) == b"N"
        session.send(GSSENC_REQUEST)
        assert session.read_exact(1) == b"N"
        assert types(session.login("app.acme")).endswith("KZ")
    with RawSession(proxy.ports["pg"]) as session:
        session.send(SSL_REQUEST)
        assert session.read_exact(1) == b"N"
        session.send(SSL_REQUEST)
        assert error_fields(session.read_to_end()[-1].body)["C"] == "08P01"


def test_newer_minor_version_is_negotiated(proxy):
    for minor, spoken in ((0, 0), (1, 0), (2, 2), (3, 2), (9999, 2)):
        for options in ({}, {"_pq_.nonsense": "1", "_pq_.more": ""}):
            with RawSession(proxy.ports["pg"]) as session:
                session.send(startup({**ACME, **options}, version=PROTOCOL_3_0 + minor))
                answer = session.read_until_ready()
                told = [found.body for found in answer if found.type == "v"]
                listed = b"".join(name.encode() + b"\0" for name in options)
                expected = struct.pack("!ii", PROTOCOL_3_0 + spoken, len(options)) + listed
                assert told == ([] if minor == spoken and not options else [expected])
                (key,) = [found.body[4:] for found in answer if found.type == "K"]
                assert len(key) == (32 if spoken == 2 else 4)


def test_replication_is_refused(proxy):
    for value, is_refused in (("true", True), ("database", True), ("false", False)):
        with RawSession(proxy.ports["pg"]) as session:
            session.send(startup({**ACME, "replication": value}))
            if is_refused:
                assert error_fields(session.read_to_end()[-1].body)["C"] == "42501"
            else:
                assert session.read_until_ready()


@pytest.mark.parametrize("user, database, code", [
    ("app.nobody", "app", "42501"), ("acme", "app", "28000"), ("app.acme", "postgres", "3D000"),
    ("app.ACME", "app", "28000"), ("app.acme\n", "app", "28000")])
def test_logins_that_are_refused(proxy, user, database, code):
    with RawSession(proxy.ports["pg"]) as session:
        session.send(startup({"user": user, "database": database}))
        assert error_fields(session.read_to_end()[-1].body)["C"] == code


BAD_MESSAGES = {
    "unknown type": message("y"),
    "type zero": b"\0\0\0\0\4",
    "a server's type": message("T", b"\0\0"),
    "length 3": b"Q\0\0\0\3",
    "length 0": b"Q\0\0\0\0",
    "negative length": b"Q\xff\xff\xff\xff",
    "length over the cap": b"B\x3f\xff\xff\xff",
    "length that wraps": b"Q\x7f\xff\xff\xff",
    "query without its end": message("Q", b"SELECT 1"),
    "query with two ends": message("Q", b"SELECT 1\0SELECT 2\0"),
    "parse that is short": message("P", b"a\0"),
    "parse with too few types": message("P", b"\0SELECT 1\0\0\5"),
    "bind with a lie": message("B", b"\0\0\0\0\0\1\x7f\xff\xff\xff"),
    "bind with a negative length": message("B", b"\0\0\0\0\0\1\xff\xff\xff\xfe\0\0"),
    "describe of nothing": message("D", b"X\0"),
    "execute that is short": message("E", b"\0\0"),
    "sync with a body": message("S", b"x"),
    "flush with a body": message("H", b"x"),
    "password after login": message("p", b"x\0"),
}


@pytest.mark.parametrize("name", BAD_MESSAGES)
@pytest.mark.parametrize("before", [b"", query("BEGIN"), parse("SELECT 1")])
def test_bad_messages(proxy, bystander, rows, name, before):
    with RawSession(proxy.ports["pg"]) as session:
        session.login("app.acme")
        session.send(before, BAD_MESSAGES[name], query("DELETE FROM orders"))
        answer = session.read_to_end()
        fields = error_fields(answer[-1].body)
        assert (answer[-1].type, fields["C"], fields["V"]) == ("E", "08P01", "FATAL")
        assert "C" not in types(answer[1 if before == query("BEGIN") else 0:])


def test_statement_over_the_limit_is_an_error_and_no_more(proxy):
    with RawSession(proxy.ports["pg"]) as session:
        session.login("app.acme")
        session.send(query("SELECT '" + "x" * (8 << 20) + "'"))
        answer = session.read_until_ready()
        assert types(answer) == "EZ" and error_fields(answer[0].body)["C"] == "54000"
        session.send(query("SELECT 1"))
        assert types(session.read_until_ready()) == "TDCZ"


def test_byte_by_byte(proxy, rows):
    data = (startup(ACME) + query("SELECT count(*) FROM orders") +
            parse("SELECT item FROM orders WHERE id = $1") + bind([b"1"]) + execute() + SYNC)
    with RawSession(proxy.ports["pg"]) as session:
        for i in range(len(data)):
            session.send(data[i:i + 1])
            if i % 16 == 0:
                time.sleep(0.001)
        assert types(session.read_until_ready()).endswith("KZ")
        assert types(session.read_until_ready()) == "TDCZ"
        assert types(session.read_until_ready()) == "12DCZ"


def test_login_has_a_time_limit(start_proxy):
    proxy = start_proxy(overrides={"limits": {"login_timeout": "500ms"}})
    with RawSession(proxy.ports["pg"]) as session:
        session.send(startup(ACME)[:9])
        begin = time.monotonic()
        answer = session.read_to_end()
        assert time.monotonic() - begin < 3
        assert not answer or answer[-1].type == "E"


def test_login_and_query_in_one_packet(proxy, rows):
    for first in (query("SELECT count(*) FROM orders"), b"Q\0\0\0"):
        with RawSession(proxy.ports["pg"]) as session:
            session.send(startup(ACME) + first)
            assert types(session.read_until_ready()).endswith("KZ")
            if len(first) > 5:
                assert types(session.read_until_ready()) == "TDCZ"
