# SPDX-License-Identifier: Apache-2.0
"""What others got wrong on their own connections to a server, before either has proved itself."""

import os
import shutil
import socket
import ssl
import threading

import psycopg
import pytest

from support import auth_query, tenants
from support.lying_server import auth
from support.pg_relay import PgRelay
from support.pg_wire import SSL_REQUEST, RawSession, message, query, row_values, startup
from support.process import wait_for
from support.tls import upstream

LONG = ("SELECT pg_catalog.count(*) FROM generate_series(1, 100000) a, "
        "generate_series(1, 100000) b")
RUNNING = ("FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%generate_series(1, 1000%'"
           f" AND usename = '{tenants.LINK_USER}'")


class Eavesdropper(PgRelay):
    """Notes how connections begin; with `answer`, plays the server of new ones itself."""

    def __init__(self, port):
        self.begun, self.answer, self.context, self.heard = [], None, None, []
        super().__init__(port)

    def _pump(self, source, target):
        begun = []
        self.begun.append(begun)
        try:
            for _ in range(2):
                begun.append(source.recv(65536))
                if self.answer is not None:
                    self._play(source)
                    break
                target.sendall(begun[-1])
        except OSError:
            pass
        super()._pump(source, target)

    def _play(self, client):
        client.settimeout(5)
        client.sendall(self.answer)
        if self.context is None:
            self.heard.append(client.recv(65536))
            return
        try:
            with self.context.wrap_socket(client, server_side=True) as tls:
                self.heard.append(tls.recv(65536))
        except OSError:
            self.heard.append(b"")


@pytest.fixture(scope="module")
def tls_server(authority, start_module_postgres):
    """A server that takes connections with encryption, and without."""
    server = start_module_postgres()
    certificate = authority.sign("postgres")
    owner = server.data.stat()
    for source, name in ((certificate.cert, "server.crt"), (certificate.key, "server.key")):
        shutil.copy(source, server.data / name)
        os.chmod(server.data / name, 0o600)
        shutil.chown(server.data / name, owner.st_uid, owner.st_gid)
    server.admin("ALTER SYSTEM SET ssl = on")
    server.restart()
    auth_query.create_roles(server)
    return server


@pytest.fixture
def relay(tls_server):
    with Eavesdropper(tls_server.port) as relay:
        yield relay


@pytest.fixture
def verifying(start_proxy, tls_server, relay, authority):
    """A proxy that verifies its server, behind the relay."""
    def overrides(proxy):
        main = upstream("verify-full", f"127.0.0.1:{relay.port}", ca=authority.cert)(proxy)
        main["upstreams"]["main"].update(relay.overrides(pool={"size": 2})["upstreams"]["main"])
        return {**main, **auth_query.asks()(proxy)}
    return start_proxy(postgres=tls_server, overrides=overrides)


class Running:
    """A session with a statement that does not end by itself."""

    def __init__(self, proxy, server):
        self.session = auth_query.login(proxy, "app.acme")
        self.error = None
        self.thread = threading.Thread(target=self._run)
        self.thread.start()
        wait_for(lambda: server.admin("SELECT count(*) " + RUNNING) == [(1,)], what="a query")

    def _run(self):
        try:
            self.session.execute(LONG)
        except psycopg.Error as error:
            self.error = error

    def vanish(self):
        end = socket.socket(fileno=os.dup(self.session.pgconn.socket))
        end.shutdown(socket.SHUT_RDWR)
        end.close()
        self.thread.join(20)


def test_cve_2020_25694_every_connection_is_encrypted_alike(verifying, tls_server, relay):
    """libpq: connections after the first forgot what protects them. Here: for the catalogue, for
    secrets of users, of the pool, for a cancel request, for that of a session that is gone, and
    all of them again after they were lost and after a reload."""
    for round_of in range(2):
        running, before = Running(verifying, tls_server), len(relay.begun)
        running.session.cancel()
        running.thread.join(20)
        assert isinstance(running.error, psycopg.errors.QueryCanceled)
        assert len(relay.begun) > before
        running.session.close()
        running, before = Running(verifying, tls_server), len(relay.begun)
        running.vanish()
        wait_for(lambda: tls_server.admin("SELECT count(*) " + RUNNING) == [(0,)], what="its end")
        assert len(relay.begun) > before
        relay.cut()
        if round_of == 0:
            verifying.reload()
            wait_for(lambda: "reloaded" in verifying.log(), what="the reload")
        wait_for(verifying.is_ready, what="new connections")
    assert len(relay.begun) > 8
    for begun in relay.begun:
        assert begun[0] == SSL_REQUEST, begun
        assert len(begun) == 1 or begun[1][:1] in (b"\x16", b""), begun


@pytest.mark.parametrize("answer", [b"N", b"E", b"S", b"SN"])
def test_cve_2020_25694_a_cancel_key_is_for_the_server_only(verifying, tls_server, relay, authority,
                                                            answer):
    """Whoever answers a cancel request's connection in its place learns nothing."""
    running = Running(verifying, tls_server)
    if answer == b"S":
        strange = authority.sign("strange", subject="elsewhere", hosts=("DNS:elsewhere",))
        relay.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        relay.context.load_cert_chain(strange.cert, strange.key)
    relay.answer = answer
    running.session.cancel()
    wait_for(lambda: relay.heard, what="the cancel request")
    running.vanish()
    wait_for(lambda: len(relay.heard) > 1, what="that of the session that is gone")
    assert set(relay.heard) == {b""}
    tls_server.admin("SELECT pg_terminate_backend(pid) " + RUNNING)


