# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the tests that compare statements with RLS: one cluster with the two databases, and
the ways of running a statement in it. A plugin (see conftest.py): several test files share them."""

import pytest

from . import sql_proxies, sql_twins
from .postgres import Postgres
from .ringfence import Ringfence, run_command


@pytest.fixture(scope="session")
def sql_cluster():
    server = Postgres()
    try:
        sql_twins.create(server)
        yield server
    finally:
        server.remove()


def _overrides(_proxy):
    return {
        "upstreams": {"main": {"database": sql_twins.PLAIN, "user": sql_twins.ROLE,
                               "pool": {"size": 4}}},
        "isolation": {"row": {"shared": sql_twins.SHARED}},
    }


@pytest.fixture(scope="session")
def sql_ringfence(sql_cluster):
    """Configured for the plain database, not started."""
    ringfence = Ringfence(sql_cluster, overrides=_overrides,
                          states={sql_twins.TENANT: "active", sql_twins.OTHER: "active"},
                          passwords={})
    yield ringfence
    ringfence.remove()


@pytest.fixture(scope="session")
def sql_proxy(sql_ringfence):
    return sql_ringfence.start()


def _closed_at_end(way):
    yield way
    way.close()


@pytest.fixture(scope="session")
def sql_proxy_way(sql_proxy):
    yield from _closed_at_end(sql_proxies.through_proxy(sql_proxy))


@pytest.fixture(scope="session", params=["rls", "both"])
def sql_secured_way(request, sql_cluster):
    """Through the proxy to the database that has policies, as the second wall or the only one."""
    overrides = _overrides(None)
    overrides["upstreams"]["main"]["database"] = sql_twins.RLS
    overrides["isolation"]["row"] |= {"enforce": request.param, "setting": "app.tenant"}
    ringfence = Ringfence(sql_cluster, overrides=overrides, passwords={},
                          states={sql_twins.TENANT: "active", sql_twins.OTHER: "active"})
    try:
        yield from _closed_at_end(
            sql_proxies.through_proxy(ringfence.start(), database=sql_twins.RLS))
    finally:
        ringfence.remove()


@pytest.fixture(scope="session")
def sql_rls_way(sql_cluster):
    yield from _closed_at_end(sql_proxies.under_rls(sql_cluster))


@pytest.fixture(scope="session")
def sql_catalog_path(sql_ringfence):
    """The plain database's catalogue, as the program itself prints it."""
    printed = run_command("catalog", "-c", sql_ringfence.config_path, "--upstream", "main")
    assert printed.returncode == 0, printed.stderr
    path = sql_ringfence.folder / "catalog.json"
    path.write_text(printed.stdout, encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def sql_explained_way(sql_cluster, sql_ringfence, sql_catalog_path):
    yield from _closed_at_end(sql_proxies.Explained(sql_cluster, sql_ringfence.config_path,
                                                    sql_catalog_path))
