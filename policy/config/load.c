/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/config/load.h"

#include <stdio.h>

enum config_status config_load(const char *path, char *const *environment, struct config **out,
                               struct config_error *out_error)
{
    (void)path;
    (void)environment;
    *out = NULL;
    *out_error = (struct config_error){.message = "the loader has not landed yet"};
    return CONFIG_WRONG;
}

enum config_status config_load_text(const struct config_input *input, struct config **out,
                                    struct config_error *out_error)
{
    return config_load(input->path, input->environment, out, out_error);
}

bool config_read_file(void *context, const char *path, size_t max, char **out_bytes,
                      size_t *out_len, char *message, size_t message_cap)
{
    (void)context;
    (void)path;
    (void)max;
    *out_bytes = NULL;
    *out_len = 0;
    snprintf(message, message_cap, "not yet");
    return false;
}

void config_error_print(const struct config_error *error, char *text, size_t cap)
{
    snprintf(text, cap, "%s", error->message);
}
