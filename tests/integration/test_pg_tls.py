# SPDX-License-Identifier: Apache-2.0
"""TLS to clients and to servers: modes, certificates, what attackers put before a handshake."""

import os
import shutil
import socket
import ssl
import threading

import psycopg
import pytest

from support import psql, tenants, workdir
from support.certificates import Authority
from support.pg_wire import GSSENC_REQUEST, SSL_REQUEST, RawSession, query, startup
from support.process import wait_for
from support.tls import connect, encrypted_socket, listener, trusting, upstream


@pytest.fixture
def folder():
    made = workdir.make_workdir("tls")
    yield made
    workdir.remove_workdir(made)


def ends(connection):
    """Whether the peer closes, perhaps after an error message."""
    try:
        while connection.recv(4096):
            pass
    except (ConnectionResetError, ssl.SSLError):
        pass
    return True


@pytest.mark.parametrize("mode, sslmode, works", [
    ("allow", "disable", True), ("allow", "prefer", True), ("allow", "require", True),
    ("allow", "verify-ca", True), ("allow", "verify-full", True),
    ("require", "disable", False), ("require", "require", True), ("require", "verify-full", True)])
def test_modes(start_proxy, rows, authority, server_cert, mode, sslmode, works):
    proxy = start_proxy(overrides=listener(mode, server_cert))
    options = {"sslmode": sslmode, "sslrootcert": str(authority.cert)}
    if not works:
        with pytest.raises(psycopg.OperationalError) as refused:
            connect(proxy, **options)
        assert "encrypted connections only" in str(refused.value)
        return
    with connect(proxy, **options) as connection:
        assert connection.pgconn.ssl_in_use == (sslmode != "disable")
        assert connection.execute("SELECT id, item FROM orders ORDER BY id").fetchall() == \
            tenants.ORDERS["acme"]
        big = connection.execute("SELECT repeat('x', 1000) FROM generate_series(1, 20000)")
        assert sum(len(row[0]) for row in big) == 20_000_000
        assert connection.execute("SELECT length(%s::text)", ("y" * 3_000_000,)
                                  ).fetchone() == (3_000_000,)


def test_off_answers_n(start_proxy, rows):
    proxy = start_proxy()
    with pytest.raises(psycopg.OperationalError) as refused:
        connect(proxy, sslmode="require")
    assert "does not support SSL" in str(refused.value)


def test_psql_over_tls(start_proxy, rows, server_cert):
    proxy = start_proxy(overrides=listener("require", server_cert))
    assert psql.rows(proxy.pg_dsn("acme") + " sslmode=require", "SELECT count(*) FROM orders"
                     ) == [str(len(tenants.ORDERS["acme"]))]


def assert_cancels(connection, server):
    """A long query of the connection is cancelled while it runs."""
    caught = []

    def run():
        with pytest.raises(psycopg.errors.QueryCanceled) as found:
            connection.execute("SELECT pg_catalog.count(*) FROM generate_series(1, 100000) a, "
                               "generate_series(1, 100000) b")
        caught.append(found)

    thread = threading.Thread(target=run)
    thread.start()
    wait_for(lambda: server.admin("SELECT count(*) FROM pg_stat_activity WHERE state = 'active' "
                                  "AND query LIKE '%generate_series(1, 100000)%' AND usename = "
                                  f"'{tenants.LINK_USER}'") == [(1,)], what="the query")
    connection.cancel()
    thread.join(20)
    assert caught


def test_cancel_over_tls(start_proxy, rows, postgres, server_cert):
    proxy = start_proxy(overrides=listener("require", server_cert))
    with connect(proxy, sslmode="require") as connection:
        assert_cancels(connection, postgres)


@pytest.mark.parametrize("client_mode, shows, works", [
    ("optional", False, True), ("optional", True, True), ("required", True, True),
    ("required", False, False)])
def test_client_certificates(start_proxy, rows, authority, server_cert, client_cert, client_mode,
                             shows, works):
    proxy = start_proxy(overrides=listener("require", server_cert, client_ca=str(authority.cert),
                                           client_cert=client_mode))
    options = {"sslmode": "require"}
    if shows:
        options |= {"sslcert": str(client_cert.cert), "sslkey": str(client_cert.key)}
    if works:
        connect(proxy, **options).close()
    else:
        with pytest.raises(psycopg.OperationalError):
            connect(proxy, **options)


