# SPDX-License-Identifier: Apache-2.0
"""What others got wrong about the moment in which encryption begins."""

import itertools
import socket
import ssl
import threading
import time

import pytest

from support import workdir
from support.certificates import Authority
from support.pg_wire import GSSENC_REQUEST, SSL_REQUEST, RawSession, query, startup
from support.process import wait_for
from support.tls import encrypted_socket, trusting

ACME = startup({"user": "app.acme", "database": "app"})


@pytest.fixture(scope="module")
def authority():
    folder = workdir.make_workdir("security-tls")
    yield Authority(folder)
    workdir.remove_workdir(folder)


@pytest.fixture
def start_tls_proxy(start_proxy, authority, rows):
    certificate = authority.sign("proxy")

    def start(**more):
        def encrypt(proxy):
            listeners = [dict(listener) for listener in proxy.config["listeners"]]
            listeners[0]["tls"] = {"mode": "allow", "cert": str(certificate.cert),
                                   "key": str(certificate.key)}
            return {"listeners": listeners, **more}
        return start_proxy(overrides=encrypt)
    return start


@pytest.fixture
def tls_proxy(start_tls_proxy):
    return start_tls_proxy()


@pytest.mark.parametrize("extra", [b"x", ACME, ACME + query("DELETE FROM orders"), SSL_REQUEST,
                                   GSSENC_REQUEST, b"\0" * 8192], ids=lambda extra: str(len(extra)))
def test_cve_2021_3935_bytes_after_the_request_for_tls(tls_proxy, authority, extra):
    """PgBouncer, and CVE-2021-43766 of Odyssey, CVE-2021-23214 of PostgreSQL: bytes that a man in
    the middle put behind the request were taken for encrypted ones."""
    with socket.create_connection(("127.0.0.1", tls_proxy.ports["pg"]), timeout=10) as plain:
        plain.sendall(SSL_REQUEST + extra)
        answer = plain.recv(1)
        if answer == b"S":
            context = ssl.create_default_context(cafile=str(authority.cert))
            with pytest.raises((ssl.SSLError, ConnectionError)):
                context.wrap_socket(plain, server_hostname="localhost").recv(1)
        assert answer in (b"", b"E")


@pytest.mark.parametrize("extra", [b"x", b"R\0\0\0\x08\0\0\0\0", b"\0" * 8192],
                         ids=lambda extra: str(len(extra)))
def test_cve_2021_43767_bytes_after_the_servers_answer(start_proxy, extra):
    """Odyssey, and CVE-2021-23222 of libpq: the same from the server's side."""
    with socket.create_server(("127.0.0.1", 0)) as fake:
        endpoint = {"tls": {"mode": "require"},
                    "endpoints": [{"address": f"127.0.0.1:{fake.getsockname()[1]}"}]}
        proxy = start_proxy(wait="live", overrides={"upstreams": {"main": endpoint}})
        fake.settimeout(10)
        victim, _ = fake.accept()
        with victim:
            assert victim.recv(8) == SSL_REQUEST
            victim.sendall(b"S" + extra)
            assert victim.recv(100) == b"", "nothing was sent to whoever that is"
        wait_for(lambda: "before encryption" in proxy.log(), what="the refusal")


def answers(proxy, requests):
    """The bytes that requests are answered with, one after the other, up to the end."""
    given = b""
    with socket.create_connection(("127.0.0.1", proxy.ports["pg"]), timeout=10) as plain:
        for request in requests:
            try:
                plain.sendall(request)
                answer = plain.recv(1)
            except ConnectionError:
                answer = b""
            given += answer
            if answer not in (b"N", b""):
                break
            if answer == b"":
                return given + b"."
    return given


