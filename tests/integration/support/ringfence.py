# SPDX-License-Identifier: Apache-2.0
"""The proxy under test as a child process, with its configuration in a scratch folder.

`stop()` is itself a test: SIGTERM must end it with status 0 and no sanitizer report.
"""

import os
import pathlib
import re
import signal
import subprocess
import urllib.error
import urllib.request

import psycopg
import redis

from . import config, tenants, workdir
from .process import Process

ROOT = pathlib.Path(__file__).resolve().parents[3]
SANITIZER_REPORT = re.compile(
    r"(AddressSanitizer|LeakSanitizer|ThreadSanitizer|runtime error:|check failed)", re.IGNORECASE)
SANITIZER_ENV = {
    # A small quarantine: tests that bound the proxy's memory would measure freed memory else.
    "ASAN_OPTIONS": "exitcode=99:detect_leaks=1:detect_stack_use_after_return=1:"
                    "quarantine_size_mb=16",
    "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
    "TSAN_OPTIONS": "exitcode=99:halt_on_error=0",
}
TENANT_PASSWORDS = {f"app.{tenant}": f"{tenant}-secret" for tenant in tenants.TENANTS} | {
    tenant: f"{tenant}-secret" for tenant in tenants.TENANTS}


def binary():
    return pathlib.Path(os.environ.get("RF_BINARY", ROOT / "build/dev/proxy/ringfence")).resolve()


def run_command(*arguments, timeout=30):
    """ringfence as a command: returns the finished subprocess with its text output."""
    return subprocess.run([str(binary()), *map(str, arguments)], capture_output=True, text=True,
                          timeout=timeout, env={**os.environ, **SANITIZER_ENV}, check=False)


class Ringfence:
    def __init__(self, postgres=None, redis_server=None, overrides=None, states=None,
                 passwords=None):
        self.folder = workdir.make_workdir("proxy")
        self.ports = dict(zip(("pg", "redis", "admin"), workdir.free_ports(3)))
        self.states = states or {tenant: "active" for tenant in tenants.TENANTS}
        self.passwords = TENANT_PASSWORDS if passwords is None else passwords
        self.redis_password = redis_server.password if redis_server else None
        self.config = config.base_config(self.ports, self.folder, postgres, redis_server)
        self.config = config.merge(self.config,
                                   overrides(self) if callable(overrides) else overrides)
        self.process = None
        self.write_config(self.config)

    def write_config(self, content):
        """A dict, or text that need not be YAML. Takes effect with start() or reload()."""
        self.config_path = config.write_files(self.folder, content, self.states, self.passwords,
                                              self.redis_password)

    def start(self, wait="ready"):
        """wait: "ready" until it serves, "live" until it answers at all."""
        self.process = Process("ringfence", [binary(), "serve", "-c", self.config_path],
                               self.folder, env=SANITIZER_ENV)
        self.process.wait_until(self.is_ready if wait == "ready" else self.is_live)
        return self

    def is_ready(self):
        return self._answers("/readyz")

    def is_live(self):
        return self._answers("/livez")

    def _answers(self, path):
        try:
            return self.http(path)[0] == 200
        except OSError:
            return False

    def http(self, path):
        """(status, body) of the admin address."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.ports['admin']}{path}",
                                        timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def reload(self):
        self.process.send_signal(signal.SIGHUP)

    def log(self):
        return self.process.log()

    def stop(self, number=signal.SIGTERM, timeout=20.0):
        process, self.process = self.process, None
        if process is None:
            return
        status = process.stop(number, timeout)
        log = process.log()
        assert not SANITIZER_REPORT.search(log), f"sanitizer report:\n{log[-20000:]}"
        assert status == 0, f"ringfence ended with {status}:\n{log[-8000:]}"

    def remove(self):
        try:
            self.stop()
        finally:
            workdir.remove_workdir(self.folder)

    # Clients: every one of these goes through the proxy.

    def pg_parameters(self, tenant, user="app"):
        name = f"{user}.{tenant}"
        return {"host": "127.0.0.1", "port": self.ports["pg"], "user": name,
                "password": self.passwords.get(name, ""), "dbname": tenants.DATABASE,
                "sslmode": "disable", "connect_timeout": 10}

    def pg_dsn(self, tenant, **changes):
        return psycopg.conninfo.make_conninfo(**{**self.pg_parameters(tenant), **changes})

    def connect(self, tenant, **options):
        """psycopg connection, autocommit unless told otherwise."""
        return psycopg.connect(**{"autocommit": True, **self.pg_parameters(tenant), **options})

    def redis(self, tenant, **options):
        """redis-py client that logs in as the tenant."""
        return redis.Redis(**{"host": "127.0.0.1", "port": self.ports["redis"],
                              "username": tenant, "password": self.passwords.get(tenant, "none"),
                              "decode_responses": True, "socket_timeout": 10, **options})