@pytest.mark.parametrize("client_mode", ["optional", "required"])
def test_a_certificate_of_a_stranger(start_proxy, rows, authority, server_cert, client_mode,
                                     folder):
    """One that is shown must be valid, even where none need be shown."""
    strange = Authority(folder, "other").sign("strange", subject="app.acme", hosts=())
    proxy = start_proxy(overrides=listener("require", server_cert, client_ca=str(authority.cert),
                                           client_cert=client_mode))
    with pytest.raises(psycopg.OperationalError):
        connect(proxy, sslmode="require", sslcert=str(strange.cert), sslkey=str(strange.key))


@pytest.mark.parametrize("chunks", [
    [SSL_REQUEST + startup({"user": "app.acme", "database": "app"})],
    [SSL_REQUEST + b"x"], [SSL_REQUEST + SSL_REQUEST], [GSSENC_REQUEST + SSL_REQUEST]])
def test_bytes_before_the_handshake(start_proxy, rows, server_cert, chunks):
    """CVE-2021-23214: they are not taken for encrypted ones; the connection ends."""
    proxy = start_proxy(overrides=listener("allow", server_cert))
    with socket.create_connection(("127.0.0.1", proxy.ports["pg"]), timeout=10) as attacker:
        attacker.sendall(b"".join(chunks))
        assert attacker.recv(1) in {b"", b"E"}
        assert ends(attacker)
    connect(proxy, sslmode="require").close()


def test_requests_come_once(start_proxy, rows, authority, server_cert):
    proxy = start_proxy(overrides=listener("allow", server_cert))
    with socket.create_connection(("127.0.0.1", proxy.ports["pg"]), timeout=10) as client:
        client.sendall(GSSENC_REQUEST)
        assert client.recv(1) == b"N"
        client.sendall(SSL_REQUEST)
        assert client.recv(1) == b"S"
    for again in (SSL_REQUEST, GSSENC_REQUEST):
        with encrypted_socket(proxy, trusting(authority)) as client:
            client.sendall(again)
            assert client.recv(1) in {b"", b"E"}


def test_direct_tls_wants_alpn(start_proxy, rows, authority, server_cert):
    proxy = start_proxy(overrides=listener("require", server_cert))
    login = startup({"user": "app.acme", "database": "app"})
    context = trusting(authority)
    context.set_alpn_protocols(["postgresql"])
    with encrypted_socket(proxy, context, before=None) as client:
        assert client.selected_alpn_protocol() == "postgresql"
        client.sendall(login)
        assert client.recv(1) == b"R"
    with encrypted_socket(proxy, trusting(authority), before=None) as client:
        client.sendall(login)
        assert client.recv(1) in {b"", b"E"}
    other = trusting(authority)
    other.set_alpn_protocols(["http/1.1"])
    with pytest.raises((ssl.SSLError, ConnectionError)):
        encrypted_socket(proxy, other, before=None).recv(1)
    with pytest.raises((ssl.SSLError, ConnectionError)):
        encrypted_socket(proxy, other).recv(1)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_old_versions_are_refused(start_proxy, rows, authority, server_cert):
    proxy = start_proxy(overrides=listener("require", server_cert))
    context = trusting(authority)
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.raises((ssl.SSLError, ConnectionError)):
        encrypted_socket(proxy, context)


def test_a_client_that_sends_byte_by_byte(start_proxy, rows, authority, server_cert):
    """Records cut anywhere, through memory and a slow socket."""
    proxy = start_proxy(overrides=listener("require", server_cert))
    plain = socket.create_connection(("127.0.0.1", proxy.ports["pg"]), timeout=10)
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    plain.sendall(SSL_REQUEST)
    assert plain.recv(1) == b"S"
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = trusting(authority).wrap_bio(incoming, outgoing, server_hostname="localhost")

    def pump(step):
        while True:
            try:
                result = step()
            except ssl.SSLWantReadError:
                result = None
            for byte in outgoing.read():
                plain.sendall(bytes([byte]))
            if result is not None:
                return result
            incoming.write(plain.recv(7))

    pump(lambda: tls.do_handshake() or True)
    pump(lambda: tls.write(startup({"user": "app.acme", "database": "app"})))
    seen = b""
    while not seen.endswith(b"Z\0\0\0\5I"):
        seen += pump(lambda: tls.read(100))
    pump(lambda: tls.write(query("SELECT 'all is well'")))
    while not seen.endswith(b"Z\0\0\0\5I") or b"all is well" not in seen:
        seen += pump(lambda: tls.read(100))
    plain.close()


