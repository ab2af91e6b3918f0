// SPDX-License-Identifier: Apache-2.0
// What the Node.js programs share; python/trips.py says what the environment holds.
"use strict";

const assert = require("assert");

const tenant = process.env.RF_TENANT;
const rows = process.env.RF_ROWS.split(",").sort();
const selectRows = "SELECT id, item FROM orders";
const slow = "SELECT count(*) FROM generate_series(1, 400000000)";
const large = 50000;
const refusals = ["0A000", "42501"];

/** Compares rows of selectRows with what the tenant must see. */
function seen(found) {
  assert.deepStrictEqual(found.map((row) => `${row.id}:${row.item}`).sort(), rows);
}

/** Makes one round trip and says so; after a refusal the session must be usable. */
async function trip(step, work, recover) {
  try {
    await work();
  } catch (error) {
    if (!refusals.includes(error.code)) {
      throw error;
    }
    await recover();
    console.log(`refused ${step}: ${error.code} ${error.message}`);
    return;
  }
  console.log(`ok ${step}`);
}

/** The promise must be rejected with this SQLSTATE. */
async function fails(sqlstate, promise) {
  await assert.rejects(promise, (error) => {
    assert.strictEqual(error.code, sqlstate, error.message);
    return true;
  });
}

module.exports = { fails, large, refusals, rows, seen, selectRows, slow, tenant, trip };
