# SPDX-License-Identifier: Apache-2.0
"""A throwaway redis-server: free loopback port, nothing on disk, optional password or ACL users."""

import redis

from . import workdir
from .process import Process


class RedisServer:
    def __init__(self, password=None, acl_users=()):
        """acl_users: lines as `ACL SETUSER` takes them, e.g. "proxy on >secret ~* &* +@all"."""
        self.folder = workdir.make_workdir("redis")
        self.port = workdir.free_port()
        self.password = password
        self.acl_users = acl_users
        self.process = None
        try:
            self.start()
        except BaseException:
            self.remove()
            raise

    def start(self):
        config = self.folder / "redis.conf"
        config.write_text(self._settings(), encoding="utf-8")
        config.chmod(0o644)
        self.process = Process("redis", ["redis-server", config], self.folder, unprivileged=True)
        self.process.wait_until(self._answers)

    def _settings(self):
        lines = ["bind 127.0.0.1", f"port {self.port}", 'save ""', "appendonly no",
                 "daemonize no", f"dir {self.folder}", "enable-debug-command yes"]
        lines += [f"requirepass {self.password}"] if self.password else []
        lines += [f"user {user}" for user in self.acl_users]
        return "\n".join(lines) + "\n"

    def _answers(self):
        try:
            return self.connect_admin().ping()
        except redis.ConnectionError:
            return False

    def connect_admin(self, **options):
        """A client of the server itself, not through the proxy."""
        return redis.Redis(host="127.0.0.1", port=self.port, password=self.password, **options)

    def stop(self):
        if self.process:
            self.process.stop()
            self.process = None

    def restart(self):
        self.stop()
        self.start()

    def remove(self):
        try:
            self.stop()
        finally:
            workdir.remove_workdir(self.folder)
