# SPDX-License-Identifier: Apache-2.0
"""The command table against a live server: as generated, and keys where the server has them."""

import itertools
import pathlib
import subprocess
import sys

import pytest
import redis

from support import resp_wire
from support.redis_proxy import Monitor, RedisProxy

ROOT = pathlib.Path(__file__).resolve().parents[2]
OTHER_VERSION = 3

#: Commands whose options decide which arguments are keys, or that a made-up list cannot satisfy.
SPECIAL = [
    "sort k1", "sort k1 by p_* get # get o_*->f store k2", "sort k1 store k2 store k3",
    "sort k1 limit store 1 store k2", "sort by by p store k3", "sort_ro k1 by p_* get #",
    "georadius k1 1 2 3 km", "georadius k1 1 2 3 km store k2", "georadius k1 1 2 3 km storedist k2",
    "georadius k1 1 2 3 km withdist count 3 any desc store k2", "georadius_ro k1 1 2 3 km withdist",
    "georadiusbymember k1 m 3 km", "georadiusbymember k1 m 3 km asc storedist k2",
    "georadiusbymember_ro k1 m 3 km",
    "xread streams k1 0", "xread count 2 streams k1 k2 0 0", "xread count 2 streams k1 k2 k3 0 0 0",
    "xreadgroup group g c streams k1 >", "xreadgroup group g c count 1 noack streams k1 k2 > >",
    "zunionstore d 2 k1 k2 weights 1 2", "zunion 1 k1", "zinterstore d 1 k1",
    "zdiffstore d 2 k1 k2",
    "zinter 3 k1 k2 k3 withscores", "zdiff 1 k1", "zintercard 2 k1 k2 limit 1",
    "sintercard 1 k1", "lmpop 2 k1 k2 left", "zmpop 1 k1 min count 3",
    "copy k1 k2 replace", "bitop and d k1 k2", "bitop not d k1",
    "memory usage k1", "memory usage k1 samples 5",
    "object encoding k1", "object freq k1", "object idletime k1", "object refcount k1",
    "xgroup create k1 g $", "xgroup create k1 g $ mkstream", "xgroup createconsumer k1 g c",
    "xgroup delconsumer k1 g c", "xgroup destroy k1 g", "xgroup setid k1 g $",
    "xinfo stream k1", "xinfo stream k1 full", "xinfo groups k1", "xinfo consumers k1 g",
]

#: What the server itself gets wrong, or we refuse although it would not.
DIFFERENT = {
    # Only the first STORE is a key for the server, which writes to the last.
    "georadius k1 1 2 3 km store k2 store k3": None,
    "georadiusbymember k1 m 3 km store k2 storedist k3": None,
    # The server takes the group's name for the word STREAMS.
    "xreadgroup count 1 group streams c streams k1 >": ["k1"],
}


@pytest.fixture(scope="module")
def pair():
    with RedisProxy() as running:
        yield running


def getkeys(client, words):
    """The keys of the command, or None if that is refused."""
    try:
        return client.execute_command("COMMAND GETKEYS", *words)
    except redis.ResponseError:
        return None


def plain_commands(client):
    """(name, arity) of every top-level command a tenant may use that has keys at fixed places."""
    for info in client.execute_command("COMMAND").values():
        if info["first_key_pos"] > 0 and "movablekeys" not in info["flags"]:
            yield info["name"], info["arity"]


def test_commands_def_is_as_generated():
    result = subprocess.run([sys.executable, ROOT / "script/generate-redis-commands", "--check"],
                            capture_output=True, text=True, check=False)
    if result.returncode == OTHER_VERSION:
        pytest.skip(result.stdout.strip())
    assert result.returncode == 0, result.stdout + result.stderr


def test_plain_commands_have_the_servers_keys(pair):
    ours = pair.client("acme")
    num_checked = 0
    with pair.server.connect_admin() as server:
        for name, arity in plain_commands(ours):
            counts = [arity] if arity > 0 else range(-arity, -arity + 5)
            for count in counts:
                words = [name] + [f"k{i}" for i in range(1, count)]
                expected = getkeys(server, words)
                actual = getkeys(ours, words)
                if name == "copy" and count > 3:
                    continue  # the fourth word is an option
                assert actual == expected, words
                num_checked += 1
    assert num_checked > 300


def test_commands_with_options_have_the_servers_keys(pair):
    ours = pair.client("acme")
    with pair.server.connect_admin() as server:
        for text in SPECIAL:
            words = text.split()
            expected = getkeys(server, words)
            assert expected, text
            if words[0] == "sort" and words.count("store") > 1:
                expected = [word for word in words if word.startswith("k")]
            assert getkeys(ours, words) == expected, text


def test_where_the_server_is_wrong(pair):
    ours = pair.client("acme")
    with pair.server.connect_admin() as server:
        for text, expected in DIFFERENT.items():
            assert getkeys(ours, text.split()) == expected, text
            assert getkeys(server, text.split()) != expected, text


def test_every_command_of_the_server_is_forwarded_local_or_unknown(pair):
    """No command reaches the server without a prefixed key, whatever its arguments."""
    with pair.server.connect_admin() as server:
        names = [[info["name"]] for info in server.execute_command("COMMAND").values()]
        containers = server.execute_command("COMMAND LIST")
        names += [name.decode().split("|") for name in containers if b"|" in name]
    with Monitor(pair.server) as seen, pair.raw("acme") as raw:
        for words, count in itertools.product(names, range(0, 7)):
            if words[0] in ("quit", "reset", "multi", "auth", "hello"):
                continue
            raw.send(resp_wire.command(*words, *["1"] * count))
            assert raw.read_reply(), words
    without_keys = {b"time", b"object help", b"xgroup help", b"xinfo help"}
    for arguments in seen.commands():
        if arguments[0] in (b"hello", b"auth", b"select"):
            continue  # the link's own login
        if b" ".join(arguments[:2]).lower() in without_keys or arguments[0] in without_keys:
            continue
        assert any(word.startswith(b"acme:") for word in arguments), arguments
