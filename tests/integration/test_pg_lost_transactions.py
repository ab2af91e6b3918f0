# SPDX-License-Identifier: Apache-2.0
"""A link is lost while the server works: 08007 if it may have committed, 08006 if it cannot have.

The server is held up by an advisory lock that a trigger takes (at once, or at COMMIT) or by a lock
on the row, so that the connection is cut while the statement is under way.
"""

import threading

import psycopg
import pytest

from support import passthrough
from support.pg_relay import PgRelay
from support.process import wait_for

LOCK = 8007
TRIGGER = f"""
CREATE TABLE slow (tenant_id text NOT NULL DEFAULT 'acme', id bigint, is_late bool NOT NULL);
GRANT ALL ON slow TO app_rw;
CREATE FUNCTION hold_up() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN PERFORM pg_advisory_xact_lock({LOCK}); RETURN NEW; END $$;
CREATE TRIGGER at_once BEFORE INSERT ON slow FOR EACH ROW WHEN (NOT NEW.is_late)
    EXECUTE FUNCTION hold_up();
CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT ON slow DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.is_late) EXECUTE FUNCTION hold_up();
INSERT INTO orders (tenant_id, id, item) VALUES ('acme', 77, 'locked');
"""

AT_ONCE = "INSERT INTO slow (id, is_late) VALUES (%s, false)"
LATE = "INSERT INTO slow (id, is_late) VALUES (%s, true)"
READ = "SELECT id FROM orders WHERE id = 77 FOR UPDATE"


@pytest.fixture(scope="module")
def server(start_module_postgres):
    server = start_module_postgres()
    server.admin(TRIGGER)
    return server


WORDS = {
    "the connection to the database server was lost": "08006",
    "the connection to the database server was lost: whether the transaction was committed is not "
    "known": "08007",
}


def words_of(error):
    """The proxy's sentence in the error's text."""
    first_line = str(error).splitlines()[0]
    return first_line[max(first_line.find("the connection to"), 0):]


def lost(proxy, server, relay, steps):
    """Runs steps on a session, the last of which hangs; returns its SQLSTATE after the cut."""
    states = []
    session = proxy.connect("acme")
    with server.connect_admin() as holder:
        holder.execute(f"SELECT pg_advisory_lock({LOCK})")
        holder.execute("BEGIN; SELECT 1 FROM orders WHERE id = 77 FOR UPDATE")
        for step in steps[:-1]:
            session.execute(*step)

        def last():
            try:
                session.execute(*steps[-1])
            except psycopg.Error as error:
                # libpq may see the end before the words, and then has no SQLSTATE for them.
                states.append(error.sqlstate or WORDS.get(words_of(error), str(error)))

        thread = threading.Thread(target=last)
        thread.start()
        wait_for(lambda: server.admin("SELECT 1 FROM pg_stat_activity WHERE usename = 'app_rw' "
                                      "AND wait_event_type = 'Lock'"), what="waiting statement")
        relay.cut()
        thread.join(10)
    session.close()
    return states


CASES = [
    ([("BEGIN",), (LATE, [1]), ("COMMIT",)], "08007"),
    ([(AT_ONCE, [1])], "08007"),                                # its own transaction
    ([(AT_ONCE.replace("%s", "1"),)], "08007"),                 # by a Query message
    ([("BEGIN; " + AT_ONCE.replace("%s", "1") + "; COMMIT",)], "08007"),
    ([("BEGIN",), (AT_ONCE, [1])], "08006"),                    # rolled back for certain
    ([("BEGIN",), (AT_ONCE.replace("%s", "1"),)], "08006"),
    ([(READ,)], "08006"),                                       # nothing to commit
    ([("BEGIN",), (LATE, [1]), ("ROLLBACK",), (READ,)], "08006"),
]


def configuration(relay, mode):
    def make(proxy):
        base = passthrough.overrides()(proxy) if mode == "passthrough" else {}
        return {**base, **relay.overrides()}
    return make


@pytest.mark.parametrize("mode", ["row", "passthrough"])
def test_what_the_client_is_told(start_proxy, server, mode):
    with PgRelay(server.port) as relay:
        proxy = start_proxy(postgres=server, redis_server=None,
                            overrides=configuration(relay, mode))
        for steps, sqlstate in CASES:
            assert lost(proxy, server, relay, steps) == [sqlstate], steps
