#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The layering check itself: every kind of forbidden include is seen, every allowed one passes."""

import sys

from check_includes import violation

FORBIDDEN = [
    ("protocol/bytes.c", '"', "policy/snapshot.h"),
    ("protocol/bytes.c", '"', "proxy/stream.h"),
    ("policy/snapshot.c", '"', "proxy/stream.h"),
    ("protocol/bytes.c", "<", "openssl/evp.h"),
    ("protocol/pg/startup.c", "<", "openssl/evp.h"),
    ("policy/redis/commands.c", "<", "pg_query.h"),
    ("policy/tenant/tenant.c", "<", "cyaml/cyaml.h"),
    ("protocol/bytes.c", "<", "event2/event.h"),
    ("policy/snapshot.c", "<", "hiredis/hiredis.h"),
    ("policy/snapshot.c", "<", "sys/socket.h"),
    ("protocol/bytes.c", "<", "time.h"),
    ("protocol/bytes.c", "<", "pthread.h"),
]
ALLOWED = [
    ("proxy/stream.c", '"', "protocol/bytes.h"),
    ("policy/snapshot.c", '"', "protocol/bytes.h"),
    ("protocol/pg/scram_client.c", "<", "openssl/evp.h"),
    ("protocol/pg/auth_md5.c", "<", "openssl/evp.h"),
    ("policy/sql/parse.c", "<", "pg_query.h"),
    ("policy/config/load.c", "<", "cyaml/cyaml.h"),
    ("proxy/worker.c", "<", "event2/event.h"),
    ("protocol/bytes.c", "<", "string.h"),
]


def main():
    wrong = [case for case in FORBIDDEN if violation(*case) is None]
    wrong += [case for case in ALLOWED if violation(*case) is not None]
    for case in wrong:
        print("misjudged:", case)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
