/* SPDX-License-Identifier: Apache-2.0
 *
 * docs/configuration.md has a row for every key that the loader knows, and no other; the annotated
 * example is accepted. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/config/render.h"
#include "policy/snapshot.h"
#include "tests/cmocka_all.h"

#define DOCUMENT RF_SOURCE_DIR "/docs/configuration.md"
#define EXAMPLE  RF_SOURCE_DIR "/docs/ringfence.example.yaml"

static char *read_document(void)
{
    struct config_file file;
    char message[256];
    if (!config_read_file(NULL, DOCUMENT, 1 << 20, &file, message, sizeof message)) {
        fail_msg("%s: %s", DOCUMENT, message);
    }
    return file.bytes;
}

/* The row of a key as the document must have it. */
static void write_row(const struct config_key_facts *key, char *row, size_t cap)
{
    snprintf(row, cap, "| `%s` | %s | %s | %s |\n", key->path,
             key->fallback[0] != '\0' ? key->fallback : "-", key->expects, key->meaning);
}

static void test_every_key_has_its_row(void **state)
{
    (void)state;
    char *text = read_document();
    struct config_key_facts key;
    size_t num_missing = 0;
    for (size_t i = 0; config_key_at(i, &key); i++) {
        char row[1024];
        write_row(&key, row, sizeof row);
        if (strstr(text, row) == NULL) {
            print_error("missing: %s", row);
            num_missing++;
        }
    }
    free(text);
    assert_int_equal(num_missing, 0);
}

static bool is_key(const char *path, size_t len)
{
    struct config_key_facts key;
    for (size_t i = 0; config_key_at(i, &key); i++) {
        if (strlen(key.path) == len && memcmp(key.path, path, len) == 0) {
            return true;
        }
    }
    return false;
}

static void test_no_row_without_a_key(void **state)
{
    (void)state;
    static const char row_start[] = "\n| `";
    char *text = read_document();
    size_t num_rows = 0;
    for (char *row = strstr(text, row_start); row != NULL; row = strstr(row + 1, row_start)) {
        const char *path = row + strlen(row_start);
        size_t len = strcspn(path, "`");
        if (!is_key(path, len)) {
            fail_msg("the document has a key that the loader does not: %.*s", (int)len, path);
        }
        num_rows++;
    }
    free(text);
    assert_true(num_rows > 30);
}

static void test_the_example_is_accepted(void **state)
{
    (void)state;
    struct config *config = NULL;
    struct snapshot *snapshot = NULL;
    struct config_error error;
    if (config_load(EXAMPLE, NULL, &config, &error) != CONFIG_OK ||
        snapshot_new(&config, 1, &snapshot, &error) != CONFIG_OK) {
        char shown[1024];
        config_error_print(&error, shown, sizeof shown);
        fail_msg("%s", shown);
    }
    assert_int_equal(snapshot_config(snapshot)->num_listeners, 2);
    snapshot_unref(&snapshot);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_key_has_its_row),
        cmocka_unit_test(test_no_row_without_a_key),
        cmocka_unit_test(test_the_example_is_accepted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
