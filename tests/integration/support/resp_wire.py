# SPDX-License-Identifier: Apache-2.0
"""RESP by hand, for what no driver would send: raw bytes out, raw replies in."""

import socket
import struct


def command(*arguments):
    """One request as an array of bulk strings."""
    words = [word if isinstance(word, bytes) else str(word).encode() for word in arguments]
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word)
                                              for word in words)


class RawRedis:
    """A socket to a Redis listener that reads one line or an exact count."""

    def __init__(self, port, timeout=10.0):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._file = self.socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._file.close()
        self.socket.close()

    def reset(self):
        """Vanishes with RST, as after a crash of the client's machine."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._file.close()
        self.socket.close()

    def send(self, *chunks):
        self.socket.sendall(b"".join(chunks))

    def read_line(self):
        """One line without its CRLF; b"" at end of stream."""
        return self._file.readline().rstrip(b"\r\n")

    def read_exact(self, count):
        return self._file.read(count)

    def read_reply(self):
        """One whole reply as the bytes it came in; b"" at end of stream."""
        line = self._file.readline()
        kind, count = line[:1], line[1:].strip()
        if kind in b"$=!" and kind and int(count) >= 0:
            return line + self._file.read(int(count) + 2)
        if kind in b"*~>%|" and kind and int(count) >= 0:
            elements = int(count) * (2 if kind in b"%|" else 1)
            return line + b"".join(self.read_reply() for _ in range(elements))
        return line

    def read_to_end(self):
        try:
            return self._file.read()
        except ConnectionResetError:
            return b""

    def login(self, tenant, password="none"):
        self.send(command("AUTH", tenant, password))
        return self.read_line()
