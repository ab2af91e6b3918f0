/* SPDX-License-Identifier: Apache-2.0
 *
 * From the file to a snapshot, while the old one serves. A configuration that is wrong in any
 * place changes nothing. Main thread; reads files, which is the one thing here that may block. */
#include "proxy/reload.h"

#include <stdbool.h>
#include <string.h>

#include "policy/snapshot.h"
#include "proxy/log.h"
#include "proxy/net/encryption.h"

static void log_failure(const struct config_error *error)
{
    log_event(LOG_RELOAD_FAILED, log_text("file", error->file), log_number("line", error->line),
              log_number("column", error->column), log_text("error", error->message));
}

struct snapshot *reload_read(const struct snapshot *old, char *const *environment, uint64_t epoch)
{
    struct config *config = NULL;
    struct snapshot *fresh = NULL;
    struct config_error error = {0};
    if (config_load(snapshot_config(old)->path, environment, &config, &error) != CONFIG_OK ||
        snapshot_new(&config, epoch, &fresh, &error) != CONFIG_OK ||
        encryption_load(fresh, &error) != CONFIG_OK) {
        log_failure(&error);
        snapshot_unref(&fresh);
        return NULL;
    }
    snapshot_keep_catalogs(fresh, old);
    return fresh;
}

static const char *admin_text(const struct config *config)
{
    return config->admin != NULL ? config->admin->bind.text : "";
}

static const char *console_text(const struct config *config)
{
    const char *text = config->admin != NULL ? config->admin->console.text : NULL;
    return text != NULL ? text : "";
}

void reload_tell_what_stays(const struct config *old, const struct config *fresh)
{
    if (old->limits.workers != fresh->limits.workers) {
        log_event(LOG_RELOAD_NEEDS_RESTART, log_text("key", "limits.workers"));
    }
    if (strcmp(admin_text(old), admin_text(fresh)) != 0) {
        log_event(LOG_RELOAD_NEEDS_RESTART, log_text("key", "admin.bind"));
    }
    if (strcmp(console_text(old), console_text(fresh)) != 0) {
        log_event(LOG_RELOAD_NEEDS_RESTART, log_text("key", "admin.console"));
    }
}

static enum log_level level_of(enum config_log_level level)
{
    switch (level) {
    case CONFIG_LOG_ERROR:
        return LOG_LEVEL_ERROR;
    case CONFIG_LOG_WARN:
        return LOG_LEVEL_WARN;
    case CONFIG_LOG_INFO:
        return LOG_LEVEL_INFO;
    case CONFIG_LOG_DEBUG:
        break;
    }
    return LOG_LEVEL_DEBUG;
}

void reload_configure_log(const struct config *config)
{
    bool is_json = config->log.format == CONFIG_LOG_JSON;
    log_configure(is_json ? LOG_FORMAT_JSON : LOG_FORMAT_TEXT, level_of(config->log.level));
    for (size_t i = 0; i < config->num_warnings; i++) {
        log_event(LOG_CONFIG_WARNING, log_text("warning", config->warnings[i]));
    }
}
