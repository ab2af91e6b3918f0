-- SPDX-License-Identifier: Apache-2.0
SELECT 'ünïcödé €', length('€'), upper('ß'), E'\u20ac', U&'\20AC', 'it''s', $$dollar$$, E'a\nb'; SELECT '\x41'::bytea, encode('\x41', 'base64'), 'x'::char(3) || '|'; SELECT 'abc' ~ '^a', 'abc' LIKE 'a%', 'abc' SIMILAR TO '(a|b)%';
