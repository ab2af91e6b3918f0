/* SPDX-License-Identifier: Apache-2.0
 *
 * The process's one log. A line is at most PIPE_BUF bytes and is written in one write, under a
 * lock, after poll said that there is room: so lines never mix, and a full pipe loses lines
 * instead of stopping a worker. Each event has a budget per second. Its state is the only mutable
 * one that threads share here, and it is static in this file. errno is kept. */
#include "proxy/log.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "protocol/check.h"
#include "proxy/log_line.h"

#define US_PER_SECOND INT64_C(1000000)

struct event_kind {
    enum log_level level;
    const char *text;
    uint32_t per_second;
};

static const struct event_kind kinds[LOG_EVENT_COUNT] = {
#define LOG_EVENT(name, level, text, per_second) \
    [LOG_##name] = {LOG_LEVEL_##level, text, per_second},
#include "proxy/log_events.def"
#undef LOG_EVENT
};

static const char *const level_names[] = {
    [LOG_LEVEL_ERROR] = "error",
    [LOG_LEVEL_WARN] = "warn",
    [LOG_LEVEL_INFO] = "info",
    [LOG_LEVEL_DEBUG] = "debug",
};

/* What one event used up of its budget. */
struct budget {
    int64_t second;
    uint32_t written;
    uint64_t suppressed; /* since the last line that was written */
};

static struct {
    _Atomic int level;
    _Atomic int format;
    _Atomic int fd;
    _Atomic uint64_t dropped;
    _Atomic uint64_t suppressed;
    pthread_mutex_t lock;
    struct budget budgets[LOG_EVENT_COUNT]; /* under lock */
} the_log = {
    .level = LOG_LEVEL_INFO,
    .format = LOG_FORMAT_TEXT,
    .fd = STDERR_FILENO,
    .lock = PTHREAD_MUTEX_INITIALIZER,
};

struct log_field log_text(const char *key, const char *text)
{
    return log_slice(key, text != NULL ? slice_text(text) : slice_of(NULL, 0));
}

struct log_field log_slice(const char *key, struct slice text)
{
    return (struct log_field){.key = key, .text = text, .kind = LOG_FIELD_TEXT};
}

struct log_field log_number(const char *key, int64_t number)
{
    return (struct log_field){.key = key, .number = number, .kind = LOG_FIELD_NUMBER};
}

void log_configure(enum log_format format, enum log_level level)
{
    atomic_store(&the_log.format, (int)format);
    atomic_store(&the_log.level, (int)level);
}

int log_wants(enum log_event event)
{
    check(event < LOG_EVENT_COUNT);
    return (int)kinds[event].level <= atomic_load_explicit(&the_log.level, memory_order_relaxed);
}

void log_set_fd(int fd)
{
    atomic_store(&the_log.fd, fd);
}

uint64_t log_dropped(void)
{
    return atomic_load(&the_log.dropped);
}

uint64_t log_suppressed(void)
{
    return atomic_load(&the_log.suppressed);
}

static int64_t wall_clock_us(void)
{
    struct timespec ts;
    check(clock_gettime(CLOCK_REALTIME, &ts) == 0);
    return (int64_t)ts.tv_sec * US_PER_SECOND + ts.tv_nsec / 1000;
}

/* Whether the event may be written now; counts it if not. Under the lock. */
static bool spend(enum log_event event, int64_t time_us)
{
    struct budget *b = &the_log.budgets[event];
    if (b->second != time_us / US_PER_SECOND) {
        b->second = time_us / US_PER_SECOND;
        b->written = 0;
    }
    if (b->written >= kinds[event].per_second) {
        b->suppressed++;
        atomic_fetch_add(&the_log.suppressed, 1);
        return false;
    }
    b->written++;
    return true;
}

/* Writes the line whole, or counts it as dropped. Under the lock. */
static void write_line(const char *bytes, size_t len)
{
    struct pollfd p = {.fd = atomic_load(&the_log.fd), .events = POLLOUT};
    if (poll(&p, 1, 0) <= 0 || (p.revents & POLLOUT) == 0 ||
        write(p.fd, bytes, len) != (ssize_t)len) {
        atomic_fetch_add(&the_log.dropped, 1);
    }
}

void log_write(enum log_event event, const struct log_field *fields, size_t num_fields)
{
    if (!log_wants(event)) {
        return;
    }
    int saved_errno = errno;
    char bytes[LOG_LINE_MAX];
    struct log_line line = {
        .time_us = wall_clock_us(),
        .level = level_names[kinds[event].level],
        .event = kinds[event].text,
        .fields = fields,
        .num_fields = num_fields,
    };
    check(pthread_mutex_lock(&the_log.lock) == 0);
    if (spend(event, line.time_us)) {
        line.suppressed = the_log.budgets[event].suppressed;
        the_log.budgets[event].suppressed = 0;
        enum log_format format = (enum log_format)atomic_load(&the_log.format);
        write_line(bytes, log_line_encode(&line, format, bytes));
    }
    check(pthread_mutex_unlock(&the_log.lock) == 0);
    errno = saved_errno;
}
