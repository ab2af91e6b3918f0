# SPDX-License-Identifier: Apache-2.0
"""What every driver's program shares: its surroundings, and saying which round trips it made.

The servers' address and the login come in PGHOST, PGPORT, PGUSER, PGPASSWORD, PGDATABASE;
RF_TENANT is whose rows are written, RF_ROWS what `SELECT id, item FROM orders` must give.
"""

import os
import threading

TENANT = os.environ["RF_TENANT"]
#: ["1:anvil", ...], sorted.
ROWS = sorted(os.environ["RF_ROWS"].split(","))

#: Sorted by the program, since two tenants may have the same ids.
SELECT_ROWS = "SELECT id, item FROM orders"
#: Long enough that only a cancel request ends it in the time of a test.
SLOW = "SELECT count(*) FROM generate_series(1, 400000000)"
LARGE = 50000


#: SQLSTATEs by which the proxy says that isolation forbids a statement.
REFUSALS = ("0A000", "42501")


def sqlstate(error):
    """Of a driver's error, or of the one that an ORM wrapped."""
    inner = getattr(error, "orig", None) or error.__cause__ or error
    return getattr(inner, "sqlstate", None) or getattr(inner, "pgcode", None)


def trip(step, work, recover):
    """Makes one round trip and says so. One that isolation refuses must leave the session usable:
    recover() rolls back and checks."""
    try:
        work()
    except Exception as error:
        state = sqlstate(error)
        if state not in REFUSALS:
            raise
        recover()
        print(f"refused {step}: {state} {str(error).splitlines()[0]}", flush=True)
    else:
        print("ok", step, flush=True)


def same(found, wanted):
    """As assert, which python -O would drop, with both values in the message."""
    if found != wanted:
        raise AssertionError(f"{found!r}, not {wanted!r}")


def seen(rows):
    """Rows of SELECT_ROWS in the form of ROWS."""
    return sorted(f"{row[0]}:{row[1]}" for row in rows)


def raises(errors, work):
    """The error of one of these types that work() must raise."""
    try:
        work()
    except errors as error:
        return error
    raise AssertionError(f"no {errors}")


def cancelled(cancel, work):
    """Runs work() while cancel() is called again and again: a request that comes too early does
    nothing."""
    done = threading.Event()

    def insist():
        while not done.wait(0.1):
            cancel()

    thread = threading.Thread(target=insist)
    thread.start()
    try:
        return work()
    finally:
        done.set()
        thread.join()
