# SPDX-License-Identifier: Apache-2.0
"""Two databases with the same rows: one the proxy guards, one that PostgreSQL's RLS guards.

The schema is the corpus' own (schema.sql, rls.sql): tenants t1 and t2, owner role `own`, role `app`
for the application. What `app` sees of the RLS database as tenant t1 is the truth that the proxy
in front of the plain database is compared with."""

from . import sql_cases, tenants

PLAIN, RLS = "appdb", "appdb_rls"
TENANT, OTHER = "t1", "t2"
ROLE, PASSWORD = "app", tenants.LINK_PASSWORD
SHARED = ["public.countries"]
TABLES = ("customers", "orders", "events", "countries", "tenant_t2.orders")

# Many equal values, so that the planner keeps them as the most common ones: a statement that looks
# at these tells what the other tenant's rows hold.
NOTES = {TENANT: "plain-note", OTHER: "hidden-note"}
_NOTES = f"""
CREATE TABLE notes (id int NOT NULL, tenant_id text NOT NULL, body text NOT NULL);
INSERT INTO notes SELECT i, '{TENANT}', '{NOTES[TENANT]}' FROM generate_series(1, 50) i;
INSERT INTO notes SELECT i, '{OTHER}', '{NOTES[OTHER]}' FROM generate_series(51, 100) i;
ANALYZE notes;
GRANT SELECT ON notes TO {ROLE};
"""

_MARKER = "CREATE FUNCTION total_of"  # the first line of rls.sql's second part
_EXTENSION = "CREATE EXTENSION"


def _script(name):
    return (sql_cases.CORPUS / name).read_text(encoding="utf-8")


def _rows_script():
    return "\n".join(line for line in _script("schema.sql").splitlines()
                     if line.startswith("INSERT"))


def create(postgres):
    """Both databases and both roles in a fresh cluster."""
    postgres.admin(f"CREATE ROLE own; CREATE ROLE {ROLE} LOGIN PASSWORD '{PASSWORD}'", "postgres")
    policies, helpers = _script("rls.sql").split(_MARKER)
    helpers = _MARKER + helpers
    for database in (PLAIN, RLS):
        postgres.admin(f"CREATE DATABASE {database} OWNER own", "postgres")
        as_owner = ["ALTER SCHEMA public OWNER TO own; SET ROLE own;",
                    _script("schema.sql"), _NOTES]
        if database == RLS:
            as_owner.append(policies.replace("'orders',", "'orders','notes',"))
        statements = helpers.splitlines()
        as_owner += [line for line in statements if not line.startswith(_EXTENSION)]
        extensions = [line for line in statements if line.startswith(_EXTENSION)]
        postgres.admin("\n".join(extensions), database)
        # The owner is held to the policies as well: the copies that helpers make need a tenant.
        postgres.admin(f"SET app.tenant = '{OTHER}';" + "\n".join(as_owner), database)
        postgres.admin(f"ALTER ROLE {ROLE} IN DATABASE {database} "
                       f"SET app.tenant = '{TENANT}'", "postgres")


def reset(postgres, database):
    """The rows and the statistics as they were: without these the planner expects millions of rows
    of a generated query, and compiles for seconds."""
    postgres.admin("TRUNCATE orders, customers, events, countries;" + _rows_script() +
                   "; ANALYZE orders, customers, events, countries", database)


def snapshot(postgres, database):
    """Every row of every table, as the superuser sees them: {table: sorted rows}."""
    with postgres.connect_admin(database) as admin:
        return {table: sorted(row[0] for row in admin.execute(f"SELECT t::text FROM {table} t"))
                for table in TABLES}


def parameters(postgres, database):
    """libpq parameters of the application's role, directly at the server."""
    return {"host": "127.0.0.1", "port": postgres.port, "user": ROLE, "password": PASSWORD,
            "dbname": database, "sslmode": "disable", "connect_timeout": 10}
