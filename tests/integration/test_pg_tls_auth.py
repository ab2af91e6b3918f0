# SPDX-License-Identifier: Apache-2.0
"""Who a client is, over TLS: channel binding and certificates."""

import struct

import psycopg
import pytest

from support import tenants
from support.pg_wire import RawSession, startup
from support.tls import connect, encrypted_socket, listener, trusting


def scram(mode, certificate, **more):
    """As listener(), with the users file of the fixtures."""
    def make(proxy):
        changes = listener(mode, certificate, **more)(proxy)
        changes["listeners"][0]["auth"] = {"method": "scram-sha-256",
                                           "users_file": str(proxy.folder / "users.txt")}
        return changes
    return make


@pytest.mark.parametrize("binding", ["require", "prefer", "disable"])
def test_channel_binding_with_clients(start_proxy, rows, server_cert, binding):
    proxy = start_proxy(overrides=scram("allow", server_cert))
    with connect(proxy, sslmode="require", channel_binding=binding) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    with pytest.raises(psycopg.OperationalError):
        connect(proxy, sslmode="require", channel_binding=binding, password="wrong")
    if binding == "require":
        with pytest.raises(psycopg.OperationalError):
            connect(proxy, sslmode="disable", channel_binding=binding)


def test_an_offer_of_channel_binding_that_was_taken_away(start_proxy, rows, authority,
                                                         server_cert):
    """A client that could bind says so ('y'): whoever is between them hid the offer."""
    proxy = start_proxy(overrides=scram("allow", server_cert))
    with encrypted_socket(proxy, trusting(authority)) as client:
        client.sendall(startup({"user": "app.acme", "database": "app"}))
        offer = client.recv(4096)
        assert b"SCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0\0" in offer
        first = b"y,,n=,r=abcdefghijklmnop"
        body = b"SCRAM-SHA-256\0" + struct.pack("!i", len(first)) + first
        client.sendall(b"p" + struct.pack("!i", len(body) + 4) + body)
        assert client.recv(4096)[:1] in {b"E", b""}


def test_plus_without_tls_is_not_there(start_proxy, rows, server_cert):
    proxy = start_proxy(overrides=scram("allow", server_cert))
    with RawSession(proxy.ports["pg"]) as session:
        session.send(startup({"user": "app.acme", "database": "app"}))
        assert b"PLUS" not in session.read().body
        first = b"p=tls-server-end-point,,n=,r=abcdefghijklmnop"
        body = b"SCRAM-SHA-256-PLUS\0" + struct.pack("!i", len(first)) + first
        session.send(b"p" + struct.pack("!i", len(body) + 4) + body)
        assert [found.type for found in session.read_to_end()] == ["E"]


@pytest.mark.parametrize("user, works", [("app.acme", True), ("app.globex", False),
                                         ("app.acm", False), ("app.ACME", False)])
def test_who_a_certificate_is_of(start_proxy, rows, authority, server_cert, client_cert, user,
                                 works):
    def make(proxy):
        changes = listener("require", server_cert, client_ca=str(authority.cert),
                           client_cert="required")(proxy)
        changes["listeners"][0]["auth"] = {"method": "cert"}
        return changes

    proxy = start_proxy(overrides=make)
    options = {"sslmode": "require", "sslcert": str(client_cert.cert),
               "sslkey": str(client_cert.key), "user": user}
    if works:
        with connect(proxy, **options) as connection:
            assert connection.execute("SELECT id, item FROM orders ORDER BY id").fetchall() == \
                tenants.ORDERS["acme"]
    else:
        with pytest.raises(psycopg.OperationalError):
            connect(proxy, **options)
