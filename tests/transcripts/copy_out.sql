-- SPDX-License-Identifier: Apache-2.0
CREATE TABLE t (a int, b text); INSERT INTO t VALUES (1, 'x,y'), (2, NULL), (3, E'tab\there');
COPY t TO STDOUT; COPY t TO STDOUT WITH (FORMAT csv, HEADER, NULL '-'); COPY (SELECT a FROM t ORDER BY a DESC) TO STDOUT; COPY nowhere TO STDOUT;
COPY t (a) TO STDOUT (DELIMITER '|'); SELECT 'after';