CANARY = b"canary-4711"
FORGED = message("E", b"SFATAL\0VFATAL\0C28000\0M" + CANARY + b"\n\x1b[31mtime=now\r" + b"\0\0")


@pytest.mark.parametrize("mode, answer", [
    ("require", b"E" + CANARY + b"\0"), ("require", FORGED), ("require", b"N" + CANARY),
    ("require", b"E" + CANARY * 500), (None, FORGED), (None, b"E" + CANARY + b"\0")])
def test_cve_2024_10977_what_is_said_before_encryption(start_proxy, mode, answer):
    """libpq: an error that came before TLS, from anybody, was shown as the server's. Clients get
    words of ours only; the log has the server's, once it is the one that was configured, in one
    line."""
    with socket.create_server(("127.0.0.1", 0)) as fake:
        main = {"endpoints": [{"address": f"127.0.0.1:{fake.getsockname()[1]}"}]}
        if mode is not None:
            main["tls"] = {"mode": mode}
        proxy = start_proxy(wait="live", overrides={"upstreams": {"main": main}})
        fake.settimeout(10)
        for _ in range(2):
            victim, _ = fake.accept()
            with victim:
                victim.recv(1000)
                victim.sendall(answer)
                try:
                    assert victim.recv(100) == b""
                except ConnectionResetError:
                    pass
        with pytest.raises(psycopg.OperationalError) as error:
            proxy.connect("acme", connect_timeout=5)
    log = proxy.log()
    assert CANARY.decode() not in str(error.value)
    assert CANARY.decode() not in proxy.http("/metrics")[1]
    assert "\x1b" not in log and not any(line.startswith("time=now") for line in log.splitlines())
    assert (CANARY.decode() in log) == (mode is None and answer == FORGED)


FALLBACKS = {
    "scram": auth(10, b"SCRAM-SHA-256\0\0"),
    "nothing": auth(0) + message("Z", b"I"),
    "clear text": auth(3),
    "md5": auth(5, b"salt"),
    "gss": auth(7),
    "scram of another name": auth(10, b"SCRAM-SHA-256-PLUSS\0SCRAM-SHA-1-PLUS\0\0"),
}


@pytest.mark.parametrize("name", FALLBACKS)
def test_cve_2025_49146_binding_that_is_required(start_proxy, authority, name):
    """pgjdbc: channel binding was required, and anything less was accepted."""
    certificate = authority.sign("postgres")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.cert, certificate.key)
    with socket.create_server(("127.0.0.1", 0)) as fake:
        tls = {"mode": "verify-full", "ca": str(authority.cert), "channel_binding": "require"}
        main = {"tls": tls, "endpoints": [{"address": f"127.0.0.1:{fake.getsockname()[1]}"}]}
        proxy = start_proxy(wait="live", overrides={"upstreams": {"main": main}})
        fake.settimeout(10)
        victim, _ = fake.accept()
        with victim:
            assert victim.recv(8) == SSL_REQUEST
            victim.sendall(b"S")
            with context.wrap_socket(victim, server_side=True) as encrypted:
                encrypted.recv(65536)
                encrypted.sendall(FALLBACKS[name])
                assert encrypted.recv(65536) == b"", "neither password nor proof"
        wait_for(lambda: "less than channel binding" in proxy.log(), what="the refusal")
        assert not proxy.is_ready()


def serves(proxy):
    """Whether somebody else's session works, from its login on."""
    with RawSession(proxy.ports["pg"]) as session:
        session.send(startup({"user": "app.globex", "database": "app"}),
                     query("SELECT count(*) FROM orders"))
        answer = session.read()
        while answer is not None and answer.type not in "DE":
            answer = session.read()
        return answer is not None and answer.type == "D" and row_values(answer.body) == [b"2"]


def test_envoy_43826_clients_leave_while_servers_are_connected_to(start_proxy, postgres, rows):
    """Envoy CVE-2021-43826: a client that left while its server was being connected to."""
    with PgRelay(postgres.port) as relay:
        overrides = relay.overrides(pool={"size": 3, "connect_timeout": "1s"})
        proxy = start_proxy(overrides={**overrides, "limits": {"workers": 1}})
        for turn in range(6):
            sessions = [RawSession(proxy.ports["pg"]) for _ in range(12)]
            for session in sessions:
                session.login("app.acme")
            relay.connects.clear()
            relay.cut()
            for number, session in enumerate(sessions):
                session.send(query("SELECT count(*) FROM orders"))
                if turn == 0 or number % 3 == 0:
                    session.reset()
            if turn % 2 == 0:
                for session in sessions:
                    session.close()
            relay.connects.set()
            for session in sessions:
                session.close()
            wait_for(lambda: serves(proxy), what="the server")


def test_envoy_43825_clients_leave_while_they_are_answered(start_proxy, rows):
    """Envoy CVE-2021-43825: a session that ended inside of its answer was used once more."""
    proxy = start_proxy(overrides={"limits": {"workers": 1}})
    refused = query("SELECT pg_read_file('x')") * 300
    large = query("SELECT repeat('x', 1000) FROM generate_series(1, 20000)")
    for sent in (refused + message("X"), refused, large * 4, large + message("X"),
                 large + refused + message("X"), refused + b"Q\0\0\0\0", large + b"Q\0\0\0\0"):
        for wait in (0, 1, 4096):
            with RawSession(proxy.ports["pg"]) as session:
                session.login("app.acme")
                session.send(sent)
                if wait:
                    session.socket.recv(wait)
                session.reset()
    assert serves(proxy)
