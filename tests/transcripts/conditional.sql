-- SPDX-License-Identifier: Apache-2.0
SELECT 1 = 1 AS yes \gset
\if :yes
SELECT 'taken';
\else
SELECT 'not taken';
\endif
\warn to standard error
