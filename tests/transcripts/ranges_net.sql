-- SPDX-License-Identifier: Apache-2.0
SELECT int4range(1, 5) * int4range(3, 9), '[1,'::int4range; SELECT inet '10.0.0.1/8' && inet '10.1.0.0/16', macaddr '08:00:2b:01:02:03'; SELECT '{[1,2),[3,4)}'::int4multirange;