def test_cve_2026_6479_requests_for_encryption_without_end(proxy, tls_proxy):
    """PostgreSQL: requests for TLS and for GSSAPI in turns, each answered one call deeper, used the
    stack up. Here each is answered once, whatever their order."""
    letters = {"S": SSL_REQUEST, "G": GSSENC_REQUEST}
    for count in range(1, 7):
        for order in itertools.product("SG", repeat=count):
            twice = [at for at, one in enumerate(order) if one in order[:at]]
            wanted = b"N" * min(twice) + b"E" if twice else b"N" * count
            assert answers(proxy, [letters[one] for one in order]) == wanted, order
    assert answers(tls_proxy, [GSSENC_REQUEST, GSSENC_REQUEST]) == b"NE"
    assert answers(tls_proxy, [GSSENC_REQUEST, SSL_REQUEST]) == b"NS"
    for each in (proxy, tls_proxy):
        assert answers(each, [(GSSENC_REQUEST + SSL_REQUEST) * 50000]) in (b"E", b".")
        with RawSession(each.ports["pg"]) as session:
            assert session.login("app.acme")[-1].type == "Z"


@pytest.mark.parametrize("sent", [GSSENC_REQUEST, GSSENC_REQUEST + ACME, SSL_REQUEST,
                                  SSL_REQUEST + ACME], ids=["gss", "gss-more", "ssl", "ssl-more"])
@pytest.mark.parametrize("before", [SSL_REQUEST, b""], ids=["asked", "direct"])
def test_cve_2026_14681_encryption_inside_encryption(tls_proxy, authority, before, sent):
    """PostgreSQL: GSSAPI was negotiated inside of TLS that a client had begun without asking."""
    context = trusting(authority)
    context.set_alpn_protocols(["postgresql"])
    with encrypted_socket(tls_proxy, context, before) as tls:
        tls.sendall(sent)
        assert tls.recv(1) in (b"", b"E")
    with encrypted_socket(tls_proxy, context, before) as tls:
        tls.sendall(ACME)
        assert tls.recv(1) == b"R"


def test_cve_2026_14681_direct_tls_after_another_request(tls_proxy, authority):
    """Nor does TLS begin by itself once something else was asked for."""
    context = trusting(authority)
    context.set_alpn_protocols(["postgresql"])
    with socket.create_connection(("127.0.0.1", tls_proxy.ports["pg"]), timeout=10) as plain:
        plain.sendall(GSSENC_REQUEST)
        assert plain.recv(1) == b"N"
        with pytest.raises((ssl.SSLError, ConnectionError)):
            context.wrap_socket(plain, server_hostname="localhost")


LOGIN_TIMEOUT_S = 0.3


def linger(proxy, authority, stage, leaves_after):
    """A login that stops at a stage, and whose client leaves at about the time it is given."""
    end = time.monotonic() + leaves_after
    plain = socket.create_connection(("127.0.0.1", proxy.ports["pg"]), timeout=10)
    try:
        plain.sendall(SSL_REQUEST)
        plain.recv(1)
        if stage == "half-hello":
            plain.sendall(b"\x16\x03\x01\x02\x00\x01\x00")
        elif stage != "asked":
            plain = trusting(authority).wrap_socket(plain, server_hostname="localhost")
        if stage == "half-startup":
            plain.sendall(ACME[:20])
        time.sleep(max(0.0, end - time.monotonic()))
        if leaves_after > 2 * LOGIN_TIMEOUT_S:
            while plain.recv(4096):
                pass
        elif stage == "goodbye":
            plain.unwrap()
    except (ssl.SSLError, OSError):
        pass
    finally:
        plain.close()


def test_cve_2015_3165_timeouts_while_encryption_ends(start_tls_proxy, authority):
    """PostgreSQL: a login that timed out while its TLS was being closed freed memory twice."""
    proxy = start_tls_proxy(limits={"workers": 1,
                                    "login_timeout": f"{LOGIN_TIMEOUT_S * 1000:.0f}ms"})
    stages = ("asked", "half-hello", "shaken", "half-startup", "goodbye")
    moments = [LOGIN_TIMEOUT_S + offset / 1000 for offset in (-20, -5, -2, 0, 0, 2, 5, 20, 500)]
    clients = [threading.Thread(target=linger, args=(proxy, authority, stage, moment))
               for stage in stages for moment in moments]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    with encrypted_socket(proxy, trusting(authority)) as tls:
        tls.sendall(ACME)
        assert tls.recv(1) == b"R"
    assert proxy.log().count("login_timeout") >= len(stages)
