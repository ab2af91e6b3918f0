/* SPDX-License-Identifier: Apache-2.0
 *
 * The files next to the configuration under test. */
#include "tests/policy/config/samples.h"

#include "tests/policy/config/memory_files.h"

static const struct memory_file files[] = {
    {"etc/tenants.yaml", "- {id: globex, state: suspended}\n- {id: acme}\n", false},
    {"etc/pg.secret", "s3cret\n", false},
    {"etc/public.secret", "s3cret\r\n", true},
    {"etc/empty.secret", "\n", false},
    {"etc/lines.secret", "a\nb\n", false},
    {"etc/double.yaml", "- {id: b}\n- {id: a}\n- {state: active, id: b}\n", false},
    {"etc/badid.yaml", "- {id: acme}\n- {id: Acme}\n", false},
    {"etc/badstate.yaml", "- id: acme\n  state: gone\n", false},
    {"etc/noid.yaml", "- {id: acme}\n- {state: active}\n", false},
    {"etc/mapping.yaml", "acme: active\n", false},
    {"etc/badkey.yaml", "- {id: acme}\n- {id: globex, tier: free}\n", false},
    {"etc/none.yaml", "[]\n", false},
    {"etc/broken.yaml", "- {id: acme\n- x\n", false},
    {NULL, NULL, false}};

enum config_status sample_load(const char *text, char *const *environment, struct config **out,
                               struct config_error *error)
{
    struct memory_files directory = {files};
    struct config_input input = {.path = "etc/t.yaml",
                                 .text = slice_text(text),
                                 .environment = environment,
                                 .read_file = memory_file_read,
                                 .read_context = &directory};
    return config_load_text(&input, out, error);
}
