# SPDX-License-Identifier: Apache-2.0
"""SCRAM-SHA-256 with clients, and what an outsider learns from a login that fails: nothing."""

import psycopg
import pytest

from support import tenants
from support.pg_wire import RawSession, error_fields, message, startup
from support.ringfence import TENANT_PASSWORDS

PASSWORDS = {**TENANT_PASSWORDS, "app.nobody": "nobody-secret", "stranger": "stranger-secret"}


@pytest.fixture
def scram_proxy(make_proxy, postgres):
    proxy = make_proxy(postgres=postgres, passwords=PASSWORDS)
    listener = dict(proxy.config["listeners"][0])
    listener["auth"] = {"method": "scram-sha-256", "users_file": str(proxy.folder / "users.txt")}
    proxy.config["listeners"] = [listener]
    proxy.config["upstreams"] = {"main": proxy.config["upstreams"]["main"]}
    proxy.write_config(proxy.config)
    return proxy.start()


@pytest.mark.parametrize("tenant", tenants.TENANTS)
def test_right_password(scram_proxy, rows, tenant):
    with scram_proxy.connect(tenant) as connection:
        found = connection.execute("SELECT id, item FROM orders ORDER BY id").fetchall()
        assert found == rows[tenant]


@pytest.mark.parametrize("user, password", [
    ("app.acme", "wrong"), ("app.acme", "globex-secret"), ("app.globex", "acme-secret"),
    ("app.unknown", "acme-secret"), ("postgres", "x")])
def test_wrong_passwords_and_unknown_users(scram_proxy, user, password):
    with pytest.raises(psycopg.OperationalError) as error:
        scram_proxy.connect("acme", user=user, password=password)
    assert "password authentication failed" in str(error.value)


@pytest.mark.parametrize("user, words", [
    ("app.nobody", "the tenant of this login is not known"),
    ("stranger", "no tenant could be identified")])
def test_who_proved_its_password_learns_what_is_wrong(scram_proxy, user, words):
    with pytest.raises(psycopg.OperationalError) as error:
        scram_proxy.connect("acme", user=user, password=PASSWORDS[user])
    assert words in str(error.value)


def challenge(proxy, user, **parameters):
    """Message types and the server's first SCRAM message for a client that then goes away."""
    first = b"n,,n=,r=clientnonce"
    with RawSession(proxy.ports["pg"]) as session:
        session.send(startup({"user": user, "database": "app", **parameters}))
        offer = session.read()
        body = b"SCRAM-SHA-256\0" + len(first).to_bytes(4, "big") + first
        session.send(message("p", body))
        answer = session.read()
        return offer, answer.type, dict(part.split(b"=", 1) for part in answer.body[4:].split(b","))


def test_unknown_users_look_like_known_ones(scram_proxy):
    known, unknown = challenge(scram_proxy, "app.acme"), challenge(scram_proxy, "app.unknown")
    assert known[:2] == unknown[:2]
    for name in (b"r", b"s", b"i"):
        assert len(known[2][name]) == len(unknown[2][name])
    assert known[2][b"i"] == unknown[2][b"i"]
    again = challenge(scram_proxy, "app.unknown")
    other = challenge(scram_proxy, "app.unknown2")
    assert again[2][b"s"] == unknown[2][b"s"] != other[2][b"s"]
    assert again[2][b"r"] != unknown[2][b"r"]


@pytest.mark.parametrize("parameters", [
    {"database": "nonsense"}, {"search_path": "x"}, {"replication": "true"},
    {"client_encoding": "LATIN1"}])
def test_nothing_is_said_of_the_packet_before_the_password(scram_proxy, parameters):
    assert challenge(scram_proxy, "app.acme", **parameters)[1] == "R"


@pytest.mark.parametrize("sent", [
    message("Q", b"SELECT 1\0"), message("p", b""), message("p", b"SCRAM-SHA-256-PLUS\0\0\0\0\0"),
    message("p", b"SCRAM-SHA-256\0\xff\xff\xff\xff"), message("p", b"SCRAM-SHA-256\0\0\0\0\1n"),
    message("p", b"x" * 5000), startup({"user": "app.acme", "database": "app"}),
    message("p", b"SCRAM-SHA-256\0\x7f\xff\xff\xffn,,n=,r=x")])
def test_other_messages_than_the_one_that_is_due(scram_proxy, sent):
    with RawSession(scram_proxy.ports["pg"]) as session:
        session.send(startup({"user": "app.acme", "database": "app"}))
        assert session.read().type == "R"
        session.send(sent)
        answer = session.read_to_end()
        assert "Z" not in [m.type for m in answer]
        assert answer[-1].type == "E" and error_fields(answer[-1].body)["C"] == "08P01"
