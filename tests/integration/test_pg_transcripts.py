# SPDX-License-Identifier: Apache-2.0
"""psql cannot tell a passthrough listener from the server: scripts over every family of
statements, run directly and through it, print the same, byte by byte."""

import difflib

import pytest

from support import passthrough, tenants
from support.transcripts import SCHEMA, explained, scripts, transcript

EXPLAINED = explained()


@pytest.fixture(scope="module")
def schema(postgres):
    """A function that makes the scripts' schema anew."""
    def make():
        postgres.admin(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE; "
                       f"CREATE SCHEMA {SCHEMA} AUTHORIZATION {tenants.LINK_USER}")
    yield make
    postgres.admin(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")


@pytest.fixture(scope="module")
def direct(postgres, schema):
    """{script: its transcript without the proxy}."""
    found = {}
    for script in scripts():
        schema()
        found[script.stem] = transcript(passthrough.direct_dsn(postgres), script)
    return found


def lines(found):
    return found.decode("utf-8", "backslashreplace").splitlines()


@pytest.mark.parametrize("mode", ["transaction", "session"])
def test_transcripts(start_proxy, rows, schema, direct, mode):
    proxy = start_proxy(overrides=passthrough.overrides(mode=mode, size=3))
    assert len(direct) >= 60
    report, unexplained = [], set()
    for script in scripts():
        schema()
        through = transcript(proxy.pg_dsn("acme"), script)
        differs = through != direct[script.stem]
        reason = EXPLAINED.get((script.stem, mode))
        if differs:
            report += difflib.unified_diff(lines(direct[script.stem]), lines(through),
                                           f"{script.stem} direct",
                                           f"{script.stem} {mode}: {reason}", lineterm="", n=1)
        if differs != (reason is not None):
            unexplained.add(script.stem)
    print("\n".join(report))
    assert not unexplained, "\n".join(report)
