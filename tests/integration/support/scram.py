# SPDX-License-Identifier: Apache-2.0
"""SCRAM-SHA-256 verifiers as PostgreSQL stores them (RFC 5803), for users files."""

import base64
import hashlib
import hmac
import os


def verifier(password, iterations=4096, salt=None):
    salt = salt or os.urandom(16)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, iterations)
    client_key = hmac.digest(salted, b"Client Key", "sha256")
    server_key = hmac.digest(salted, b"Server Key", "sha256")
    stored_key = hashlib.sha256(client_key).digest()
    return f"SCRAM-SHA-256${iterations}:{_b64(salt)}${_b64(stored_key)}:{_b64(server_key)}"


def _b64(data):
    return base64.b64encode(data).decode("ascii")
