-- SPDX-License-Identifier: Apache-2.0
SELECT ARRAY[1, 2] || 3, (ARRAY[[1, 2], [3, 4]])[2][1], '{"a": [1, {"b": 2}]}'::jsonb #> '{a,1,b}', '[1]'::jsonb || '2', '{bad'::json; SELECT jsonb_pretty('{"a": 1}'); SELECT * FROM jsonb_each('{"a": 1, "b": null}');
