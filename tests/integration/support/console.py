# SPDX-License-Identifier: Apache-2.0
"""The console of a proxy, with one user of each right."""

import pathlib

import psycopg

from . import scram

PASSWORDS = {"reader": "look-only", "writer": "look-and-change"}

#: What prometheus-community/pgbouncer_exporter asks, by lib/pq, and the columns that it knows.
EXPORTER = {
    "SHOW STATS": "",
    "SHOW VERSION;": "version",
    "SHOW databases;": "name host port database force_user pool_size pool_mode max_connections "
                       "current_connections paused disabled",
    "SHOW stats_totals;": "database query_count query_time bytes_received bytes_sent wait_time "
                          "xact_count xact_time client_parse_count server_parse_count bind_count",
    "SHOW pools;": "database user cl_active cl_active_cancel_req cl_waiting cl_waiting_cancel_req "
                   "sv_active sv_active_cancel sv_being_canceled sv_idle sv_used sv_tested "
                   "sv_login maxwait",
    "SHOW LISTS;": "list items",
    "SHOW CONFIG;": "key value default changeable",
}


def overrides(port):
    """Overrides that give a proxy a console on that port."""
    def make(proxy):
        for user, password in PASSWORDS.items():
            path = pathlib.Path(proxy.folder) / f"{user}s.txt"
            path.write_text(f'"{user}" "{scram.verifier(password)}"\n', encoding="utf-8")
            path.chmod(0o600)
        return {"admin": {"console": f"127.0.0.1:{port}", "read_users": "readers.txt",
                          "write_users": "writers.txt"}}
    return make


class Console:
    def __init__(self, proxy, port):
        self.proxy, self.port = proxy, port

    def parameters(self, user="writer", **changes):
        return {"host": "127.0.0.1", "port": self.port, "user": user, "dbname": "ringfence",
                "password": PASSWORDS.get(user, "none"), "sslmode": "disable", **changes}

    def connect(self, user="writer", **changes):
        return psycopg.connect(**self.parameters(user, **changes), autocommit=True)

    def rows(self, command, user="writer"):
        """The rows of a SHOW, each a dict by column."""
        with self.connect(user) as connection:
            cursor = connection.execute(command)
            names = [column.name for column in cursor.description]
            return [dict(zip(names, row)) for row in cursor.fetchall()]
