# SPDX-License-Identifier: Apache-2.0
"""ringfence policy lint: each thing in a database that tells tenants of each other is found."""

import pytest

from support import tenants
from support.ringfence import run_command

OLDEST_CLEAN = 150014
OWN = "SET ROLE app_owner; {}; RESET ROLE"
VIEW = "CREATE VIEW v WITH (security_invoker) AS "
LISTED = {"row": {"views": ["public.v"]}}
BOTH = {"row": {"enforce": "both", "setting": "app.tenant"}}
TABLE = "CREATE TABLE x (tenant_id text NOT NULL, id int, other int"
INDEX = "; CREATE INDEX ON x (tenant_id)"
GRANT_V = "; GRANT SELECT ON v TO app_rw"
SECURED = ("ALTER TABLE orders ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;"
           "ALTER TABLE customers ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;")

#: What is done to a clean database, the isolation that is configured, the beginnings of what is
#: said of it: all of it, and nothing else.
FINDINGS = {
    "primary key": (TABLE + ", PRIMARY KEY (id))" + INDEX, {},
                    ["warning\tpublic.x\tprimary key x_pkey is without the tenant column"]),
    "included column": (TABLE + ", UNIQUE (id) INCLUDE (tenant_id))" + INDEX, {},
                        ["warning\tpublic.x\tunique constraint x_id_tenant_id_key is without"]),
    "unique index": (TABLE + ")" + INDEX + "; CREATE UNIQUE INDEX u ON x (id) WHERE id > 1", {},
                     ["warning\tpublic.x\tunique index u is without the tenant column"]),
    "exclusion": (TABLE + ", EXCLUDE USING btree (id WITH =))" + INDEX, {},
                  ["warning\tpublic.x\texclusion constraint x_id_excl is without"]),
    "key of partitions": (
        TABLE + ", UNIQUE (id)) PARTITION BY RANGE (id)" + INDEX +
        "; CREATE TABLE x1 PARTITION OF x FOR VALUES FROM (1) TO (9)", {},
        ["warning\tpublic.x\tunique constraint x_id_key is without"]),
    "foreign key": (
        TABLE + ", UNIQUE (tenant_id, id), UNIQUE (tenant_id, other));"
        "CREATE UNIQUE INDEX u ON x (id); CREATE TABLE y (tenant_id text NOT NULL, x int REFERENCES"
        " x (id)); CREATE INDEX ON y (tenant_id)", {},
        ["warning\tpublic.x\tunique index u",
         "warning\tpublic.y\tforeign key y_x_fkey to public.x is without the tenant column"]),
    "foreign key that cascades": (
        TABLE + ", UNIQUE (id))" + INDEX + "; CREATE TABLE y (tenant_id text NOT NULL,"
        " x int REFERENCES x (id) ON DELETE CASCADE); CREATE INDEX ON y (tenant_id)", {},
        ["error\tpublic.y\tforeign key y_x_fkey", "warning\tpublic.x\tunique constraint x_id_key"]),
    "foreign key crosswise": (
        "CREATE TABLE y (tenant_id text NOT NULL, a text, b bigint,"
        " FOREIGN KEY (a, b) REFERENCES customers); CREATE INDEX ON y (tenant_id)", {},
        ["warning\tpublic.y\tforeign key y_a_b_fkey to public.customers"]),
    "foreign key to a table that is not shared": (
        "CREATE TABLE y (id int PRIMARY KEY);" + TABLE + " REFERENCES y)" + INDEX, {},
        ["warning\tpublic.x\tforeign key x_other_fkey to public.y"]),
    "foreign key of a shared table": (
        "ALTER TABLE countries ADD t text, ADD c bigint, ADD FOREIGN KEY (t, c) REFERENCES"
        " customers", {}, ["warning\tpublic.countries\tforeign key countries_t_c_fkey"]),
    "superuser": ("ALTER ROLE app_rw SUPERUSER", {},
                  ["error\tapp_rw\tthe upstream's user app_rw is a superuser"]),
    "bypassrls": ("ALTER ROLE app_rw BYPASSRLS", {},
                  ["error\tapp_rw\tthe upstream's user app_rw bypasses row security"]),
    "member of a superuser": (
        "CREATE ROLE boss SUPERUSER; CREATE ROLE mid; GRANT boss TO mid; GRANT mid TO app_rw", {},
        ["error\tapp_rw\tthe role is a member of boss, a superuser"]),
    "member of bypassrls": (
        "CREATE ROLE passer BYPASSRLS; GRANT passer TO app_rw", {},
        ["error\tapp_rw\tthe role is a member of passer, which bypasses row security"]),
    "member of pg_read_all_data": ("GRANT pg_read_all_data TO app_rw", {},
                                   ["warning\tapp_rw\tthe role is a member of pg_read_all_data;"]),
    "creates roles": ("ALTER ROLE app_rw CREATEROLE REPLICATION", {},
                      ["warning\tapp_rw\tthe role may create roles and replicate"]),
    "owner": ("ALTER TABLE orders OWNER TO app_rw", {},
              ["warning\tpublic.orders\tthe role app_rw owns it, and without FORCE"]),
    "owner, with policies": (
        SECURED + "ALTER TABLE orders OWNER TO app_rw, NO FORCE ROW LEVEL SECURITY", BOTH,
        ["error\tpublic.orders\tthe role app_rw owns it, and without FORCE"]),
    "no row security": (SECURED + "ALTER TABLE orders DISABLE ROW LEVEL SECURITY", BOTH,
                        ["error\tpublic.orders\tit has no row security"]),
    "shared with the column": (
        "ALTER TABLE countries ADD tenant_id text NOT NULL DEFAULT '';"
        "CREATE INDEX ON countries (tenant_id)", {},
        ["error\tpublic.countries\tisolation.row.shared: public.countries has the tenant",
         "warning\tpublic.countries\tprimary key countries_pkey"]),
    "not listed": (VIEW + "SELECT * FROM orders" + GRANT_V, {},
                   ["warning\tpublic.v\tit reads tables of tenants and is not listed"]),
    "not listed, and not the reader's": (
        "CREATE VIEW w WITH (security_invoker) AS SELECT * FROM orders;"
        "CREATE VIEW v AS SELECT count(*) FROM w; GRANT SELECT (count) ON v TO app_rw", {},
        ["warning\tpublic.v\ta view over tables of tenants that reads them with the rights",
         "warning\tpublic.v\tit reads tables of tenants and is not listed"]),
    "not the reader's, with policies": (
        SECURED + "CREATE VIEW v AS SELECT * FROM orders" + GRANT_V,
        {"row": {**BOTH["row"], **LISTED["row"]}},
        ["error\tpublic.v\ta view over tables of tenants that reads them"]),
    "materialized view": (
        "CREATE MATERIALIZED VIEW v AS SELECT * FROM orders" + GRANT_V, {},
        ["warning\tpublic.v\tit reads tables of tenants and is not listed"]),
    "materialized view, with policies": (
        SECURED + "CREATE MATERIALIZED VIEW v AS SELECT * FROM orders" + GRANT_V,
        {"row": {**BOTH["row"], **LISTED["row"]}},
        ["error\tpublic.v\ta materialized view, for which no policy can hold"]),
    "shared view": (
        VIEW + "SELECT item FROM orders" + GRANT_V,
        {"row": {"shared": ["public.countries", "public.v"]}},
        ["error\tpublic.v\tit is listed as shared and shows rows of all tenants",
         "warning\tpublic.v\tisolation.row.shared: public.v is a view"]),
    "view without the column": (VIEW + "SELECT item FROM orders" + GRANT_V, LISTED,
                                ["warning\tpublic.v\tisolation.row.views: public.v has no column"]),
    "view that counts": (
        VIEW + "SELECT max(tenant_id) AS tenant_id, item, count(*) FROM orders GROUP BY item"
        + GRANT_V, LISTED, ["warning\tpublic.v\tit may count or rank across tenants"]),
    "view that ranks": (
        VIEW + "SELECT tenant_id, rank() OVER (ORDER BY amount),"
        " sum(id) OVER (PARTITION BY tenant_id) FROM orders" + GRANT_V, LISTED,
        ["warning\tpublic.v\tit may count or rank across tenants"]),
    "security definer": (
        "CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT a'", {},
        ["warning\tpublic.f(a integer)\tthe role app_rw can call it, and it runs with the rights of"
         " postgres;"]),
    "security definer that tenants call": (
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'",
        {"row": {"functions": {"allow": ["public.f"]}}},
        ["warning\tpublic.f()\tthe role app_rw can call it, and it runs with the rights of"
         " postgres; tenants can"]),
    "publication": ("CREATE PUBLICATION p FOR ALL TABLES", {},
                    ["warning\tpublication p\tit is FOR ALL TABLES"]),
    "nullable": ("CREATE TABLE x (tenant_id text)" + INDEX, {},
                 ["warning\tpublic.x\tpublic.x: the tenant column tenant_id may be NULL"]),
    "not first": (TABLE + ", UNIQUE (id, tenant_id))", {},
                  ["warning\tpublic.x\tno index begins with the tenant column"]),
    "a name of several lines": (
        'CREATE TABLE "a\n\tb" (tenant_id text NOT NULL)', {},
        ["warning\tpublic.a??b\tno index begins with the tenant column"]),
}

