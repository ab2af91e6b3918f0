# SPDX-License-Identifier: Apache-2.0
"""A server that lies: relays to a real one, and says something else when it is told to.

A statement with the literal 'tamper-NAME' makes the relay send TAMPERINGS[NAME] to whoever asked,
before the real answer.
"""

import re
import socket
import threading

_MARK = re.compile(rb"tamper-([a-z-]+)")


class TamperingServer:
    def __init__(self, server_port, tamperings):
        self.tamperings = tamperings
        self._server_port = server_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._sockets = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self._server_port))
            self._sockets += [client, server]
            threading.Thread(target=self._relay, args=(client, server, True), daemon=True).start()
            threading.Thread(target=self._relay, args=(server, client, False), daemon=True).start()

    def _relay(self, source, target, is_request):
        try:
            while chunk := source.recv(65536):
                mark = _MARK.search(chunk) if is_request else None
                if mark:
                    source.sendall(self.tamperings[mark[1].decode()])
                target.sendall(chunk)
        except OSError:
            pass
        for end in (source, target):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def close(self):
        self._listener.close()
        for end in self._sockets:
            end.close()
