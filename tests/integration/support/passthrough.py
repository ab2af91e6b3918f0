# SPDX-License-Identifier: Apache-2.0
"""Proxies without isolation: statements go to the server as they are."""

from . import tenants


def overrides(mode="transaction", size=2, workers=1, **pool):
    """For start_proxy: the PostgreSQL listener passes through, on few links."""
    def make(proxy):
        listeners = [dict(listener) for listener in proxy.config["listeners"]]
        listeners[0]["isolation"] = "passthrough"
        return {"listeners": listeners, "limits": {"workers": workers},
                "upstreams": {"main": {"pool": {"mode": mode, "size": size, **pool}}}}
    return make


def direct_dsn(postgres, database=tenants.DATABASE):
    """The same database as the same user, without the proxy."""
    return (f"host=127.0.0.1 port={postgres.port} dbname={database} user={tenants.LINK_USER} "
            f"password={tenants.LINK_PASSWORD}")
