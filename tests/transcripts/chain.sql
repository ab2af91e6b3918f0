-- SPDX-License-Identifier: Apache-2.0
BEGIN ISOLATION LEVEL REPEATABLE READ; SHOW transaction_isolation; COMMIT AND CHAIN; SHOW transaction_isolation; ROLLBACK AND NO CHAIN; SHOW transaction_isolation;
