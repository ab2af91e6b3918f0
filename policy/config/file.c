/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads a named file into memory: regular files only, so that a FIFO or a device cannot hold the
 * program up, and never more than the caller's cap. What was read may be a secret, so it is
 * overwritten before it is released. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "policy/config/load.h"
#include "protocol/check.h"
#include "protocol/mem.h"

static bool fail(int fd, char *message, size_t cap, const char *reason)
{
    snprintf(message, cap, "%s", reason);
    if (fd >= 0) {
        close(fd);
    }
    return false;
}

/* Reads until the end or until cap bytes are there. False: errno says why. */
static bool read_all(int fd, char *bytes, size_t cap, size_t *out_len)
{
    size_t len = 0;
    while (len < cap) {
        ssize_t count = read(fd, bytes + len, cap - len);
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count < 0) {
            return false;
        }
        if (count == 0) {
            break;
        }
        len += (size_t)count;
    }
    *out_len = len;
    return true;
}

bool config_read_file(void *context, const char *path, size_t max, struct config_file *out,
                      char *message, size_t cap)
{
    (void)context;
    check(path != NULL && out != NULL && message != NULL);
    *out = (struct config_file){0};
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat info;
    if (fd < 0 || fstat(fd, &info) != 0) {
        return fail(fd, message, cap, strerror(errno));
    }
    if (!S_ISREG(info.st_mode)) {
        return fail(fd, message, cap, "not a regular file");
    }
    if ((uint64_t)info.st_size > max) {
        return fail(fd, message, cap, "too large");
    }
    /* One byte more than there should be shows a file that grew meanwhile. */
    size_t room = (size_t)info.st_size + 1;
    char *bytes = mem_new(room + 1);
    size_t len = 0;
    if (!read_all(fd, bytes, room, &len) || len == room) {
        free(bytes);
        return fail(fd, message, cap, len == room ? "changed while it was read" : strerror(errno));
    }
    close(fd);
    *out = (struct config_file){
        .bytes = bytes, .len = len, .is_public = (info.st_mode & S_IROTH) != 0};
    return true;
}

void config_file_fini(struct config_file *file)
{
    if (file->bytes != NULL) {
        explicit_bzero(file->bytes, file->len);
    }
    free(file->bytes);
    *file = (struct config_file){0};
}
