# SPDX-License-Identifier: Apache-2.0
"""Servers that lie while the proxy logs in: it goes away, and sends neither proof nor query."""

import base64

import pytest

from support.lying_server import SALT_TEXT, LyingServer, auth, honest_first
from support.process import wait_for

MALFORMED = "the server's SCRAM message is malformed"
FIRST = {  # the server's first SCRAM message for the client's nonce, and why the link is closed
    "iterations": (lambda nonce: honest_first(nonce).replace(b"i=4096", b"i=10000000"),
                   "the server asks for too many SCRAM iterations"),
    "no-iterations": (lambda nonce: honest_first(nonce).replace(b",i=4096", b""), MALFORMED),
    "zero-iterations": (lambda nonce: honest_first(nonce).replace(b"i=4096", b"i=0"), MALFORMED),
    "wide-iterations": (lambda nonce: honest_first(nonce) + b"0" * 30, MALFORMED),
    "same-nonce": (lambda nonce: honest_first(nonce).replace(b"more", b""), MALFORMED),
    "other-nonce": (lambda nonce: honest_first(nonce[::-1]), MALFORMED),
    "long-nonce": (lambda nonce: honest_first(nonce + b"x" * 256), MALFORMED),
    "huge-nonce": (lambda nonce: honest_first(nonce + b"x" * 60000), "malformed message"),
    "no-nonce": (lambda nonce: b"s=" + SALT_TEXT + b",i=4096", MALFORMED),
    "no-salt": (lambda nonce: honest_first(nonce).replace(b",s=" + SALT_TEXT, b""), MALFORMED),
    "empty-salt": (lambda nonce: honest_first(nonce).replace(SALT_TEXT, b""), MALFORMED),
    "empty": (lambda nonce: b"", MALFORMED),
}
OUT_OF_ORDER = "the server sent SCRAM messages out of order"
UNPROVED = "the server does not know the password's verifier"
FINAL = {  # after the proxy's proof, with the signature that would be right
    "wrong-signature": (lambda right: auth(12, b"v=" + base64.b64encode(b"x" * 32)) + auth(0),
                        UNPROVED),
    "no-signature": (lambda right: auth(12, b"") + auth(0), UNPROVED),
    "short-signature": (lambda right: auth(12, b"v=" + base64.b64encode(right[:31])) + auth(0),
                        UNPROVED),
    "error-attribute": (lambda right: auth(12, b"e=other-error") + auth(0), UNPROVED),
    "no-final": (lambda right: auth(0), "the server did not finish SCRAM"),
    "first-again": (lambda right: auth(11, honest_first(b"nonce")), OUT_OF_ORDER),
    "final-twice": (lambda right: auth(12, b"v=" + base64.b64encode(right)) * 2, OUT_OF_ORDER),
    "first-after-final": (lambda right: auth(12, b"v=" + base64.b64encode(right)) +
                          auth(11, honest_first(b"nonce")), OUT_OF_ORDER),
}


@pytest.fixture
def lie(start_proxy):
    servers = []

    def play(**lies):
        server = LyingServer(**lies)
        servers.append(server)
        endpoints = {"endpoints": [{"address": f"127.0.0.1:{server.port}"}]}
        return server, start_proxy(overrides={"upstreams": {"main": endpoints}}, wait="live")

    yield play
    for server in servers:
        server.close()


def assert_gone(server, proxy, reason):
    wait_for(lambda: server.after and reason in proxy.log(), what=reason)
    assert set(server.after) == {b""}
    assert proxy.http("/readyz")[0] == 503


@pytest.mark.parametrize("name", FIRST)
def test_first_message(lie, name):
    """CVE-2026-6665 and 6669: a nonce that fills the stack, iterations without end."""
    first, reason = FIRST[name]
    server, proxy = lie(first=first)
    assert_gone(server, proxy, reason)


@pytest.mark.parametrize("name", FINAL)
def test_final_message(lie, name):
    final, reason = FINAL[name]
    server, proxy = lie(final=final)
    assert_gone(server, proxy, reason)


def test_a_final_message_before_the_first(lie):
    """It has no signature to be compared with yet, and ends the link, not the proxy."""
    server, proxy = lie(early=auth(12, b"v=" + base64.b64encode(b"x" * 32)))
    assert_gone(server, proxy, OUT_OF_ORDER)
    assert proxy.is_live()


def test_a_final_message_while_keys_are_derived(lie):
    """The link goes away and its keys come later, for nobody."""
    server, proxy = lie(hasty=auth(12, b"v=" + base64.b64encode(b"x" * 32)))
    assert_gone(server, proxy, OUT_OF_ORDER)
    assert proxy.is_live()


def test_an_honest_server_is_believed(lie):
    """The same server without a lie gets as far as the first query of the catalogue."""
    server, proxy = lie(final=lambda right: auth(12, b"v=" + base64.b64encode(right)) + auth(0))
    assert proxy.is_live()
    wait_for(lambda: server.after, what="a query")
    assert server.after[0][:1] == b"Q"
