-- SPDX-License-Identifier: Apache-2.0
CREATE SEQUENCE s START 5 INCREMENT 2; BEGIN; SELECT nextval('s'), lastval(), currval('s'); SELECT setval('s', 9), nextval('s'); COMMIT; ALTER SEQUENCE s RESTART; SELECT last_value, is_called FROM s; SELECT currval('nowhere'); DROP SEQUENCE s;
