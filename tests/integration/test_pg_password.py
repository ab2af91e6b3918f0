# SPDX-License-Identifier: Apache-2.0
"""Clients that send their password over TLS, and those that know md5 only."""

import hashlib
import signal
import socket
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from support import scram
from support.pg_wire import RawSession, SYNC, error_fields, message, query, startup
from support.tls import connect, encrypted_socket, listener, trusting

SCRAM_OF_PENCIL = ("SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$"
                   "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:"
                   "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=")
HELLO = {"user": "app.acme", "database": "app"}


def by_password(certificate):
    def make(proxy):
        changes = listener("require", certificate)(proxy)
        changes["listeners"][0]["auth"] = {"method": "password",
                                           "users_file": str(proxy.folder / "users.txt")}
        return changes
    return make


@pytest.fixture
def password_proxy(start_proxy, rows, server_cert):
    return start_proxy(overrides=by_password(server_cert))


def test_right_password(password_proxy, rows):
    with connect(password_proxy, sslmode="require") as connection:
        assert connection.execute("SELECT id, item FROM orders ORDER BY id").fetchall() == \
            rows["acme"]


@pytest.mark.parametrize("user, password", [
    ("app.acme", "wrong"), ("app.acme", "globex-secret"), ("app.unknown", "acme-secret"),
    ("postgres", "x"), ("app.acme", "acme-secret "), ("app.acme", "a" * 900)])
def test_wrong_passwords_and_unknown_users(password_proxy, user, password):
    with pytest.raises(psycopg.OperationalError) as error:
        connect(password_proxy, sslmode="require", user=user, password=password)
    assert "password authentication failed" in str(error.value)


def test_nobody_is_asked_for_a_password_without_tls(password_proxy):
    with RawSession(password_proxy.ports["pg"]) as session:
        session.send(startup(HELLO))
        assert [found.type for found in session.read_to_end()] == ["E"]


def answers(proxy, authority, *sent, user="app.acme"):
    """What comes after the question for a password, up to the end."""
    with encrypted_socket(proxy, trusting(authority)) as client:
        client.settimeout(10)
        client.sendall(startup({**HELLO, "user": user}))
        assert client.recv(4096) == b"R\0\0\0\x08\0\0\0\x03"
        client.sendall(b"".join(sent))
        found = b""
        while piece := client.recv(65536):
            found += piece
        return found


@pytest.mark.parametrize("user", ["app.acme", "app.unknown"])
@pytest.mark.parametrize("sent", [
    query("SELECT 1"), message("p", b""), message("p", b"acme-secret"), message("p", b"a\0b\0"),
    message("p", b"x" * 5000), SYNC, message("p", length=3),
    startup({"user": "app.globex", "database": "app"})], ids=lambda sent: sent[:24].hex())
def test_only_a_password_is_due(password_proxy, authority, sent, user):
    found = answers(password_proxy, authority, sent, user=user)
    assert found[:1] == b"E" and error_fields(found[5:])["C"] == "08P01"


@pytest.mark.parametrize("user", ["app.acme", "app.unknown"])
def test_an_empty_password(password_proxy, authority, user):
    found = answers(password_proxy, authority, message("p", b"\0"), user=user)
    assert found[:1] == b"E" and error_fields(found[5:])["C"] == "28P01"


def test_what_comes_behind_the_password_waits_for_the_login(password_proxy, authority):
    found = answers(password_proxy, authority, message("p", b"acme-secret\0"),
                    query("SELECT count(*) FROM orders WHERE tenant_id <> 'acme'"), message("X"))
    assert found[:9] == b"R\0\0\0\x08\0\0\0\0" and b"D\0\0\0\x0b\0\1\0\0\0\1" + b"0" in found
    refused = answers(password_proxy, authority, message("p", b"wrong\0"),
                      query("SELECT count(*) FROM orders"))
    assert refused[:1] == b"E" and b"D\0\0\0" not in refused


def test_many_logins_and_clients_that_do_not_wait(password_proxy, authority):
    """Each costs a derivation; one that its client has left is finished for nobody."""
    def leave(_):
        with encrypted_socket(password_proxy, trusting(authority)) as client:
            client.sendall(startup(HELLO))
            client.recv(4096)
            client.sendall(message("p", b"acme-secret\0"))
            client.shutdown(socket.SHUT_RDWR)

    def log_in(_):
        with connect(password_proxy, sslmode="require") as connection:
            return connection.execute("SELECT 1").fetchone()

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(leave, range(60)))
        assert set(pool.map(log_in, range(60))) == {(1,)}


