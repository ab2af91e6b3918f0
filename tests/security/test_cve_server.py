# SPDX-License-Identifier: Apache-2.0
"""What others got wrong about what servers send."""

import psycopg
import pytest

from support import auth_query
from support.pg_relay import PgRelay
from support.pg_wire import RawSession, error_fields, message, query, row_values
from support.process import wait_for
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


NAME = b"\0\4\0\0\0\x08app.acme"  # how the row begins that answers who app.acme is
END = b"C\0\0\0\rSELECT 1\0"
ROWS = {
    "fewer fields": (NAME, b"\0\3" + NAME[2:]),
    "no fields": (NAME, b"\0\0" + NAME[2:]),
    "more fields": (NAME, b"\0\5" + NAME[2:]),
    "fields without end": (NAME, b"\xff\xff" + NAME[2:]),
    "a negative length": (NAME, NAME[:2] + b"\xff\xff\xff\xfe" + NAME[6:]),
    "the least length": (NAME, NAME[:2] + b"\x80\0\0\0" + NAME[6:]),
    "the largest length": (NAME, NAME[:2] + b"\x7f\xff\xff\xff" + NAME[6:]),
    "a length that wraps": (NAME, NAME[:2] + b"\x7f\xff\xff\xfb" + NAME[6:]),
    "one more": (NAME, NAME[:2] + b"\0\0\0\x09" + NAME[6:]),
    "one less": (NAME, NAME[:2] + b"\0\0\0\x07" + NAME[6:]),
    "a negative length at the end": (b"\xff" * 4 + END, b"\xff\xff\xff\xfe" + END),
    "a length behind the end": (b"\xff" * 4 + END, b"\0\0\0\x08" + END),
}


@pytest.fixture(scope="module")
def roles(start_module_postgres):
    server = start_module_postgres()
    auth_query.create_roles(server)
    return server


def test_rustsec_2026_0178_rows_that_do_not_add_up(start_proxy, roles):
    """tokio-postgres, and RUSTSEC-2026-0180, pgx #2519: a row with fewer fields than columns, or
    with lengths below zero, ended the process. What is asked here for itself is as carefully
    read: nobody is logged in by such a row."""
    with PgRelay(roles.port) as relay:
        proxy = start_proxy(postgres=roles, overrides=lambda made: {
            **relay.overrides(), **auth_query.asks(cache="1ms")(made)})
        for number, name in enumerate(ROWS, 1):
            relay.replace = ROWS[name]
            with pytest.raises(psycopg.OperationalError):
                auth_query.login(proxy, "app.acme")
            wait_for(lambda count=number: proxy.log().count("malformed row of the server") == count,
                     what=name)
            relay.replace = (b"", b"")
            wait_for(lambda: logs_in(proxy), what="a login")


def logs_in(proxy):
    try:
        auth_query.login(proxy, "app.acme").close()
        return True
    except psycopg.OperationalError:
        return False
