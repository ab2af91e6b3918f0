-- SPDX-License-Identifier: Apache-2.0
SELECT 1 AS a, 'x'::text AS b, NULL::numeric(5,2) AS c \gdesc
SELECT nothing \gdesc
