# SPDX-License-Identifier: Apache-2.0
"""Proxies and clients that encrypt."""

import socket
import ssl

import psycopg

from .pg_wire import SSL_REQUEST


def listener(mode, certificate, **more):
    """Overrides for start_proxy."""
    def make(proxy):
        listeners = [dict(each) for each in proxy.config["listeners"]]
        listeners[0]["tls"] = {"mode": mode, "cert": str(certificate.cert),
                               "key": str(certificate.key), **more}
        return {"listeners": listeners}
    return make


def connect(proxy, **options):
    return psycopg.connect(proxy.pg_dsn("acme"), autocommit=True, **options)


def encrypted_socket(proxy, context, before=SSL_REQUEST):
    plain = socket.create_connection(("127.0.0.1", proxy.ports["pg"]), timeout=10)
    if before:
        plain.sendall(before)
        assert plain.recv(1) == b"S"
    return context.wrap_socket(plain, server_hostname="localhost")


def trusting(authority):
    context = ssl.create_default_context(cafile=str(authority.cert))
    return context


def upstream(mode, address=None, **more):
    def make(proxy):
        tls = {"mode": mode, **{name: str(value) for name, value in more.items()}}
        main = {"tls": tls}
        if address:
            port = proxy.config["upstreams"]["main"]["endpoints"][0]["address"].rsplit(":")[-1]
            main["endpoints"] = [{"address": f"{address}:{port}"}]
        return {"upstreams": {"main": main}}
    return make
