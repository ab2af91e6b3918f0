# SPDX-License-Identifier: Apache-2.0
"""A server that breaks the protocol, shows foreign keys, or does not answer at all."""

import time

import pytest
import redis

from support import resp_wire
from support.fake_redis import GREETING, FakeRedis
from support.redis_proxy import RedisProxy

LOST = b"-UNAVAILABLE the connection to the Redis server was lost"


def behind(answer, greeting=None, **options):
    overrides = {"limits": {"workers": 1}, "upstreams": {"cache": {"pool": {
        "connect_timeout": "500ms"}}}}
    return RedisProxy(server=FakeRedis(answer, greeting), overrides=overrides, **options)


def violations(pair):
    text = pair.proxy.http("/metrics")[1]
    return sum(float(line.split()[-1]) for line in text.splitlines()
               if line.startswith("ringfence_isolation_violations_total"))


FOREIGN = {
    "SCAN 0": [b"*2\r\n$1\r\n0\r\n*2\r\n$6\r\nacme:a\r\n$13\r\nglobex:s3cret\r\n"],
    "KEYS *": [b"*1\r\n$13\r\nglobex:s3cret\r\n", b"*1\r\n$4\r\nacme\r\n", b"$6\r\ns3cret\r\n",
               b"%1\r\n$6\r\nacme:a\r\n$6\r\ns3cret\r\n"],
    "LMPOP 1 k LEFT": [b"*2\r\n$8\r\nglobex:k\r\n*1\r\n$6\r\ns3cret\r\n"],
    "XREAD STREAMS k 0": [b"*1\r\n*2\r\n$8\r\nglobex:k\r\n*1\r\n+s3cret\r\n",
                          b"%1\r\n$8\r\nglobex:k\r\n*1\r\n+s3cret\r\n"],
}


@pytest.mark.parametrize("request_text,reply", [(text, reply) for text, replies in FOREIGN.items()
                                                for reply in replies])
def test_foreign_keys_end_that_session_only(request_text, reply):
    def answer(words):
        return b"+fine\r\n" if words[0] == b"TYPE" else reply

    with behind(answer) as pair, pair.raw("acme") as raw, pair.raw("globex") as other:
        raw.send(resp_wire.command(*request_text.split()))
        seen = raw.read_to_end()
        assert b"globex" not in seen and b"s3cret" not in seen
        other.send(resp_wire.command("TYPE", "k"))
        assert other.read_line() == b"+fine"
        assert pair.server.num_connections == 1
        assert violations(pair) == 1


BROKEN = [
    b"+fine\r\n+one too many\r\n",      # a reply nobody asked for
    b">2\r\n+invalidate\r\n_\r\n+x\r\n",  # a push
    b"?\r\n", b"$-2\r\n", b"$3\r\nabcXX", b"*?\r\n", b"+a\nb\r\n", b"HTTP/1.1 400\r\n",
    None,
]


@pytest.mark.parametrize("reply", BROKEN)
def test_a_broken_protocol_closes_the_link_and_nobody_gets_it(reply):
    replies = {b"acme:bad": reply}

    def answer(words):
        return replies.get(words[1], b"$%d\r\n%s\r\n" % (len(words[1]), words[1]))

    with behind(answer) as pair, pair.raw("acme") as raw, pair.raw("globex") as other:
        raw.send(resp_wire.command("GET", "good"))
        assert raw.read_reply() == b"$9\r\nacme:good\r\n"
        raw.send(resp_wire.command("TYPE", "bad"))
        line = raw.read_line()
        assert line.startswith(LOST) or line == b"+fine"
        for i in range(20):
            other.send(resp_wire.command("GET", f"k{i}"))
            own = f"globex:k{i}".encode()
            seen = other.read_line()
            if seen.startswith(LOST):
                continue
            assert seen == b"$%d" % len(own)
            assert other.read_line() == own
        assert pair.server.num_connections >= 2


def test_a_reply_that_breaks_off_closes_its_client_and_answers_the_others():
    def answer(words):
        if words[1] != b"acme:half":
            return b""  # never
        return b"$100\r\nabc"

    with behind(answer) as pair, pair.raw("acme") as raw, pair.raw("globex") as other:
        raw.send(resp_wire.command("GET", "half"))
        assert raw.read_exact(9) == b"$100\r\nabc"
        other.send(resp_wire.command("GET", "k"))
        time.sleep(0.2)
        pair.server.answer = lambda words: None
        with pair.raw("globex") as third:
            third.send(resp_wire.command("GET", "k"))
            assert third.read_line().startswith(LOST)
        assert raw.read_to_end() == b""
        assert other.read_line().startswith(LOST)


@pytest.mark.parametrize("greeting", [
    {**GREETING, b"select": b"-NOAUTH Authentication required.\r\n"},
    {**GREETING, b"select": b":1\r\n"},
    {**GREETING, b"select": b""},
    {**GREETING, b"select": None},
])
def test_nothing_is_sent_before_the_login_succeeded(greeting):
    with behind(lambda words: b"+fine\r\n", greeting) as pair:
        client = pair.client("acme", retry=None, retry_on_error=[])
        start = time.monotonic()
        with pytest.raises(redis.ResponseError, match="UNAVAILABLE"):
            client.type("k")
        assert time.monotonic() - start < 3
        assert not pair.server.requests


@pytest.mark.parametrize("reply", [None, b"+OK\r\n+OK\r\n"])
def test_failed_links_are_not_tried_without_end(reply):
    with behind(lambda words: b"+fine\r\n", {**GREETING, b"select": reply}) as pair:
        with pair.raw("acme") as raw:
            end = time.monotonic() + 2
            while time.monotonic() < end:
                raw.send(resp_wire.command("GET", "k"))
                assert raw.read_line().startswith(b"-UNAVAILABLE")
        assert pair.server.num_connections < 12
