# SPDX-License-Identifier: Apache-2.0
"""The proxy's configuration as a dict, and the one place that knows its vocabulary.

A test changes it by `overrides`, merged key by key: {"limits": {"workers": 1}} sets one limit, a
value of None removes the key, a list replaces the whole list.
"""

import yaml

from . import scram, tenants

PG_USER = r"^(?<user>[^.]+)[.](?<tenant>[a-z0-9_.-]+)$"
REDIS_USER = r"^(?<tenant>[a-z0-9_.-]+)$"


class _Plain(yaml.SafeDumper):
    """YAML without anchors, which the loader refuses: what is used twice is written twice."""

    def ignore_aliases(self, data):
        return True


def base_config(ports, folder, postgres=None, redis=None):
    """ports: {"pg", "redis", "admin"}; folder: where the files it names are."""
    listeners, upstreams = [], {}
    if postgres:
        listeners.append(_listener("app-pg", "postgres", ports["pg"], "main"))
        upstreams["main"] = {
            "protocol": "postgres",
            "endpoints": [{"address": f"127.0.0.1:{postgres.port}"}],
            "database": tenants.DATABASE,
            "user": tenants.LINK_USER,
            "password_file": str(folder / "pg.password"),
            "pool": {"mode": "transaction", "size": 10, "wait_timeout": "5s",
                     "connect_timeout": "2s"},
        }
    if redis:
        listeners.append(_listener("app-redis", "redis", ports["redis"], "cache"))
        upstreams["cache"] = {
            "protocol": "redis",
            "endpoints": [{"address": f"127.0.0.1:{redis.port}"}],
        }
        if redis.password:
            upstreams["cache"]["password_file"] = str(folder / "redis.password")
    return {
        "listeners": listeners,
        "upstreams": upstreams,
        "tenants": {
            "identify": [{"startup_user": PG_USER}, {"redis_user": REDIS_USER}],
            "source": {"file": str(folder / "tenants.yaml")},
        },
        "isolation": {
            "row": {"column": "tenant_id", "schemas": ["public"], "shared": ["public.countries"]},
            "redis": {"prefix": "{tenant}:"},
        },
        "limits": {"workers": 2},
        "admin": {"bind": f"127.0.0.1:{ports['admin']}"},
        "log": {"format": "text", "level": "debug"},
    }


def _listener(name, protocol, port, upstream):
    return {"name": name, "protocol": protocol, "bind": f"127.0.0.1:{port}",
            "upstream": upstream, "auth": {"method": "trust"}}


def merge(base, overrides):
    merged = dict(base)
    for key, value in (overrides or {}).items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, dict) and isinstance(merged.get(key), dict):
            merged[key] = merge(merged[key], value)
        else:
            merged[key] = value
    return merged


def dump(value):
    return yaml.dump(value, Dumper=_Plain, sort_keys=False)


def tenant_list(states):
    """states: {"acme": "active", ...}; the file that tenants.source.file names."""
    return [{"id": tenant, "state": state} for tenant, state in states.items()]


def write_files(folder, config, states, passwords, redis_password=None):
    """Everything the proxy reads; passwords: {login name: password} for users.txt."""
    _write(folder / "tenants.yaml", dump(tenant_list(states)))
    _write(folder / "pg.password", tenants.LINK_PASSWORD + "\n")
    if redis_password:
        _write(folder / "redis.password", redis_password + "\n")
    _write(folder / "users.txt", "".join(f'"{name}" "{scram.verifier(password)}"\n'
                                         for name, password in passwords.items()))
    path = folder / "ringfence.yaml"
    _write(path, config if isinstance(config, str) else dump(config))
    return path


def _write(path, text):
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
