/* SPDX-License-Identifier: Apache-2.0
 *
 * The labels of pins.def. */
#include "policy/sql/effect.h"

#include <stddef.h>

#include "protocol/check.h"

const char *sql_effect_pin(enum sql_effect effect)
{
    static const char *const labels[SQL_EFFECTS] = {
#define PIN(NAME, label) [SQL_EFFECT_PIN_##NAME] = label,
#include "policy/sql/pins.def"
#undef PIN
    };
    check(effect < SQL_EFFECTS);
    return labels[effect];
}