def test_garbage_in_the_handshake(start_proxy, rows, server_cert):
    proxy = start_proxy(overrides=listener("allow", server_cert))
    for garbage in (b"\x16\x03\x01\x00\x05hello", b"\x16" * 4000, os.urandom(5000),
                    b"\x16\x03\x03\xff\xff" + bytes(300)):
        with socket.create_connection(("127.0.0.1", proxy.ports["pg"]), timeout=15) as attacker:
            attacker.sendall(SSL_REQUEST)
            assert attacker.recv(1) == b"S"
            try:
                attacker.sendall(garbage)
                attacker.shutdown(socket.SHUT_WR)
            except OSError:
                pass  # it was closed in the middle
            assert ends(attacker)
    connect(proxy, sslmode="require").close()


def test_reload_brings_new_certificates(start_proxy, rows, authority, folder):
    first, second = authority.sign("first", "first"), authority.sign("second", "second")
    cert, key = folder / "live.crt", folder / "live.key"

    def install(certificate):
        shutil.copy(certificate.cert, cert)
        shutil.copy(certificate.key, key)

    install(first)
    live = type(first)(cert, key)
    proxy = start_proxy(overrides=listener("require", live))

    def subject():
        with encrypted_socket(proxy, trusting(authority)) as client:
            return client.getpeercert()["subject"][0][0][1]

    assert subject() == "first"
    with connect(proxy, sslmode="require") as connection:
        install(second)
        proxy.reload()
        wait_for(lambda: subject() == "second", what="the new certificate")
        assert connection.execute("SELECT 1").fetchone() == (1,)
    cert.write_text("no certificate\n", encoding="utf-8")
    proxy.reload()
    wait_for(lambda: "reload_failed" in proxy.log(), what="the refusal")
    assert subject() == "second"


@pytest.fixture(scope="module")
def tls_postgres(authority, start_module_postgres):
    """A server that takes encrypted connections only, and from "needs_cert" a certificate."""
    server = start_module_postgres()
    certificate = authority.sign("postgres")
    for source, name in ((certificate.cert, "server.crt"), (certificate.key, "server.key"),
                         (authority.cert, "root.crt")):
        shutil.copy(source, server.data / name)
        os.chmod(server.data / name, 0o600)
        shutil.chown(server.data / name, *_owner(server.data))
    hba = (server.data / "pg_hba.conf")
    hba.write_text("local all all trust\nhostssl all all 127.0.0.1/32 scram-sha-256\n",
                   encoding="utf-8")
    server.admin("ALTER SYSTEM SET ssl = on")
    server.admin("ALTER SYSTEM SET ssl_ca_file = 'root.crt'")
    server.restart()
    return server


def _owner(path):
    found = path.stat()
    return found.st_uid, found.st_gid


def in_use(server):
    return server.admin("SELECT bool_and(ssl), count(*) > 0 FROM pg_stat_ssl s JOIN "
                        "pg_stat_activity a USING (pid) WHERE a.usename = "
                        f"'{tenants.LINK_USER}'")[0]


@pytest.mark.parametrize("mode, address", [("require", None), ("verify-ca", None),
                                           ("verify-full", None), ("verify-full", "localhost")])
def test_to_the_server(start_proxy, tls_postgres, authority, mode, address):
    more = {} if mode == "require" else {"ca": authority.cert}
    proxy = start_proxy(postgres=tls_postgres, overrides=upstream(mode, address, **more))
    with proxy.connect("acme") as connection:
        assert connection.execute("SELECT count(*) FROM orders").fetchone()[0] > 0
        assert in_use(tls_postgres) == (True, True)
        assert_cancels(connection, tls_postgres)


def test_a_server_of_another_authority(start_proxy, tls_postgres, folder):
    other = Authority(folder, "other")
    proxy = start_proxy(postgres=tls_postgres, wait="live",
                        overrides=upstream("verify-ca", ca=other.cert))
    wait_for(lambda: "TLS: " in proxy.log(), what="the refusal")
    assert not proxy.is_ready()


def test_a_server_of_another_name(start_proxy, start_postgres, tls_postgres, authority):
    certificate = authority.sign("elsewhere", hosts=("DNS:db.example",))
    saved = (tls_postgres.data / "server.crt").read_bytes(), \
        (tls_postgres.data / "server.key").read_bytes()
    try:
        (tls_postgres.data / "server.crt").write_bytes(certificate.cert.read_bytes())
        (tls_postgres.data / "server.key").write_bytes(certificate.key.read_bytes())
        tls_postgres.restart()
        proxy = start_proxy(postgres=tls_postgres, wait="live",
                            overrides=upstream("verify-full", ca=authority.cert))
        wait_for(lambda: "mismatch" in proxy.log(), what="the refusal")
        assert not proxy.is_ready()
        proxy = start_proxy(postgres=tls_postgres, overrides=upstream("verify-ca",
                                                                      ca=authority.cert))
        proxy.connect("acme").close()
    finally:
        (tls_postgres.data / "server.crt").write_bytes(saved[0])
        (tls_postgres.data / "server.key").write_bytes(saved[1])
        tls_postgres.restart()


