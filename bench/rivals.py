# SPDX-License-Identifier: Apache-2.0
"""The proxies we compare with, one thread each, in front of the same server."""

import shutil
import socket

import harness  # noqa: F401  (puts the integration tests' support on the path)
from support import workdir
from support.process import Process


class Rival:
    """A proxy listening on `port`; `pid` is the process whose CPU time counts."""

    def __init__(self, name, command, config_name, config_text):
        self.folder = workdir.make_workdir(name)
        path = self.folder / config_name
        path.write_text(config_text, encoding="utf-8")
        path.chmod(0o644)
        self.process = Process(name, [*command, path], self.folder, unprivileged=True)

    def wait(self, port):
        self.port = port
        try:
            self.process.wait_until(self._listens)
        except BaseException:
            self.remove()
            raise
        return self

    def _listens(self):
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            return True
        except OSError:
            return False

    @property
    def pid(self):
        return self.process.pid

    def remove(self):
        self.process.kill()
        workdir.remove_workdir(self.folder)


def haproxy(server_port):
    port = workdir.free_port()
    return Rival("haproxy", ["haproxy", "-db", "-f"], "haproxy.cfg", f"""
global
    nbthread 1
    maxconn 1000
defaults
    mode tcp
    timeout connect 5s
    timeout client 60s
    timeout server 60s
listen relay
    bind 127.0.0.1:{port}
    server one 127.0.0.1:{server_port}
""").wait(port)


def pgbouncer(server_port, user, database):
    port = workdir.free_port()
    return Rival("pgbouncer", ["pgbouncer", "-q"], "pgbouncer.ini", f"""
[databases]
{database} = host=127.0.0.1 port={server_port} user={user}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 20
ignore_startup_parameters = extra_float_digits
""").wait(port)


def twemproxy(server_port):
    """None where Debian's nutcracker is not installed."""
    if not shutil.which("nutcracker"):
        return None
    port = workdir.free_port()
    command = ["nutcracker", "-o", "nutcracker.out", "-s", str(workdir.free_port()), "-c"]
    return Rival("nutcracker", command, "nutcracker.yml", f"""
relay:
  listen: 127.0.0.1:{port}
  redis: true
  distribution: ketama
  hash: fnv1a_64
  servers:
   - 127.0.0.1:{server_port}:1
""").wait(port)
