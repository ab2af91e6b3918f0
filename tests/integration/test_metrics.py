# SPDX-License-Identifier: Apache-2.0
"""/metrics, /livez and /readyz: what an operator's monitoring reads."""

import psycopg
import pytest

from support import prometheus, tenants


def tenant_labels(samples):
    return {dict(labels)["tenant"] for _, labels in samples if "tenant" in dict(labels)}


def scrape(proxy):
    status, text = proxy.http("/metrics")
    assert status == 200
    return prometheus.parse(text)


def test_health(proxy):
    assert proxy.http("/livez")[0] == 200
    assert proxy.http("/readyz")[0] == 200
    assert proxy.http("/nothing")[0] == 404


def test_metrics_count_per_tenant(proxy, connect, redis_client):
    before = scrape(proxy)
    for _ in range(10):
        connect("acme").execute("SELECT count(*) FROM orders")
    connect("globex").execute("SELECT 1")
    redis_client("acme").set("k", "v")
    after = scrape(proxy)
    grown = {name for (name, labels), value in after.items()
             if dict(labels).get("tenant") == "acme" and value > before.get((name, labels), 0)}
    assert grown, "no counter of acme moved"
    assert all(name.startswith("ringfence_") for name, _ in after)
    assert tenant_labels(after) <= {*tenants.TENANTS, "_other"}


def test_refusals_are_counted(proxy, connect):
    before = scrape(proxy)
    with pytest.raises(psycopg.Error):
        connect("acme").execute("SELECT pg_read_file('/etc/passwd')")
    after = scrape(proxy)
    grown = {name for (name, labels), value in after.items()
             if value > before.get((name, labels), 0)}
    assert any("refus" in name or "denied" in name for name in grown), grown


def test_unknown_tenants_make_no_series(proxy):
    for number in range(50):
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(**{**proxy.pg_parameters("acme"), "user": f"app.ghost{number}"})
    assert tenant_labels(scrape(proxy)) <= {*tenants.TENANTS, "_other"}


def test_series_are_bounded(start_proxy, rows):
    """1,200 tenants that all come: at most 1,000 have series of their own."""
    many = {f"t{number}": "active" for number in range(1200)}
    proxy = start_proxy(states={**many, "acme": "active"}, passwords={})
    for tenant in many:
        with proxy.redis(tenant, password="any") as client:
            client.ping()
    labels = tenant_labels(scrape(proxy))
    assert len(labels) <= 1001 and "_other" in labels


def test_metrics_name_no_secrets(proxy, connect):
    connect("acme").execute("SELECT 'a-very-secret-literal', count(*) FROM orders")
    text = proxy.http("/metrics")[1] + proxy.log()
    assert "a-very-secret-literal" not in text
    assert tenants.LINK_PASSWORD not in text
