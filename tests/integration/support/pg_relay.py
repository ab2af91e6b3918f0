# SPDX-License-Identifier: Apache-2.0
"""A relay between the proxy and a real server that breaks connections where a test wants it.

    with PgRelay(server.port) as relay:
        relay.cut_after = (b"marker", 1000)     # close 1,000 bytes behind the marker in an answer
        proxy = start_proxy(overrides=relay.overrides())
"""

import socket
import threading


class PgRelay:
    def __init__(self, port):
        self._target = ("127.0.0.1", port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.cut_after = None
        self.replace = (b"", b"")           # in what the server says; of the same length
        self.connects = threading.Event()   # cleared: new connections get no answer
        self.connects.set()
        self._sockets = []
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connects.set()
        for each in [self._listener, *self._sockets]:
            each.close()

    def overrides(self, **changes):
        return {"upstreams": {"main": {"endpoints": [{"address": f"127.0.0.1:{self.port}"}],
                                       **changes}}}

    def cut(self):
        """Ends the connections that are open, on both sides."""
        self._end(*self._sockets)

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
                self.connects.wait()
                server = socket.create_connection(self._target)
            except OSError:
                return
            self._sockets += [client, server]
            threading.Thread(target=self._pump, args=(client, server), daemon=True).start()
            threading.Thread(target=self._answer, args=(server, client), daemon=True).start()

    def _pump(self, source, target):
        try:
            while data := source.recv(65536):
                target.sendall(data)
        except OSError:
            pass
        self._end(source, target)

    def _answer(self, source, target):
        """As _pump, up to the cut."""
        left = None
        try:
            while data := source.recv(65536):
                if self.replace[0]:
                    data = data.replace(*self.replace)
                if left is None and self.cut_after and self.cut_after[0] in data:
                    marker, count = self.cut_after
                    left = data.index(marker) + len(marker) + count
                if left is None:
                    target.sendall(data)
                    continue
                target.sendall(data[:left])
                left -= len(data)
                if left <= 0:
                    break
        except OSError:
            pass
        self._end(source, target)

    @staticmethod
    def _end(*sockets):
        for each in sockets:
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
