# SPDX-License-Identifier: Apache-2.0
"""PostgreSQL messages by hand, for what no driver would send.

PG docs, Message Formats: type byte, int32 length that counts itself, body; the startup packet has
no type byte.
"""

import socket
import struct
from collections import namedtuple

PROTOCOL_3_0 = 196608
SSL_REQUEST = struct.pack("!ii", 8, 80877103)
GSSENC_REQUEST = struct.pack("!ii", 8, 80877104)

Message = namedtuple("Message", "type body")


def startup(parameters, version=PROTOCOL_3_0):
    pairs = b"".join(_cstring(key) + _cstring(value) for key, value in parameters.items())
    body = struct.pack("!i", version) + pairs + b"\0"
    return struct.pack("!i", len(body) + 4) + body


def message(kind, body=b"", length=None):
    """A message; `length` overrides the length field to lie about the size."""
    return kind.encode() + struct.pack("!i", len(body) + 4 if length is None else length) + body


def query(text):
    return message("Q", _cstring(text))


def parse(text, name="", types=()):
    return message("P", _cstring(name) + _cstring(text) + struct.pack("!h", len(types)) +
                   b"".join(struct.pack("!I", oid) for oid in types))


def bind(values=(), portal="", statement="", formats=(), result_formats=()):
    """values: None or bytes; text format unless `formats` says otherwise."""
    body = _cstring(portal) + _cstring(statement) + _int16s(formats)
    body += struct.pack("!h", len(values))
    for value in values:
        body += struct.pack("!i", -1) if value is None else struct.pack("!i", len(value)) + value
    return message("B", body + _int16s(result_formats))


def describe(kind="P", name=""):
    return message("D", kind.encode() + _cstring(name))


def execute(portal="", max_rows=0):
    return message("E", _cstring(portal) + struct.pack("!i", max_rows))


def close(kind="S", name=""):
    return message("C", kind.encode() + _cstring(name))


SYNC = message("S")
FLUSH = message("H")
TERMINATE = message("X")
CANCEL_CODE = 80877102


def cancel_request(key):
    """key: the body of a BackendKeyData."""
    return struct.pack("!ii", 8 + len(key), CANCEL_CODE) + key


def cancel(port, key):
    """Sends a cancel request and waits until it was dealt with: the server closes, silently."""
    with RawSession(port) as request:
        request.send(cancel_request(key))
        assert request.read_to_end() == []


def error_fields(body):
    """{"C": sqlstate, "M": text, ...} of an ErrorResponse or NoticeResponse."""
    return {field[:1].decode(): field[1:].decode() for field in body.split(b"\0") if field}


def row_values(body):
    """The columns of a DataRow, None for NULL."""
    (count,), values, at = struct.unpack_from("!h", body), [], 2
    for _ in range(count):
        (length,) = struct.unpack_from("!i", body, at)
        at += 4
        values.append(None if length < 0 else body[at:at + length])
        at += max(length, 0)
    return values


def _cstring(text):
    return (text.encode() if isinstance(text, str) else text) + b"\0"


def _int16s(values):
    return struct.pack("!h", len(values)) + b"".join(struct.pack("!h", value) for value in values)


class RawSession:
    """A socket to a PostgreSQL listener that reads message by message."""

    def __init__(self, port, timeout=10.0):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._unread, self._at = b"", 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def close(self):
        self.socket.close()

    def reset(self):
        """Vanishes with RST, as after a crash of the client's machine."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def send(self, *chunks):
        self.socket.sendall(b"".join(chunks))

    def read_exact(self, count):
        """count bytes, or None when the peer closes first."""
        while len(self._unread) - self._at < count:
            try:
                chunk = self.socket.recv(262144)
            except ConnectionResetError:
                chunk = b""
            if not chunk:
                return None
            self._unread, self._at = self._unread[self._at:] + chunk, 0
        self._at += count
        return self._unread[self._at - count:self._at]

    def read(self):
        """The next message, None at end of stream."""
        head = self.read_exact(5)
        if head is None:
            return None
        (length,) = struct.unpack("!i", head[1:])
        return Message(head[:1].decode(), self.read_exact(length - 4))

    def read_until_ready(self):
        """Every message up to and with ReadyForQuery; fails at end of stream."""
        messages = []
        while not messages or messages[-1].type != "Z":
            messages.append(self.read())
            assert messages[-1] is not None, f"closed after {messages[:-1]}"
        return messages

    def read_to_end(self):
        """Every message until the peer closes."""
        messages = []
        while (found := self.read()) is not None:
            messages.append(found)
        return messages

    def login(self, user, database="app", **parameters):
        """Startup as a trusted user; returns the messages up to ReadyForQuery."""
        self.send(startup({"user": user, "database": database, **parameters}))
        return self.read_until_ready()
