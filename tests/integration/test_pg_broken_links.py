# SPDX-License-Identifier: Apache-2.0
"""What a client is told, and what it must not be told, when things end half-way."""

import pytest

from support.pg_relay import PgRelay
from support.pg_wire import RawSession, query

MARKER = "marker-of-the-row"
ROW = f"SELECT '{MARKER}' || repeat('x', 300000)"


def raw(proxy, tenant="acme", **parameters):
    session = RawSession(proxy.ports["pg"])
    session.login(f"app.{tenant}", **parameters)
    return session


@pytest.mark.parametrize("missing", [20, 60, 200])
def test_no_words_in_the_middle_of_a_row(start_proxy, postgres, rows, missing):
    """The server is lost while a row passes: the rest of the row must not be our error's bytes."""
    with PgRelay(postgres.port) as relay:
        proxy = start_proxy(overrides=relay.overrides())
        relay.cut_after = (MARKER.encode(), 300000 - missing)
        with raw(proxy) as session:
            session.send(query(ROW))
            assert session.read().type == "T"
            row = session.read()
        assert row.type == "D"
        assert row.body is None, "the row was completed with something else"
