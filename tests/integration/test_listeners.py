# SPDX-License-Identifier: Apache-2.0
"""Where clients come in and what is written down about it: Unix sockets, limits, the log."""

import json
import time

import psycopg
import pytest
import redis

from support import tenants


def on_unix_sockets(proxy):
    listeners = [{**listener, "bind": f"unix:{proxy.folder}/.s.PGSQL.{number}"}
                 for number, listener in enumerate(proxy.config["listeners"], 5432)]
    return {"listeners": listeners}


def test_unix_sockets(start_proxy, rows):
    proxy = start_proxy(overrides=on_unix_sockets)
    with proxy.connect("acme", host=str(proxy.folder), port=5432) as session:
        assert session.execute("SELECT count(*) FROM orders").fetchone() == (3,)
    with redis.Redis(unix_socket_path=f"{proxy.folder}/.s.PGSQL.5433", username="acme",
                     password="any", decode_responses=True) as client:
        assert client.set("k", "v") and client.get("k") == "v"


def test_unix_sockets_come_and_go_with_the_proxy(make_proxy, postgres, redis_server, rows):
    """The socket of a process that crashed is taken over; one in use is not; none is left."""
    proxy = make_proxy(postgres=postgres, redis_server=redis_server, overrides=on_unix_sockets)
    path = proxy.folder / ".s.PGSQL.5432"
    proxy.start()
    proxy.process.kill()
    assert path.exists()
    proxy.start()
    with proxy.connect("globex", host=str(proxy.folder), port=5432) as session:
        assert session.execute("SELECT count(*) FROM orders").fetchone() == (2,)
    proxy.stop()
    assert not path.exists()


def test_too_many_sessions_is_53300(start_proxy, rows):
    proxy = start_proxy(overrides={"limits": {"sessions": 5}})
    kept = [proxy.connect("acme") for _ in range(5)]
    with pytest.raises(psycopg.OperationalError, match="too many|53300"):
        proxy.connect("acme").close()
    kept.pop().close()
    time.sleep(0.2)
    kept.append(proxy.connect("acme"))
    for session in kept:
        assert session.execute("SELECT count(*) FROM orders").fetchone() == (3,)
        session.close()


def test_json_log_is_one_object_a_line(start_proxy, rows):
    proxy = start_proxy(overrides={"log": {"format": "json", "level": "debug"}})
    with proxy.connect("acme") as session:
        with pytest.raises(psycopg.Error):
            session.execute("SELECT pg_read_file('a-secret-\n-literal')")
    with pytest.raises(psycopg.OperationalError):
        proxy.connect("acme", user='app."\\\n\x01weird').close()
    lines = [json.loads(line) for line in proxy.log().splitlines()]
    assert {"event", "level"} <= set(lines[0]), lines[0]
    assert any(line["event"] == "listening" for line in lines)
    assert "a-secret" not in proxy.log()
    assert tenants.LINK_PASSWORD not in proxy.log()
