# SPDX-License-Identifier: Apache-2.0
"""ringfence as a command: version, check, explain, catalog; exit codes 0, 1, 2."""

import json
import re

import pytest

from support.ringfence import run_command


@pytest.fixture
def configured(make_proxy, postgres, redis_server, rows):
    return make_proxy(postgres=postgres, redis_server=redis_server)


def assert_clean(done):
    assert "Sanitizer" not in done.stderr and "runtime error" not in done.stderr, done.stderr


def explain(configured, *arguments):
    done = run_command("explain", "-c", configured.config_path, *arguments)
    assert_clean(done)
    return done


def test_version():
    done = run_command("version")
    assert done.returncode == 0 and re.match(r"ringfence \d+\.\d+\.\d+", done.stdout)


@pytest.mark.parametrize("arguments", [
    (), ("nonsense",), ("serve",), ("serve", "-c"), ("check", "--no-such-option"),
    ("explain", "-c", "x.yaml"), ("version", "extra")])
def test_bad_usage_is_2_with_a_usage_line(arguments):
    done = run_command(*arguments)
    assert done.returncode == 2 and "usage" in done.stderr.lower()
    assert_clean(done)


def test_check_prints_the_effective_policy(configured):
    done = run_command("check", "-c", configured.config_path)
    assert done.returncode == 0, done.stderr
    assert_clean(done)
    for word in ("app-pg", "tenant_id", "main", "cache"):
        assert word in done.stdout
    assert "link-secret" not in done.stdout + done.stderr


@pytest.mark.parametrize("old, new, expected", [
    ("column: tenant_id", "colum: tenant_id", "colum"),
    ("protocol: postgres", "protocol: mysql", "mysql"),
    ("upstream: main", "upstream: absent", "absent"),
    ("wait_timeout: 5s", "wait_timeout: 5", "wait_timeout"),
    ("wait_timeout: 5s", "wait_timeout: 0s", "wait_timeout"),
    ("size: 10", "size: 0", "size"),
    ("size: 10", "size: many", "size"),
    ("method: trust", "method: none", "none"),
    ("format: text", "format: [text]", "single value"),
])
def test_check_names_file_line_and_column(configured, old, new, expected):
    text = configured.config_path.read_text(encoding="utf-8")
    assert old in text
    line = text[:text.index(old)].count("\n") + 1
    configured.config_path.write_text(text.replace(old, new, 1), encoding="utf-8")
    for subcommand in ("check", "serve"):
        done = run_command(subcommand, "-c", configured.config_path)
        assert done.returncode == 2, done.stdout
        assert re.search(rf"ringfence\.yaml:{line}:\d+: .+", done.stderr), done.stderr
        assert expected in done.stderr
        assert_clean(done)


@pytest.mark.parametrize("text", ["", "listeners: [", "\t", "- 1", "a: &a [*a]", "{}", "\0"])
def test_check_of_what_is_no_configuration(configured, text):
    configured.config_path.write_text(text, encoding="utf-8")
    done = run_command("check", "-c", configured.config_path)
    assert done.returncode == 2 and "ringfence.yaml" in done.stderr
    assert_clean(done)


def test_check_of_a_file_that_is_not_there(tmp_path):
    done = run_command("check", "-c", tmp_path / "absent.yaml")
    assert done.returncode == 2 and "absent.yaml" in done.stderr


def test_trust_on_an_open_address_is_an_error(configured):
    text = configured.config_path.read_text(encoding="utf-8")
    port = configured.ports["pg"]
    configured.config_path.write_text(
        text.replace(f"127.0.0.1:{port}", f"0.0.0.0:{port}"), encoding="utf-8")
    done = run_command("check", "-c", configured.config_path)
    assert done.returncode == 2 and "trust" in done.stderr


def test_explain_sql_forwarded(configured):
    done = explain(configured, "--tenant", "acme", "--sql", "SELECT id FROM orders", "--json")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert "acme" in json.dumps(answer) and "tenant_id" in json.dumps(answer)


def test_explain_sql_refused(configured):
    done = explain(configured, "--tenant", "acme", "--sql", "DROP TABLE orders", "--json")
    assert "0A000" in done.stdout or "42501" in done.stdout


def test_explain_redis(configured):
    done = explain(configured, "--tenant", "acme", "--redis", "MGET a b")
    assert done.returncode == 0, done.stderr
    assert "acme:a" in done.stdout and "acme:b" in done.stdout


def test_explain_with_a_catalogue_file(configured, tmp_path):
    done = run_command("catalog", "-c", configured.config_path, "--upstream", "main")
    assert done.returncode == 0, done.stderr
    assert_clean(done)
    assert "orders" in json.dumps(json.loads(done.stdout))
    path = tmp_path / "catalog.json"
    path.write_text(done.stdout, encoding="utf-8")
    done = explain(configured, "--catalog", path, "--tenant", "globex", "--sql",
                   "SELECT item FROM orders WHERE id = 1")
    assert done.returncode == 0 and "globex" in done.stdout


def test_explain_unknown_tenant(configured):
    done = explain(configured, "--tenant", "nobody", "--sql", "SELECT 1")
    assert done.returncode in (1, 2) and "nobody" in done.stderr


def test_catalog_of_an_unreachable_upstream(configured):
    text = configured.config_path.read_text(encoding="utf-8")
    configured.config_path.write_text(re.sub(r"address: 127\.0\.0\.1:\d+", "address: 127.0.0.1:1",
                                             text, count=1), encoding="utf-8")
    done = run_command("catalog", "-c", configured.config_path, "--upstream", "main")
    assert done.returncode == 1 and done.stderr
    assert_clean(done)
