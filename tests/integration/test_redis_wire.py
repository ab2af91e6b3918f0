# SPDX-License-Identifier: Apache-2.0
"""The Redis wire through the proxy: versions, pipelines, sizes, and bytes nobody should send."""

import subprocess
import time

import pytest
import redis

from support import resp_wire
from support.redis_proxy import RedisProxy

BULK_CAP = 16 << 20


@pytest.fixture(scope="module")
def pair():
    with RedisProxy() as running:
        yield running


@pytest.fixture(autouse=True)
def emptied(pair):
    with pair.server.connect_admin() as admin:
        admin.flushall()


@pytest.mark.parametrize("protocol", [2, 3])
def test_values_of_every_type_come_back(pair, protocol):
    client = pair.client("acme", protocol=protocol, decode_responses=False)
    with pair.server.connect_admin(protocol=protocol) as direct:
        for target, prefix in ((direct, "acme:"), (client, "")):
            target.set(prefix + "s", b"\x00\r\n\xff" * 100)
            target.hset(prefix + "h", mapping={"a": 1, "b": 2})
            target.zadd(prefix + "z", {"x": 1.5, "y": 2})
            target.sadd(prefix + "t", "m")
        pairs = [("get", "s"), ("hgetall", "h"), ("smembers", "t"), ("zscore", "z", "x"),
                 ("get", "none"), ("strlen", "s"), ("type", "h"), ("object_encoding", "h")]
        for name, key, *more in pairs:
            method = "object" if name == "object_encoding" else name
            first = ["encoding"] if name == "object_encoding" else []
            ours = getattr(client, method)(*first, key, *more)
            theirs = getattr(direct, method)(*first, "acme:" + key, *more)
            assert ours == theirs, name
        assert client.zrange("z", 0, -1, withscores=True) == direct.zrange("acme:z", 0, -1,
                                                                           withscores=True)


def test_answers_keep_the_order_of_a_mixed_pipeline(pair):
    """Forwarded, answered by the proxy, refused and erroneous requests in one write."""
    requests, expected = [], []
    for i in range(500):
        requests += [resp_wire.command("SET", f"k{i}", i), resp_wire.command("PING"),
                     resp_wire.command("GET", f"k{i}"), resp_wire.command("FLUSHALL"),
                     resp_wire.command("INCR", f"k{i}"), resp_wire.command("LPUSH", f"k{i}", 1),
                     b"*0\r\n", b"*-1\r\n", resp_wire.command("ECHO", i)]
        text = str(i).encode()
        bulk = b"$%d\r\n%s\r\n" % (len(text), text)
        expected += [b"+OK\r\n", b"+PONG\r\n", bulk,
                     b"-ERR unknown command 'FLUSHALL', with args beginning with: \r\n",
                     b":%d\r\n" % (i + 1),
                     b"-WRONGTYPE Operation against a key holding the wrong kind of value\r\n",
                     bulk]
    with pair.raw("acme") as raw:
        raw.send(*requests)
        assert [raw.read_reply() for _ in expected] == expected


def test_versions_may_change_in_a_pipeline(pair):
    with pair.raw("acme") as raw:
        raw.send(resp_wire.command("HSET", "h", "f", "v"), resp_wire.command("HGETALL", "h"),
                 resp_wire.command("HELLO", "3"), resp_wire.command("HGETALL", "h"),
                 resp_wire.command("HELLO", "2"), resp_wire.command("HGETALL", "h"))
        kinds = [raw.read_reply()[:1] for _ in range(6)]
    assert kinds == [b":", b"*", b"%", b"%", b"*", b"*"]


def test_one_byte_at_a_time(pair):
    with pair.raw() as raw:
        text = resp_wire.command("AUTH", "acme", "x") + resp_wire.command("SET", "k", "\r\n$")
        for position in range(len(text)):
            raw.send(text[position:position + 1])
        assert raw.read_line() == b"+OK"
        assert raw.read_line() == b"+OK"
    assert pair.client("acme").get("k") == "\r\n$"


