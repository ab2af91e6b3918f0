# SPDX-License-Identifier: Apache-2.0
"""Two tenants on one server: what one of them tries, the other never notices."""

import pytest
import redis

from support import resp_wire
from support.redis_proxy import Monitor, RedisProxy


@pytest.fixture(scope="module")
def pair():
    with RedisProxy() as running:
        yield running


@pytest.fixture(params=[2, 3], ids=["resp2", "resp3"])
def tenants(request, pair):
    """(acme, globex) with emptied data, in both protocol versions."""
    with pair.server.connect_admin() as admin:
        admin.flushall()
    clients = [pair.client(name, protocol=request.param) for name in ("acme", "globex")]
    yield clients
    for client in clients:
        client.close()


def fill_globex(pair):
    """Secrets of the other tenant, of each type, under the names an attacker would try."""
    with pair.server.connect_admin() as admin:
        admin.set("globex:secret", "s3cret")
        admin.hset("globex:h", "f", "s3cret")
        admin.rpush("globex:list", "s3cret")
        admin.sadd("globex:set", "s3cret")
        admin.zadd("globex:z", {"s3cret": 1})
        admin.geoadd("globex:geo", (13.3, 38.1, "s3cret"))
        admin.xadd("globex:stream", {"f": "s3cret"})
        admin.xgroup_create("globex:stream", "g", 0)
        return dump(admin)


def dump(admin):
    return {key: admin.dump(key) for key in admin.keys("globex:*")}


def test_the_same_name_is_two_keys(pair, tenants):
    acme, globex = tenants
    acme.set("k", "of acme")
    globex.set("k", "of globex")
    assert (acme.get("k"), globex.get("k")) == ("of acme", "of globex")
    assert pair.keys() == ["acme:k", "globex:k"]


def test_key_names_in_replies_are_the_clients_own(pair, tenants):
    acme, globex = tenants
    globex.mset({f"g{i}": i for i in range(50)})
    acme.mset({f"a{i}": i for i in range(50)})
    expected = sorted(f"a{i}" for i in range(50))
    assert sorted(acme.keys("*")) == expected
    assert sorted(acme.scan_iter(count=7)) == expected
    assert sorted(acme.scan_iter(match="a1*", count=7)) == [k for k in expected if k[:2] == "a1"]
    acme.rpush("list", "v")
    assert acme.lmpop(2, "none", "list", direction="LEFT") == ["list", ["v"]]
    acme.zadd("zset", {"m": 1})
    assert acme.zmpop(1, ["zset"], min=True)[0] == "zset"
    acme.xadd("stream", {"f": "v"}, id="1-1")
    assert "acme" not in repr(acme.xread({"stream": "0"}))
    assert "stream" in repr(acme.xread({"stream": "0"}))
    acme.xgroup_create("stream", "g", 0)
    assert "stream" in repr(acme.xreadgroup("g", "c", {"stream": ">"}))


def test_errors_do_not_show_the_prefix(pair, tenants):
    acme, _ = tenants
    for call in (lambda: acme.xreadgroup("g", "c", {"s": ">"}),
                 lambda: acme.xpending("s", "g"),
                 lambda: acme.xclaim("s", "g", "c", 0, ["1-1"])):
        with pytest.raises(redis.ResponseError, match="No such key 's'"):
            call()


def assert_only_keys_of(tenant, commands, admin):
    """Every key that the server itself finds in what it executed is the tenant's."""
    prefix = f"{tenant}:"
    for arguments in commands:
        words = [word.lower() for word in arguments]
        lookups = [arguments[i + 1].decode() for i in range(2, len(words) - 1)
                   if words[0].startswith(b"sort") and words[i] in (b"by", b"get", b"store")]
        assert all(name.startswith(prefix) or name == "#" for name in lookups), arguments
        if words[0].startswith(b"xread"):  # of one stream; the server's answer may be wrong here
            assert arguments[-2].startswith(prefix.encode()), arguments
            continue
        try:
            keys = admin.execute_command("COMMAND GETKEYS", *arguments)
        except redis.ResponseError:
            continue  # it has none, or the server refused it anyway
        assert all(key.startswith(prefix) for key in keys), arguments


