-- SPDX-License-Identifier: Apache-2.0
SHOW client_encoding; \encoding
SET client_encoding = 'LATIN1'; SELECT 'caf' || chr(233); SHOW client_encoding; RESET client_encoding; SELECT chr(8364); SET client_encoding = 'nonsense';
