# SPDX-License-Identifier: Apache-2.0
"""SCRAM-SHA-256 with clients, and what an outsider learns from a login that fails: nothing."""

import pathlib
import re

import psycopg
import pytest

from support import tenants
from support.pg_wire import (GSSENC_REQUEST, SSL_REQUEST, SYNC, RawSession, error_fields, message,
                             parse, query, startup)
from support.process import wait_for
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


def first_message(user="app.acme"):
    first = f"n,,n={user},r=clientnonce".encode()
    return message("p", b"SCRAM-SHA-256\0" + len(first).to_bytes(4, "big") + first)


@pytest.mark.parametrize("sent", [
    startup({"user": "app.globex", "database": "app"}), SSL_REQUEST, GSSENC_REQUEST,
    query("SELECT 1"), first_message("app.globex"), message("p", b"c=biws"), message("p", b""),
    message("p", b"globex-secret\0"), SYNC, parse("SELECT 1")], ids=lambda sent: sent[:24].hex())
def test_between_challenge_and_proof_only_the_proof_is_due(scram_proxy, sent):
    """CVE-2026-107350: a second startup packet in the middle of SCRAM changed who logged in."""
    with RawSession(scram_proxy.ports["pg"]) as session:
        session.send(startup({"user": "app.acme", "database": "app"}))
        assert session.read().type == "R"
        session.send(first_message())
        assert session.read().type == "R"
        session.send(sent)
        answer = session.read_to_end()
        assert [m.type for m in answer] == ["E"]
        assert error_fields(answer[0].body)["C"] == "08P01"


def test_reload_brings_and_removes_users(scram_proxy, rows):
    """A changed users file counts for the next login; who is logged in stays."""
    changed = {**PASSWORDS, "app.acme": "fresh-secret"}
    del changed["app.globex"]
    with scram_proxy.connect("acme") as kept, scram_proxy.connect("globex") as removed:
        scram_proxy.passwords = changed
        scram_proxy.write_config(scram_proxy.config)
        scram_proxy.reload()
        wait_for(lambda: can_login(scram_proxy, "acme", "fresh-secret"), what="the new password")
        assert not can_login(scram_proxy, "acme", "acme-secret")
        assert not can_login(scram_proxy, "globex", "globex-secret")
        for session, tenant in ((kept, "acme"), (removed, "globex")):
            count = session.execute("SELECT count(*) FROM orders").fetchone()
            assert count == (len(rows[tenant]),)


def can_login(proxy, tenant, password):
    try:
        proxy.connect(tenant, password=password).close()
        return True
    except psycopg.OperationalError as error:
        assert "password authentication failed" in str(error)
        return False


def test_no_secret_is_shown(scram_proxy):
    """Neither passwords nor verifiers appear where an onlooker of the process finds them."""
    assert can_login(scram_proxy, "acme", "acme-secret")
    assert not can_login(scram_proxy, "acme", "canary-of-a-client")
    users = (scram_proxy.folder / "users.txt").read_text(encoding="utf-8")
    verifiers = re.findall(r"SCRAM-SHA-256\$[^\"]+", users)
    assert verifiers
    secrets = [tenants.LINK_PASSWORD, "canary-of-a-client", *PASSWORDS.values(), *verifiers,
               *(key for verifier in verifiers for key in re.split(r"[:$]", verifier)[2:])]
    process = pathlib.Path(f"/proc/{scram_proxy.process.pid}")
    shown = [scram_proxy.log(), scram_proxy.http("/metrics")[1],
             *((process / name).read_bytes().decode(errors="replace")
               for name in ("cmdline", "environ"))]
    assert all(shown)
    assert [secret for secret in secrets if any(secret in text for text in shown)] == []
