# SPDX-License-Identifier: Apache-2.0
"""A server that logs the proxy in by SCRAM, and lies while it does."""

import base64
import hashlib
import hmac
import socket
import struct
import threading

from . import tenants
from .pg_wire import message

SALT = b"0123456789abcdef"
SALT_TEXT = base64.b64encode(SALT)
READY = (message("S", b"server_version\x0015.0\0") + message("S", b"client_encoding\0UTF8\0") +
         message("S", b"standard_conforming_strings\0on\0") + message("K", b"\0\0\0\1\0\0\0\1") +
         message("Z", b"I"))


def auth(code, data=b""):
    return message("R", struct.pack("!i", code) + data)


def honest_first(nonce):
    return b"r=" + nonce + b"more,s=" + SALT_TEXT + b",i=4096"


def signature(auth_message):
    salted = hashlib.pbkdf2_hmac("sha256", tenants.LINK_PASSWORD.encode(), SALT, 4096)
    key = hmac.digest(salted, b"Server Key", "sha256")
    return hmac.digest(key, auth_message, "sha256")


class LyingServer:
    """Plays one exchange with whoever connects; `after` is what it got once it had lied."""

    def __init__(self, first=honest_first, final=None, early=b"", hasty=b""):
        self.first, self.final, self.early, self.hasty, self.after = first, final, early, hasty, []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self._serve)
        self.thread.start()

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join()

    def _serve(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            with client:
                client.settimeout(10)
                self.after.append(self._play(client))

    def _play(self, client):
        client.recv(65536)  # the startup packet
        client.sendall(auth(10, b"SCRAM-SHA-256\0\0"))
        bare = client.recv(65536).split(b"n,,", 1)[1]
        first = self.first(bare.split(b"r=", 1)[1])
        client.sendall(self.early + auth(11, first) + self.hasty)
        if self.final is not None:
            without_proof = client.recv(65536)[5:].rsplit(b",p=", 1)[0]
            right = signature(b",".join((bare, first, without_proof)))
            client.sendall(self.final(right) + READY)
        return self._rest(client)

    @staticmethod
    def _rest(client):
        """What the proxy says next, b"" when it has gone away."""
        try:
            return client.recv(65536)
        except ConnectionResetError:
            return b""
