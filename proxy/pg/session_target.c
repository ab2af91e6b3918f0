/* SPDX-License-Identifier: Apache-2.0
 *
 * A choice is between what the operator has set up: there must be a listener with that target for
 * the same upstream, and a listener that is for standbys leads nobody to the primary. */
#include "proxy/pg/session_target.h"

#include "proxy/pg/pg_worker.h"
#include "proxy/pg/session.h"
#include "proxy/pg/session_login.h"

/* False: not a word that libpq knows. */
static bool target_of(struct slice word, enum config_target own, enum config_target *out)
{
    const struct {
        const char *word;
        enum config_target target;
    } words[] = {
        {"any", own},
        {"read-write", CONFIG_TARGET_PRIMARY},
        {"primary", CONFIG_TARGET_PRIMARY},
        {"read-only", CONFIG_TARGET_STANDBY},
        {"standby", CONFIG_TARGET_STANDBY},
        {"prefer-standby", CONFIG_TARGET_PREFER_STANDBY},
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (slice_equal(word, slice_text(words[i].word))) {
            *out = words[i].target;
            return true;
        }
    }
    return false;
}

/* Whether the listener may give that at all. */
static bool is_within(enum config_target own, enum config_target wish)
{
    return own == wish || own == CONFIG_TARGET_PRIMARY || own == CONFIG_TARGET_ANY ||
           (own == CONFIG_TARGET_PREFER_STANDBY && wish == CONFIG_TARGET_STANDBY);
}

enum setting_status session_target_choose(struct session_login *login, struct slice value)
{
    enum config_target wish;
    if (!target_of(value, login->listener->target, &wish)) {
        return SETTING_WRONG;
    }
    const struct pg_upstream *upstream =
        pg_worker_upstream(login->session->pg, login->listener->upstream, wish);
    if (!is_within(login->listener->target, wish) || upstream == NULL || !upstream->is_current) {
        return SETTING_REFUSED;
    }
    login->target = wish;
    return SETTING_TAKEN;
}
