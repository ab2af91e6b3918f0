# SPDX-License-Identifier: Apache-2.0
"""One isolated Redis, as an application sees it: redis-py and redis-cli, RESP2 and RESP3."""

import concurrent.futures
import subprocess

import pytest
import redis

from support import tenants
from support.resp_wire import RawRedis, command


@pytest.fixture(params=[2, 3], ids=["resp2", "resp3"])
def clients(request, redis_client):
    """(acme, globex) clients of one protocol version."""
    return tuple(redis_client(tenant, protocol=request.param) for tenant in tenants.TENANTS)


@pytest.fixture
def stored(redis_server):
    """stored(): every key that the server itself holds, sorted."""
    with redis_server.connect_admin(decode_responses=True) as admin:
        yield lambda: sorted(admin.scan_iter())


def test_same_key_two_values(clients, stored):
    acme, globex = clients
    acme.set("motto", "anvils")
    globex.set("motto", "globes")
    assert (acme.get("motto"), globex.get("motto")) == ("anvils", "globes")
    assert stored() == ["acme:motto", "globex:motto"]


def test_many_keys_in_one_command(clients, stored):
    acme, globex = clients
    globex.set("b", "foreign")
    acme.mset({"a": "1", "c": "3"})
    assert acme.mget("a", "b", "c") == ["1", None, "3"]
    assert acme.exists("a", "b", "c") == 2
    assert acme.delete("a", "b", "c") == 2
    assert stored() == ["globex:b"]


def test_plain_types(clients):
    acme, globex = clients
    assert acme.incr("n") == 1 and acme.incrby("n", 41) == 42 and globex.incr("n") == 1
    assert acme.lpush("list", "x", "y") == 2 and acme.lrange("list", 0, -1) == ["y", "x"]
    assert acme.hset("hash", mapping={"f": "1", "g": "2"}) == 2
    assert acme.hgetall("hash") == {"f": "1", "g": "2"} and globex.hgetall("hash") == {}
    assert acme.sadd("set", "m") == 1 and acme.smembers("set") == {"m"}
    assert acme.zadd("zset", {"m": 1.5}) == 1
    assert acme.zscore("zset", "m") == 1.5 and acme.zrange("zset", 0, -1) == ["m"]
    assert acme.setex("gone", 100, "soon") and 0 < acme.ttl("gone") <= 100
    assert globex.ttl("gone") == -2
    assert acme.type("hash") == "hash" and globex.type("hash") == "none"


def test_two_key_commands_stay_with_the_tenant(clients, stored):
    acme, globex = clients
    globex.set("source", "foreign")
    acme.set("source", "own")
    assert acme.rename("source", "target")
    assert acme.copy("target", "copy")
    assert acme.get("copy") == "own"
    assert stored() == ["acme:copy", "acme:target", "globex:source"]


def test_values_and_keys_are_any_bytes(redis_client):
    acme = redis_client("acme", decode_responses=False)
    key, value = bytes(range(256)), b"\r\n$-1\r\n\0" * 1000
    acme.set(key, value)
    assert acme.get(key) == value
    acme.set(b"", b"")
    assert acme.get(b"") == b""


def test_large_value(redis_client):
    acme = redis_client("acme")
    value = "x" * 5_000_000
    acme.set("large", value)
    assert acme.get("large") == value


def test_a_prefix_in_the_key_is_no_way_out(clients, stored):
    acme, globex = clients
    globex.set("secret", "1")
    assert acme.get("globex:secret") is None
    assert acme.get("acme:secret") is None
    acme.set("globex:secret", "mine")
    assert stored() == ["acme:globex:secret", "globex:secret"]


def test_pipeline_is_answered_in_order(clients):
    acme, globex = clients
    pipes = [client.pipeline(transaction=False) for client in (acme, globex)]
    for number in range(1000):
        for pipe, name in zip(pipes, tenants.TENANTS):
            pipe.set(f"k{number}", f"{name}{number}").get(f"k{number}").incr("count")
    for pipe, name in zip(pipes, tenants.TENANTS):
        replies = pipe.execute()
        assert replies[1::3] == [f"{name}{number}" for number in range(1000)]
        assert replies[2::3] == list(range(1, 1001))


