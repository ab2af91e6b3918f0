-- SPDX-License-Identifier: Apache-2.0
SELECT to_tsvector('english', 'The quick foxes') @@ to_tsquery('fox & quick'), ts_headline('a fox', to_tsquery('fox')); SELECT xpath('/a/b/text()', '<a><b>1</b></a>'); SELECT '<bad'::xml;
