# SPDX-License-Identifier: Apache-2.0
"""Authorities and certificates for TLS tests, made by the openssl command."""

import pathlib
import subprocess
from dataclasses import dataclass


@dataclass
class Certificate:
    cert: pathlib.Path
    key: pathlib.Path


def _openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


def _request(folder, name, subject):
    key, request = folder / f"{name}.key", folder / f"{name}.csr"
    _openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
             "-keyout", key, "-out", request, "-subj", f"/CN={subject}")
    key.chmod(0o600)
    return key, request


class Authority:
    """Signs certificates; its own is at .cert."""

    def __init__(self, folder, name="ca"):
        self.folder = pathlib.Path(folder)
        self.cert, self.key = self.folder / f"{name}.crt", self.folder / f"{name}.key"
        _openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                 "-nodes", "-keyout", self.key, "-out", self.cert, "-days", 30,
                 "-subj", f"/CN={name}")

    def sign(self, name, subject="localhost", hosts=("DNS:localhost", "IP:127.0.0.1")):
        """A certificate in files called name; hosts may be empty, as for a client's."""
        key, request = _request(self.folder, name, subject)
        cert, extensions = self.folder / f"{name}.crt", self.folder / f"{name}.ext"
        extensions.write_text(f"subjectAltName={','.join(hosts)}\n" if hosts else "",
                              encoding="utf-8")
        _openssl("x509", "-req", "-in", request, "-CA", self.cert, "-CAkey", self.key,
                 "-CAcreateserial", "-days", 30, "-extfile", extensions, "-out", cert)
        return Certificate(cert, key)