def test_a_server_without_tls_is_not_talked_to(start_proxy, postgres, rows):
    proxy = start_proxy(wait="live", overrides=upstream("require"))
    wait_for(lambda: "the server does not encrypt" in proxy.log(), what="the refusal")
    assert not proxy.is_ready()


def test_our_own_certificate(start_proxy, tls_postgres, authority, client_cert):
    hba = tls_postgres.data / "pg_hba.conf"
    saved = hba.read_text(encoding="utf-8")
    try:
        hba.write_text("local all all trust\n"
                       "hostssl all all 127.0.0.1/32 scram-sha-256 clientcert=verify-ca\n",
                       encoding="utf-8")
        tls_postgres.admin("SELECT pg_reload_conf()")
        proxy = start_proxy(postgres=tls_postgres, overrides=upstream(
            "verify-full", ca=authority.cert, cert=client_cert.cert, key=client_cert.key))
        proxy.connect("acme").close()
    finally:
        hba.write_text(saved, encoding="utf-8")
        tls_postgres.admin("SELECT pg_reload_conf()")


def test_a_password_in_clear_text_goes_over_tls_only(start_proxy, tls_postgres, authority):
    hba = tls_postgres.data / "pg_hba.conf"
    saved = hba.read_text(encoding="utf-8")
    try:
        hba.write_text("local all all trust\nhost all all 127.0.0.1/32 password\n",
                       encoding="utf-8")
        tls_postgres.admin("SELECT pg_reload_conf()")
        proxy = start_proxy(postgres=tls_postgres, overrides=upstream("verify-ca",
                                                                      ca=authority.cert))
        proxy.connect("acme").close()
        proxy = start_proxy(postgres=tls_postgres, wait="live", overrides=upstream(
            "verify-ca", ca=authority.cert, channel_binding="require"))
        wait_for(lambda: "less than channel binding" in proxy.log(), what="the refusal")
        proxy = start_proxy(postgres=tls_postgres, wait="live")
        wait_for(lambda: "clear text on a connection" in proxy.log(), what="the refusal")
    finally:
        hba.write_text(saved, encoding="utf-8")
        tls_postgres.admin("SELECT pg_reload_conf()")


@pytest.mark.parametrize("answer, words", [(b"S" + b"R\0\0\0\x08\0\0\0\0", "before encryption"),
                                           (b"Sx", "before encryption"),
                                           (b"N", "does not encrypt"), (b"E", "before encryption")])
def test_a_man_in_the_middle_before_the_handshake(start_proxy, rows, answer, words):
    """CVE-2021-23222: bytes sent with the answer are never taken for the server's."""
    with socket.create_server(("127.0.0.1", 0)) as fake:
        def make(_):
            return {"upstreams": {"main": {
                "tls": {"mode": "require"},
                "endpoints": [{"address": f"127.0.0.1:{fake.getsockname()[1]}"}]}}}
        proxy = start_proxy(wait="live", overrides=make)
        fake.settimeout(10)
        victim, _ = fake.accept()
        with victim:
            assert victim.recv(8) == SSL_REQUEST
            victim.sendall(answer)
            assert victim.recv(100) == b"", "nothing was sent to whoever that is"
        wait_for(lambda: words in proxy.log(), what="the refusal")


@pytest.mark.parametrize("binding", ["prefer", "require", "disable"])
def test_channel_binding_with_servers(start_proxy, tls_postgres, authority, binding):
    """PostgreSQL refuses a client that says it could bind and does not: so this one did."""
    proxy = start_proxy(postgres=tls_postgres, overrides=upstream(
        "verify-ca", ca=authority.cert, channel_binding=binding))
    with proxy.connect("acme") as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_raw_login_without_tls_where_it_is_required(start_proxy, rows, server_cert):
    proxy = start_proxy(overrides=listener("require", server_cert))
    with RawSession(proxy.ports["pg"]) as session:
        session.send(startup({"user": "app.acme", "database": "app"}))
        answer = session.read_to_end()
        assert [found.type for found in answer] == ["E"] and b"28000" in answer[0].body