ATTACKS = [
    "GET globex:secret", "MGET secret globex:secret", "STRLEN globex:secret",
    "RENAME globex:secret x", "COPY globex:secret x", "COPY secret x DB 1",
    "SORT l BY globex:w_* GET globex:*", "SORT l GET globex:secret", "SORT l GET ../globex:secret",
    "SORT l STORE globex:list", "SORT l STORE x STORE globex:list", "SORT_RO l GET globex:sec*",
    "GEORADIUS geo 13 38 900 km STORE x STORE globex:z",
    "GEORADIUS geo 13 38 900 km STORE x STOREDIST globex:z",
    "GEORADIUSBYMEMBER geo m 900 km STORE x STORE globex:z",
    "GEORADIUS geo 13 38 900 km STORE globex:z", "GEOSEARCHSTORE globex:z geo FROMMEMBER m "
    "BYRADIUS 900 km", "GEORADIUS globex:geo 13 38 900 km",
    "XREAD STREAMS globex:stream 0", "XREADGROUP GROUP streams c STREAMS globex:stream >",
    "XREADGROUP COUNT 1 GROUP streams c STREAMS globex:stream >",
    "XREADGROUP GROUP g STREAMS STREAMS globex:stream >", "XREAD COUNT STREAMS STREAMS "
    "globex:stream 0", "XAUTOCLAIM globex:stream g c 0 0",
    "ZUNION 1 globex:z", "ZUNION +1 globex:z", "ZUNION 01 globex:z", "ZUNIONSTORE x 2 z globex:z",
    "ZUNIONSTORE x 1 z globex:z", "ZUNION 0 globex:z", "ZUNION -1 globex:z",
    "ZINTERSTORE globex:z 1 z", "SINTERCARD 2 set globex:set", "LMPOP 1 globex:list LEFT",
    "LMPOP 2 list globex:list LEFT", "ZMPOP 1 globex:z MIN", "LMPOP 1 list globex:list LEFT",
    "BITOP OR x globex:secret", "BITOP OR globex:secret x", "PFMERGE globex:hll x",
    "SUNIONSTORE x globex:set", "SMOVE set globex:set m", "LMOVE list globex:list LEFT RIGHT",
    "RPOPLPUSH globex:list x", "OBJECT ENCODING globex:secret", "DUMP globex:secret",
    "MEMORY USAGE globex:secret", "XINFO STREAM globex:stream", "XGROUP DESTROY globex:stream g",
    "KEYS globex:*", "KEYS *secret", "KEYS ?*", "KEYS [^a]*", "KEYS \\*", "KEYS ../*",
    "SCAN 0 MATCH globex:* COUNT 1000", "SCAN 0 MATCH acme:* MATCH globex:* COUNT 1000",
    "SCAN 0 COUNT 1000", "SCAN 0 COUNT 1000 TYPE string", "RANDOMKEY", "DBSIZE", "FLUSHALL",
    "FLUSHDB", "SWAPDB 0 1", "SELECT 1", "MOVE globex:secret 1",
    "MIGRATE 127.0.0.1 1 globex:secret 0 10", "EVAL return(redis.call('get','globex:secret')) 0",
    "EVAL_RO return(redis.call('get',KEYS[1])) 1 globex:secret", "SCRIPT FLUSH",
    "FUNCTION FLUSH", "FCALL f 0", "MONITOR", "SUBSCRIBE globex:c", "PSUBSCRIBE *",
    "PUBLISH globex:c m", "PUBSUB CHANNELS", "CLIENT LIST", "CLIENT KILL TYPE normal",
    "CLIENT TRACKING ON BCAST", "CLIENT REPLY OFF", "CLIENT REPLY SKIP", "CLIENT PAUSE 1000",
    "CLIENT NO-EVICT ON", "CLIENT INFO", "CONFIG GET *", "CONFIG SET save x", "DEBUG OBJECT x",
    "ACL LIST", "ACL WHOAMI", "SLOWLOG GET", "LATENCY DOCTOR", "INFO", "INFO keyspace",
    "COMMAND GETKEYS GET globex:secret", "OBJECT HELP", "WAIT 0 0", "REPLICAOF NO ONE",
    "SHUTDOWN NOSAVE", "RESTORE globex:secret 0 x", "DEL globex:secret", "UNLINK globex:secret",
    "EXPIRE globex:secret 1", "SET globex:secret x", "APPEND globex:secret x",
    "HGETALL globex:h", "HSCAN globex:h 0", "LRANGE globex:list 0 -1", "SMEMBERS globex:set",
    "ZRANGESTORE globex:z z 0 -1", "LCS secret globex:secret", "TOUCH globex:secret",
]


