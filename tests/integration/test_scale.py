# SPDX-License-Identifier: Apache-2.0
"""Many idle sessions and one slow one: what they hold in memory. Figures are printed (-s) and mean
something for a release build (RF_BINARY) only; what is asserted holds for every build."""

import resource

from support.pg_wire import RawSession, query

IDLE, IDLE_LONG = 1000, 9000
#: ASan multiplies what a session takes; a release build takes a small part of this.
MOST_BYTES_PER_SESSION = 128 * 1024


def memory_of(proxy):
    with open(f"/proc/{proxy.process.pid}/status", encoding="ascii") as status:
        return int(next(line for line in status if line.startswith("VmRSS")).split()[1]) * 1024


def test_idle_sessions(start_proxy, rows, is_long):
    """They log in, ask one question each and stay; all are served again at the end."""
    number = IDLE_LONG if is_long else IDLE
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    proxy = start_proxy(overrides={"limits": {"sessions": number + 10}})
    sessions = []
    try:
        with proxy.connect("acme") as connection:
            connection.execute("SELECT 1")
        before = memory_of(proxy)
        for count in range(number):
            session = RawSession(proxy.ports["pg"], timeout=60)
            sessions.append(session)
            session.login("app.acme" if count % 2 else "app.globex")
            session.send(query("SELECT 1"))
            session.read_until_ready()
        per_session = (memory_of(proxy) - before) / number
        print(f"\n{number} idle sessions: {per_session / 1024:.2f} KiB each, "
              f"{memory_of(proxy) >> 20} MiB in all")
        assert per_session < MOST_BYTES_PER_SESSION
        for session in sessions:
            session.send(query("SELECT 2"))
        for session in sessions:
            assert [found.type for found in session.read_until_ready()] == list("TDCZ")
    finally:
        for session in sessions:
            session.close()


def test_a_slow_reader(start_proxy, rows, is_long):
    """A result much larger than any buffer stays at the server until the client reads on."""
    megabytes = 1024 if is_long else 64
    proxy = start_proxy(overrides={"limits": {"workers": 1}})
    with RawSession(proxy.ports["pg"], timeout=120) as slow, \
            RawSession(proxy.ports["pg"]) as other:
        slow.login("app.acme")
        other.login("app.globex")
        before = memory_of(proxy)
        slow.send(query(f"SELECT repeat('z', 8192) FROM generate_series(1, {megabytes * 128})"))
        highest, received = 0, 0
        while (found := slow.read()).type != "Z":
            received += len(found.body)
            if found.type == "D" and received % (4 << 20) < len(found.body):
                highest = max(highest, memory_of(proxy) - before)
                other.send(query("SELECT 1"))
                assert other.read_until_ready()[-2].type == "C"
        print(f"\n{megabytes} MiB read: at most {highest >> 20} MiB more in memory")
        assert received >= megabytes << 20
        assert highest < 30_000_000
