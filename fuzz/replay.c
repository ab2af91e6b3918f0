/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs every file of the folders named on the command line through the fuzz target it is linked
 * with: the seed corpus as a plain test. Fails when a folder holds nothing, so that a lost corpus
 * cannot pass for a green one. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define INPUT_CAP ((size_t)4 << 20) /* 4 MiB: the largest statement the proxy takes, with room */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int run_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = malloc(INPUT_CAP);
    if (file == NULL || data == NULL) {
        perror(path);
        free(data);
        return 1;
    }
    size_t size = fread(data, 1, INPUT_CAP, file);
    fclose(file);
    /* An allocation of the exact size lets ASan see a read past the end. */
    uint8_t *exact = realloc(data, size > 0 ? size : 1);
    int failed = exact == NULL || LLVMFuzzerTestOneInput(exact, size) != 0;
    free(exact);
    return failed;
}

static int run_folder(const char *folder, size_t *num_files)
{
    DIR *dir = opendir(folder);
    if (dir == NULL) {
        perror(folder);
        return 1;
    }
    int failed = 0;
    for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        if (entry->d_name[0] == '.') {
            continue;
        }
        char path[4096];
        if (snprintf(path, sizeof path, "%s/%s", folder, entry->d_name) >= (int)sizeof path) {
            failed = 1;
            continue;
        }
        failed |= run_file(path);
        (*num_files)++;
    }
    closedir(dir);
    return failed;
}

int main(int argc, char **argv)
{
    size_t num_files = 0;
    int failed = 0;
    for (int i = 1; i < argc; i++) {
        failed |= run_folder(argv[i], &num_files);
    }
    printf("%zu corpus files\n", num_files);
    return failed || num_files == 0;
}
