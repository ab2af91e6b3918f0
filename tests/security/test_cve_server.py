# SPDX-License-Identifier: Apache-2.0
"""What others got wrong about what servers send."""

import pytest

from support.pg_wire import RawSession, error_fields, message, query, row_values
from support.tampering import TamperingServer

#: An ErrorResponse's fields, and whether the server may say so.
ERRORS = {
    "no-sqlstate": (b"SERROR\0VERROR\0Mno code\0\0", True),
    "no-message": (b"SERROR\0VERROR\0C22012\0\0", True),
    "empty-sqlstate": (b"SERROR\0VERROR\0C\0Mx\0\0", True),
    "short-sqlstate": (b"SERROR\0VERROR\0C2\0Mx\0\0", True),
    "long-sqlstate": (b"SERROR\0VERROR\0C" + b"2" * 5000 + b"\0Mx\0\0", True),
    "two-sqlstates": (b"SERROR\0VERROR\0C22012\0C23505\0Mx\0\0", True),
    "no-severity": (b"C22012\0Mx\0\0", True),
    "no-fields": (b"\0", True),
    "position-only": (b"P99999999999999999999\0\0", True),
    "nothing": (b"", False),
    "no-end": (b"SERROR\0Mx\0", False),
}


@pytest.fixture
def tampering(start_proxy, postgres, rows):
    server = TamperingServer(postgres.port, {
        name: message("E", body) for name, (body, _) in ERRORS.items()})
    endpoint = {"endpoints": [{"address": f"127.0.0.1:{server.port}"}], "pool": {"size": 2}}
    yield start_proxy(overrides={"upstreams": {"main": endpoint}, "limits": {"workers": 1}})
    server.close()


def test_cve_2026_6666_errors_without_their_fields(tampering):
    """PgBouncer: an ErrorResponse without SQLSTATE followed a null pointer."""
    for name in ERRORS:
        with RawSession(tampering.ports["pg"]) as session:
            session.login("app.acme")
            session.send(query(f"SELECT 'tamper-{name}'"))
            answer = [session.read()]
            assert answer[0] is not None and answer[0].type == "E", (name, answer)
            if not ERRORS[name][1]:
                assert error_fields(answer[0].body)["C"] == "08006", name
    with RawSession(tampering.ports["pg"]) as session:
        session.login("app.globex")
        session.send(query("SELECT count(*) FROM orders"))
        assert row_values(session.read_until_ready()[1].body) == [b"2"]


def test_cve_2024_45624_no_answer_outlives_a_privilege(start_postgres, start_proxy):
    """Pgpool-II: rows of a cache were shown after REVOKE. Nothing here keeps rows: the same
    statement, prepared or not, is refused as soon as the server refuses it, and another tenant's
    is another answer on the same link."""
    server = start_postgres()
    proxy = start_proxy(postgres=server, overrides={"limits": {"workers": 1},
                                                    "upstreams": {"main": {"pool": {"size": 1}}}})
    with proxy.connect("acme") as session, proxy.connect("globex") as other:
        for prepare in (True, False, True, False):
            for each, count in ((session, 3), (other, 2)):
                found = each.execute("SELECT count(*) FROM orders", prepare=prepare).fetchone()
                assert found == (count,)
        for _ in range(3):
            assert session.execute("SELECT count(*) FROM orders", prepare=True).fetchone() == (3,)
        server.admin("REVOKE SELECT ON orders FROM app_rw")
        for prepare in (True, False):
            with pytest.raises(Exception, match="permission denied for table orders"):
                session.execute("SELECT count(*) FROM orders", prepare=prepare)
