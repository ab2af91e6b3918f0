# SPDX-License-Identifier: Apache-2.0
"""ringfence explain: what it says is what the proxy does, and it says it to people and machines."""

import json

import pytest

from support.ringfence import run_command


@pytest.fixture
def explain(sql_ringfence, sql_catalog_path):
    """explain(*options): runs the command offline as tenant t1 and returns the finished process."""
    def run(*options, tenant="t1", catalog=True):
        arguments = ["-c", sql_ringfence.config_path, "--tenant", tenant, *options]
        if catalog:
            arguments += ["--catalog", sql_catalog_path]
        return run_command("explain", *arguments)
    return run


def test_a_statement_that_is_forwarded(explain):
    done = explain("--sql", "SELECT id FROM orders", "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["verdict"] == "forward"
    assert report["tenant"] == "t1"
    assert "'t1'" in report["sent"] and "public.orders" in report["sent"]
    assert report["note"] == ["public.orders orders: guard in WHERE"]


def test_as_a_parse_message_the_tenant_is_a_parameter(explain):
    report = json.loads(explain("--sql", "SELECT id FROM orders WHERE id = $1", "--json",
                                "--extended").stdout)
    assert report["tenant_parameter"] == 2
    assert "$2" in report["sent"] and "t1" not in report["sent"]


def test_a_statement_that_is_refused(explain):
    done = explain("--sql", "SELECT 1; TRUNCATE orders", "--json")
    assert done.returncode == 0
    refusal = json.loads(done.stdout)["refusal"]
    assert refusal["sqlstate"] == "42501"
    assert refusal["position"] > 0


def test_a_constant_that_is_another_tenants(explain):
    report = json.loads(explain("--sql", "INSERT INTO orders (id, tenant_id) VALUES (1, 't2')",
                                "--json").stdout)
    assert report["verdict"] == "refuse"
    assert report["refusal"]["sqlstate"] == "42501"


def test_for_people(explain):
    lines = explain("--sql", "SELECT 1").stdout.splitlines()
    assert lines[:3] == ["tenant: t1", "verdict: forward", "sent: SELECT 1"]
    assert "sqlstate: 42501" in explain("--sql", "SET ROLE x").stdout


def test_nothing_and_what_the_proxy_answers_itself(explain):
    assert json.loads(explain("--sql", " ; -- nothing", "--json").stdout)["verdict"] == "empty"
    assert json.loads(explain("--sql", "DISCARD ALL", "--json").stdout)["verdict"] == "local"


def test_from_the_live_catalogue(explain):
    done = explain("--sql", "SELECT id FROM orders", "--json", catalog=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["verdict"] == "forward"


@pytest.mark.parametrize("options", [
    (), ("--sql", "SELECT 1", "--batch"), ("--sql",), ("--sql", "SELECT 1", "extra"),
    ("--redis", ""), ("--unknown",),
])
def test_wrong_usage(explain, options):
    done = explain(*options)
    assert done.returncode == 2
    assert done.stdout == "" and done.stderr != ""


def test_a_tenant_that_is_none(explain):
    assert explain("--sql", "SELECT 1", tenant="t9").returncode == 2


def test_redis(make_proxy, postgres, redis_server):
    path = make_proxy(postgres, redis_server).config_path
    done = run_command("explain", "-c", path, "--tenant", "acme", "--json",
                       "--redis", 'MGET a "b c"')
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["sent"] == ["MGET", "acme:a", "acme:b c"]
    done = run_command("explain", "-c", path, "--tenant", "acme", "--json", "--redis", "FLUSHALL")
    assert json.loads(done.stdout)["error"].startswith("ERR unknown command 'FLUSHALL'")