@pytest.mark.parametrize("words", [
    ("FLUSHALL",), ("CONFIG", "SET", "save", ""), ("DEBUG", "SLEEP", "0"), ("SHUTDOWN",),
    ("ACL", "LIST"), ("MONITOR",), ("SWAPDB", "0", "1"), ("SLAVEOF", "NO", "ONE"),
    ("CLIENT", "KILL", "TYPE", "normal"), ("NOSUCHCOMMAND", "a", "b"), ("CLUSTER", "NODES"),
    ("MODULE", "LIST"), ("SAVE",), ("REPLCONF", "x"), ("PSYNC", "?", "-1"),
])
def test_refused_command_keeps_the_connection(clients, words):
    acme, globex = clients
    globex.set("kept", "1")
    with pytest.raises(redis.ResponseError):
        acme.execute_command(*words)
    assert acme.ping()
    assert globex.get("kept") == "1"


def test_config_tells_nothing_of_the_server(redis_client, redis_server):
    """redis-benchmark and others ask for it first: a small answer that is the same for all."""
    answers = [redis_client(tenant).config_get("*") for tenant in tenants.TENANTS]
    assert answers[0] == answers[1] and "dir" not in answers[0] and "requirepass" not in answers[0]


def test_unknown_command_has_redis_own_text(redis_client, redis_server):
    with redis_server.connect_admin() as admin:
        with pytest.raises(redis.ResponseError) as direct:
            admin.execute_command("NOSUCHCOMMAND", "one", "two")
    with pytest.raises(redis.ResponseError) as proxied:
        redis_client("acme").execute_command("NOSUCHCOMMAND", "one", "two")
    assert str(proxied.value) == str(direct.value)


def test_server_errors_pass_without_the_prefix(clients):
    acme, _ = clients
    acme.set("text", "abc")
    with pytest.raises(redis.ResponseError, match="not an integer"):
        acme.incr("text")
    with pytest.raises(redis.ResponseError, match="WRONGTYPE"):
        acme.lpush("text", "x")
    with pytest.raises(redis.ResponseError, match="wrong number of arguments"):
        acme.execute_command("GET")


def test_no_login_no_answer(proxy):
    with RawRedis(proxy.ports["redis"]) as raw:
        raw.send(command("GET", "motto"))
        assert raw.read_line().startswith(b"-NOAUTH")


@pytest.mark.parametrize("user", ["nobody", "ACME", "", "acme:", "acme\r\nglobex"])
def test_unknown_tenant_is_refused(proxy, user):
    with RawRedis(proxy.ports["redis"]) as raw:
        raw.send(command("AUTH", user, "any"))
        assert raw.read_line().startswith(b"-WRONGPASS")
        raw.send(command("GET", "motto"))
        answer = raw.read_line()
        assert answer == b"" or answer.startswith(b"-NOAUTH")


def test_redis_cli(proxy, redis_server):
    for tenant in tenants.TENANTS:
        base = ["redis-cli", "-h", "127.0.0.1", "-p", str(proxy.ports["redis"]), "--user", tenant,
                "--pass", "any", "--no-auth-warning"]
        for words, expected in ((["SET", "cli", tenant], "OK"), (["GET", "cli"], tenant),
                                (["-3", "GET", "cli"], tenant), (["PING"], "PONG"),
                                (["ECHO", "hello"], "hello")):
            done = subprocess.run(base + words, capture_output=True, text=True, timeout=20,
                                  check=True)
            assert done.stdout.strip() == expected
    with redis_server.connect_admin(decode_responses=True) as admin:
        assert admin.get("acme:cli") == "acme"


def test_many_clients_at_once(proxy, redis_client):
    redis_client("acme").ping()

    def work(number):
        tenant = tenants.TENANTS[number % 2]
        with proxy.redis(tenant) as client:
            for turn in range(50):
                client.set(f"own{number}", f"{tenant}-{number}-{turn}")
                assert client.get(f"own{number}") == f"{tenant}-{number}-{turn}"

    with concurrent.futures.ThreadPoolExecutor(40) as pool:
        list(pool.map(work, range(40)))


def test_slow_reader_gets_everything(proxy, redis_client):
    redis_client("acme").set("large", "x" * 1_000_000)
    with RawRedis(proxy.ports["redis"], timeout=30) as raw:
        assert raw.login("acme") == b"+OK"
        raw.send(command("GET", "large") * 40)
        # Meanwhile nobody reads, and the others work.
        assert redis_client("globex").ping()
        for _ in range(40):
            assert len(raw.read_reply()) == len("$1000000\r\n") + 1_000_002
