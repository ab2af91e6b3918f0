# SPDX-License-Identifier: Apache-2.0
"""A Redis server that answers what a test tells it to: for replies no real one sends."""

import socket
import threading

from . import workdir

GREETING = {b"hello": b"%1\r\n+server\r\n+redis\r\n", b"auth": b"+OK\r\n", b"select": b"+OK\r\n"}


class FakeRedis:
    """with FakeRedis(answer) as server: ... answer(words) is called for each request behind the
    login with a list of bytes; it returns the bytes to send, or None to close."""

    def __init__(self, answer, greeting=None):
        self.answer = answer
        self.greeting = GREETING if greeting is None else greeting
        self.port = workdir.free_port()
        self.password = None
        self.num_connections = 0
        self.requests = []
        self.listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.remove()

    def remove(self):
        self.listener.close()

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.num_connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with connection, connection.makefile("rb") as stream:
            try:
                for words in iter(lambda: _read_request(stream), None):
                    reply = self._reply(words)
                    if reply is None:
                        return
                    connection.sendall(reply)
            except OSError:
                return

    def _reply(self, words):
        name = words[0].lower()
        if name in self.greeting:
            return self.greeting[name]
        self.requests.append(words)
        return self.answer(words)


def _read_request(stream):
    line = stream.readline()
    if not line:
        return None
    return [stream.read(int(stream.readline()[1:]) + 2)[:-2] for _ in range(int(line[1:]))]
