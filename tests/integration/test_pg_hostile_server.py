# SPDX-License-Identifier: Apache-2.0
"""What a server must not say: the session that asked gets one error, and nobody else notices."""

import struct

import pytest

from support.pg_wire import RawSession, error_fields, message, query, row_values
from support.tampering import TamperingServer

ROW = message("D", b"\0\1\0\0\0\4evil")
BREAKS = {
    "ready": message("Z", b"I"),
    "unknown-type": message("y"),
    "zero-length": b"C\0\0\0\0",
    "huge": b"T\x7f\xff\xff\xff",
    "huge-error": b"E\x3f\xff\xff\xff",
    "encoding": message("S", b"client_encoding\0LATIN1\0"),
    "strings": message("S", b"standard_conforming_strings\0off\0"),
    "malformed-status": message("S", b"x"),
    "copy-in": message("G", b"\0\0\0"),
    "copy-out": message("H", b"\0\0\0"),
    "copy-both": message("W", b"\0\0\0"),
    "row-first": ROW,
    "parse-complete": message("1"),
    "login-again": message("R", struct.pack("!i", 0)),
    "malformed-error": message("E", b"SERROR"),
    "malformed-ready": message("C", b"SELECT 1\0") + message("Z", b"X"),
    "two-answers": (message("C", b"SELECT 1\0") + message("Z", b"I")) * 2,
}
HARMLESS = {
    "notice": message("N", b"SNOTICE\0VNOTICE\0C00000\0Mhello\0\0"),
    "notification": message("A", b"\0\0\0\1channel\0payload\0"),
    "status": message("S", b"TimeZone\0Mars/Base\0"),
}
FATAL = message("E", b"SFATAL\0VFATAL\0C57P01\0Mgoing away\0\0")


def types(messages):
    return "".join(m.type for m in messages)


@pytest.fixture
def proxy_to(start_proxy, postgres):
    servers = []

    def start(tamperings, **pool):
        server = TamperingServer(postgres.port, tamperings)
        servers.append(server)
        endpoint = {"endpoints": [{"address": f"127.0.0.1:{server.port}"}],
                    "pool": {"size": 3, **pool}}
        return start_proxy(overrides={"upstreams": {"main": endpoint}, "limits": {"workers": 1}})

    yield start
    for server in servers:
        server.close()


def login(proxy, tenant):
    session = RawSession(proxy.ports["pg"])
    session.login(f"app.{tenant}")
    return session


def test_whoever_asked_a_lying_server_is_told_and_nobody_else(proxy_to, rows):
    proxy = proxy_to(BREAKS)
    with login(proxy, "globex") as other:
        other.send(query("BEGIN"))
        other.read_until_ready()
        for name in BREAKS:
            with login(proxy, "acme") as session:
                session.send(query(f"SELECT 'tamper-{name}'"))
                answer = session.read_to_end()
                fields = error_fields(answer[-1].body)
                assert (fields["V"], fields["C"]) == ("FATAL", "08006"), (name, answer)
                assert b"evil" not in b"".join(m.body for m in answer), name
        other.send(query("SELECT count(*) FROM orders"), query("COMMIT"))
        answer = other.read_until_ready()
        assert types(answer) == "TDCZ" and row_values(answer[1].body) == [b"2"]
        assert types(other.read_until_ready()) == "CZ"


def test_what_a_server_may_say_at_any_time(proxy_to):
    proxy = proxy_to(HARMLESS)
    with login(proxy, "acme") as session:
        for name, expected in (("notice", "NTDCZ"), ("notification", "TDCZ"), ("status", "STDCZ")):
            session.send(query(f"SELECT 'tamper-{name}'"))
            assert types(session.read_until_ready()) == expected


def test_last_words_of_a_server(proxy_to):
    proxy = proxy_to({"fatal": FATAL})
    with login(proxy, "acme") as session:
        session.send(query("SELECT 'tamper-fatal'"), query("SELECT 1"))
        answer = session.read_to_end()
        assert types(answer) == "E" and error_fields(answer[0].body)["C"] == "57P01"


def test_half_a_row_and_no_more(proxy_to):
    proxy = proxy_to({"half": message("T", b"\0\0") + message("D", b"\0\0" + b"x", length=900000) +
                      b"y" * 1000 + b"\0" * 10})
    with login(proxy, "acme") as session:
        session.send(query("SELECT 'tamper-half'"))
        session.socket.settimeout(1.0)
        with pytest.raises(TimeoutError):
            session.read_to_end()
    with login(proxy, "globex") as other:
        other.send(query("SELECT 'mine'"))
        answer = other.read_until_ready()
        assert types(answer) == "TDCZ" and row_values(answer[1].body) == [b"mine"]
