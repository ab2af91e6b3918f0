# SPDX-License-Identifier: Apache-2.0
"""What one client does must not be felt by the others of its worker, nor be taken for a reply."""

import threading
import time

from support import resp_wire
from support.fake_redis import FakeRedis
from support.redis_proxy import RedisProxy


def with_passwords(proxy):
    listener = {**proxy.config["listeners"][0],
                "auth": {"method": "scram-sha-256", "users_file": str(proxy.folder / "users.txt")}}
    return {"listeners": [listener], "limits": {"workers": 1}}


def test_passwords_are_checked_a_few_at_a_time():
    """Each costs a key derivation: one client's thousands must not stop the worker."""
    with RedisProxy(overrides=with_passwords) as pair:
        login = resp_wire.command("AUTH", "acme", "acme-secret")
        worst = 0.0
        with pair.raw() as busy, pair.raw() as other:
            other.send(resp_wire.command("AUTH", "globex", "globex-secret"))
            assert other.read_line() == b"+OK"
            busy.send(login)
            assert busy.read_line() == b"+OK"
            sender = threading.Thread(target=busy.send, args=(login * 1500,))
            sender.start()
            for _ in range(20):
                begin = time.monotonic()
                other.send(resp_wire.command("PING"))
                assert other.read_line() == b"+PONG"
                worst = max(worst, time.monotonic() - begin)
                time.sleep(0.01)
            sender.join()
        assert worst < 0.4, f"a PING took {worst:.3f} s"


def test_no_last_words_within_a_reply():
    """A tenant that goes while half of a reply was given: the rest must not be our error's."""
    server = FakeRedis(lambda words: b"$70\r\nabc")
    with RedisProxy(server=server) as pair, pair.raw("acme") as raw:
        raw.send(resp_wire.command("GET", "half"))
        assert raw.read_exact(8) == b"$70\r\nabc"
        pair.proxy.states = {"acme": "suspended", "globex": "active"}
        pair.proxy.write_config(pair.proxy.config)
        pair.proxy.reload()
        assert raw.read_to_end() == b""
