# SPDX-License-Identifier: Apache-2.0
"""What others got wrong about the moment in which encryption begins."""

import socket
import ssl

import pytest

from support import workdir
from support.certificates import Authority
from support.pg_wire import GSSENC_REQUEST, SSL_REQUEST, query, startup
from support.process import wait_for

ACME = startup({"user": "app.acme", "database": "app"})


@pytest.fixture(scope="module")
def authority():
    folder = workdir.make_workdir("security-tls")
    yield Authority(folder)
    workdir.remove_workdir(folder)


@pytest.fixture
def tls_proxy(start_proxy, authority, rows):
    certificate = authority.sign("proxy")

    def encrypt(proxy):
        listeners = [dict(listener) for listener in proxy.config["listeners"]]
        listeners[0]["tls"] = {"mode": "allow", "cert": str(certificate.cert),
                               "key": str(certificate.key)}
        return {"listeners": listeners}
    return start_proxy(overrides=encrypt)


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
