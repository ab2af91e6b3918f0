# SPDX-License-Identifier: Apache-2.0
"""The database that knows the users is slow, hangs or is gone: nobody gets in or is held up."""

import threading
import time

import pytest

from support import auth_query
from support.auth_query import exchange, login
from support.pg_relay import PgRelay
from support.pg_wire import RawSession, startup
from support.process import wait_for
from support.ringfence import TENANT_PASSWORDS

SLOW = ("SELECT rolname, rolpassword, rolcanlogin AND pg_sleep({}) IS NOT NULL, rolvaliduntil "
        "FROM pg_authid WHERE rolname = $1")
ACME = {"user": "app.acme", "database": "app"}


@pytest.fixture(scope="module")
def roles(start_module_postgres):
    server = start_module_postgres()
    auth_query.create_roles(server)
    return server


@pytest.fixture
def relay(roles):
    with PgRelay(roles.port) as between:
        yield between


@pytest.fixture
def asking(start_proxy, roles, relay):
    """A proxy that asks by way of the relay, and serves without it. The file has app.globex."""
    def start(others=(), **query):
        def overrides(proxy):
            asks = auth_query.asks(users_file=True, upstream="people", **query)(proxy)
            endpoints = [{"address": f"127.0.0.1:{port}"} for port in (*others, relay.port)]
            return {**asks, "upstreams": {"people": {
                **proxy.config["upstreams"]["main"], "endpoints": endpoints,
                "pool": {"connect_timeout": "500ms"}}}}
        return start_proxy(postgres=roles, overrides=overrides,
                           passwords={"app.globex": TENANT_PASSWORDS["app.globex"]})
    return start


def is_refused(proxy, user="app.acme"):
    return exchange(proxy, user)[2] == "57P03"


def test_gone_and_back(asking, relay):
    proxy = asking(cache="1ms")
    login(proxy, "app.acme").close()
    relay.connects.clear()
    relay.cut()
    assert is_refused(proxy)
    relay.connects.set()
    time.sleep(0.6)
    wait_for(lambda: not is_refused(proxy), what="the database")
    login(proxy, "app.acme").close()


def test_a_link_that_was_closed_at_rest_is_opened_again(asking, relay, roles):
    proxy = asking(cache="1ms")
    login(proxy, "app.acme").close()
    roles.admin("SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                f"WHERE usename = '{auth_query.READER}'")
    wait_for(lambda: auth_query.num_links(roles) == 0)
    login(proxy, "app.acme").close()
    assert "auth_query_failed" not in proxy.log()


def test_the_next_endpoint_is_asked(asking):
    proxy = asking(others=(1, 1))
    login(proxy, "app.acme").close()


def test_one_that_cannot_be_reached_holds_up_nobody(asking, relay):
    """One worker: a login that waits for 500 ms, others and statements in the meantime."""
    proxy = asking()
    relay.connects.clear()
    relay.cut()
    with proxy.connect("globex", password=TENANT_PASSWORDS["app.globex"]) as connection, \
            RawSession(proxy.ports["pg"]) as waiting:
        waiting.send(startup(ACME))
        began = time.monotonic()
        for _ in range(20):
            connection.execute("SELECT 1")
        proxy.connect("globex", password=TENANT_PASSWORDS["app.globex"]).close()
        assert time.monotonic() - began < 0.45
        assert [found.type for found in waiting.read_to_end()] == ["E"]
        assert 0.4 < time.monotonic() - began < 2
    assert is_refused(proxy)  # at once: it was tried a moment ago


def test_an_answer_that_takes_too_long(asking):
    proxy = asking(sql=SLOW.format(20), timeout="300ms")
    began = time.monotonic()
    assert is_refused(proxy)
    assert time.monotonic() - began < 2
    assert "the server did not answer in time" in proxy.log()


def test_one_question_for_many_logins_of_a_user(asking):
    proxy = asking(sql=SLOW.format(0.5))
    done = []
    threads = [threading.Thread(target=lambda: done.append(login(proxy, "app.acme").close()))
               for _ in range(8)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) == 8 and time.monotonic() - began < 2


@pytest.mark.parametrize("vanish", [RawSession.close, RawSession.reset])
def test_who_vanishes_waits_no_longer(asking, vanish):
    proxy = asking(sql=SLOW.format(0.4))
    waiting = [RawSession(proxy.ports["pg"]) for _ in range(3)]
    for session in waiting:
        session.send(startup(ACME))
    time.sleep(0.1)
    for session in waiting[:2]:
        vanish(session)
    wait_for(lambda: proxy.log().count("state=verifier") == 2)
    assert waiting[2].read().type == "R"
    waiting[2].close()
    login(proxy, "app.acme").close()


def test_what_comes_while_the_database_is_asked_breaks_the_protocol(asking):
    proxy = asking(sql=SLOW.format(0.2))
    with RawSession(proxy.ports["pg"]) as session:
        session.send(startup(ACME), startup({"user": "app.globex", "database": "app"}))
        assert [found.type for found in session.read_to_end()] == ["R", "E"]


def test_more_logins_than_may_wait(asking):
    """1,024 wait; who comes then is refused at once, and they are answered all the same."""
    proxy = asking(sql=SLOW.format(4), timeout="20s")
    waiting = []
    try:
        for _ in range(1024):
            waiting.append(RawSession(proxy.ports["pg"]))
            waiting[-1].send(startup(ACME))
        time.sleep(0.5)
        began = time.monotonic()
        assert is_refused(proxy, "app-later.acme")
        assert time.monotonic() - began < 2
        assert {session.read().type for session in waiting} == {"R"}
    finally:
        for session in waiting:
            session.close()


def test_a_login_waits_no_longer_than_logins_may(asking):
    proxy = asking(sql=SLOW.format(20), timeout="1m")
    proxy.config["limits"]["login_timeout"] = "400ms"
    proxy.write_config(proxy.config)
    proxy.reload()
    wait_for(lambda: "reloaded" in proxy.log())
    assert exchange(proxy, "app.acme")[2] == "08P01"


def test_reload_while_somebody_waits(asking):
    """The login ends as it began; the next one goes by the new configuration."""
    proxy = asking(sql=SLOW.format(0.6))
    with RawSession(proxy.ports["pg"]) as session:
        session.send(startup(ACME))
        wait_for(lambda: "session_opened" in proxy.log())
        time.sleep(0.1)
        del proxy.config["listeners"][0]["auth"]["query"]
        proxy.write_config(proxy.config)
        proxy.reload()
        wait_for(lambda: "reloaded" in proxy.log())
        assert session.read().type == "R"
    assert exchange(proxy, "app-later.acme")[2] == "28P01"
    assert exchange(proxy, "app.acme")[2] == "28P01"


def test_end_while_somebody_waits(asking, roles):
    proxy = asking(sql=SLOW.format(20))
    with RawSession(proxy.ports["pg"]) as session:
        session.send(startup(ACME))
        wait_for(lambda: auth_query.num_links(roles) >= 1)
        proxy.stop()
        assert [found.type for found in session.read_to_end()] == ["E"]
