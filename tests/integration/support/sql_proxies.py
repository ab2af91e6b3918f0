# SPDX-License-Identifier: Apache-2.0
"""Ways of running a statement as tenant t1: under RLS, through the proxy, or through `explain`.

Each is an object with run(sql, protocol) -> sql_run.Answer, begin(), rollback() and close(); a
connection that broke is opened again. So a test can compare any two."""

import json
import subprocess

from . import ringfence, sql_run, sql_twins


class Direct:
    """The application's role at the server itself."""

    def __init__(self, parameters):
        self.parameters = parameters
        self.connection = sql_run.Connection(parameters)

    def run(self, sql, protocol="simple", parameters=None):
        if self.connection.is_broken():
            self.close()
            self.connection = sql_run.Connection(self.parameters)
        return self.connection.run(sql, protocol, parameters)

    def begin(self):
        assert self.run("BEGIN").error is None

    def rollback(self):
        self.run("ROLLBACK")

    def close(self):
        self.connection.close()


def under_rls(postgres):
    return Direct(sql_twins.parameters(postgres, sql_twins.RLS))


def through_proxy(proxy, tenant=sql_twins.TENANT, database=sql_twins.PLAIN):
    return Direct({"host": "127.0.0.1", "port": proxy.ports["pg"], "user": f"app.{tenant}",
                   "dbname": database, "sslmode": "disable", "connect_timeout": 10})


class Explained(Direct):
    """What `ringfence explain` would send, sent to the plain database by us: the rewriter without
    the proxy around it. A refusal becomes the answer that the client would have got."""

    def __init__(self, postgres, config_path, catalog_path):
        super().__init__(sql_twins.parameters(postgres, sql_twins.PLAIN))
        self.reports = subprocess.Popen(
            [str(ringfence.binary()), "explain", "-c", str(config_path), "--tenant",
             sql_twins.TENANT, "--catalog", str(catalog_path), "--batch"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8")

    def explain(self, sql):
        self.reports.stdin.write(json.dumps(sql) + "\n")
        self.reports.stdin.flush()
        line = self.reports.stdout.readline()
        assert line, f"explain ended with {self.reports.wait()} on {sql!r}"
        return json.loads(line)

    def run(self, sql, protocol="simple", parameters=None):
        if sql in ("BEGIN", "ROLLBACK"):
            return super().run(sql)
        report = self.explain(sql)
        if report["verdict"] == "refuse":
            fields = {"sqlstate": "", "message": "", "detail": None, "hint": None}
            return sql_run.Answer(error={**fields, **report["refusal"], "position": None,
                                         "context": None}, source="proxy")
        if report["verdict"] != "forward":
            return sql_run.Answer()
        return super().run(report["sent"], protocol, parameters)

    def close(self):
        super().close()
        self.reports.stdin.close()
        assert self.reports.wait(30) == 0
