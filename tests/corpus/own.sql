-- Further statements over the same schema, in the form of adversarial.sql. What each must answer is
-- not written here: a test runs it under RLS, as the same tenant, and compares. Most of them end in ORDER BY
-- or an aggregate only where that is the point; rows are compared as multisets.
-- ===== A. FROM-clause shapes
SELECT o.* FROM orders AS o; -- expect: [X-A01] FILTER
SELECT o.id FROM public.orders o WHERE o.total BETWEEN 0 AND 2000; -- expect: [X-A02] FILTER
SELECT a.id, b.name FROM orders a, customers b; -- expect: [X-A03] FILTER both references of a comma list
SELECT a.id, b.id, c.id FROM orders a, orders b, orders c WHERE a.id <= b.id AND b.id <= c.id; -- expect: [X-A04] FILTER three references to one table
SELECT * FROM orders o JOIN customers c ON c.id = o.customer_id; -- expect: [X-A05] FILTER
SELECT o.id, c.name FROM orders o RIGHT JOIN customers c ON c.id = o.customer_id; -- expect: [X-A06] FILTER
SELECT o.id, c.name FROM customers c LEFT JOIN orders o ON o.customer_id = c.id; -- expect: [X-A07] FILTER
SELECT o.id, c.name FROM customers c LEFT JOIN orders o ON o.customer_id = c.id WHERE o.id IS NULL; -- expect: [X-A08] FILTER an anti-join
SELECT o.id, c.name FROM orders o FULL JOIN customers c ON c.id = o.customer_id; -- expect: [X-A09] FILTER
SELECT o.id, c.name, k.code FROM orders o FULL JOIN customers c ON c.id = o.customer_id FULL JOIN countries k ON k.code = c.name; -- expect: [X-A10] FILTER nested full joins
SELECT count(*) FROM orders o FULL JOIN customers c USING (id); -- expect: [X-A11] FILTER
SELECT id, tenant_id FROM orders FULL JOIN customers USING (id, tenant_id); -- expect: [X-A12] FILTER merged columns
SELECT * FROM orders NATURAL JOIN customers; -- expect: [X-A13] FILTER
SELECT * FROM orders NATURAL FULL JOIN customers; -- expect: [X-A14] FILTER
SELECT * FROM customers NATURAL LEFT JOIN orders; -- expect: [X-A15] FILTER
SELECT * FROM customers NATURAL RIGHT JOIN orders; -- expect: [X-A16] FILTER
SELECT j.* FROM (orders o JOIN customers c ON c.id = o.customer_id) AS j; -- expect: [X-A17] FILTER below a join alias
SELECT j.a, j.f FROM (orders o JOIN customers c ON c.id = o.customer_id) AS j(a, b, c, d, e, f, g); -- expect: [X-A18] FILTER below a join alias with columns
SELECT j.tenant_id FROM (orders o JOIN customers c USING (tenant_id)) AS j; -- expect: [X-A19] FILTER
SELECT m.id, o.total FROM orders o JOIN customers c USING (id) AS m; -- expect: [X-A20] FILTER
SELECT o.id FROM (orders o CROSS JOIN countries k) LEFT JOIN customers c ON c.id = o.customer_id AND k.code = 'FR'; -- expect: [X-A21] FILTER
SELECT o.id, c.id FROM orders o LEFT JOIN (customers c JOIN countries k ON true) ON c.id = o.customer_id; -- expect: [X-A22] FILTER a nested nullable arm
SELECT o.id, c.id, d.id FROM orders o LEFT JOIN customers c ON c.id = o.customer_id LEFT JOIN customers d ON d.id = c.id + 1; -- expect: [X-A23] FILTER a chain of outer joins
SELECT o.id, x.n FROM orders o LEFT JOIN LATERAL (SELECT count(*) AS n FROM customers c WHERE c.id <= o.customer_id) x ON true; -- expect: [X-A24] FILTER
SELECT o.id, x.name FROM orders o, LATERAL (SELECT c.name FROM customers c WHERE c.id = o.customer_id ORDER BY c.name LIMIT 1) x; -- expect: [X-A25] FILTER
SELECT c.id, g FROM customers c, generate_series(1, c.id) g; -- expect: [X-A26] FILTER a function over a tenant's column
SELECT c.id, g.n FROM customers c CROSS JOIN LATERAL generate_series(1, c.id) WITH ORDINALITY AS g(v, n); -- expect: [X-A27] FILTER
SELECT * FROM customers AS c(a, b, c); -- expect: [X-A28] FILTER every column renamed
SELECT * FROM customers AS c(name, tenant_id); -- expect: [X-A29] FILTER two columns swap names
SELECT c.tenant_id FROM customers AS c(tenant_id); -- expect: [X-A30] FILTER two columns of one name, the reference is the error
SELECT tenant_id FROM customers AS c(x, y, tenant_id) WHERE tenant_id = 't1'; -- expect: [X-A31] FILTER the name column under the tenant column's name
SELECT c.* FROM orders o LEFT JOIN customers AS c(tenant_id, name, id) ON c.tenant_id = o.customer_id; -- expect: [X-A32] FILTER a nullable arm with renamed columns
SELECT * FROM orders o(id, t), orders p(id, t) WHERE o.id = p.id; -- expect: [X-A33] FILTER
SELECT countries.id FROM orders AS countries; -- expect: [X-A34] FILTER a tenant table under a shared table's name
SELECT orders.code, customers.id FROM countries AS orders, orders AS customers; -- expect: [X-A35] FILTER aliases that are other tables' names
SELECT * FROM ONLY orders o; -- expect: [X-A36] FILTER
SELECT count(*) FROM ONLY events; -- expect: [X-A37] FILTER a partitioned parent alone is empty
SELECT body FROM events_2026_01; -- expect: [X-A38] FILTER
SELECT e.body, f.body FROM events_2026_01 e, events_2026_02 f; -- expect: [X-A39] FILTER
SELECT body FROM events WHERE ts < '2026-01-31'; -- expect: [X-A40] FILTER
SELECT o.ctid IS NOT NULL, o.id FROM orders o; -- expect: [X-A41] FILTER a system column
SELECT ctid IS NOT NULL, id FROM orders; -- expect: [X-A42] FILTER an unqualified system column
SELECT x.id FROM (SELECT * FROM orders) x; -- expect: [X-A43] FILTER
SELECT x.id FROM (SELECT * FROM (SELECT * FROM orders o WHERE o.total > 1) y WHERE y.total < 1000) x; -- expect: [X-A44] FILTER
SELECT x.t FROM (SELECT tenant_id AS t FROM orders) x; -- expect: [X-A45] FILTER
SELECT x.a FROM (TABLE customers) AS x(a, b, c); -- expect: [X-A46] FILTER
SELECT * FROM (VALUES (1), (2)) v(n) LEFT JOIN orders o ON o.id = 18 + v.n; -- expect: [X-A47] FILTER VALUES is no table
SELECT * FROM orders TABLESAMPLE SYSTEM (100) REPEATABLE (7) WHERE total > 10; -- expect: [X-A48] FILTER
SELECT o.id FROM countries k LEFT JOIN orders o TABLESAMPLE BERNOULLI (100) ON true; -- expect: [X-A49] FILTER
SELECT k.* FROM countries k; -- expect: [X-A50] ALLOW
SELECT k.name FROM countries k JOIN countries l USING (code); -- expect: [X-A51] ALLOW
SELECT public.customers.name, public.orders.id FROM public.customers, public.orders; -- expect: [X-A52] FILTER
SELECT public.orders.*, orders.id FROM public.orders; -- expect: [X-A53] FILTER
SELECT o FROM orders o; -- expect: [X-A55] FILTER a whole row
SELECT (o).total, (o).* FROM orders o; -- expect: [X-A56] FILTER
SELECT row_to_json(x) FROM (SELECT id, total FROM orders) x; -- expect: [X-A57] FILTER
SELECT json_agg(o) FROM orders o; -- expect: [X-A58] FILTER
SELECT o.id FROM orders o WHERE o IS NOT NULL; -- expect: [X-A59] FILTER
SELECT DISTINCT tenant_id FROM orders; -- expect: [X-A60] FILTER
SELECT DISTINCT ON (customer_id) id, customer_id FROM orders ORDER BY customer_id, id; -- expect: [X-A61] FILTER
SELECT 1 FROM orders; -- expect: [X-A62] FILTER
SELECT FROM orders; -- expect: [X-A63] FILTER no columns at all
SELECT count(*), sum(total), min(id), max(id), string_agg(tenant_id, ',') FROM orders; -- expect: [X-A64] FILTER
SELECT tenant_id, count(*) FROM orders GROUP BY tenant_id; -- expect: [X-A65] FILTER
SELECT tenant_id, customer_id, count(*) FROM orders GROUP BY ROLLUP (tenant_id, customer_id); -- expect: [X-A66] FILTER
SELECT customer_id, count(*) FROM orders GROUP BY GROUPING SETS ((customer_id), ()); -- expect: [X-A67] FILTER
SELECT o.id, o.total FROM orders o GROUP BY o.id; -- expect: [X-A68] FILTER functional dependency
SELECT o.total, c.name FROM orders o LEFT JOIN customers c ON c.id = o.customer_id GROUP BY o.id, c.id; -- expect: [X-A69] FILTER functional dependency over an outer join
SELECT customer_id FROM orders GROUP BY customer_id HAVING count(*) > 1; -- expect: [X-A70] FILTER
SELECT id FROM orders ORDER BY total DESC LIMIT 2; -- expect: [X-A71] FILTER
SELECT id FROM orders ORDER BY total DESC OFFSET 1; -- expect: [X-A72] FILTER
SELECT id FROM orders ORDER BY id FOR UPDATE; -- expect: [X-A73] FILTER
SELECT o.id, c.id FROM orders o JOIN customers c ON c.id = o.customer_id FOR UPDATE OF o; -- expect: [X-A74] FILTER
SELECT o.id, c.id FROM orders o LEFT JOIN customers c ON c.id = o.customer_id FOR SHARE OF o NOWAIT; -- expect: [X-A75] FILTER
SELECT id, lag(total) OVER (ORDER BY id), lead(tenant_id) OVER w FROM orders WINDOW w AS (ORDER BY id); -- expect: [X-A76] FILTER
SELECT id, first_value(total) OVER (ORDER BY total DESC ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) FROM orders; -- expect: [X-A77] FILTER
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY total) FROM orders; -- expect: [X-A78] FILTER
SELECT "tenant_id" FROM "public"."orders" "O" WHERE "O"."id" > 0; -- expect: [X-A79] FILTER
SELECT oRdErS.Id FROM OrDeRs; -- expect: [X-A80] FILTER
SELECT * FROM customers c WHERE (c.id, c.tenant_id) IN ((3, 't2'), (1, 't1')); -- expect: [X-A81] FILTER
SELECT * FROM orders WHERE tenant_id IN ('t1', 't2'); -- expect: [X-A82] FILTER
SELECT * FROM orders WHERE tenant_id <> 't1' OR tenant_id IS NULL; -- expect: [X-A83] FILTER
SELECT * FROM orders WHERE tenant_id LIKE 't%'; -- expect: [X-A84] FILTER
SELECT * FROM orders WHERE NOT (total < 500 AND tenant_id = 't1'); -- expect: [X-A85] FILTER
SELECT * FROM orders WHERE CASE WHEN total > 500 THEN true ELSE false END; -- expect: [X-A86] FILTER
SELECT k.name, o.length FROM (SELECT name FROM customers) k, (SELECT id AS length FROM orders) o; -- expect: [X-A87] FILTER columns that are called like functions
SELECT (x).name, (x).total FROM (SELECT c.name, o.total FROM customers c JOIN orders o ON o.customer_id = c.id) x; -- expect: [X-A88] FILTER
SELECT * FROM unnest(ARRAY(SELECT name FROM customers), ARRAY(SELECT id FROM orders)) AS u(a, b); -- expect: [X-A89] FILTER the server knows this form of unnest by its bare name only
SELECT u.* FROM orders o, unnest(ARRAY[o.id], ARRAY[o.tenant_id]) WITH ORDINALITY u(a, b, c); -- expect: [X-A90] FILTER
-- ===== B. Sub-queries in every expression position
SELECT id, (SELECT count(*) FROM customers c WHERE c.id >= o.customer_id) FROM orders o; -- expect: [X-B01] FILTER
SELECT id FROM orders o WHERE EXISTS (SELECT 1 FROM customers c WHERE c.id = o.customer_id AND c.name LIKE 'a%'); -- expect: [X-B02] FILTER
SELECT id FROM orders o WHERE NOT EXISTS (SELECT 1 FROM customers c WHERE c.id > o.customer_id); -- expect: [X-B03] FILTER
SELECT code FROM countries WHERE NOT EXISTS (SELECT FROM orders WHERE total > 900); -- expect: [X-B04] FILTER
SELECT id FROM orders WHERE customer_id NOT IN (SELECT id FROM customers WHERE name <> 'alice'); -- expect: [X-B05] FILTER
SELECT id FROM orders WHERE total >= ALL (SELECT total FROM orders); -- expect: [X-B06] FILTER
SELECT id FROM orders WHERE (id, customer_id) = ANY (SELECT id, customer_id FROM orders); -- expect: [X-B07] FILTER
SELECT id FROM orders WHERE (id, total) = (SELECT id, total FROM orders ORDER BY id DESC LIMIT 1); -- expect: [X-B08] FILTER
SELECT CASE WHEN (SELECT count(*) FROM orders) > 3 THEN 'many' ELSE 'few' END; -- expect: [X-B09] FILTER
SELECT CASE (SELECT max(id) FROM orders) WHEN 22 THEN 'leak' WHEN 12 THEN 'right' END; -- expect: [X-B10] FILTER
SELECT ARRAY[(SELECT max(id) FROM orders), (SELECT min(id) FROM orders)]; -- expect: [X-B11] FILTER
SELECT ARRAY(SELECT c.name FROM customers c ORDER BY c.name DESC); -- expect: [X-B12] FILTER
SELECT (SELECT array_agg(id ORDER BY id) FROM orders)[(SELECT min(id) - 9 FROM orders)]; -- expect: [X-B13] FILTER
SELECT (SELECT array_agg(id ORDER BY id) FROM orders)[2:(SELECT count(*) FROM orders)]; -- expect: [X-B14] FILTER
SELECT ROW(1, (SELECT count(*) FROM customers)) = ROW(1, 2); -- expect: [X-B15] FILTER
SELECT (SELECT name FROM customers ORDER BY id DESC LIMIT 1) IS DISTINCT FROM 'anna'; -- expect: [X-B16] FILTER
SELECT (SELECT max(total) FROM orders) BETWEEN 500 AND 1000; -- expect: [X-B17] FILTER
SELECT (SELECT max(total) FROM orders)::text || (SELECT min(name) FROM customers); -- expect: [X-B18] FILTER
SELECT - (SELECT max(total) FROM orders), NOT EXISTS (SELECT FROM orders); -- expect: [X-B19] FILTER
SELECT upper((SELECT max(name) FROM customers)) COLLATE "C"; -- expect: [X-B20] FILTER
SELECT code FROM countries ORDER BY (SELECT count(*) FROM orders), code; -- expect: [X-B21] FILTER
SELECT code FROM countries LIMIT (SELECT count(*) - 2 FROM orders); -- expect: [X-B22] FILTER
SELECT code FROM countries FETCH FIRST (SELECT count(*) - 2 FROM customers) ROWS ONLY; -- expect: [X-B23] FILTER
SELECT count(*) FROM countries GROUP BY (SELECT max(id) FROM orders) HAVING (SELECT max(id) FROM orders) < 20; -- expect: [X-B24] FILTER
SELECT sum(id) FILTER (WHERE id IN (SELECT id FROM orders)) FROM generate_series(1, 30) AS g(id); -- expect: [X-B25] FILTER
SELECT string_agg(code, (SELECT max(name) FROM customers) ORDER BY (SELECT max(id) FROM orders), code) FROM countries; -- expect: [X-B26] FILTER
SELECT rank() OVER (ORDER BY (SELECT count(*) FROM orders)), count(*) OVER (ROWS BETWEEN (SELECT count(*) FROM customers) PRECEDING AND CURRENT ROW) FROM countries; -- expect: [X-B27] FILTER
SELECT DISTINCT ON ((SELECT count(*) FROM orders)) code FROM countries ORDER BY (SELECT count(*) FROM orders), code; -- expect: [X-B28] FILTER
SELECT k.code FROM countries k JOIN countries l ON k.code = l.code AND (SELECT count(*) FROM orders) = 3; -- expect: [X-B29] FILTER
SELECT * FROM countries TABLESAMPLE BERNOULLI ((SELECT count(*) * 16 FROM orders)) REPEATABLE ((SELECT count(*) FROM orders)); -- expect: [X-B30] FILTER
SELECT * FROM unnest((SELECT array_agg(name) FROM customers)) AS n; -- expect: [X-B31] FILTER
SELECT * FROM regexp_split_to_table((SELECT string_agg(name, ' ') FROM customers), ' ') AS n; -- expect: [X-B32] FILTER
SELECT xmlelement(name n, xmlattributes((SELECT max(name) FROM customers) AS a), (SELECT min(name) FROM customers)); -- expect: [X-B33] FILTER
SELECT json_build_object('n', (SELECT json_agg(name ORDER BY id) FROM customers)); -- expect: [X-B34] FILTER
SELECT jsonb_path_query((SELECT jsonb_agg(to_jsonb(o) ORDER BY o.id) FROM orders o), '$[*].total'); -- expect: [X-B35] FILTER
SELECT COALESCE(NULL, (SELECT name FROM customers WHERE id = 4), (SELECT name FROM customers WHERE id = 2)); -- expect: [X-B36] FILTER
SELECT position('secret' IN (SELECT string_agg(name, '') FROM customers)), overlay((SELECT max(name) FROM customers) PLACING 'x' FROM 1); -- expect: [X-B37] FILTER
SELECT substring((SELECT max(name) FROM customers) FROM 1 FOR 3), trim(both 'a' FROM (SELECT max(name) FROM customers)); -- expect: [X-B38] FILTER
SELECT (SELECT max(ts) FROM events) AT TIME ZONE 'UTC', date_trunc('month', (SELECT max(ts) FROM events)); -- expect: [X-B39] FILTER
SELECT (SELECT x.n FROM (SELECT count(*) AS n FROM orders) x) + (SELECT (SELECT (SELECT max(id) FROM orders))); -- expect: [X-B40] FILTER
SELECT id FROM orders o WHERE o.total = (SELECT max(p.total) FROM orders p WHERE p.customer_id = o.customer_id); -- expect: [X-B41] FILTER
SELECT id FROM orders o WHERE (SELECT c.name FROM customers c WHERE c.id = o.customer_id) SIMILAR TO 'a%'; -- expect: [X-B42] FILTER
SELECT (SELECT o.* FROM (SELECT id FROM orders ORDER BY id LIMIT 1) o); -- expect: [X-B43] FILTER
SELECT (SELECT (c).name FROM (SELECT c FROM customers c ORDER BY id DESC LIMIT 1) x); -- expect: [X-B44] FILTER
SELECT 1 WHERE (SELECT count(*) FROM customers) = 4; -- expect: [X-B45] FILTER
SELECT id FROM orders WHERE id = (SELECT id FROM customers WHERE id = 20) OR EXISTS (SELECT FROM events WHERE body LIKE '%secret'); -- expect: [X-B46] FILTER
-- ===== C. Common table expressions and name scoping
WITH a AS (SELECT * FROM orders), b AS (SELECT * FROM a) SELECT * FROM b; -- expect: [X-C01] FILTER
WITH a AS (SELECT id FROM orders), orders AS (SELECT code FROM countries) SELECT * FROM a, orders; -- expect: [X-C02] FILTER only the first: the table is not yet shadowed
WITH orders AS (SELECT * FROM orders) SELECT * FROM orders; -- expect: [X-C03] FILTER inside: a CTE does not see itself
WITH orders AS (SELECT * FROM orders WHERE total > 10), customers AS (SELECT * FROM orders) SELECT * FROM customers; -- expect: [X-C04] FILTER
WITH RECURSIVE orders AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM orders WHERE n < 3) SELECT * FROM orders; -- expect: [X-C05] ALLOW
WITH RECURSIVE r(n) AS (SELECT min(id) FROM orders UNION ALL SELECT r.n + 1 FROM r WHERE r.n < (SELECT max(id) FROM orders)) SELECT * FROM r; -- expect: [X-C06] FILTER
WITH RECURSIVE t AS (SELECT id, 1 AS d FROM orders UNION SELECT o.id, t.d + 1 FROM orders o, t WHERE t.d < 2) SELECT * FROM t; -- expect: [X-C07] FILTER
WITH RECURSIVE s AS (SELECT id FROM orders WHERE id = 10 UNION ALL SELECT o.id FROM orders o JOIN s ON o.id = s.id + 1) SEARCH DEPTH FIRST BY id SET ord SELECT id FROM s ORDER BY ord; -- expect: [X-C08] FILTER
WITH RECURSIVE s AS (SELECT id FROM orders WHERE id = 10 UNION ALL SELECT o.id FROM orders o JOIN s ON o.id >= s.id) CYCLE id SET looped USING path SELECT count(*) FROM s WHERE NOT looped; -- expect: [X-C09] FILTER
WITH a AS MATERIALIZED (SELECT * FROM orders) SELECT count(*) FROM a; -- expect: [X-C10] FILTER
WITH a AS NOT MATERIALIZED (SELECT * FROM customers) SELECT * FROM a WHERE id > 2; -- expect: [X-C11] FILTER
SELECT * FROM (WITH orders AS (SELECT 7 AS n) SELECT n FROM orders) x, orders; -- expect: [X-C12] FILTER the scope of a WITH ends with its query
SELECT (WITH orders AS (SELECT 7 AS n) SELECT n FROM orders), count(*) FROM orders; -- expect: [X-C13] FILTER
WITH orders AS (SELECT 1 AS n) SELECT * FROM (SELECT * FROM orders) x; -- expect: [X-C14] ALLOW an inner query sees the outer WITH
WITH orders AS (SELECT 1 AS n) SELECT (SELECT n FROM orders), (SELECT count(*) FROM "public".orders); -- expect: [X-C15] FILTER
WITH orders AS (SELECT 1 AS n) SELECT n FROM orders UNION ALL SELECT n FROM orders; -- expect: [X-C16] ALLOW every arm sees it
WITH orders AS (SELECT 1 AS n) SELECT * FROM orders o JOIN customers c ON c.id = o.n; -- expect: [X-C17] FILTER
WITH "Orders" AS (SELECT 1 AS n) SELECT count(*) FROM orders; -- expect: [X-C18] FILTER another name
WITH x AS (SELECT 1) SELECT * FROM orders WHERE id IN (WITH y AS (SELECT id FROM orders) SELECT id FROM y); -- expect: [X-C19] FILTER
WITH a(tenant_id, x) AS (SELECT id, tenant_id FROM orders) SELECT * FROM a WHERE tenant_id > 0; -- expect: [X-C20] FILTER
WITH a AS (SELECT * FROM orders), b AS (SELECT * FROM customers) SELECT a.id, b.name FROM a LEFT JOIN b ON b.id = a.customer_id; -- expect: [X-C21] FILTER
WITH u AS (UPDATE orders SET total = total + 1 RETURNING id, total) SELECT * FROM u; -- expect: [X-C22] FILTER
WITH d AS (DELETE FROM orders RETURNING *) SELECT count(*) FROM d; -- expect: [X-C23] FILTER
WITH d AS (DELETE FROM orders WHERE total < 1 RETURNING *), u AS (UPDATE customers SET name = name || '!' RETURNING id) SELECT (SELECT count(*) FROM d), (SELECT count(*) FROM u); -- expect: [X-C24] FILTER
WITH i AS (INSERT INTO orders (id, tenant_id, total) VALUES (700, 't1', 7) RETURNING id, tenant_id) SELECT * FROM i; -- expect: [X-C25] FILTER
WITH x AS (SELECT id FROM orders) DELETE FROM orders o USING x WHERE o.id = x.id RETURNING o.id; -- expect: [X-C26] FILTER
WITH x AS (SELECT max(total) AS m FROM orders) UPDATE orders SET total = x.m FROM x; -- expect: [X-C27] FILTER
WITH orders AS (SELECT 10 AS id) DELETE FROM orders; -- expect: [X-C28] FILTER a DELETE target is never a CTE
WITH customers AS (SELECT 99 AS id) UPDATE orders SET total = 0 FROM customers; -- expect: [X-C29] FILTER the FROM item is the CTE, the target is the table
-- ===== D. Set operations
SELECT id FROM orders UNION SELECT id FROM orders; -- expect: [X-D01] FILTER
SELECT id FROM orders EXCEPT SELECT id FROM orders WHERE total < 60; -- expect: [X-D02] FILTER
SELECT id FROM orders EXCEPT ALL SELECT id FROM customers; -- expect: [X-D03] FILTER
SELECT tenant_id FROM orders INTERSECT ALL SELECT tenant_id FROM customers; -- expect: [X-D04] FILTER
SELECT id FROM orders UNION ALL SELECT id FROM customers UNION ALL SELECT length(body) FROM events; -- expect: [X-D05] FILTER
(SELECT id FROM orders UNION SELECT id FROM customers) INTERSECT (SELECT id FROM customers EXCEPT SELECT id FROM orders); -- expect: [X-D06] FILTER
SELECT * FROM (SELECT id FROM orders UNION ALL SELECT id FROM customers) x WHERE x.id < 100; -- expect: [X-D07] FILTER
TABLE orders UNION ALL TABLE orders; -- expect: [X-D08] FILTER
(TABLE customers ORDER BY id DESC LIMIT 1) UNION (TABLE customers ORDER BY id LIMIT 1); -- expect: [X-D09] FILTER
VALUES (1, 'x'), ((SELECT max(id) FROM orders)::int, (SELECT max(name) FROM customers)); -- expect: [X-D10] FILTER
SELECT code FROM countries UNION SELECT name FROM customers ORDER BY 1 LIMIT 3; -- expect: [X-D11] FILTER
SELECT id FROM orders UNION ALL (SELECT id FROM customers WHERE id IN (SELECT id FROM customers UNION SELECT id FROM orders)) ORDER BY id; -- expect: [X-D12] FILTER
WITH a AS (SELECT id FROM orders UNION SELECT id FROM customers) SELECT id FROM a INTERSECT SELECT id FROM customers; -- expect: [X-D13] FILTER
SELECT count(*) FROM (SELECT FROM orders UNION ALL SELECT FROM customers) x; -- expect: [X-D14] FILTER no columns
-- ===== E. INSERT
INSERT INTO orders (id, tenant_id, total) VALUES (800, 't1', 8); -- expect: [X-E01] FILTER
INSERT INTO orders (id, tenant_id, total) VALUES (801, 't1', 8), (802, 't1', 9) RETURNING *; -- expect: [X-E02] FILTER
INSERT INTO orders (id, tenant_id, total) VALUES (801, 't1', 8), (802, 't2', 9); -- expect: [X-E03] DENY 42501 the second row
INSERT INTO orders VALUES (803, 't1', 1, 8); -- expect: [X-E04] FILTER without a column list
INSERT INTO orders VALUES (803, 't2', 3, 8); -- expect: [X-E05] DENY 42501
INSERT INTO orders VALUES (804); -- expect: [X-E06] FILTER|SERVER-ERR fewer values than columns: the tenant is filled in, which RLS does not do
INSERT INTO orders (id, tenant_id, customer_id, total) SELECT id + 900, tenant_id, customer_id, total FROM orders; -- expect: [X-E07] FILTER
INSERT INTO orders (id, tenant_id) SELECT id + 900, 't1' FROM customers UNION ALL SELECT id + 1900, 't1' FROM customers; -- expect: [X-E08] FILTER
INSERT INTO orders SELECT id + 900, tenant_id, customer_id, total FROM orders; -- expect: [X-E09] FILTER
INSERT INTO orders (tenant_id, id) VALUES ('t1', (SELECT max(id) + 800 FROM orders)) RETURNING id; -- expect: [X-E10] FILTER
INSERT INTO orders (id, tenant_id, total) VALUES (805, 't1', DEFAULT) RETURNING total; -- expect: [X-E11] FILTER
INSERT INTO orders AS o (id, tenant_id) VALUES (806, 't1') RETURNING o.id, o.tenant_id, (SELECT count(*) FROM customers); -- expect: [X-E12] FILTER
INSERT INTO customers (id, tenant_id, name) VALUES (50, 't1', 'zoe') RETURNING *; -- expect: [X-E13] FILTER
INSERT INTO customers (id, tenant_id, name) SELECT 51, 't1', string_agg(name, '+' ORDER BY id) FROM customers RETURNING name; -- expect: [X-E14] FILTER
INSERT INTO events (tenant_id, ts, body) VALUES ('t1', '2026-02-03', 'x') RETURNING body; -- expect: [X-E15] FILTER
INSERT INTO events_2026_01 (tenant_id, ts, body) VALUES ('t1', '2026-01-03', 'x'); -- expect: [X-E16] FILTER
INSERT INTO orders (id, tenant_id, total) VALUES (10, 't1', 1); -- expect: [X-E17] SERVER-ERR 23505
INSERT INTO orders (id, tenant_id, total) VALUES (807, 't1', 'x'); -- expect: [X-E18] SERVER-ERR 22P02
WITH s AS (SELECT 808 AS id) INSERT INTO orders (id, tenant_id) SELECT id, 't1' FROM s RETURNING id; -- expect: [X-E19] FILTER
INSERT INTO countries VALUES ('ES', 'Spain'); -- expect: [X-E20] DENY 42501 a shared table
INSERT INTO orders (id, tenant_id) VALUES (809, E't\061'); -- expect: [X-E21] FILTER the same text in another spelling
INSERT INTO orders (id, tenant_id) VALUES (810, 't2'::text); -- expect: [X-E22] DENY 42501
INSERT INTO orders (id, tenant_id) VALUES (811, lower('T2')); -- expect: [X-E23] DENY 42501 or value forced: no constant
INSERT INTO orders (id, tenant_id) VALUES (812, (SELECT 't2')); -- expect: [X-E24] DENY 42501 or value forced: no constant
INSERT INTO orders (id, tenant_id, tenant_id) VALUES (813, 't1', 't2'); -- expect: [X-E25] DENY|SERVER-ERR 42701
INSERT INTO orders (id, total, tenant_id) TABLE orders; -- expect: [X-E26] DENY|SERVER-ERR
-- ===== F. UPDATE
UPDATE orders SET total = total * 2 RETURNING id, total; -- expect: [X-F01] FILTER
UPDATE orders o SET total = 1 WHERE o.id = 20; -- expect: [X-F02] FILTER
UPDATE orders SET total = 1 WHERE tenant_id = 't2'; -- expect: [X-F03] FILTER
UPDATE orders SET tenant_id = 't2'; -- expect: [X-F04] DENY 42501
UPDATE orders SET tenant_id = 't1'; -- expect: [X-F05] FILTER|DENY
UPDATE orders SET "tenant_id" = 't2' WHERE id = 10; -- expect: [X-F06] DENY 42501
UPDATE orders SET (tenant_id, total) = ROW('t2', 1) WHERE id = 10; -- expect: [X-F07] DENY 42501
UPDATE orders SET tenant_id = (SELECT 't2') WHERE id = 10; -- expect: [X-F08] DENY 42501
UPDATE orders SET tenant_id = tenant_id; -- expect: [X-F09] FILTER|DENY
UPDATE orders SET total = c.id FROM customers c WHERE c.id = orders.customer_id; -- expect: [X-F10] FILTER
UPDATE orders o SET total = p.total FROM orders p WHERE p.id = o.id + 1; -- expect: [X-F11] FILTER
UPDATE orders o SET total = 5 FROM countries k LEFT JOIN customers c ON c.name = k.code WHERE k.code = 'FR'; -- expect: [X-F12] FILTER
UPDATE orders SET (customer_id, total) = (SELECT c.id, c.id FROM customers c WHERE c.id = orders.customer_id); -- expect: [X-F13] FILTER
UPDATE orders SET total = (SELECT max(total) FROM orders) + 1 WHERE id = 10 RETURNING total; -- expect: [X-F14] FILTER
UPDATE customers SET name = upper(name) WHERE id IN (SELECT customer_id FROM orders) RETURNING *; -- expect: [X-F15] FILTER
UPDATE customers SET name = 'same' WHERE id = 3; -- expect: [X-F16] FILTER
UPDATE events SET body = body || '!' RETURNING body; -- expect: [X-F17] FILTER
UPDATE events_2026_01 SET body = 'x' RETURNING ts; -- expect: [X-F18] FILTER
UPDATE countries SET name = 'x'; -- expect: [X-F19] DENY 42501 a shared table
UPDATE orders SET total = DEFAULT WHERE total > 60 RETURNING id; -- expect: [X-F20] FILTER
UPDATE orders SET total = 0 WHERE EXISTS (SELECT FROM customers c WHERE c.id = orders.customer_id AND c.name LIKE '%secret') RETURNING id; -- expect: [X-F21] FILTER
UPDATE orders AS tenant_id SET total = 3 WHERE tenant_id.id > 0; -- expect: [X-F22] FILTER the alias is the column's name
UPDATE orders SET total = 4 WHERE id = ANY (ARRAY(SELECT id FROM orders)) RETURNING orders.*; -- expect: [X-F23] FILTER
-- ===== G. DELETE
DELETE FROM orders WHERE id = 20; -- expect: [X-G01] FILTER
DELETE FROM orders WHERE id = 20 OR 1 = 1; -- expect: [X-G02] FILTER
DELETE FROM orders o WHERE o.total > (SELECT avg(total) FROM orders) RETURNING o.id; -- expect: [X-G03] FILTER
DELETE FROM orders USING customers c WHERE c.id = orders.customer_id AND c.name = 'bob-secret'; -- expect: [X-G04] FILTER
DELETE FROM orders o USING customers c LEFT JOIN countries k ON k.code = c.name WHERE o.customer_id = c.id RETURNING c.name; -- expect: [X-G05] FILTER
DELETE FROM events WHERE ts < '2030-01-01' RETURNING body; -- expect: [X-G06] FILTER
DELETE FROM events_2026_02; -- expect: [X-G07] FILTER
DELETE FROM orders WHERE tenant_id <> 't1' RETURNING id; -- expect: [X-G08] FILTER
DELETE FROM countries; -- expect: [X-G09] DENY 42501 a shared table
DELETE FROM orders WHERE id IN (SELECT id FROM orders ORDER BY total DESC LIMIT 2) RETURNING id, total; -- expect: [X-G10] FILTER
DELETE FROM orders AS customers WHERE customers.id > 10 RETURNING customers.tenant_id; -- expect: [X-G11] FILTER
DELETE FROM orders WHERE (orders.*) IS NOT NULL; -- expect: [X-G12] FILTER
-- ===== H. MERGE
MERGE INTO orders o USING (SELECT 10 AS id) s ON o.id = s.id WHEN MATCHED THEN DELETE; -- expect: [X-H01] FILTER
MERGE INTO orders o USING (SELECT 20 AS id) s ON o.id = s.id WHEN MATCHED THEN UPDATE SET total = 0; -- expect: [X-H02] FILTER nothing matches
MERGE INTO orders o USING customers c ON o.customer_id = c.id WHEN MATCHED THEN UPDATE SET total = o.total + c.id; -- expect: [X-H03] FILTER
MERGE INTO orders o USING customers c ON o.customer_id = c.id AND o.id < 12 WHEN MATCHED AND c.name LIKE 'a%' THEN DELETE WHEN MATCHED THEN DO NOTHING; -- expect: [X-H04] FILTER
MERGE INTO orders USING (SELECT 950 AS id UNION SELECT 10) s ON orders.id = s.id WHEN MATCHED THEN UPDATE SET total = 1 WHEN NOT MATCHED THEN INSERT (id, tenant_id, total) VALUES (s.id, 't1', 5); -- expect: [X-H05] FILTER
MERGE INTO orders o USING (SELECT id + 900 AS id, total FROM orders) s ON o.id = s.id WHEN NOT MATCHED THEN INSERT (id, tenant_id, total) VALUES (s.id, 't1', s.total); -- expect: [X-H06] FILTER the source
MERGE INTO customers c USING (SELECT customer_id AS id, max(total) AS t FROM orders GROUP BY 1) s ON c.id = s.id WHEN MATCHED THEN UPDATE SET name = c.name || s.t; -- expect: [X-H07] FILTER
MERGE INTO ONLY orders AS customers USING countries k ON k.code = 'FR' AND customers.id = 11 WHEN MATCHED THEN DELETE; -- expect: [X-H08] FILTER
MERGE INTO events e USING (SELECT 't2 jan secret' AS body) s ON e.body = s.body WHEN MATCHED THEN DELETE; -- expect: [X-H09] FILTER
MERGE INTO orders o USING (VALUES (10), (20)) s(id) ON o.id = s.id WHEN MATCHED AND (SELECT count(*) FROM customers) = 2 THEN UPDATE SET total = 7; -- expect: [X-H10] FILTER
MERGE INTO orders o USING generate_series(10, 22) AS s(id) ON o.id = s.id WHEN MATCHED THEN UPDATE SET total = 1 / (o.total - 999); -- expect: [X-H11] FILTER no foreign row raises
-- ===== J. Cursors and prepared statements
DECLARE c CURSOR FOR SELECT id FROM orders ORDER BY id; FETCH 2 FROM c; MOVE ABSOLUTE 0 IN c; CLOSE c; -- expect: [X-J01] FILTER
DECLARE c SCROLL CURSOR FOR SELECT * FROM customers ORDER BY id; FETCH LAST FROM c; FETCH PRIOR FROM c; -- expect: [X-J02] FILTER
DECLARE c CURSOR FOR WITH x AS (SELECT * FROM orders) SELECT count(*) FROM x; FETCH c; -- expect: [X-J03] FILTER
DECLARE c CURSOR FOR SELECT id FROM orders ORDER BY id FOR UPDATE; FETCH c; UPDATE orders SET total = 77 WHERE CURRENT OF c RETURNING id; SELECT count(*) FROM orders WHERE total = 77; -- expect: [X-J04] FILTER
DECLARE c CURSOR FOR SELECT id FROM orders ORDER BY id; FETCH c; DELETE FROM orders WHERE CURRENT OF c; SELECT id FROM orders ORDER BY id; -- expect: [X-J05] FILTER
PREPARE x_p AS SELECT id FROM orders WHERE total >= $1 ORDER BY id; EXECUTE x_p(0); EXECUTE x_p(60); DEALLOCATE x_p; -- expect: [X-J06] FILTER or DENY DEALLOCATE beside others
PREPARE x_p(bigint) AS DELETE FROM orders WHERE id >= $1 RETURNING id; EXECUTE x_p(11); -- expect: [X-J07] FILTER
PREPARE x_q AS INSERT INTO orders (id, tenant_id, total) VALUES ($1, 't1', 1) RETURNING *; EXECUTE x_q(977); -- expect: [X-J08] FILTER
PREPARE x_r AS MERGE INTO orders o USING (SELECT 20 AS id) s ON o.id = s.id WHEN MATCHED THEN DELETE; EXECUTE x_r; -- expect: [X-J09] FILTER
FETCH ALL FROM nosuch; -- expect: [X-J10] SERVER-ERR 34000
EXECUTE rf_1; -- expect: [X-J11] DENY 26000
CLOSE nosuch; -- expect: [X-J12] SERVER-ERR 34000
-- ===== A. Joins of every kind, with a condition beside and above
SELECT x.id, y.id FROM orders x JOIN customers y ON x.customer_id = y.id; -- expect: [X-AJ001] FILTER
SELECT x.id, y.tenant_id FROM orders x JOIN customers y ON x.customer_id = y.id AND x.id > 1 WHERE y.id IS NULL OR x.id IS NULL; -- expect: [X-AJ002] FILTER
SELECT count(*), count(x.id), count(y.id) FROM orders x JOIN customers y USING (tenant_id); -- expect: [X-AJ003] FILTER
SELECT * FROM (orders x JOIN customers y ON x.customer_id = y.id) WHERE x.tenant_id = y.tenant_id; -- expect: [X-AJ004] FILTER
SELECT k.code, x.id FROM countries k CROSS JOIN orders x JOIN customers y ON x.customer_id = y.id WHERE k.code <> 'DE'; -- expect: [X-AJ005] FILTER
SELECT x.id, y.id FROM customers x JOIN orders y ON y.customer_id = x.id; -- expect: [X-AJ006] FILTER
SELECT x.id, y.tenant_id FROM customers x JOIN orders y ON y.customer_id = x.id AND x.id > 1 WHERE y.id IS NULL OR x.id IS NULL; -- expect: [X-AJ007] FILTER
SELECT count(*), count(x.id), count(y.id) FROM customers x JOIN orders y USING (tenant_id); -- expect: [X-AJ008] FILTER
SELECT * FROM (customers x JOIN orders y ON y.customer_id = x.id) WHERE x.tenant_id = y.tenant_id; -- expect: [X-AJ009] FILTER
SELECT k.code, x.id FROM countries k CROSS JOIN customers x JOIN orders y ON y.customer_id = x.id WHERE k.code <> 'DE'; -- expect: [X-AJ010] FILTER
SELECT x.id, y.id FROM orders x LEFT JOIN customers y ON x.customer_id = y.id; -- expect: [X-AJ011] FILTER
SELECT x.id, y.tenant_id FROM orders x LEFT JOIN customers y ON x.customer_id = y.id AND x.id > 1 WHERE y.id IS NULL OR x.id IS NULL; -- expect: [X-AJ012] FILTER
SELECT count(*), count(x.id), count(y.id) FROM orders x LEFT JOIN customers y USING (tenant_id); -- expect: [X-AJ013] FILTER
SELECT * FROM (orders x LEFT JOIN customers y ON x.customer_id = y.id) WHERE x.tenant_id = y.tenant_id; -- expect: [X-AJ014] FILTER
SELECT k.code, x.id FROM countries k CROSS JOIN orders x LEFT JOIN customers y ON x.customer_id = y.id WHERE k.code <> 'DE'; -- expect: [X-AJ015] FILTER
SELECT x.id, y.id FROM customers x LEFT JOIN orders y ON y.customer_id = x.id; -- expect: [X-AJ016] FILTER
SELECT x.id, y.tenant_id FROM customers x LEFT JOIN orders y ON y.customer_id = x.id AND x.id > 1 WHERE y.id IS NULL OR x.id IS NULL; -- expect: [X-AJ017] FILTER
SELECT count(*), count(x.id), count(y.id) FROM customers x LEFT JOIN orders y USING (tenant_id); -- expect: [X-AJ018] FILTER
SELECT * FROM (customers x LEFT JOIN orders y ON y.customer_id = x.id) WHERE x.tenant_id = y.tenant_id; -- expect: [X-AJ019] FILTER
SELECT k.code, x.id FROM countries k CROSS JOIN customers x LEFT JOIN orders y ON y.customer_id = x.id WHERE k.code <> 'DE'; -- expect: [X-AJ020] FILTER
SELECT x.id, y.id FROM orders x RIGHT JOIN customers y ON x.customer_id = y.id; -- expect: [X-AJ021] FILTER
SELECT x.id, y.tenant_id FROM orders x RIGHT JOIN customers y ON x.customer_id = y.id AND x.id > 1 WHERE y.id IS NULL OR x.id IS NULL; -- expect: [X-AJ022] FILTER
SELECT count(*), count(x.id), count(y.id) FROM orders x RIGHT JOIN customers y USING (tenant_id); -- expect: [X-AJ023] FILTER
SELECT * FROM (orders x RIGHT JOIN customers y ON x.customer_id = y.id) WHERE x.tenant_id = y.tenant_id; -- expect: [X-AJ024] FILTER
SELECT k.code, x.id FROM countries k CROSS JOIN orders x RIGHT JOIN customers y ON x.customer_id = y.id WHERE k.code <> 'DE'; -- expect: [X-AJ025] FILTER
SELECT x.id, y.id FROM customers x RIGHT JOIN orders y ON y.customer_id = x.id; -- expect: [X-AJ026] FILTER
SELECT x.id, y.tenant_id FROM customers x RIGHT JOIN orders y ON y.customer_id = x.id AND x.id > 1 WHERE y.id IS NULL OR x.id IS NULL; -- expect: [X-AJ027] FILTER
SELECT count(*), count(x.id), count(y.id) FROM customers x RIGHT JOIN orders y USING (tenant_id); -- expect: [X-AJ028] FILTER
SELECT * FROM (customers x RIGHT JOIN orders y ON y.customer_id = x.id) WHERE x.tenant_id = y.tenant_id; -- expect: [X-AJ029] FILTER
SELECT k.code, x.id FROM countries k CROSS JOIN customers x RIGHT JOIN orders y ON y.customer_id = x.id WHERE k.code <> 'DE'; -- expect: [X-AJ030] FILTER
SELECT x.id, y.id FROM orders x FULL JOIN customers y ON x.customer_id = y.id; -- expect: [X-AJ031] FILTER
SELECT x.id, y.tenant_id FROM orders x FULL JOIN customers y ON x.customer_id = y.id AND x.id > 1 WHERE y.id IS NULL OR x.id IS NULL; -- expect: [X-AJ032] FILTER
SELECT count(*), count(x.id), count(y.id) FROM orders x FULL JOIN customers y USING (tenant_id); -- expect: [X-AJ033] FILTER
SELECT j.* FROM (orders x FULL JOIN customers y ON x.customer_id = y.id) AS j; -- expect: [X-AJ034] FILTER
SELECT k.code, x.id FROM countries k CROSS JOIN (orders x FULL JOIN customers y ON x.customer_id = y.id); -- expect: [X-AJ035] FILTER
SELECT x.id, y.id FROM customers x FULL JOIN orders y ON y.customer_id = x.id; -- expect: [X-AJ036] FILTER
SELECT x.id, y.tenant_id FROM customers x FULL JOIN orders y ON y.customer_id = x.id AND x.id > 1 WHERE y.id IS NULL OR x.id IS NULL; -- expect: [X-AJ037] FILTER
SELECT count(*), count(x.id), count(y.id) FROM customers x FULL JOIN orders y USING (tenant_id); -- expect: [X-AJ038] FILTER
SELECT j.* FROM (customers x FULL JOIN orders y ON y.customer_id = x.id) AS j; -- expect: [X-AJ039] FILTER
SELECT k.code, x.id FROM countries k CROSS JOIN (customers x FULL JOIN orders y ON y.customer_id = x.id); -- expect: [X-AJ040] FILTER
-- ===== B. Sub-queries: every position and every form
SELECT (SELECT max(total) FROM orders) AS v; -- expect: [X-BP041] FILTER
SELECT (SELECT count(*) FROM customers)::numeric AS v; -- expect: [X-BP042] FILTER
SELECT (SELECT sum(o2.total) FROM orders o2 JOIN customers c2 ON c2.id = o2.customer_id) AS v; -- expect: [X-BP043] FILTER
SELECT (WITH w AS (SELECT total FROM orders) SELECT min(total) FROM w) AS v; -- expect: [X-BP044] FILTER
SELECT (SELECT total FROM orders ORDER BY total DESC LIMIT 1) AS v; -- expect: [X-BP045] FILTER
SELECT code FROM countries WHERE (SELECT max(total) FROM orders) > 100; -- expect: [X-BP046] FILTER
SELECT code FROM countries WHERE (SELECT count(*) FROM customers)::numeric > 100; -- expect: [X-BP047] FILTER
SELECT code FROM countries WHERE (SELECT sum(o2.total) FROM orders o2 JOIN customers c2 ON c2.id = o2.customer_id) > 100; -- expect: [X-BP048] FILTER
SELECT code FROM countries WHERE (WITH w AS (SELECT total FROM orders) SELECT min(total) FROM w) > 100; -- expect: [X-BP049] FILTER
SELECT code FROM countries WHERE (SELECT total FROM orders ORDER BY total DESC LIMIT 1) > 100; -- expect: [X-BP050] FILTER
SELECT code, (SELECT max(total) FROM orders) FROM countries ORDER BY (SELECT max(total) FROM orders), code; -- expect: [X-BP051] FILTER
SELECT code, (SELECT count(*) FROM customers)::numeric FROM countries ORDER BY (SELECT count(*) FROM customers)::numeric, code; -- expect: [X-BP052] FILTER
SELECT code, (SELECT sum(o2.total) FROM orders o2 JOIN customers c2 ON c2.id = o2.customer_id) FROM countries ORDER BY (SELECT sum(o2.total) FROM orders o2 JOIN customers c2 ON c2.id = o2.customer_id), code; -- expect: [X-BP053] FILTER
SELECT code, (WITH w AS (SELECT total FROM orders) SELECT min(total) FROM w) FROM countries ORDER BY (WITH w AS (SELECT total FROM orders) SELECT min(total) FROM w), code; -- expect: [X-BP054] FILTER
SELECT code, (SELECT total FROM orders ORDER BY total DESC LIMIT 1) FROM countries ORDER BY (SELECT total FROM orders ORDER BY total DESC LIMIT 1), code; -- expect: [X-BP055] FILTER
SELECT code FROM countries GROUP BY code HAVING (SELECT max(total) FROM orders) < 5000; -- expect: [X-BP056] FILTER
SELECT code FROM countries GROUP BY code HAVING (SELECT count(*) FROM customers)::numeric < 5000; -- expect: [X-BP057] FILTER
SELECT code FROM countries GROUP BY code HAVING (SELECT sum(o2.total) FROM orders o2 JOIN customers c2 ON c2.id = o2.customer_id) < 5000; -- expect: [X-BP058] FILTER
SELECT code FROM countries GROUP BY code HAVING (WITH w AS (SELECT total FROM orders) SELECT min(total) FROM w) < 5000; -- expect: [X-BP059] FILTER
SELECT code FROM countries GROUP BY code HAVING (SELECT total FROM orders ORDER BY total DESC LIMIT 1) < 5000; -- expect: [X-BP060] FILTER
SELECT CASE WHEN (SELECT max(total) FROM orders) > 500 THEN 'big' ELSE 'small' END; -- expect: [X-BP061] FILTER
SELECT CASE WHEN (SELECT count(*) FROM customers)::numeric > 500 THEN 'big' ELSE 'small' END; -- expect: [X-BP062] FILTER
SELECT CASE WHEN (SELECT sum(o2.total) FROM orders o2 JOIN customers c2 ON c2.id = o2.customer_id) > 500 THEN 'big' ELSE 'small' END; -- expect: [X-BP063] FILTER
SELECT CASE WHEN (WITH w AS (SELECT total FROM orders) SELECT min(total) FROM w) > 500 THEN 'big' ELSE 'small' END; -- expect: [X-BP064] FILTER
SELECT CASE WHEN (SELECT total FROM orders ORDER BY total DESC LIMIT 1) > 500 THEN 'big' ELSE 'small' END; -- expect: [X-BP065] FILTER
SELECT coalesce(NULL, (SELECT max(total) FROM orders)); -- expect: [X-BP066] FILTER
SELECT coalesce(NULL, (SELECT count(*) FROM customers)::numeric); -- expect: [X-BP067] FILTER
SELECT coalesce(NULL, (SELECT sum(o2.total) FROM orders o2 JOIN customers c2 ON c2.id = o2.customer_id)); -- expect: [X-BP068] FILTER
SELECT coalesce(NULL, (WITH w AS (SELECT total FROM orders) SELECT min(total) FROM w)); -- expect: [X-BP069] FILTER
SELECT coalesce(NULL, (SELECT total FROM orders ORDER BY total DESC LIMIT 1)); -- expect: [X-BP070] FILTER
SELECT ARRAY[(SELECT max(total) FROM orders), 1]; -- expect: [X-BP071] FILTER
SELECT ARRAY[(SELECT count(*) FROM customers)::numeric, 1]; -- expect: [X-BP072] FILTER
SELECT ARRAY[(SELECT sum(o2.total) FROM orders o2 JOIN customers c2 ON c2.id = o2.customer_id), 1]; -- expect: [X-BP073] FILTER
SELECT ARRAY[(WITH w AS (SELECT total FROM orders) SELECT min(total) FROM w), 1]; -- expect: [X-BP074] FILTER
SELECT ARRAY[(SELECT total FROM orders ORDER BY total DESC LIMIT 1), 1]; -- expect: [X-BP075] FILTER
SELECT ROW((SELECT max(total) FROM orders), 2); -- expect: [X-BP076] FILTER
SELECT ROW((SELECT count(*) FROM customers)::numeric, 2); -- expect: [X-BP077] FILTER
SELECT ROW((SELECT sum(o2.total) FROM orders o2 JOIN customers c2 ON c2.id = o2.customer_id), 2); -- expect: [X-BP078] FILTER
SELECT ROW((WITH w AS (SELECT total FROM orders) SELECT min(total) FROM w), 2); -- expect: [X-BP079] FILTER
SELECT ROW((SELECT total FROM orders ORDER BY total DESC LIMIT 1), 2); -- expect: [X-BP080] FILTER
SELECT code FROM countries LIMIT least((SELECT max(total) FROM orders), 1)::bigint; -- expect: [X-BP081] FILTER
SELECT code FROM countries LIMIT least((SELECT count(*) FROM customers)::numeric, 1)::bigint; -- expect: [X-BP082] FILTER
SELECT code FROM countries LIMIT least((SELECT sum(o2.total) FROM orders o2 JOIN customers c2 ON c2.id = o2.customer_id), 1)::bigint; -- expect: [X-BP083] FILTER
SELECT code FROM countries LIMIT least((WITH w AS (SELECT total FROM orders) SELECT min(total) FROM w), 1)::bigint; -- expect: [X-BP084] FILTER
SELECT code FROM countries LIMIT least((SELECT total FROM orders ORDER BY total DESC LIMIT 1), 1)::bigint; -- expect: [X-BP085] FILTER
SELECT g FROM generate_series(1, least((SELECT max(total) FROM orders), 3)::int) g; -- expect: [X-BP086] FILTER
SELECT g FROM generate_series(1, least((SELECT count(*) FROM customers)::numeric, 3)::int) g; -- expect: [X-BP087] FILTER
SELECT g FROM generate_series(1, least((SELECT sum(o2.total) FROM orders o2 JOIN customers c2 ON c2.id = o2.customer_id), 3)::int) g; -- expect: [X-BP088] FILTER
SELECT g FROM generate_series(1, least((WITH w AS (SELECT total FROM orders) SELECT min(total) FROM w), 3)::int) g; -- expect: [X-BP089] FILTER
SELECT g FROM generate_series(1, least((SELECT total FROM orders ORDER BY total DESC LIMIT 1), 3)::int) g; -- expect: [X-BP090] FILTER
VALUES ((SELECT max(total) FROM orders)); -- expect: [X-BP091] FILTER
VALUES ((SELECT count(*) FROM customers)::numeric); -- expect: [X-BP092] FILTER
VALUES ((SELECT sum(o2.total) FROM orders o2 JOIN customers c2 ON c2.id = o2.customer_id)); -- expect: [X-BP093] FILTER
VALUES ((WITH w AS (SELECT total FROM orders) SELECT min(total) FROM w)); -- expect: [X-BP094] FILTER
VALUES ((SELECT total FROM orders ORDER BY total DESC LIMIT 1)); -- expect: [X-BP095] FILTER
SELECT o.id FROM orders o JOIN customers c ON o.total <= (SELECT max(total) FROM orders) AND c.id = o.customer_id; -- expect: [X-BP096] FILTER
SELECT o.id FROM orders o JOIN customers c ON o.total <= (SELECT count(*) FROM customers)::numeric AND c.id = o.customer_id; -- expect: [X-BP097] FILTER
SELECT o.id FROM orders o JOIN customers c ON o.total <= (SELECT sum(o2.total) FROM orders o2 JOIN customers c2 ON c2.id = o2.customer_id) AND c.id = o.customer_id; -- expect: [X-BP098] FILTER
SELECT o.id FROM orders o JOIN customers c ON o.total <= (WITH w AS (SELECT total FROM orders) SELECT min(total) FROM w) AND c.id = o.customer_id; -- expect: [X-BP099] FILTER
SELECT o.id FROM orders o JOIN customers c ON o.total <= (SELECT total FROM orders ORDER BY total DESC LIMIT 1) AND c.id = o.customer_id; -- expect: [X-BP100] FILTER
SELECT greatest((SELECT max(total) FROM orders), 1), nullif((SELECT max(total) FROM orders), 2); -- expect: [X-BP101] FILTER
SELECT greatest((SELECT count(*) FROM customers)::numeric, 1), nullif((SELECT count(*) FROM customers)::numeric, 2); -- expect: [X-BP102] FILTER
SELECT greatest((SELECT sum(o2.total) FROM orders o2 JOIN customers c2 ON c2.id = o2.customer_id), 1), nullif((SELECT sum(o2.total) FROM orders o2 JOIN customers c2 ON c2.id = o2.customer_id), 2); -- expect: [X-BP103] FILTER
SELECT greatest((WITH w AS (SELECT total FROM orders) SELECT min(total) FROM w), 1), nullif((WITH w AS (SELECT total FROM orders) SELECT min(total) FROM w), 2); -- expect: [X-BP104] FILTER
SELECT greatest((SELECT total FROM orders ORDER BY total DESC LIMIT 1), 1), nullif((SELECT total FROM orders ORDER BY total DESC LIMIT 1), 2); -- expect: [X-BP105] FILTER
SELECT sum((SELECT max(total) FROM orders)) OVER () FROM countries; -- expect: [X-BP106] FILTER
SELECT sum((SELECT count(*) FROM customers)::numeric) OVER () FROM countries; -- expect: [X-BP107] FILTER
SELECT sum((SELECT sum(o2.total) FROM orders o2 JOIN customers c2 ON c2.id = o2.customer_id)) OVER () FROM countries; -- expect: [X-BP108] FILTER
SELECT sum((WITH w AS (SELECT total FROM orders) SELECT min(total) FROM w)) OVER () FROM countries; -- expect: [X-BP109] FILTER
SELECT sum((SELECT total FROM orders ORDER BY total DESC LIMIT 1)) OVER () FROM countries; -- expect: [X-BP110] FILTER
SELECT count(*) FILTER (WHERE (SELECT max(total) FROM orders) > 1) FROM countries; -- expect: [X-BP111] FILTER
SELECT count(*) FILTER (WHERE (SELECT count(*) FROM customers)::numeric > 1) FROM countries; -- expect: [X-BP112] FILTER
SELECT count(*) FILTER (WHERE (SELECT sum(o2.total) FROM orders o2 JOIN customers c2 ON c2.id = o2.customer_id) > 1) FROM countries; -- expect: [X-BP113] FILTER
SELECT count(*) FILTER (WHERE (WITH w AS (SELECT total FROM orders) SELECT min(total) FROM w) > 1) FROM countries; -- expect: [X-BP114] FILTER
SELECT count(*) FILTER (WHERE (SELECT total FROM orders ORDER BY total DESC LIMIT 1) > 1) FROM countries; -- expect: [X-BP115] FILTER
-- ===== B. Membership and existence, plain and correlated
SELECT g FROM generate_series(1, 19) g WHERE g IN (SELECT id FROM orders); -- expect: [X-BM116] FILTER
SELECT g FROM generate_series(1, 19) g WHERE g NOT IN (SELECT id FROM orders); -- expect: [X-BM117] FILTER
SELECT g FROM generate_series(1, 19) g WHERE g = ANY (SELECT id FROM orders); -- expect: [X-BM118] FILTER
SELECT g FROM generate_series(1, 19) g WHERE g <> ALL (SELECT id FROM orders); -- expect: [X-BM119] FILTER
SELECT g FROM generate_series(1, 19) g WHERE g > ALL (SELECT id FROM orders); -- expect: [X-BM120] FILTER
SELECT g FROM generate_series(1, 19) g WHERE g < ANY (SELECT id FROM orders); -- expect: [X-BM121] FILTER
SELECT k.code FROM countries k WHERE EXISTS (SELECT 1 FROM orders t WHERE t.id > length(k.code)); -- expect: [X-BM122] FILTER
SELECT o.id FROM orders o WHERE EXISTS (SELECT 1 FROM orders t WHERE t.tenant_id = o.tenant_id AND t.id > o.id); -- expect: [X-BM123] FILTER
SELECT k.code FROM countries k WHERE NOT EXISTS (SELECT 1 FROM orders t WHERE t.id > length(k.code)); -- expect: [X-BM124] FILTER
SELECT o.id FROM orders o WHERE NOT EXISTS (SELECT 1 FROM orders t WHERE t.tenant_id = o.tenant_id AND t.id > o.id); -- expect: [X-BM125] FILTER
SELECT g FROM generate_series(1, 19) g WHERE g IN (SELECT id FROM customers); -- expect: [X-BM126] FILTER
SELECT g FROM generate_series(1, 19) g WHERE g NOT IN (SELECT id FROM customers); -- expect: [X-BM127] FILTER
SELECT g FROM generate_series(1, 19) g WHERE g = ANY (SELECT id FROM customers); -- expect: [X-BM128] FILTER
SELECT g FROM generate_series(1, 19) g WHERE g <> ALL (SELECT id FROM customers); -- expect: [X-BM129] FILTER
SELECT g FROM generate_series(1, 19) g WHERE g > ALL (SELECT id FROM customers); -- expect: [X-BM130] FILTER
SELECT g FROM generate_series(1, 19) g WHERE g < ANY (SELECT id FROM customers); -- expect: [X-BM131] FILTER
SELECT k.code FROM countries k WHERE EXISTS (SELECT 1 FROM customers t WHERE t.id > length(k.code)); -- expect: [X-BM132] FILTER
SELECT o.id FROM orders o WHERE EXISTS (SELECT 1 FROM customers t WHERE t.tenant_id = o.tenant_id AND t.id > o.id); -- expect: [X-BM133] FILTER
SELECT k.code FROM countries k WHERE NOT EXISTS (SELECT 1 FROM customers t WHERE t.id > length(k.code)); -- expect: [X-BM134] FILTER
SELECT o.id FROM orders o WHERE NOT EXISTS (SELECT 1 FROM customers t WHERE t.tenant_id = o.tenant_id AND t.id > o.id); -- expect: [X-BM135] FILTER
-- ===== C. Names of WITH, shadowing tables
WITH orders AS (SELECT 1 AS id) SELECT id FROM orders; -- expect: [X-CN136] FILTER
WITH orders AS (SELECT * FROM public.orders) SELECT count(*) FROM orders; -- expect: [X-CN137] FILTER
WITH x AS (SELECT count(*) AS n FROM orders), orders AS (SELECT n FROM x) SELECT * FROM orders; -- expect: [X-CN138] FILTER
SELECT (WITH orders AS (SELECT 5 AS n) SELECT n FROM orders), (SELECT count(*) FROM orders); -- expect: [X-CN139] FILTER
WITH orders AS (SELECT 7 AS n) SELECT (SELECT n FROM orders), (SELECT count(*) FROM public.orders); -- expect: [X-CN140] FILTER
WITH RECURSIVE orders(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM orders WHERE n < 3) SELECT * FROM orders; -- expect: [X-CN141] FILTER
WITH a AS MATERIALIZED (SELECT * FROM orders) SELECT count(*) FROM a a1, a a2; -- expect: [X-CN142] FILTER
WITH customers AS (SELECT 1 AS id) SELECT id FROM customers; -- expect: [X-CN143] FILTER
WITH customers AS (SELECT * FROM public.customers) SELECT count(*) FROM customers; -- expect: [X-CN144] FILTER
WITH x AS (SELECT count(*) AS n FROM customers), customers AS (SELECT n FROM x) SELECT * FROM customers; -- expect: [X-CN145] FILTER
SELECT (WITH customers AS (SELECT 5 AS n) SELECT n FROM customers), (SELECT count(*) FROM customers); -- expect: [X-CN146] FILTER
WITH customers AS (SELECT 7 AS n) SELECT (SELECT n FROM customers), (SELECT count(*) FROM public.customers); -- expect: [X-CN147] FILTER
WITH RECURSIVE customers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM customers WHERE n < 3) SELECT * FROM customers; -- expect: [X-CN148] FILTER
WITH a AS MATERIALIZED (SELECT * FROM customers) SELECT count(*) FROM a a1, a a2; -- expect: [X-CN149] FILTER
WITH countries AS (SELECT 1 AS id) SELECT id FROM countries; -- expect: [X-CN150] FILTER
WITH countries AS (SELECT * FROM public.countries) SELECT count(*) FROM countries; -- expect: [X-CN151] FILTER
WITH x AS (SELECT count(*) AS n FROM countries), countries AS (SELECT n FROM x) SELECT * FROM countries; -- expect: [X-CN152] FILTER
SELECT (WITH countries AS (SELECT 5 AS n) SELECT n FROM countries), (SELECT count(*) FROM countries); -- expect: [X-CN153] FILTER
WITH countries AS (SELECT 7 AS n) SELECT (SELECT n FROM countries), (SELECT count(*) FROM public.countries); -- expect: [X-CN154] FILTER
WITH RECURSIVE countries(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM countries WHERE n < 3) SELECT * FROM countries; -- expect: [X-CN155] FILTER
WITH a AS MATERIALIZED (SELECT * FROM countries) SELECT count(*) FROM a a1, a a2; -- expect: [X-CN156] FILTER
-- ===== D. Set operations over both tables
SELECT id FROM orders UNION SELECT id FROM customers; -- expect: [X-DS157] FILTER
SELECT tenant_id FROM customers UNION SELECT tenant_id FROM orders WHERE total > 0; -- expect: [X-DS158] FILTER
SELECT count(*) FROM (SELECT customer_id FROM orders UNION SELECT id FROM customers) s; -- expect: [X-DS159] FILTER
SELECT id FROM orders UNION ALL SELECT id FROM customers; -- expect: [X-DS160] FILTER
SELECT tenant_id FROM customers UNION ALL SELECT tenant_id FROM orders WHERE total > 0; -- expect: [X-DS161] FILTER
SELECT count(*) FROM (SELECT customer_id FROM orders UNION ALL SELECT id FROM customers) s; -- expect: [X-DS162] FILTER
SELECT id FROM orders INTERSECT SELECT id FROM customers; -- expect: [X-DS163] FILTER
SELECT tenant_id FROM customers INTERSECT SELECT tenant_id FROM orders WHERE total > 0; -- expect: [X-DS164] FILTER
SELECT count(*) FROM (SELECT customer_id FROM orders INTERSECT SELECT id FROM customers) s; -- expect: [X-DS165] FILTER
SELECT id FROM orders INTERSECT ALL SELECT id FROM customers; -- expect: [X-DS166] FILTER
SELECT tenant_id FROM customers INTERSECT ALL SELECT tenant_id FROM orders WHERE total > 0; -- expect: [X-DS167] FILTER
SELECT count(*) FROM (SELECT customer_id FROM orders INTERSECT ALL SELECT id FROM customers) s; -- expect: [X-DS168] FILTER
SELECT id FROM orders EXCEPT SELECT id FROM customers; -- expect: [X-DS169] FILTER
SELECT tenant_id FROM customers EXCEPT SELECT tenant_id FROM orders WHERE total > 0; -- expect: [X-DS170] FILTER
SELECT count(*) FROM (SELECT customer_id FROM orders EXCEPT SELECT id FROM customers) s; -- expect: [X-DS171] FILTER
SELECT id FROM orders EXCEPT ALL SELECT id FROM customers; -- expect: [X-DS172] FILTER
SELECT tenant_id FROM customers EXCEPT ALL SELECT tenant_id FROM orders WHERE total > 0; -- expect: [X-DS173] FILTER
SELECT count(*) FROM (SELECT customer_id FROM orders EXCEPT ALL SELECT id FROM customers) s; -- expect: [X-DS174] FILTER
-- ===== F. Changes whose conditions look elsewhere
UPDATE orders SET total = total + 1 WHERE id IN (SELECT id FROM orders) RETURNING id, total; -- expect: [X-FU175] FILTER
UPDATE orders o SET total = k.n FROM (SELECT count(*) AS n FROM customers) k WHERE id IN (SELECT id FROM orders) RETURNING o.id, o.total; -- expect: [X-FU176] FILTER
DELETE FROM orders WHERE id IN (SELECT id FROM orders) RETURNING id; -- expect: [X-GD177] FILTER
WITH d AS (DELETE FROM orders WHERE id IN (SELECT id FROM orders) RETURNING id) SELECT count(*) FROM d; -- expect: [X-GD178] FILTER
UPDATE orders SET total = total + 1 WHERE EXISTS (SELECT 1 FROM customers c WHERE c.id = customer_id) RETURNING id, total; -- expect: [X-FU179] FILTER
UPDATE orders o SET total = k.n FROM (SELECT count(*) AS n FROM customers) k WHERE EXISTS (SELECT 1 FROM customers c WHERE c.id = o.customer_id) RETURNING o.id, o.total; -- expect: [X-FU180] FILTER
DELETE FROM orders WHERE EXISTS (SELECT 1 FROM customers c WHERE c.id = customer_id) RETURNING id; -- expect: [X-GD181] FILTER
WITH d AS (DELETE FROM orders WHERE EXISTS (SELECT 1 FROM customers c WHERE c.id = customer_id) RETURNING id) SELECT count(*) FROM d; -- expect: [X-GD182] FILTER
UPDATE orders SET total = total + 1 WHERE total = (SELECT max(total) FROM orders) RETURNING id, total; -- expect: [X-FU183] FILTER
UPDATE orders o SET total = k.n FROM (SELECT count(*) AS n FROM customers) k WHERE total = (SELECT max(total) FROM orders) RETURNING o.id, o.total; -- expect: [X-FU184] FILTER
DELETE FROM orders WHERE total = (SELECT max(total) FROM orders) RETURNING id; -- expect: [X-GD185] FILTER
WITH d AS (DELETE FROM orders WHERE total = (SELECT max(total) FROM orders) RETURNING id) SELECT count(*) FROM d; -- expect: [X-GD186] FILTER
UPDATE orders SET total = total + 1 WHERE total > 0 OR true RETURNING id, total; -- expect: [X-FU187] FILTER
UPDATE orders o SET total = k.n FROM (SELECT count(*) AS n FROM customers) k WHERE total > 0 OR true RETURNING o.id, o.total; -- expect: [X-FU188] FILTER
DELETE FROM orders WHERE total > 0 OR true RETURNING id; -- expect: [X-GD189] FILTER
WITH d AS (DELETE FROM orders WHERE total > 0 OR true RETURNING id) SELECT count(*) FROM d; -- expect: [X-GD190] FILTER
UPDATE orders SET total = total + 1 WHERE NOT (tenant_id = 't1') RETURNING id, total; -- expect: [X-FU191] FILTER
UPDATE orders o SET total = k.n FROM (SELECT count(*) AS n FROM customers) k WHERE NOT (tenant_id = 't1') RETURNING o.id, o.total; -- expect: [X-FU192] FILTER
DELETE FROM orders WHERE NOT (tenant_id = 't1') RETURNING id; -- expect: [X-GD193] FILTER
WITH d AS (DELETE FROM orders WHERE NOT (tenant_id = 't1') RETURNING id) SELECT count(*) FROM d; -- expect: [X-GD194] FILTER
UPDATE orders SET total = total + 1 WHERE tenant_id = 't2' RETURNING id, total; -- expect: [X-FU195] FILTER
UPDATE orders o SET total = k.n FROM (SELECT count(*) AS n FROM customers) k WHERE tenant_id = 't2' RETURNING o.id, o.total; -- expect: [X-FU196] FILTER
DELETE FROM orders WHERE tenant_id = 't2' RETURNING id; -- expect: [X-GD197] FILTER
WITH d AS (DELETE FROM orders WHERE tenant_id = 't2' RETURNING id) SELECT count(*) FROM d; -- expect: [X-GD198] FILTER
UPDATE orders SET total = total + 1 WHERE id = ANY (ARRAY[10, 20]) RETURNING id, total; -- expect: [X-FU199] FILTER
UPDATE orders o SET total = k.n FROM (SELECT count(*) AS n FROM customers) k WHERE id = ANY (ARRAY[10, 20]) RETURNING o.id, o.total; -- expect: [X-FU200] FILTER
DELETE FROM orders WHERE id = ANY (ARRAY[10, 20]) RETURNING id; -- expect: [X-GD201] FILTER
WITH d AS (DELETE FROM orders WHERE id = ANY (ARRAY[10, 20]) RETURNING id) SELECT count(*) FROM d; -- expect: [X-GD202] FILTER
UPDATE orders SET total = total + 1 WHERE (id, total) = (SELECT id, total FROM orders ORDER BY id DESC LIMIT 1) RETURNING id, total; -- expect: [X-FU203] FILTER
UPDATE orders o SET total = k.n FROM (SELECT count(*) AS n FROM customers) k WHERE (id, total) = (SELECT id, total FROM orders ORDER BY id DESC LIMIT 1) RETURNING o.id, o.total; -- expect: [X-FU204] FILTER
DELETE FROM orders WHERE (id, total) = (SELECT id, total FROM orders ORDER BY id DESC LIMIT 1) RETURNING id; -- expect: [X-GD205] FILTER
WITH d AS (DELETE FROM orders WHERE (id, total) = (SELECT id, total FROM orders ORDER BY id DESC LIMIT 1) RETURNING id) SELECT count(*) FROM d; -- expect: [X-GD206] FILTER
-- ===== E. New rows from every kind of source
INSERT INTO orders (id, tenant_id, total) SELECT id + 5000, 't1', total FROM orders; -- expect: [X-EI207] FILTER
INSERT INTO orders (id, tenant_id, total) SELECT id + 5000, 't1', total FROM orders RETURNING id, tenant_id, total; -- expect: [X-EI208] FILTER
WITH i AS (INSERT INTO orders (id, tenant_id, total) SELECT id + 5000, 't1', total FROM orders RETURNING *) SELECT count(*), min(tenant_id) FROM i; -- expect: [X-EI209] FILTER
INSERT INTO orders (id, tenant_id, total) SELECT id + 5000, 't1', id FROM customers; -- expect: [X-EI210] FILTER
INSERT INTO orders (id, tenant_id, total) SELECT id + 5000, 't1', id FROM customers RETURNING id, tenant_id, total; -- expect: [X-EI211] FILTER
WITH i AS (INSERT INTO orders (id, tenant_id, total) SELECT id + 5000, 't1', id FROM customers RETURNING *) SELECT count(*), min(tenant_id) FROM i; -- expect: [X-EI212] FILTER
INSERT INTO orders (id, tenant_id, total) VALUES (5001, 't1', (SELECT max(total) FROM orders)); -- expect: [X-EI213] FILTER
INSERT INTO orders (id, tenant_id, total) VALUES (5001, 't1', (SELECT max(total) FROM orders)) RETURNING id, tenant_id, total; -- expect: [X-EI214] FILTER
WITH i AS (INSERT INTO orders (id, tenant_id, total) VALUES (5001, 't1', (SELECT max(total) FROM orders)) RETURNING *) SELECT count(*), min(tenant_id) FROM i; -- expect: [X-EI215] FILTER
INSERT INTO orders (id, tenant_id, total) SELECT o.id + 5000, 't1', o.total FROM orders o LEFT JOIN customers c ON c.id = o.customer_id; -- expect: [X-EI216] FILTER
INSERT INTO orders (id, tenant_id, total) SELECT o.id + 5000, 't1', o.total FROM orders o LEFT JOIN customers c ON c.id = o.customer_id RETURNING id, tenant_id, total; -- expect: [X-EI217] FILTER
WITH i AS (INSERT INTO orders (id, tenant_id, total) SELECT o.id + 5000, 't1', o.total FROM orders o LEFT JOIN customers c ON c.id = o.customer_id RETURNING *) SELECT count(*), min(tenant_id) FROM i; -- expect: [X-EI218] FILTER
INSERT INTO orders (id, tenant_id, total) WITH w AS (SELECT * FROM orders) SELECT id + 5000, 't1', total FROM w; -- expect: [X-EI219] FILTER
INSERT INTO orders (id, tenant_id, total) WITH w AS (SELECT * FROM orders) SELECT id + 5000, 't1', total FROM w RETURNING id, tenant_id, total; -- expect: [X-EI220] FILTER
WITH i AS (INSERT INTO orders (id, tenant_id, total) WITH w AS (SELECT * FROM orders) SELECT id + 5000, 't1', total FROM w RETURNING *) SELECT count(*), min(tenant_id) FROM i; -- expect: [X-EI221] FILTER
INSERT INTO orders (id, tenant_id, total) SELECT 5000 + count(*), 't1', sum(total) FROM orders; -- expect: [X-EI222] FILTER
INSERT INTO orders (id, tenant_id, total) SELECT 5000 + count(*), 't1', sum(total) FROM orders RETURNING id, tenant_id, total; -- expect: [X-EI223] FILTER
WITH i AS (INSERT INTO orders (id, tenant_id, total) SELECT 5000 + count(*), 't1', sum(total) FROM orders RETURNING *) SELECT count(*), min(tenant_id) FROM i; -- expect: [X-EI224] FILTER
INSERT INTO orders (id, tenant_id, total) SELECT 5001, 't1', 1 UNION ALL SELECT id + 6000, 't1', total FROM orders; -- expect: [X-EI225] FILTER
INSERT INTO orders (id, tenant_id, total) SELECT 5001, 't1', 1 UNION ALL SELECT id + 6000, 't1', total FROM orders RETURNING id, tenant_id, total; -- expect: [X-EI226] FILTER
WITH i AS (INSERT INTO orders (id, tenant_id, total) SELECT 5001, 't1', 1 UNION ALL SELECT id + 6000, 't1', total FROM orders RETURNING *) SELECT count(*), min(tenant_id) FROM i; -- expect: [X-EI227] FILTER
INSERT INTO orders (id, tenant_id, total) SELECT DISTINCT ON (customer_id) id + 5000, 't1', total FROM orders ORDER BY customer_id, id; -- expect: [X-EI228] FILTER
INSERT INTO orders (id, tenant_id, total) SELECT DISTINCT ON (customer_id) id + 5000, 't1', total FROM orders ORDER BY customer_id, id RETURNING id, tenant_id, total; -- expect: [X-EI229] FILTER
WITH i AS (INSERT INTO orders (id, tenant_id, total) SELECT DISTINCT ON (customer_id) id + 5000, 't1', total FROM orders ORDER BY customer_id, id RETURNING *) SELECT count(*), min(tenant_id) FROM i; -- expect: [X-EI230] FILTER
-- ===== H. MERGE from every kind of source
MERGE INTO orders o USING orders s ON o.id = s.id WHEN MATCHED THEN UPDATE SET total = o.total + 1; -- expect: [X-HM231] FILTER
MERGE INTO orders o USING orders s ON o.id = s.id AND o.total > 10 WHEN MATCHED THEN DELETE; -- expect: [X-HM232] FILTER
MERGE INTO orders o USING orders s ON o.id = s.id + 7000 WHEN NOT MATCHED THEN INSERT (id, tenant_id, total) VALUES (s.id + 7000, 't1', 3); -- expect: [X-HM233] FILTER
MERGE INTO orders o USING (SELECT * FROM orders) s ON o.id = s.id WHEN MATCHED THEN UPDATE SET total = o.total + 1; -- expect: [X-HM234] FILTER
MERGE INTO orders o USING (SELECT * FROM orders) s ON o.id = s.id AND o.total > 10 WHEN MATCHED THEN DELETE; -- expect: [X-HM235] FILTER
MERGE INTO orders o USING (SELECT * FROM orders) s ON o.id = s.id + 7000 WHEN NOT MATCHED THEN INSERT (id, tenant_id, total) VALUES (s.id + 7000, 't1', 3); -- expect: [X-HM236] FILTER
MERGE INTO orders o USING (SELECT id FROM orders UNION SELECT id FROM customers) s ON o.id = s.id WHEN MATCHED THEN UPDATE SET total = o.total + 1; -- expect: [X-HM237] FILTER
MERGE INTO orders o USING (SELECT id FROM orders UNION SELECT id FROM customers) s ON o.id = s.id AND o.total > 10 WHEN MATCHED THEN DELETE; -- expect: [X-HM238] FILTER
MERGE INTO orders o USING (SELECT id FROM orders UNION SELECT id FROM customers) s ON o.id = s.id + 7000 WHEN NOT MATCHED THEN INSERT (id, tenant_id, total) VALUES (s.id + 7000, 't1', 3); -- expect: [X-HM239] FILTER
MERGE INTO orders o USING (VALUES (10), (11), (12)) s(id) ON o.id = s.id WHEN MATCHED THEN UPDATE SET total = o.total + 1; -- expect: [X-HM240] FILTER
MERGE INTO orders o USING (VALUES (10), (11), (12)) s(id) ON o.id = s.id AND o.total > 10 WHEN MATCHED THEN DELETE; -- expect: [X-HM241] FILTER
MERGE INTO orders o USING (VALUES (10), (11), (12)) s(id) ON o.id = s.id + 7000 WHEN NOT MATCHED THEN INSERT (id, tenant_id, total) VALUES (s.id + 7000, 't1', 3); -- expect: [X-HM242] FILTER
MERGE INTO orders o USING (orders s LEFT JOIN customers c ON c.id = s.customer_id) ON o.id = s.id WHEN MATCHED THEN UPDATE SET total = o.total + 1; -- expect: [X-HM243] FILTER
MERGE INTO orders o USING (orders s LEFT JOIN customers c ON c.id = s.customer_id) ON o.id = s.id AND o.total > 10 WHEN MATCHED THEN DELETE; -- expect: [X-HM244] FILTER
MERGE INTO orders o USING (orders s LEFT JOIN customers c ON c.id = s.customer_id) ON o.id = s.id + 7000 WHEN NOT MATCHED THEN INSERT (id, tenant_id, total) VALUES (s.id + 7000, 't1', 3); -- expect: [X-HM245] FILTER
