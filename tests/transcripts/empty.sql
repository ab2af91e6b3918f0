-- SPDX-License-Identifier: Apache-2.0
;
;;
-- a comment
/* another */;
SELECT;