def test_attacks_see_and_change_nothing(pair, tenants):
    acme, _ = tenants
    before = fill_globex(pair)
    acme.rpush("l", "secret", "globex:secret", "1")
    acme.geoadd("geo", (13.3, 38.1, "m"))
    acme.zadd("z", {"m": 1})
    acme.sadd("set", "m")
    acme.rpush("list", "x")
    acme.set("secret", "own")
    with Monitor(pair.server) as seen:
        for attack in ATTACKS:
            connection = acme.connection_pool.get_connection("raw")
            try:
                connection.send_command(*attack.split())
                reply = connection.read_response()
            except redis.ResponseError as error:
                reply = error
            finally:
                acme.connection_pool.release(connection)
            assert "s3cret" not in repr(reply), attack
            if attack.split()[0] in ("KEYS", "SCAN"):
                found = reply[1] if attack.startswith("SCAN") else reply
                assert {f"acme:{key}" for key in found} <= set(pair.keys()), attack
    with pair.server.connect_admin() as admin:
        assert dump(admin) == before
        assert_only_keys_of("acme", seen.commands(), admin)
    assert acme.get("secret") == "own"


@pytest.mark.parametrize("attack", ["*", "g*", "[a-z]*:*", "\\", "a\\", "[", "{", "acme:*", "^"])
def test_patterns_stay_within_the_prefix(pair, tenants, attack):
    acme, globex = tenants
    globex.mset({"a": 1, "acme:x": 1, "[": 1})
    acme.mset({"a": 1, "g1": 1, "[": 1, "a\\": 1})
    with pair.server.connect_admin() as admin:
        admin.mset({"acmeX:y": 1, "acme": 1, "Xacme:z": 1})
    own = {"a", "g1", "[", "a\\"}
    assert set(acme.keys(attack)) <= own
    assert set(acme.scan_iter(match=attack, count=100)) <= own


def test_a_session_stays_with_its_tenant(pair, tenants):
    with pair.raw("acme") as raw:
        raw.send(resp_wire.command("SET", "mine", "1"))
        assert raw.read_line() == b"+OK"
        raw.send(resp_wire.command("AUTH", "globex", "x"))
        assert raw.read_line().startswith(b"-ERR this connection belongs to another tenant")
        raw.send(resp_wire.command("HELLO", "3", "AUTH", "globex", "x"))
        assert raw.read_line().startswith(b"-ERR this connection belongs to another tenant")
        raw.send(resp_wire.command("RESET"))
        assert raw.read_line() == b"+RESET"
        raw.send(resp_wire.command("GET", "mine"))
        assert raw.read_line() == b"-NOAUTH Authentication required."
        raw.send(resp_wire.command("AUTH", "globex", "x"))
        assert raw.read_line().startswith(b"-ERR this connection belongs to another tenant")
        assert raw.login("acme") == b"+OK"
        raw.send(resp_wire.command("GET", "mine"))
        assert raw.read_reply() == b"$1\r\n1\r\n"


def test_transactions(pair, tenants):
    acme, globex = tenants
    globex.set("n", 10)
    with acme.pipeline() as pipe:
        pipe.incr("n").incr("n").get("n")
        assert pipe.execute() == [1, 2, "2"]
    with acme.pipeline() as pipe:
        pipe.set("n", "x").lpush("n", 1).get("n")
        with pytest.raises(redis.ResponseError, match="WRONGTYPE"):
            pipe.execute()
    with acme.pipeline() as pipe:
        pipe.set("n", 5).execute_command("FLUSHALL")
        with pytest.raises(redis.ResponseError, match="unknown command"):
            pipe.execute()
    assert acme.get("n") == "x"
    assert globex.get("n") == "10"
    with acme.pipeline() as pipe:
        with pytest.raises(redis.ResponseError, match="unknown command"):
            pipe.watch("n")


def test_unknown_tenants_are_refused(pair):
    with pytest.raises(redis.AuthenticationError):
        pair.client("nobody").get("k")
    with pair.raw() as raw:
        raw.send(resp_wire.command("GET", "k"))
        assert raw.read_line() == b"-NOAUTH Authentication required."
        raw.send(resp_wire.command("HELLO", "3"))
        assert raw.read_line().startswith(b"-NOAUTH HELLO must be called")
        raw.send(resp_wire.command("PING"))
        assert raw.read_line() == b"+PONG"
