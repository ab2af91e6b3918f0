# SPDX-License-Identifier: Apache-2.0
"""A throwaway PostgreSQL cluster: made by initdb in a scratch folder, loopback only, no fsync.

The superuser comes in over the Unix socket in the same folder, trusted; TCP clients meet `auth`.
"""

import os
import pathlib
import signal
import subprocess

import psycopg

from . import workdir
from .process import Process

BIN = pathlib.Path(os.environ.get("PG_BINDIR", "/usr/lib/postgresql/15/bin"))
SUPERUSER = "postgres"

_SETTINGS = """
listen_addresses = '127.0.0.1'
max_connections = 200
fsync = off
synchronous_commit = off
full_page_writes = off
autovacuum = off
shared_buffers = 32MB
logging_collector = off
log_min_messages = warning
lc_messages = 'C'
timezone = 'UTC'
"""


class Postgres:
    def __init__(self, auth="scram-sha-256"):
        self.folder = workdir.make_workdir("pg")
        self.data = self.folder / "data"
        self.port = workdir.free_port()
        self.process = None
        try:
            self._initdb(auth)
            self.start()
        except BaseException:
            self.remove()
            raise

    def _initdb(self, auth):
        self._run(BIN / "initdb", "-D", self.data, "-U", SUPERUSER, "--encoding=UTF8",
                  "--locale=C.UTF-8", "--auth-local=trust", f"--auth-host={auth}", "--no-sync",
                  "--pwfile", self._password_file())
        with open(self.data / "postgresql.conf", "a", encoding="utf-8") as settings:
            settings.write(f"{_SETTINGS}unix_socket_directories = '{self.folder}'\n")

    def _password_file(self):
        path = self.folder / "superuser.password"
        path.write_text("superuser-secret\n", encoding="utf-8")
        path.chmod(0o644)
        return path

    def _run(self, *command):
        user = workdir.unprivileged_user()
        owner = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}
        subprocess.run([str(word) for word in command], cwd=self.folder, check=True,
                       stdout=subprocess.DEVNULL, **owner)

    def start(self):
        self.process = Process("postgres", [BIN / "postgres", "-D", self.data, "-p", self.port],
                               self.folder, unprivileged=True)
        self.process.wait_until(self._answers)

    def _answers(self):
        try:
            self.connect_admin("postgres").close()
            return True
        except psycopg.OperationalError:
            return False

    def stop(self, number=signal.SIGINT):
        """SIGINT is the fast shutdown; SIGQUIT leaves as a crash would."""
        if self.process:
            self.process.stop(number)
            self.process = None

    def restart(self):
        self.stop()
        self.start()

    def connect_admin(self, database="app"):
        """A superuser connection over the socket, not through the proxy."""
        return psycopg.connect(host=str(self.folder), port=self.port, user=SUPERUSER,
                               dbname=database, autocommit=True)

    def admin(self, text, database="app"):
        """Runs SQL as the superuser and returns the last statement's rows ([] if it has none)."""
        with self.connect_admin(database) as connection:
            cursor = connection.execute(text)
            while cursor.nextset():
                pass
            return cursor.fetchall() if cursor.description else []

    def remove(self):
        try:
            self.stop()
        finally:
            workdir.remove_workdir(self.folder)
