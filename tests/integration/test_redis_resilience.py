# SPDX-License-Identifier: Apache-2.0
"""Clients and servers that go away, are slow, or refuse: nobody gets another one's answer."""

import socket
import struct
import threading
import time

import pytest
import redis

from support import resp_wire
from support.process import wait_for
from support.redis_proxy import RedisProxy


@pytest.fixture
def pair():
    with RedisProxy(overrides={"limits": {"workers": 1}}) as running:
        yield running


def vanish(raw):
    """Closes with a reset."""
    raw.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    raw.__exit__()


def test_clients_that_vanish_leave_no_reply_behind(pair):
    """Half of the clients send and go at once; the others must only ever see their own values."""
    pair.client("globex").set("big", "s3cret" * 20000)
    steady = pair.raw("acme")
    for round_number in range(60):
        leaver = pair.raw("globex")
        leaver.send(*[resp_wire.command("GET", "big")] * 20)
        if round_number % 3 == 0:
            leaver.send(b"*2\r\n$3\r\nGET\r\n$3\r\nbi")
        if round_number % 3 == 1:
            leaver.read_line()
        vanish(leaver)
        value = f"value {round_number}".encode()
        steady.send(resp_wire.command("SET", "k", value), resp_wire.command("GET", "k"))
        assert steady.read_line() == b"+OK"
        assert steady.read_reply() == b"$%d\r\n%s\r\n" % (len(value), value)
    steady.__exit__()


