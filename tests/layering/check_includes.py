#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fails when a source file includes what its layer may not: protocol <- policy <- proxy."""

import pathlib
import re
import sys

ORDER = ["protocol", "policy", "proxy"]

# Outside headers and the only places that may include them. Everything else must be libc.
LIBRARIES = [
    (re.compile(r"^openssl/"), ["protocol/pg/scram", "protocol/pg/auth_md5", "proxy/"]),
    (re.compile(r"^(pg_query|postgres|nodes/|parser/|utils/|mb/|common/|lib/|miscadmin)"),
     ["policy/sql/"]),
    (re.compile(r"^(cyaml/|yaml\.h)"), ["policy/config/"]),
    (re.compile(r"^pcre2"), ["policy/tenant/"]),
    (re.compile(r"^jansson"), ["policy/catalog/", "policy/config/", "proxy/"]),
    (re.compile(r"^(event2/|event\.h)"), ["proxy/"]),
    (re.compile(r"^hiredis/"), ["proxy/"]),
    (re.compile(r"^(ut(hash|list|array|string))\.h"), ["policy/", "proxy/"]),
]

# What only the proxy may do: sockets, time, threads, logging to a stream.
PROXY_ONLY = re.compile(
    r"^(sys/socket|sys/epoll|sys/un|netinet/|arpa/|netdb|poll|time|sys/time|pthread|signal"
    r"|syslog)\.?h?"
)
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)


def layer_of(path):
    return path.split("/", 1)[0]


def violation(path, quote, target):
    """Why `path` may not include `target`, or None."""
    layer = layer_of(path)
    if quote == '"' and layer_of(target) in ORDER:
        if ORDER.index(layer_of(target)) > ORDER.index(layer):
            return f"{layer} may not include {layer_of(target)}"
        return None
    for pattern, allowed in LIBRARIES:
        if pattern.match(target):
            if any(path.startswith(prefix) for prefix in allowed):
                return None
            return f"only {', '.join(allowed)} may include {target}"
    if layer != "proxy" and PROXY_ONLY.match(target):
        return f"{layer} has no sockets, clock or threads: {target}"
    return None


def violations(root):
    for layer in ORDER:
        for file in sorted((root / layer).rglob("*.[chl]")):
            path = file.relative_to(root).as_posix()
            for quote, target in INCLUDE.findall(file.read_text(encoding="utf-8")):
                reason = violation(path, quote, target)
                if reason:
                    yield f"{path}: {reason}"


def main():
    root = pathlib.Path(sys.argv[1])
    num_files = sum(len(list((root / layer).rglob("*.[ch]"))) for layer in ORDER)
    found = list(violations(root))
    print("\n".join(found) or f"{num_files} files keep to protocol <- policy <- proxy")
    return 1 if found or num_files == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
