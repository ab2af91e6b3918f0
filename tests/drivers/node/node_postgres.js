// SPDX-License-Identifier: Apache-2.0
// node-postgres: the extended protocol, the unnamed statement unless a query has a name.
"use strict";

const assert = require("assert");
const { Client, Pool } = require("pg");
const Cursor = require("pg-cursor");
const { fails, large, rows, seen, selectRows, slow, tenant, trip } = require("./trips");

async function reads(session) {
  seen((await session.query(selectRows)).rows);
}

async function prepared(session) {
  for (let number = 0; number < 5; number++) {
    const found = await session.query({ name: "add", text: "SELECT $1::int + 1 AS n", values: [number] });
    assert.strictEqual(found.rows[0].n, number + 1);
    seen((await session.query({ name: "rows", text: selectRows, values: [] })).rows);
  }
}

async function types(session) {
  const at = new Date(Date.UTC(2026, 0, 2, 3, 4, 5));
  const values = [true, "1099511627776", "12.50", "Zürich ' \\ \"", Buffer.from([0, 255]), at,
    "00000000-0000-0000-0000-000000000007", { a: [1, null] }, null];
  const found = await session.query({ rowMode: "array", values, text: `SELECT $1::bool, $2::int8,
    $3::numeric, $4::text, $5::bytea, $6::timestamptz, $7::uuid, $8::jsonb, $9::text` });
  assert.deepStrictEqual(found.rows[0], values);
}

async function arrays(session) {
  const found = await session.query({ text: "SELECT $1::int4[], $2::text[]", rowMode: "array",
    values: [[1, -2, 3], ["a,b", "\"", ""]] });
  assert.deepStrictEqual(found.rows[0], [[1, -2, 3], ["a,b", "\"", ""]]);
}

async function transaction(session) {
  await session.query("BEGIN");
  await session.query("INSERT INTO orders (tenant_id, id, item) VALUES ($1, 900, 'kept')", [tenant]);
  await session.query("COMMIT");
  assert.strictEqual((await session.query(selectRows)).rows.length, rows.length + 1);
  assert.strictEqual((await session.query("DELETE FROM orders WHERE id = 900")).rowCount, 1);
}

async function rollback(session) {
  await session.query("BEGIN");
  await session.query("INSERT INTO orders (tenant_id, id) VALUES ($1, 901)", [tenant]);
  await session.query("SAVEPOINT s");
  assert.strictEqual((await session.query("DELETE FROM orders WHERE id = 901")).rowCount, 1);
  await session.query("ROLLBACK TO SAVEPOINT s");
  assert.strictEqual((await session.query(selectRows)).rows.length, rows.length + 1);
  await session.query("ROLLBACK");
  await reads(session);
}

async function errors(session) {
  await fails("22012", session.query("SELECT 1 / $1::int", [0]));
  await fails("42703", session.query("SELECT nope FROM orders"));
  await session.query("BEGIN");
  await fails("22012", session.query("SELECT 1 / 0"));
  await fails("25P02", session.query("SELECT 1"));
  await session.query("ROLLBACK");
  await reads(session);
}

/** The driver queues, one Sync each; a Query of several statements is one batch. */
async function pipeline(session) {
  const numbers = [...Array(100).keys()];
  const found = await Promise.all(numbers.map((n) => session.query("SELECT $1::int AS n", [n])));
  assert.deepStrictEqual(found.map((result) => result.rows[0].n), numbers);
  const several = await session.query("SELECT 1 AS n; SELECT 2 AS n; SELECT 3 AS n");
  assert.deepStrictEqual(several.map((result) => result.rows[0].n), [1, 2, 3]);
}

async function big(session) {
  const found = await session.query("SELECT g, repeat('x', 100) FROM generate_series(1, $1::int) g", [large]);
  assert.deepStrictEqual(found.rows.map((row) => row.g), [...Array(large).keys()].map((n) => n + 1));
}

/** A portal with a row limit, read two rows at a time. */
async function cursor(session) {
  const walk = session.query(new Cursor(selectRows));
  const found = [];
  for (let some = await walk.read(2); some.length > 0; some = await walk.read(2)) {
    found.push(...some);
  }
  await walk.close();
  seen(found);
}

/** The driver can cancel only from within: a second client asks, again and again. */
async function cancel(session) {
  const running = fails("57014", session.query(slow));
  const again = setInterval(() => {
    const other = new Client();
    other.on("error", () => {});
    const target = { processID: session.processID, secretKey: session.secretKey };
    other.connection.on("connect", () => other.connection.cancel(target.processID, target.secretKey));
    other.connection.connect(Number(process.env.PGPORT), process.env.PGHOST);
  }, 200);
  await running.finally(() => clearInterval(again));
  await reads(session);
}

async function reconnect() {
  const pool = new Pool({ max: 2 });
  await Promise.all([1, 2, 3, 4].map(() => reads(pool)));
  await pool.end();
}

async function main() {
  const session = new Client();
  await session.connect();
  const steps = { connect: reads, prepared, types, arrays, transaction, rollback, error: errors,
    pipeline, large: big, cursor, cancel };
  for (const [name, work] of Object.entries(steps)) {
    await trip(name, () => work(session), () => reads(session));
  }
  await session.end();
  await trip("reconnect", reconnect, () => {});
}

main().catch((error) => {
  console.log(error);
  process.exit(1);
});
