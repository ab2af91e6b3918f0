# SPDX-License-Identifier: Apache-2.0
"""Roles that clients log in as, in the database, and a proxy that asks it about them."""

import base64
import re

from . import tenants
from .pg_wire import RawSession, error_fields, message, startup

READER = "auth_reader"
READER_PASSWORD = "reader-secret"

#: login name: (password, what else the role is)
ROLES = {
    "app.acme": ("acme-role-secret", "LOGIN"),
    "app.globex": ("globex-role-secret", "LOGIN VALID UNTIL 'infinity'"),
    "app-later.acme": ("later-secret", "LOGIN VALID UNTIL '2100-01-01'"),
    "app-expired.acme": ("expired-secret", "LOGIN VALID UNTIL '2001-01-01'"),
    "app-never.acme": ("never-secret", "LOGIN VALID UNTIL '-infinity'"),
    "app-nologin.acme": ("nologin-secret", "NOLOGIN"),
    'a"p\'p$1.acme': ("quoted-secret", "LOGIN"),
    "ünï.acme": ("unicode-secret", "LOGIN"),
}
REFUSED = ("app-expired.acme", "app-never.acme", "app-nologin.acme")
ACCEPTED = tuple(name for name in ROLES if name not in REFUSED)


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def create_roles(postgres):
    for name, (password, options) in ROLES.items():
        postgres.admin(f"CREATE ROLE {quoted(name)} {options} PASSWORD '{password}'")
    postgres.admin(f'CREATE ROLE "app-bare.acme" LOGIN; SET password_encryption = md5;'
                   f'CREATE ROLE "app-md5.acme" LOGIN PASSWORD \'md5-secret\';')
    postgres.admin(f"CREATE ROLE {READER} LOGIN PASSWORD '{READER_PASSWORD}';"
                   f"GRANT SELECT ON pg_catalog.pg_authid TO {READER}")


def asks(users_file=False, isolation="row", **query):
    """Overrides for a proxy whose PostgreSQL listener asks; query: more of its keys."""
    def overrides(proxy):
        password_file = proxy.folder / "reader.password"
        password_file.write_text(READER_PASSWORD, encoding="utf-8")
        password_file.chmod(0o600)
        listener, *others = [dict(each) for each in proxy.config["listeners"]]
        listener["auth"] = {"method": "scram-sha-256",
                            "query": {"user": READER, "password_file": str(password_file), **query}}
        listener["isolation"] = isolation
        if users_file:
            listener["auth"]["users_file"] = str(proxy.folder / "users.txt")
        return {"listeners": [listener, *others], "limits": {"workers": 1}}
    return overrides


def login(proxy, user, password=None):
    """A connection as that role."""
    secret = ROLES[user][0] if password is None else password
    return proxy.connect("acme", user=user, password=secret)


def num_links(postgres):
    """The proxy's links that ask."""
    return postgres.admin(
        f"SELECT count(*) FROM pg_stat_activity WHERE usename = '{READER}'")[0][0]


def exchange(proxy, user, **parameters):
    """Every message of a SCRAM login with a proof that is wrong: (types, SQLSTATE, message)."""
    first = b"n,,n=,r=clientnonce"
    with RawSession(proxy.ports["pg"]) as session:
        session.send(startup({"user": user, "database": "app", **parameters}))
        answer = [session.read()]
        if answer[0].type == "R":
            session.send(message("p", b"SCRAM-SHA-256\0" + len(first).to_bytes(4, "big") + first))
            answer.append(session.read())
            nonce = answer[1].body[4:].split(b",")[0]
            session.send(message("p", b"c=biws," + nonce + b",p=" + base64.b64encode(bytes(32))))
        answer += session.read_to_end()
    fields = error_fields(answer[-1].body)
    challenge = re.sub(rb"[A-Za-z0-9+/=]{20,}", b"?", answer[1].body) if len(answer) > 2 else None
    return [found.type for found in answer], challenge, fields["C"], fields["M"]