def slow(certificate):
    """acme's password takes long to compare; logins end after two seconds."""
    def make(proxy):
        users = proxy.folder / "slow.txt"
        users.write_text(f'"app.acme" "{scram.verifier("acme-secret", 400_000)}"\n'
                         f'"app.globex" "{scram.verifier("globex-secret")}"\n')
        changes = listener("require", certificate)(proxy)
        changes["listeners"][0]["auth"] = {"method": "password", "users_file": str(users)}
        return {**changes, "limits": {"login_timeout": "2s"}}
    return make


def begin(proxy, authority):
    client = encrypted_socket(proxy, trusting(authority))
    client.settimeout(20)
    client.sendall(startup(HELLO))
    assert client.recv(100)[:1] == b"R"
    client.sendall(message("p", b"acme-secret\0"))
    return client


def test_who_left_does_not_hold_up_others(start_proxy, rows, server_cert, authority):
    """Comparisons that together take longer than a login may: dropped with their clients."""
    proxy = start_proxy(overrides=slow(server_cert))
    for _ in range(60):
        begin(proxy, authority).close()
    with connect(proxy, sslmode="require", user="app.globex", password="globex-secret") as found:
        assert found.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGQUIT])
def test_stopped_while_passwords_are_compared(start_proxy, rows, server_cert, authority, number):
    proxy = start_proxy(overrides=slow(server_cert))
    clients = [begin(proxy, authority) for _ in range(8)]
    proxy.stop(number)
    for client in clients:
        client.close()


def md5_secret(user, password):
    return "md5" + hashlib.md5((password + user).encode()).hexdigest()


@pytest.fixture
def md5_proxy(start_proxy, rows):
    def make(proxy):
        users = proxy.folder / "md5.txt"
        lines = [f'"app.acme" "{md5_secret("app.acme", "acme-secret")}"',
                 f'"app.globex" "{SCRAM_OF_PENCIL}"']
        users.write_text("\n".join(lines) + "\n")
        first = {**proxy.config["listeners"][0],
                 "auth": {"method": "unsafe_md5", "users_file": str(users)}}
        return {"listeners": [first] + proxy.config["listeners"][1:]}
    return start_proxy(overrides=make)


def test_md5(md5_proxy, rows):
    with md5_proxy.connect("acme", password="acme-secret") as connection:
        assert connection.execute("SELECT id, item FROM orders ORDER BY id").fetchall() == \
            rows["acme"]


@pytest.mark.parametrize("user, password", [
    ("app.acme", "wrong"), ("app.unknown", "acme-secret"), ("app.globex", "pencil")])
def test_md5_of_others(md5_proxy, user, password):
    """A user with another kind of secret is asked like one who does not exist."""
    with pytest.raises(psycopg.OperationalError) as error:
        md5_proxy.connect("acme", user=user, password=password)
    assert "password authentication failed" in str(error.value)


def md5_question(session, user="app.acme"):
    session.send(startup({**HELLO, "user": user}))
    asked = session.read()
    assert asked.type == "R" and asked.body[:4] == b"\0\0\0\5" and len(asked.body) == 8
    return asked.body[4:]


@pytest.mark.parametrize("user", ["app.acme", "app.unknown"])
def test_md5_answers_count_once(md5_proxy, user):
    port = md5_proxy.ports["pg"]
    stored = md5_secret("app.acme", "acme-secret")[3:].encode()
    with RawSession(port) as first, RawSession(port) as second:
        salt, other = md5_question(first, user), md5_question(second, user)
        assert salt != other
        replayed = b"md5" + hashlib.md5(stored + salt).hexdigest().encode() + b"\0"
        second.send(message("p", replayed))
        assert error_fields(second.read_to_end()[0].body)["C"] == "28P01"
    for answer in (b"", b"md5\0", stored + b"\0", b"md5" + b"0" * 32 + b"\0"):
        with RawSession(port) as session:
            md5_question(session, user)
            session.send(message("p", answer))
            assert session.read_to_end()[0].type == "E"