def test_large_values_pass_and_too_large_ones_end_the_connection(pair):
    client = pair.client("acme", decode_responses=False)
    value = bytes(BULK_CAP)
    client.set("large", value)
    assert client.get("large") == value
    client.rpush("list", *[value[:1 << 20]] * 4)
    for _ in range(4):
        client.rpush("list", *[value[:1 << 20]] * 8)
    assert sum(map(len, client.lrange("list", 0, -1))) == 36 << 20
    with pair.raw("acme") as raw:
        raw.send(b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$%d\r\n" % (BULK_CAP + 1))
        assert raw.read_line() == b"-ERR Protocol error: invalid bulk length"
        assert raw.read_to_end() == b""


MALFORMED = [
    b"PING\r\n", b"GET / HTTP/1.1\r\n\r\n", b"*+1\r\n", b"*01\r\n", b"*1 \r\n", b"*1\n",
    b"*99999999999999999999999999\r\n", b"*1048577\r\n", b"*1\r\n:1\r\n", b"*1\r\n$-1\r\n",
    b"*1\r\n$01\r\n", b"*1\r\n$4\r\nPINGxx", b"*1\r\n$4\r\nPING\n\n", b"*1\r\n*1\r\n",
    b"$4\r\nPING\r\n", b"~1\r\n$4\r\nPING\r\n", b"*?\r\n", b"\x16\x03\x01\x00",
    b"*2\r\n$3\r\nGET\r\n$9223372036854775807\r\n",
]


@pytest.mark.parametrize("frame", MALFORMED)
@pytest.mark.parametrize("tenant", [None, "acme"])
def test_malformed_frames_end_that_connection_only(pair, frame, tenant):
    with pair.raw("globex") as bystander, pair.raw(tenant) as raw:
        raw.send(resp_wire.command("PING"), frame)
        assert raw.read_line() == b"+PONG"
        assert raw.read_line().startswith(b"-ERR Protocol error: ")
        assert raw.read_to_end() == b""
        bystander.send(resp_wire.command("SET", "k", "v"))
        assert bystander.read_line() == b"+OK"


def test_replies_come_before_the_error_of_a_malformed_frame(pair):
    with pair.raw("acme") as raw:
        raw.send(*[resp_wire.command("INCR", "n")] * 100, b"!")
        assert [raw.read_line() for _ in range(100)] == [b":%d" % (i + 1) for i in range(100)]
        assert raw.read_line().startswith(b"-ERR Protocol error: ")


def test_before_login_little_is_read(pair):
    for frame in (b"*11\r\n", b"*2\r\n$4\r\nAUTH\r\n$16385\r\n"):
        with pair.raw() as raw:
            raw.send(frame)
            assert raw.read_line().startswith(b"-ERR Protocol error: unauthenticated ")
            assert raw.read_to_end() == b""


def test_quit_answers_and_closes(pair):
    with pair.raw("acme") as raw:
        raw.send(resp_wire.command("SET", "k", "v"), resp_wire.command("QUIT"))
        assert raw.read_to_end() == b"+OK\r\n+OK\r\n"


def test_redis_cli(pair):
    def cli(*words, text=None):
        return subprocess.run(["redis-cli", "-p", str(pair.port), "--user", "acme", "--pass", "x",
                               "--no-auth-warning", *words], input=text, capture_output=True,
                              text=True, timeout=20, check=True).stdout.strip()

    assert cli("set", "k", "v") == "OK"
    assert cli("-3", "get", "k") == "v"
    assert cli("keys", "*") == "k"
    assert cli("--scan") == "k"
    assert cli("flushall").startswith("ERR unknown command 'flushall'")
    assert "string" in cli(text="type k\n")
    assert cli("command", "docs", "get").splitlines()[0] == "get"


def test_redis_benchmark(pair):
    result = subprocess.run(
        ["redis-benchmark", "-p", str(pair.port), "--user", "acme", "-a", "x", "-P", "16", "-n",
         "8000", "-q", "-t", "get,set,mset,incr,lpush,hset"],
        capture_output=True, text=True, timeout=120, check=True)
    output = result.stdout + result.stderr
    assert output.count("requests per second") == 6
    assert "rror" not in output
    assert all(key.startswith("acme:") for key in pair.keys())


def test_metrics_count_by_tenant(pair):
    client = pair.client("globex")
    client.set("k", "v")
    with pytest.raises(redis.ResponseError):
        client.execute_command("FLUSHALL")
    deadline = time.monotonic() + 5
    while True:
        text = pair.proxy.http("/metrics")[1]
        found = [line for line in text.splitlines() if 'tenant="globex"' in line
                 and line.startswith("ringfence_commands_total") and not line.endswith(" 0")]
        if len(found) >= 2:
            break
        assert time.monotonic() < deadline, text
        time.sleep(0.05)
