// SPDX-License-Identifier: Apache-2.0
// postgres.js: named statements for everything, true pipelining, Describe before each first Bind.
"use strict";

const assert = require("assert");
const postgres = require("postgres");
const { fails, large, rows, seen, slow, tenant, trip } = require("./trips");

function connect(options) {
  return postgres({ max: 1, onnotice: () => {}, ...options });
}

async function reads(sql) {
  seen(await sql`SELECT id, item FROM orders`);
}

async function prepared(sql) {
  for (let number = 0; number < 5; number++) {
    assert.strictEqual((await sql`SELECT ${number}::int + 1 AS n`)[0].n, number + 1);
    await reads(sql);
  }
}

async function types(sql) {
  const at = new Date(Date.UTC(2026, 0, 2, 3, 4, 5));
  const text = "Zürich ' \\ \"";
  const [found] = await sql`SELECT ${true}::bool AS a, ${"1099511627776"}::int8 AS b,
    ${"12.50"}::numeric AS c, ${text}::text AS d, ${Buffer.from([0, 255])}::bytea AS e,
    ${at}::timestamptz AS f, ${sql.json({ a: [1, null] })}::jsonb AS g, ${null}::text AS h`;
  assert.deepStrictEqual(Object.values(found), [true, "1099511627776", "12.50", text,
    Buffer.from([0, 255]), at, { a: [1, null] }, null]);
}

/** With the catalogue's help: fetch_types. */
async function arrays(sql) {
  const [found] =
    await sql`SELECT ${[1, -2, 3]}::int4[] AS a, ${["a,b", "\"", ""]}::text[] AS b`;
  assert.deepStrictEqual(Object.values(found), [[1, -2, 3], ["a,b", "\"", ""]]);
}

async function transaction(sql) {
  await sql.begin(async (inner) => {
    await inner`INSERT INTO orders ${inner({ tenant_id: tenant, id: 900, item: "kept" })}`;
    assert.strictEqual((await inner`SELECT id FROM orders`).length, rows.length + 1);
  });
  assert.strictEqual((await sql`DELETE FROM orders WHERE id = 900`).count, 1);
}

async function rollback(sql) {
  await assert.rejects(sql.begin(async (inner) => {
    await inner`INSERT INTO orders (tenant_id, id) VALUES (${tenant}, 901)`;
    await assert.rejects(inner.savepoint(async (nested) => {
      assert.strictEqual((await nested`DELETE FROM orders WHERE id = 901`).count, 1);
      throw new Error("back to the savepoint");
    }), /savepoint/);
    assert.strictEqual((await inner`SELECT id FROM orders`).length, rows.length + 1);
    throw new Error("all back");
  }), /all back/);
  await reads(sql);
}

async function errors(sql) {
  await fails("22012", sql`SELECT 1 / ${0}::int`);
  await fails("42703", sql`SELECT nope FROM orders`);
  await fails("22012", sql.begin(async (inner) => {
    await fails("22012", inner`SELECT 1 / 0`);
    await fails("25P02", inner`SELECT 1`);
  }));
  await reads(sql);
}

/** All on one connection, without waiting for answers. */
async function pipeline(sql) {
  const numbers = [...Array(100).keys()];
  const found = await Promise.all(numbers.map((n) =>
    n % 10 === 9 ? fails("22012", sql`SELECT 1 / 0`).then(() => [{ n }]) : sql`SELECT ${n}::int AS n`));
  assert.deepStrictEqual(found.map((result) => result[0].n), numbers);
}

async function big(sql) {
  const found = await sql`SELECT g, repeat('x', 100) FROM generate_series(1, ${large}::int) g`;
  assert.deepStrictEqual(found.map((row) => row.g), [...Array(large).keys()].map((n) => n + 1));
}

async function cursor(sql) {
  const found = [];
  for await (const some of sql`SELECT id, item FROM orders`.cursor(2)) {
    found.push(...some);
  }
  seen(found);
}

async function cancel(sql) {
  const running = sql.unsafe(slow).execute();
  const again = setInterval(() => running.cancel(), 200);
  await fails("57014", running).finally(() => clearInterval(again));
  await reads(sql);
}

async function reconnect() {
  const sql = connect({ max: 2 });
  await Promise.all([1, 2, 3, 4].map(() => reads(sql)));
  await sql.end();
}

async function main() {
  const sql = connect();
  const steps = { connect: reads, prepared, types, arrays, transaction, rollback, error: errors,
    pipeline, large: big, cursor, cancel };
  for (const [name, work] of Object.entries(steps)) {
    await trip(name, () => work(sql), () => reads(sql));
  }
  await sql.end();
  await trip("reconnect", reconnect, () => {});
}

main().catch((error) => {
  console.log(error);
  process.exit(1);
});
