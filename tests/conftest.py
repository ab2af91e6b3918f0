# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the integration tests: real servers, the real proxy, two tenants.

    def test_x(connect):        rows = connect("acme").execute("SELECT id FROM orders").fetchall()
    def test_y(redis_client):   redis_client("acme").set("k", "v")
    def test_z(start_proxy):    proxy = start_proxy(overrides={"limits": {"workers": 1}})

The servers and one proxy live for the whole run and are shared: a test that stops, breaks or
configures one starts its own with start_postgres, start_redis or start_proxy. A server that
cannot start is a failure, never a skip. RF_BINARY (or --binary) names the proxy to test.
"""

import os
import signal

import pytest

from support import process, tenants, workdir
from support.certificates import Authority
from support.console import Console, overrides as console_overrides
from support.postgres import Postgres
from support.redis_server import RedisServer
from support.ringfence import Ringfence

pytest_plugins = ["support.sql_fixtures"]


#: A set-up, test or tear-down that takes longer hangs: it is failed, and the run goes on.
STEP_SECONDS = 120
LONG_STEP_SECONDS = 7200


def pytest_addoption(parser):
    parser.addoption("--binary", help="the ringfence program to test (also: RF_BINARY)")


    parser.addoption("--long", action="store_true",
                     help="the full number of requests, where a test makes fewer by default")


def pytest_configure(config):
    # Terminated is as good as interrupted: the servers are stopped and their folders removed.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if config.getoption("--binary"):
        os.environ["RF_BINARY"] = os.path.abspath(config.getoption("--binary"))


def _limited(item):
    def give_up(*_):
        raise TimeoutError(f"{item.name} did not end within {STEP_SECONDS} s")

    previous = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(LONG_STEP_SECONDS if item.config.getoption("--long") else STEP_SECONDS)
    try:
        return (yield)
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, previous)


pytest_runtest_setup = pytest.hookimpl(wrapper=True)(_limited)
pytest_runtest_call = pytest.hookimpl(wrapper=True)(_limited)
pytest_runtest_teardown = pytest.hookimpl(wrapper=True)(_limited)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """A failing test shows the end of what each running server said."""
    report = yield
    if report.failed:
        for server in process.running:
            tail = "\n".join(server.log().splitlines()[-60:])
            report.sections.append((f"log of {server.name} (pid {server.pid})", tail))
    return report


@pytest.fixture(scope="session")
def is_long(pytestconfig):
    """Whether to make the full number of requests."""
    return pytestconfig.getoption("--long")


# Shared servers.

@pytest.fixture(scope="session")
def postgres():
    server = Postgres()
    try:
        tenants.create_database(server)
        yield server
    finally:
        server.remove()


@pytest.fixture(scope="session")
def redis_server():
    server = RedisServer()
    yield server
    server.remove()


@pytest.fixture(scope="session")
def proxy(postgres, redis_server):
    """One proxy with a PostgreSQL and a Redis listener; Ringfence.stop checks its end."""
    ringfence = Ringfence(postgres, redis_server)
    try:
        yield ringfence.start()
    finally:
        ringfence.remove()


# Fresh data and clients for one test.

@pytest.fixture
def rows(postgres):
    """The tenants' rows as support/tenants.py has them; returns {tenant: [(id, item), ...]}."""
    tenants.reset_rows(postgres)
    return tenants.ORDERS


@pytest.fixture
def connect(proxy, rows):
    """connect("acme", **psycopg_options): a connection through the proxy, closed at the end."""
    opened = []

    def open_connection(tenant, **options):
        opened.append(proxy.connect(tenant, **options))
        return opened[-1]

    yield open_connection
    for connection in opened:
        connection.close()


@pytest.fixture
def redis_client(proxy, redis_server):
    """redis_client("acme", **redis_options): through the proxy, on an emptied server."""
    with redis_server.connect_admin() as admin:
        admin.flushall()
    opened = []

    def open_client(tenant, **options):
        opened.append(proxy.redis(tenant, **options))
        return opened[-1]

    yield open_client
    for client in opened:
        client.close()


# Servers of a test's own.

def _factory(make):
    """Calls of the factory collect what they made, to be removed in reverse order."""
    made = []

    def start(*arguments, **options):
        made.append(make(*arguments, **options))
        return made[-1]

    return start, made


def _remove_all(made):
    errors = []
    for thing in reversed(made):
        try:
            thing.remove()
        except AssertionError as error:
            errors.append(error)
    if errors:
        raise errors[0]


def _postgres_factory():
    start, made = _factory(Postgres)

    def start_with_tables(*arguments, **options):
        server = start(*arguments, **options)
        tenants.create_database(server)
        return server

    yield start_with_tables
    _remove_all(made)


@pytest.fixture
def start_postgres():
    """start_postgres(auth="scram-sha-256"): a cluster with the tenants' database."""
    yield from _postgres_factory()


@pytest.fixture(scope="module")
def start_module_postgres():
    """The same for a server that several tests of a file share."""
    yield from _postgres_factory()


@pytest.fixture
def start_redis():
    """start_redis(password=None, acl_users=())."""
    start, made = _factory(RedisServer)
    yield start
    _remove_all(made)


@pytest.fixture
def make_proxy(start_postgres, start_redis):
    """As start_proxy, but not started: for a configuration to be checked or changed first.

    Asks for the server factories so that a proxy ends before the servers behind it."""
    start, made = _factory(Ringfence)
    yield start
    _remove_all(made)


@pytest.fixture
def start_proxy(make_proxy, postgres, redis_server):
    """start_proxy(overrides=, states=, passwords=, postgres=, redis_server=, wait="ready").

    overrides: a dict as support/config.py merges it, or a function of the Ringfence returning one
    (for its ports and folder)."""
    def start_one(wait="ready", **options):
        servers = {"postgres": postgres, "redis_server": redis_server}
        return make_proxy(**{**servers, **options}).start(wait)

    return start_one


@pytest.fixture(scope="module")
def authority():
    """Signs the certificates of a file's tests."""
    folder = workdir.make_workdir("tls")
    yield Authority(folder)
    workdir.remove_workdir(folder)


@pytest.fixture(scope="module")
def server_cert(authority):
    return authority.sign("proxy")


@pytest.fixture(scope="module")
def client_cert(authority):
    return authority.sign("client", subject="app.acme", hosts=())


@pytest.fixture
def console(start_proxy, rows):
    """The console of a proxy of its own."""
    port = workdir.free_port()
    return Console(start_proxy(overrides=console_overrides(port)), port)