#: Nothing of this is found.
CLEAN = OWN.format("""
CREATE TABLE x (tenant_id text NOT NULL, id int, country text REFERENCES countries,
                EXCLUDE USING btree (tenant_id WITH =, id WITH =),
                UNIQUE (id, tenant_id), UNIQUE (tenant_id, id),
                FOREIGN KEY (id, tenant_id) REFERENCES x (id, tenant_id) ON DELETE CASCADE);
CREATE TABLE registry (id text PRIMARY KEY);
CREATE TABLE y (tenant_id text NOT NULL REFERENCES registry, id int) PARTITION BY LIST (tenant_id);
CREATE TABLE y1 PARTITION OF y FOR VALUES IN ('acme');
CREATE VIEW v WITH (security_invoker) AS
    SELECT tenant_id, item, count(*), sum(count(*)) OVER (PARTITION BY tenant_id, item)
    FROM orders GROUP BY tenant_id, item;
GRANT SELECT ON v TO app_rw;
CREATE VIEW unreadable AS SELECT * FROM orders;
CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1';
REVOKE EXECUTE ON FUNCTION f() FROM PUBLIC;
CREATE FUNCTION g() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN RETURN NEW; END';
CREATE PUBLICATION p FOR TABLE countries""".replace(
    "CREATE PUBLICATION p", "RESET ROLE; CREATE PUBLICATION p"))


