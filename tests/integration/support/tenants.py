# SPDX-License-Identifier: Apache-2.0
"""The two tenants of every test and their rows.

orders, customers: tenant tables. countries: shared. Owned by app_owner; the proxy's role app_rw is
neither owner nor superuser and may read and write them all: what keeps the tenants apart is the
proxy alone.
"""

TENANTS = ("acme", "globex")
LINK_USER = "app_rw"
LINK_PASSWORD = "link-secret"
DATABASE = "app"

_ROLES = f"""
CREATE ROLE app_owner NOLOGIN;
CREATE ROLE {LINK_USER} LOGIN PASSWORD '{LINK_PASSWORD}';
"""

_TABLES = f"""
GRANT ALL ON SCHEMA public TO app_owner;
SET ROLE app_owner;
CREATE TABLE customers (
    tenant_id text NOT NULL,
    id bigint NOT NULL,
    name text NOT NULL,
    PRIMARY KEY (tenant_id, id));
CREATE TABLE orders (
    tenant_id text NOT NULL,
    id bigint NOT NULL,
    customer_id bigint,
    item text NOT NULL DEFAULT 'none',
    amount numeric(12, 2) NOT NULL DEFAULT 0,
    placed_at timestamptz NOT NULL DEFAULT '2026-01-01 00:00:00+00',
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, customer_id) REFERENCES customers);
CREATE TABLE countries (code text PRIMARY KEY, name text NOT NULL);
INSERT INTO countries VALUES ('DE', 'Germany'), ('FR', 'France');
GRANT SELECT, INSERT, UPDATE, DELETE ON customers, orders TO {LINK_USER};
GRANT SELECT ON countries TO {LINK_USER};
RESET ROLE;
"""

_ROWS = """
TRUNCATE orders, customers;
INSERT INTO customers VALUES
    ('acme', 1, 'Ada'), ('acme', 2, 'Alan'), ('globex', 1, 'Grace'), ('globex', 3, 'Guido');
INSERT INTO orders (tenant_id, id, customer_id, item, amount) VALUES
    ('acme', 1, 1, 'anvil', 10), ('acme', 2, 2, 'rocket', 250.50), ('acme', 3, 1, 'magnet', 5),
    ('globex', 1, 1, 'globe', 99), ('globex', 4, 3, 'secret-plan', 1000);
"""

#: What each tenant sees of orders: (id, item), by id.
ORDERS = {
    "acme": [(1, "anvil"), (2, "rocket"), (3, "magnet")],
    "globex": [(1, "globe"), (4, "secret-plan")],
}


def create_database(postgres):
    postgres.admin(_ROLES, database="postgres")
    postgres.admin(f"CREATE DATABASE {DATABASE}", database="postgres")
    postgres.admin(_TABLES)
    reset_rows(postgres)


def reset_rows(postgres):
    postgres.admin(_ROWS)
