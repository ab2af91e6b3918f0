# SPDX-License-Identifier: Apache-2.0
"""What others got wrong before a client has logged in."""

import pathlib
import struct

import pytest

from support.pg_wire import (PROTOCOL_3_0, SYNC, RawSession, bind, error_fields, execute, message,
                             parse, query, row_values, startup)

ACME = {"user": "app.acme", "database": "app"}


@pytest.fixture(autouse=True)
def bystander(proxy, rows):
    """Another tenant's session, and a login afterwards: both work as if nothing had happened."""
    with RawSession(proxy.ports["pg"]) as session:
        session.login("app.globex")
        yield
        session.send(query("SELECT count(*) FROM orders"))
        assert row_values(session.read_until_ready()[1].body) == [b"2"]
    with RawSession(proxy.ports["pg"]) as session:
        assert session.login("app.acme")[-1].type == "Z"


def refusal(proxy, *chunks):
    """The SQLSTATE that ends the connection at once, or None when it ends without a word."""
    with RawSession(proxy.ports["pg"]) as session:
        session.send(*chunks)
        answer = session.read_to_end()
        assert "Z" not in [found.type for found in answer]
        fields = error_fields(answer[-1].body) if answer else {"C": None, "M": ""}
        assert "not completed in time" not in fields["M"], "more bytes were waited for"
        return fields["C"]


@pytest.mark.parametrize("length", [0, 1, 63, 64, 255, 1000, 9900])
@pytest.mark.parametrize("name, state", [("database", "3D000"), ("user", "28000")])
def test_cve_2012_4575_names_of_any_length(proxy, name, state, length):
    """PgBouncer: a long database name ended the process."""
    wanted = {("database", 0): "3D000", ("user", 0): "08P01"}.get((name, length), state)
    assert refusal(proxy, startup({**ACME, name: "d" * length})) == wanted


@pytest.mark.parametrize("kind", "BCDEFHPQSXcdfp")
def test_cve_2015_4054_messages_before_the_startup_packet(proxy, kind):
    """PgBouncer: a password message before the startup packet followed a null pointer."""
    assert refusal(proxy, message(kind, b"x\0" * 4)) in ("08P01", None)


@pytest.mark.parametrize("options", [
    "-c=", "-c =", "-c", "--=", "--", "-", "-c a", "-c " * 3000, " " * 9900, "-c=" * 3000, "\\",
    "-c\\ a=b", "-c x=\\"])
def test_cve_2026_107349_options_that_are_empty(proxy, options):
    """PgBouncer: `-c=` was never got past."""
    with RawSession(proxy.ports["pg"]) as session:
        session.send(startup({**ACME, "options": options}))
        answer = session.read()
    if options.strip() == "":
        assert answer.type == "R"
    else:
        states = ("08P01", "42601", "42501", "42704", "0A000")
        assert error_fields(answer.body)["C"] in states, answer


@pytest.mark.parametrize("parameters", [
    {"search_path": "evil"}, {"options": "-c search_path=evil"}, {"options": "--search-path=evil"},
    {"role": "postgres"}, {"options": "-c role=postgres"}, {"session_authorization": "postgres"},
    {"options": "-c row_security=off"}, {"options": "-c standard_conforming_strings=off"},
    {"client_encoding": "SJIS"}, {"options": "-c client_encoding=GBK"}])
def test_cve_2025_12819_settings_of_the_startup_packet(proxy, parameters):
    """PgBouncer: search_path of a client was set where the pooler's own queries ran."""
    with RawSession(proxy.ports["pg"]) as session:
        session.send(startup({**ACME, **parameters}))
        answer = session.read_to_end()
    assert answer[-1].type == "E", answer
    assert error_fields(answer[-1].body)["C"] in ("42501", "22023", "42704", "0A000"), answer


LENGTHS = [0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFB, 0x80000000, 0x80000004, 0x7FFFFFFF, 0x7FFFFFFC,
           0x40000000, 0, 1, 2, 3]


@pytest.mark.parametrize("length", LENGTHS)
def test_cve_2026_6664_length_of_the_startup_packet(proxy, length):
    """PgBouncer: a sum of position and length wrapped around."""
    packet = struct.pack("!II", length, PROTOCOL_3_0) + b"user\0app.acme\0\0" * 20
    assert refusal(proxy, packet) in ("08P01", None)


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("kind", "BCDEPQXdp")
def test_cve_2026_6668_length_of_a_message(proxy, kind, length):
    """PgBouncer: buffers grew without end, or around, for the length that a message claimed."""
    with RawSession(proxy.ports["pg"]) as session:
        session.login("app.acme")
        session.send(kind.encode() + struct.pack("!I", length) + b"x" * 1000)
        answer = session.read_to_end()
    assert [found.type for found in answer] == ["E"]
    assert error_fields(answer[0].body)["C"] == "08P01"


LARGEST = 64 * 1024 * 1024  # PG_CLIENT_MESSAGE_MAX


def resident(proxy):
    status = pathlib.Path(f"/proc/{proxy.process.pid}/statm").read_text(encoding="utf-8")
    return int(status.split()[1]) * 4096


def test_cve_2026_107348_messages_of_the_largest_size(start_proxy, rows):
    """PgBouncer: buffers of another kind grew without end, too, where a configuration let messages
    be as large as they can. Here: the largest pass, no larger ones do, and what was only claimed
    takes no memory."""
    proxy = start_proxy(overrides={"limits": {"workers": 1}})
    before = resident(proxy)
    claimants = [RawSession(proxy.ports["pg"]) for _ in range(20)]
    for claimant in claimants:
        claimant.login("app.acme")
        claimant.send(b"B" + struct.pack("!I", LARGEST - 64) + b"x" * 1000)
    with RawSession(proxy.ports["pg"]) as session:
        session.login("app.globex")
        session.send(query("SELECT 1"))
        session.read_until_ready()
        assert resident(proxy) - before < LARGEST
        session.send(parse("SELECT octet_length($1::text)"))
        for length in (LARGEST // 2 - 64, LARGEST // 2, LARGEST // 2 + 64, LARGEST - 64):
            session.send(bind([b"x" * length]), execute(), SYNC)
            found, = [each for each in session.read_until_ready() if each.type == "D"]
            assert row_values(found.body) == [str(length).encode()]
        session.send(b"B" + struct.pack("!I", LARGEST + 64))
        assert error_fields(session.read_to_end()[-1].body)["C"] == "08P01"
    for claimant in claimants:
        claimant.close()


@pytest.mark.parametrize("length", [0xFFFFFFFE, 0x80000000, 0x7FFFFFFF, 0x7FFFFFF0, 100, 6])
def test_cve_2024_27304_lengths_inside_a_bind(proxy, length):
    """pgx, and CVE-2024-32655 of Npgsql: lengths that overflowed let one message be read as
    several. Here, the values of a Bind must add up to the message, or what follows would be read
    from the middle."""
    smuggled = query("DELETE FROM orders")
    body = b"\0\0\0\0\0\1" + struct.pack("!I", length) + smuggled[:5] + b"\0\0"
    with RawSession(proxy.ports["pg"]) as session:
        session.login("app.acme")
        session.send(parse("SELECT $1::text"), message("B", body), query("SELECT 1"))
        answer = session.read_to_end()
    assert [found.type for found in answer if found.type != "1"] == ["E"]
    assert error_fields(answer[-1].body)["C"] == "08P01"