def test_echo_oracle(pair):
    """Many sessions of two tenants over one link: each reply holds its request's own id."""
    failures = []

    def run(tenant, number):
        try:
            with pair.raw(tenant) as raw:
                for i in range(40):
                    ids = [f"{tenant}-{number}-{i}-{j}" for j in range(25)]
                    raw.send(*[resp_wire.command("SET", name, name) for name in ids],
                             *[resp_wire.command("GET", name) for name in ids])
                    replies = [raw.read_reply() for _ in range(50)]
                    expected = [b"+OK\r\n"] * 25 + [
                        b"$%d\r\n%s\r\n" % (len(name), name.encode()) for name in ids]
                    if replies != expected:
                        failures.append((tenant, number, i))
        except Exception as error:  # pylint: disable=broad-except
            failures.append(error)

    threads = [threading.Thread(target=run, args=(tenant, number))
               for tenant in ("acme", "globex") for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


def test_a_killed_server_answers_with_errors_and_comes_back(pair):
    client = pair.client("acme", retry=None, retry_on_error=[])
    client.set("k", "v")
    pair.server.stop()
    with pytest.raises(redis.ResponseError, match="UNAVAILABLE"):
        client.get("k")
    start = time.monotonic()
    with pytest.raises(redis.ResponseError, match="UNAVAILABLE"):
        client.get("k")
    assert time.monotonic() - start < 3
    assert client.ping()
    pair.server.start()

    def works():
        try:
            return client.set("k", "again")
        except redis.ResponseError:
            return False

    wait_for(works, timeout=10, what="recovery")
    assert client.get("k") == "again"


def test_replies_owed_by_a_killed_server_become_one_error_each(pair):
    with pair.raw("acme") as raw, pair.server.connect_admin() as admin:
        raw.send(resp_wire.command("SET", "k", "v"))
        assert raw.read_line() == b"+OK"
        stopper = threading.Thread(target=_sleep_server, args=(admin,))
        stopper.start()
        time.sleep(0.2)
        raw.send(*[resp_wire.command("GET", "k")] * 10)
        time.sleep(0.2)
        pair.server.process.kill()
        stopper.join()
        replies = [raw.read_line() for _ in range(10)]
        assert all(reply.startswith(b"-UNAVAILABLE ") for reply in replies), replies
        raw.send(resp_wire.command("PING"))
        assert raw.read_line() == b"+PONG"


def _sleep_server(admin):
    try:
        admin.execute_command("DEBUG", "SLEEP", "2")
    except redis.ConnectionError:
        pass


def test_a_client_that_does_not_read_stops_itself_only(pair):
    client = pair.client("globex", socket_timeout=5)
    pair.client("acme").set("big", "x" * (1 << 20))
    sloth = pair.raw("acme")
    sloth.send(*[resp_wire.command("GET", "big")] * 200)
    slowest = 0.0
    for i in range(200):
        start = time.monotonic()
        client.set("k", i)
        assert client.get("k") == str(i)
        slowest = max(slowest, time.monotonic() - start)
        time.sleep(0.005)
    assert slowest < 2.0
    sloth.__exit__()


def test_a_client_that_reads_slowly_gets_everything(pair):
    pair.client("acme").set("big", "x" * (1 << 20))
    with pair.raw("acme") as raw:
        raw.send(*[resp_wire.command("GET", "big")] * 30)
        for _ in range(30):
            assert len(raw.read_reply()) == (1 << 20) + 12
            time.sleep(0.01)


@pytest.mark.parametrize("protocol", [2, 3])
def test_the_link_logs_in(protocol):
    acl = ["proxy on >pr0xy ~* &* +@all"]
    overrides = {"upstreams": {"cache": {"user": "proxy"}}}
    with RedisProxy(password="pr0xy", acl_users=acl, overrides=overrides) as pair:
        client = pair.client("acme", protocol=protocol)
        client.set("k", "v")
        assert client.get("k") == "v"
        with pair.server.connect_admin() as admin:
            assert any(entry["user"] == "proxy" for entry in admin.client_list())


def test_a_refused_link_sends_nothing():
    with RedisProxy(password="right") as pair:
        pair.proxy.redis_password = "wrong"
        pair.proxy.stop()
        pair.proxy.write_config(pair.proxy.config)
        pair.proxy.start()
        client = pair.client("acme", retry=None, retry_on_error=[])
        with pytest.raises(redis.ResponseError, match="UNAVAILABLE"):
            client.set("k", "v")
        assert pair.keys() == []


def test_passwords_are_checked_against_the_users_file():
    def overrides(proxy):
        return {"listeners": [{"name": "app-redis", "protocol": "redis",
                               "bind": f"127.0.0.1:{proxy.ports['redis']}", "upstream": "cache",
                               "auth": {"method": "scram-sha-256",
                                        "users_file": str(proxy.folder / "users.txt")}}]}

    with RedisProxy(overrides=overrides) as pair:
        assert pair.client("acme").set("k", "v")
        assert pair.client("acme", protocol=3).get("k") == "v"
        for name, password in (("acme", "wrong"), ("acme", ""), ("nobody", "acme-secret"),
                               ("globex", "acme-secret")):
            with pytest.raises(redis.AuthenticationError):
                pair.client(name, password=password).ping()
        with pair.raw() as raw:
            for _ in range(10):
                raw.send(resp_wire.command("AUTH", "acme", "guess"))
                assert raw.read_line().startswith(b"-WRONGPASS")
            assert raw.read_to_end() == b""


def test_a_drain_lets_transactions_of_requests_end(pair):
    client = pair.client("acme")
    client.set("k", "v")
    idle = pair.raw("globex")
    pair.proxy.stop()
    assert idle.read_to_end() == b""
    idle.__exit__()


def test_a_suspended_tenant_loses_its_sessions_at_reload(pair):
    acme, globex = pair.raw("acme"), pair.raw("globex")
    pair.proxy.states = {"acme": "suspended", "globex": "active"}
    pair.proxy.write_config(pair.proxy.config)
    pair.proxy.reload()
    assert b"suspended" in acme.read_to_end()
    globex.send(resp_wire.command("SET", "k", "v"))
    assert globex.read_line() == b"+OK"
    with pytest.raises(redis.AuthenticationError):
        pair.client("acme").ping()
    acme.__exit__()
    globex.__exit__()