@pytest.fixture(scope="module")
def server(start_module_postgres):
    return start_module_postgres()


@pytest.fixture
def fresh(server):
    """The server with a database as it was, whatever the test does to database and roles."""
    server.admin("CREATE DATABASE kept TEMPLATE app", database="postgres")
    yield server
    server.admin("DROP DATABASE app", database="postgres")
    server.admin("ALTER DATABASE kept RENAME TO app", database="postgres")
    server.admin("ALTER ROLE app_rw NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOREPLICATION;"
                 "DROP ROLE IF EXISTS boss, mid, passer; REVOKE pg_read_all_data FROM app_rw",
                 database="postgres")


def lint(make_proxy, postgres, isolation=None, **changes):
    """(exit status, lines): but for what is said of the version of an old server."""
    proxy = make_proxy(postgres=postgres, overrides={"isolation": isolation or {}, **changes})
    done = run_command("policy", "lint", "-c", proxy.config_path)
    assert "Sanitizer" not in done.stderr, done.stderr
    lines = done.stdout.splitlines()
    is_old = int(postgres.admin("SHOW server_version_num")[0][0]) < OLDEST_CLEAN
    assert is_old == any(line.startswith("warning\tserver\t") for line in lines)
    lines = [line for line in lines if not line.startswith("warning\tserver\t")]
    return (0 if is_old and not lines else done.returncode), lines, done.stderr


