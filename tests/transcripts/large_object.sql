-- SPDX-License-Identifier: Apache-2.0
BEGIN; SELECT lo_create(4242); SELECT lo_put(4242, 0, '\x616263'); SELECT convert_from(lo_get(4242), 'UTF8'); SELECT lowrite(lo_open(4242, 131072), '\x78'); SELECT lo_unlink(4242); COMMIT; SELECT lo_get(4242);
\lo_list
