-- SPDX-License-Identifier: Apache-2.0
BEGIN; PREPARE TRANSACTION 'none'; COMMIT PREPARED 'none'; ROLLBACK PREPARED 'none';
