# SPDX-License-Identifier: Apache-2.0
"""Runs one message over libpq, simple or extended, and keeps all of its answer as text.

Below psycopg's cursors on purpose: every result of a multi-statement message, the values as the
server wrote them, every field of an error, and notices."""

import dataclasses
import select
import time

from psycopg import conninfo, pq

_FIELDS = {
    "sqlstate": pq.DiagnosticField.SQLSTATE,
    "message": pq.DiagnosticField.MESSAGE_PRIMARY,
    "detail": pq.DiagnosticField.MESSAGE_DETAIL,
    "hint": pq.DiagnosticField.MESSAGE_HINT,
    "position": pq.DiagnosticField.STATEMENT_POSITION,
    "context": pq.DiagnosticField.CONTEXT,
}
_ROWS = (pq.ExecStatus.TUPLES_OK, pq.ExecStatus.SINGLE_TUPLE)
_FAILED = (pq.ExecStatus.FATAL_ERROR, pq.ExecStatus.BAD_RESPONSE)


@dataclasses.dataclass
class Result:
    tag: str
    columns: list
    rows: list  # of tuples of text or None


@dataclasses.dataclass
class Answer:
    results: list = dataclasses.field(default_factory=list)
    error: dict = None
    notices: list = dataclasses.field(default_factory=list)
    source: str = "server"  # or "proxy": who refused, where that is known

    @property
    def sqlstate(self):
        return self.error["sqlstate"] if self.error else None

    def texts(self):
        """Every text the client got to see."""
        for result in self.results:
            yield from result.columns
            for row in result.rows:
                yield from (value for value in row if value is not None)
        for report in [self.error, *self.notices]:
            report = report or {}
            yield from (report[name] for name in ("message", "detail", "hint", "context")
                        if report.get(name))

    def multisets(self):
        return [(result.tag, sorted(result.rows, key=repr)) for result in self.results]


def _text(value):
    return value.decode("utf-8", "replace") if value is not None else None


def _report(result):
    return {name: _text(result.error_field(field)) for name, field in _FIELDS.items()}


class Connection:
    """One libpq connection. Answers come within `timeout` seconds, or the test fails."""

    def __init__(self, parameters, timeout=20.0):
        self.timeout = timeout
        self.notices = []
        self.pgconn = pq.PGconn.connect(conninfo.make_conninfo(**parameters).encode())
        if self.pgconn.status != pq.ConnStatus.OK:
            message = _text(self.pgconn.error_message)
            self.pgconn.finish()
            raise ConnectionError(message)
        self.pgconn.notice_handler = lambda result: self.notices.append(_report(result))

    def close(self):
        self.pgconn.finish()

    def is_broken(self):
        return self.pgconn.status != pq.ConnStatus.OK

    def run(self, sql, protocol="simple", parameters=None):
        """sql as one Query message, or as Parse, Bind, Execute, Sync with parameters in text."""
        self.notices.clear()
        data = sql.encode() if isinstance(sql, str) else sql
        if protocol == "simple":
            self.pgconn.send_query(data)
        else:
            values = [value.encode() for value in parameters or []]
            self.pgconn.send_query_params(data, values)
        answer = self._collect()
        answer.notices = list(self.notices)
        return answer

    def _collect(self):
        answer = Answer()
        deadline = time.monotonic() + self.timeout
        while True:
            self._wait(deadline)
            result = self.pgconn.get_result()
            if result is None:
                return answer
            if result.status in _FAILED:
                answer.error = answer.error or _report(result)
                if self.is_broken():
                    return answer
            elif result.status == pq.ExecStatus.COPY_OUT:
                answer.results.append(Result("COPY OUT", [], self._copy_rows()))
            elif result.status == pq.ExecStatus.COPY_IN:
                self.pgconn.put_copy_end(b"no data in this test")
            elif result.status != pq.ExecStatus.EMPTY_QUERY:
                answer.results.append(_result(result))

    def _wait(self, deadline):
        while self.pgconn.is_busy():
            left = deadline - time.monotonic()
            assert left > 0, f"no answer within {self.timeout} s"
            if select.select([self.pgconn.socket], [], [], left)[0]:
                self.pgconn.consume_input()

    def _copy_rows(self):
        rows = []
        while True:
            length, data = self.pgconn.get_copy_data(0)
            if length <= 0:
                return rows
            rows.append((bytes(data).decode("utf-8", "replace").rstrip("\n"),))


def _result(result):
    columns = [_text(result.fname(i)) for i in range(result.nfields)]
    rows = []
    if result.status in _ROWS:
        rows = [tuple(_text(result.get_value(row, column)) for column in range(result.nfields))
                for row in range(result.ntuples)]
    return Result(_text(result.command_status), columns, rows)
