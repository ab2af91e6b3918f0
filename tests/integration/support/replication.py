# SPDX-License-Identifier: Apache-2.0
"""A streaming standby of a Postgres of support/postgres.py, which can be promoted.

    standby = Standby(primary)      # has caught up when this returns
    primary.stop(); standby.promote()
    old = Standby(standby)          # a former primary comes back as one more of these
"""

from . import workdir
from .postgres import BIN, SUPERUSER, Postgres
from .process import wait_for


class Standby(Postgres):
    def __init__(self, primary, port=None):
        self._primary = primary
        self._wanted_port = port
        super().__init__()
        self.catch_up(primary)

    def _initdb(self, auth):
        """A copy of the primary in place of an empty cluster."""
        if self._wanted_port:
            self.port = self._wanted_port
        self._run(BIN / "pg_basebackup", "-D", self.data, "-R", "--checkpoint=fast", "--no-sync",
                  "-h", self._primary.folder, "-p", self._primary.port, "-U", SUPERUSER)
        with open(self.data / "postgresql.conf", "a", encoding="utf-8") as settings:
            settings.write(f"unix_socket_directories = '{self.folder}'\n")

    def catch_up(self, primary):
        """Waits until everything that primary has written is visible here."""
        end = primary.admin("SELECT pg_current_wal_lsn()", "postgres")[0][0]
        wait_for(lambda: self.admin(
            f"SELECT pg_last_wal_replay_lsn() >= '{end}'", "postgres")[0][0],
            what="the standby to catch up")

    def promote(self):
        self.admin("SELECT pg_promote(wait => true)", "postgres")
        wait_for(lambda: not self.admin("SELECT pg_is_in_recovery()", "postgres")[0][0],
                 what="the end of recovery")


def address(server):
    return {"address": f"127.0.0.1:{server.port}"}
