# SPDX-License-Identifier: Apache-2.0
"""A Redis server with the proxy in front, and nothing else; and what the server really sees."""

import threading

from . import resp_wire
from .redis_server import RedisServer
from .ringfence import Ringfence


class RedisProxy:
    """with RedisProxy(overrides=...) as pair: pair.client("acme"), pair.raw("acme"), pair.server

    server: another one than a fresh RedisServer; it is removed at the end all the same."""

    def __init__(self, password=None, acl_users=(), server=None, **options):
        self.server = server or RedisServer(password=password, acl_users=acl_users)
        try:
            self.proxy = Ringfence(None, self.server, **options)
        except BaseException:
            self.server.remove()
            raise

    def __enter__(self):
        try:
            self.proxy.start()
        except BaseException:
            self.remove()
            raise
        return self

    def __exit__(self, *_):
        self.remove()

    def remove(self):
        try:
            self.proxy.remove()
        finally:
            self.server.remove()

    @property
    def port(self):
        return self.proxy.ports["redis"]

    def client(self, tenant, **options):
        return self.proxy.redis(tenant, **options)

    def raw(self, tenant=None):
        """A socket; logged in if a tenant is given."""
        connection = resp_wire.RawRedis(self.port)
        if tenant:
            assert connection.login(tenant) == b"+OK"
        return connection

    def keys(self):
        """Every key on the server, of all tenants."""
        with self.server.connect_admin() as admin:
            return sorted(key.decode() for key in admin.keys("*"))


class Monitor:
    """with Monitor(server) as seen: ... then seen.commands() are the argument lists it executed."""

    MARK = b"end-of-monitoring"

    def __init__(self, server):
        self.server = server
        self.connection = resp_wire.RawRedis(server.port)
        self.lines = []
        self.thread = threading.Thread(target=self._read, daemon=True)

    def __enter__(self):
        self.connection.send(resp_wire.command("MONITOR"))
        assert self.connection.read_line() == b"+OK"
        self.thread.start()
        return self

    def _read(self):
        for line in iter(self.connection.read_line, b""):
            if self.MARK in line:
                return
            self.lines.append(line)

    def __exit__(self, *_):
        with self.server.connect_admin() as admin:
            admin.echo(self.MARK)
        self.thread.join(10)
        self.connection.__exit__()

    def commands(self):
        """Lists of arguments, unescaped; the name in lower case."""
        return [_arguments(line) for line in self.lines]


def _arguments(line):
    """The quoted strings of a MONITOR line: +1700000000.0 [0 127.0.0.1:1] "SET" "k" "v"."""
    text = line[line.index(b"] ") + 2:].decode("latin-1")
    arguments, position = [], 0
    while position < len(text):
        assert text[position] == '"'
        end = position + 1
        while text[end] != '"':
            end += 2 if text[end] == "\\" else 1
        word = text[position + 1:end]
        arguments.append(word.encode("latin-1").decode("unicode_escape").encode("latin-1"))
        position = end + 2
    arguments[0] = arguments[0].lower()
    return arguments