@pytest.mark.parametrize("name", FINDINGS)
def test_finding(make_proxy, fresh, name):
    text, isolation, expected = FINDINGS[name]
    fresh.admin(text)
    status, lines, complaint = lint(make_proxy, fresh, isolation)
    assert len(lines) == len(expected), (lines, complaint)
    for line, beginning in zip(lines, expected):
        assert line.startswith(beginning), line
        assert line.count("\t") == 2
    assert status == 1 and lines == sorted(lines) and not complaint


def test_clean(make_proxy, fresh):
    assert lint(make_proxy, fresh) == (0, [], "")
    fresh.admin(CLEAN)
    assert lint(make_proxy, fresh, LISTED) == (0, [], "")


def test_clean_with_what_policy_sql_prints(make_proxy, fresh):
    fresh.admin("CREATE VIEW v AS SELECT tenant_id, item FROM orders")
    isolation = {"row": {**BOTH["row"], **LISTED["row"]}}
    proxy = make_proxy(postgres=fresh, overrides={"isolation": isolation})
    printed = run_command("policy", "sql", "-c", proxy.config_path)
    fresh.admin(printed.stdout)
    assert lint(make_proxy, fresh, isolation) == (0, [], "")


def test_names_that_need_quotes(make_proxy, fresh):
    fresh.admin("""CREATE SCHEMA "it's"; CREATE TABLE "it's"."{column} \\" ("a.b\\(" text, id int
        UNIQUE); CREATE VIEW "it's".v AS SELECT "a.b\\(", count(*) FROM "it's"."{column} \\"
        GROUP BY "a.b\\("; GRANT USAGE ON SCHEMA "it's" TO app_rw;
        GRANT SELECT ON "it's".v TO app_rw""")
    status, lines, complaint = lint(make_proxy, fresh, {"row": {
        "column": "a.b\\(", "schemas": ["it's"], "shared": [], "views": ["it's.v"]}})
    assert status == 1 and not complaint
    assert [line.split(":")[0].split(";")[0] for line in lines] == [
        "warning\tit's.v\ta view over tables of tenants that reads them with the rights of its"
        " owner",
        "warning\tit's.{column} \\\tit's.{column} \\",
        "warning\tit's.{column} \\\tno index begins with the tenant column",
        "warning\tit's.{column} \\\tunique constraint {column} \\_id_key is without the tenant"
        " column"]


def test_nothing_is_changed(make_proxy, fresh):
    with fresh.connect_admin() as connection:
        before = connection.execute("SELECT pg_current_wal_insert_lsn()").fetchone()
        lint(make_proxy, fresh)
        assert connection.execute("SELECT pg_current_wal_insert_lsn()").fetchone() == before


def test_failures_are_2(make_proxy, fresh):
    proxy = make_proxy(postgres=fresh)
    for arguments in ((), ("-c", "/nosuch"), ("-c", proxy.config_path, "--upstream", "absent"),
                      ("-c", proxy.config_path, "extra")):
        done = run_command("policy", "lint", *arguments)
        assert done.returncode == 2 and done.stderr and not done.stdout
    fresh.admin(f"ALTER ROLE {tenants.LINK_USER} NOLOGIN", database="postgres")
    try:
        done = run_command("policy", "lint", "-c", proxy.config_path)
    finally:
        fresh.admin(f"ALTER ROLE {tenants.LINK_USER} LOGIN", database="postgres")
    assert done.returncode == 2 and "log" in done.stderr and not done.stdout


def test_what_cannot_be_served_is_a_failure_of_other_commands(make_proxy, fresh):
    fresh.admin("ALTER TABLE countries ADD tenant_id text")
    proxy = make_proxy(postgres=fresh)
    for command in (("catalog",), ("policy", "sql")):
        done = run_command(*command, "-c", proxy.config_path)
        assert done.returncode == 1 and "take it off the list" in done.stderr


def test_without_row_isolation(make_proxy, fresh):
    proxy = make_proxy(postgres=fresh, overrides={"isolation": None})
    proxy.config["listeners"][0]["isolation"] = "passthrough"
    proxy.write_config(proxy.config)
    for command in (("catalog",), ("policy", "sql"), ("policy", "lint")):
        done = run_command(*command, "-c", proxy.config_path)
        assert done.returncode == 2 and "isolation.row" in done.stderr, done.stderr
