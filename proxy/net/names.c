/* SPDX-License-Identifier: Apache-2.0
 *
 * A name is idle, or queued, or being looked up by a thread that was started for that one question
 * and ends with it: a resolver that hangs holds up nothing but its own name. At most LOOKUPS_MAX
 * threads run for a worker; names are few (they come from the configuration only).
 *
 * The threads cannot be stopped, so they outlive nothing they touch: a look-up owns its copy of the
 * name and shares the gate, through which alone it reaches the worker. A gate that is shut drops
 * the answer. Names that nobody holds are kept for a while and then forgotten. */
#include "proxy/net/names.h"

#include <netdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/check.h"
#include "protocol/mem.h"
#include "proxy/log.h"
#include "proxy/metrics.h"
#include "proxy/net/deadline.h"
#include "proxy/net/owner.h"
#include "proxy/net/worker.h"

#define LOOKUPS_MAX      4U
#define THREAD_STACK     ((size_t)1024 * 1024) /* name service modules are not ours */
#define FIRST_RETRY_US   INT64_C(1000000)      /* after a failure, doubled up to the time to live */
#define SUSPECT_AFTER_US INT64_C(1000000)      /* no look-up is repeated sooner */
#define KEEP_US          INT64_C(3600000000)   /* names that nobody holds */

struct gate {
    pthread_mutex_t lock;
    struct worker *worker; /* borrows; under lock; NULL: shut */
    atomic_uint num_refs;
};

struct lookup {
    struct worker_message message;
    struct gate *gate; /* shares */
    names_lookup_fn *ask;
    char *host; /* owns */
    struct address found[NAME_ADDRESSES_MAX];
    size_t num_found;
    const char *failure;
};

struct name {
    char *host; /* owns */
    struct names *names;
    LIST_HEAD(, name_holder) holders;
    struct address addresses[NAME_ADDRESSES_MAX];
    size_t num_addresses;
    const char *failure;   /* of the last look-up */
    uint32_t num_failures; /* in a row */
    uint64_t num_answers;
    int64_t ttl_us;
    int64_t asked_us;
    bool is_asking;          /* queued or being looked up */
    struct deadline refresh; /* when it is looked up again, or forgotten */
    LIST_ENTRY(name) entry;
    TAILQ_ENTRY(name) queued;
};

struct names {
    struct worker *worker; /* borrows */
    names_lookup_fn *ask;
    struct gate *gate; /* shares */
    LIST_HEAD(, name) all;
    TAILQ_HEAD(, name) queue;
    uint32_t num_running;
};

static void gate_unref(struct gate *gate)
{
    if (atomic_fetch_sub(&gate->num_refs, 1) == 1) {
        check(pthread_mutex_destroy(&gate->lock) == 0);
        free(gate);
    }
}

static void free_lookup(struct lookup *lookup)
{
    gate_unref(lookup->gate);
    free(lookup->host);
    free(lookup);
}

const char *names_ask_system(const char *host, struct address *out, size_t cap, size_t *out_num)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
    struct addrinfo *found = NULL;
    *out_num = 0;
    int error = getaddrinfo(host, NULL, &hints, &found);
    if (error != 0) {
        return gai_strerror(error);
    }
    for (const struct addrinfo *a = found; a != NULL && *out_num < cap; a = a->ai_next) {
        if (a->ai_addrlen <= sizeof out->storage) {
            struct address *item = &out[(*out_num)++];
            *item = (struct address){.len = a->ai_addrlen};
            memcpy(&item->storage, a->ai_addr, a->ai_addrlen);
        }
    }
    freeaddrinfo(found);
    return *out_num > 0 ? NULL : "the name has no address";
}

static struct name *find(struct names *names, const char *host)
{
    struct name *name = NULL;
    LIST_FOREACH(name, &names->all, entry)
    {
        if (strcmp(name->host, host) == 0) {
            break;
        }
    }
    return name;
}

static void forget(struct name *name)
{
    check(LIST_EMPTY(&name->holders) && !name->is_asking);
    deadline_disarm(&name->refresh);
    LIST_REMOVE(name, entry);
    free(name->host);
    free(name);
}

static void run_queue(struct names *names);

static struct name_holder *first_untold(const struct name *name)
{
    struct name_holder *holder = NULL;
    LIST_FOREACH(holder, &name->holders, entry)
    {
        if (holder->told != name->num_answers) {
            break;
        }
    }
    return holder;
}

/* Tells the holders; what they do about it may make any of them let go. */
static void tell(struct name *name)
{
    struct name_holder *holder = NULL;
    name->num_answers++;
    while ((holder = first_untold(name)) != NULL) {
        holder->told = name->num_answers;
        holder->answered(holder);
    }
}

static int64_t retry_us(const struct name *name)
{
    int64_t delay_us = FIRST_RETRY_US;
    for (uint32_t i = 1; i < name->num_failures && delay_us < name->ttl_us; i++) {
        delay_us *= 2;
    }
    return delay_us < name->ttl_us ? delay_us : name->ttl_us;
}

static void take_answer(struct name *name, const struct lookup *lookup)
{
    struct worker *worker = name->names->worker;
    name->failure = lookup->failure;
    if (lookup->failure != NULL) {
        name->num_failures++;
        metrics_add(metrics_worker(worker->metrics), METRIC_NAMES_FAILED, 1);
        log_event(LOG_NAME_FAILED, log_text("host", name->host), log_text("error", lookup->failure),
                  log_number("addresses_kept", (int64_t)name->num_addresses));
    } else {
        name->num_failures = 0;
        name->num_addresses = lookup->num_found;
        memcpy(name->addresses, lookup->found, lookup->num_found * sizeof lookup->found[0]);
        metrics_add(metrics_worker(worker->metrics), METRIC_NAMES_FOUND, 1);
    }
    int64_t wait_us = lookup->failure != NULL ? retry_us(name) : name->ttl_us;
    deadline_arm(worker, &name->refresh, worker->now_us + wait_us);
}

static void run_answer(struct worker *worker, struct worker_message *message)
{
    struct lookup *lookup = owner_of(message, struct lookup, message);
    struct names *names = worker->names;
    struct name *name = find(names, lookup->host);
    check(name != NULL && name->is_asking && names->num_running > 0);
    names->num_running--;
    name->is_asking = false;
    take_answer(name, lookup);
    free_lookup(lookup);
    tell(name);
    run_queue(names);
}

static void hand_in(struct lookup *lookup)
{
    struct gate *gate = lookup->gate;
    check(pthread_mutex_lock(&gate->lock) == 0);
    struct worker *worker = gate->worker;
    if (worker != NULL) {
        worker_post(worker, &lookup->message);
    }
    check(pthread_mutex_unlock(&gate->lock) == 0);
    if (worker == NULL) {
        free_lookup(lookup);
    }
}

static void *thread_main(void *arg)
{
    struct lookup *lookup = arg;
    struct gate *gate = lookup->gate;
    lookup->failure =
        lookup->ask(lookup->host, lookup->found, NAME_ADDRESSES_MAX, &lookup->num_found);
    atomic_fetch_add(&gate->num_refs, 1); /* the answer's goes when it is read */
    hand_in(lookup);
    gate_unref(gate);
    return NULL;
}

static bool start_thread(struct lookup *lookup)
{
    pthread_attr_t attr;
    pthread_t thread;
    check(pthread_attr_init(&attr) == 0);
    check(pthread_attr_setstacksize(&attr, THREAD_STACK) == 0);
    check(pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED) == 0);
    int error = pthread_create(&thread, &attr, thread_main, lookup);
    check(pthread_attr_destroy(&attr) == 0);
    return error == 0;
}

static void start_lookup(struct name *name)
{
    struct names *names = name->names;
    struct lookup *lookup = mem_new(sizeof *lookup);
    lookup->message.run = run_answer;
    lookup->gate = names->gate;
    atomic_fetch_add(&names->gate->num_refs, 1);
    lookup->ask = names->ask;
    lookup->host = mem_copy_string(name->host, strlen(name->host));
    names->num_running++;
    name->asked_us = names->worker->now_us;
    if (!start_thread(lookup)) {
        lookup->failure = "the system has no thread for it";
        hand_in(lookup);
    }
}

static void run_queue(struct names *names)
{
    while (names->num_running < LOOKUPS_MAX && !TAILQ_EMPTY(&names->queue)) {
        struct name *name = TAILQ_FIRST(&names->queue);
        TAILQ_REMOVE(&names->queue, name, queued);
        start_lookup(name);
    }
}

static void ask(struct name *name)
{
    if (name->is_asking) {
        return;
    }
    name->is_asking = true;
    deadline_disarm(&name->refresh);
    TAILQ_INSERT_TAIL(&name->names->queue, name, queued);
    run_queue(name->names);
}

/* Now, or when the last look-up is old enough. */
static void ask_soon(struct name *name)
{
    struct worker *worker = name->names->worker;
    int64_t at_us = name->asked_us + SUSPECT_AFTER_US;
    if (worker->now_us >= at_us) {
        ask(name);
    } else if (!name->is_asking) {
        deadline_arm(worker, &name->refresh, at_us);
    }
}

static void on_refresh(struct deadline *d)
{
    struct name *name = owner_of(d, struct name, refresh);
    struct worker *worker = name->names->worker;
    if (!LIST_EMPTY(&name->holders)) {
        ask(name);
    } else if (worker->now_us - name->asked_us < KEEP_US) {
        deadline_arm(worker, d, name->asked_us + KEEP_US);
    } else {
        forget(name);
    }
}

struct names *names_new(struct worker *worker, names_lookup_fn *lookup)
{
    struct names *names = mem_new(sizeof *names);
    names->worker = worker;
    names->ask = lookup;
    names->gate = mem_new(sizeof *names->gate);
    check(pthread_mutex_init(&names->gate->lock, NULL) == 0);
    names->gate->worker = worker;
    atomic_init(&names->gate->num_refs, 1);
    LIST_INIT(&names->all);
    TAILQ_INIT(&names->queue);
    return names;
}

void names_shut(struct names *names)
{
    check(pthread_mutex_lock(&names->gate->lock) == 0);
    names->gate->worker = NULL;
    check(pthread_mutex_unlock(&names->gate->lock) == 0);
}

void names_free(struct names **names)
{
    struct names *n = *names;
    *names = NULL;
    if (n == NULL) {
        return;
    }
    names_shut(n);
    while (!LIST_EMPTY(&n->all)) {
        struct name *name = LIST_FIRST(&n->all);
        name->is_asking = false; /* its answer will be dropped at the gate */
        forget(name);
    }
    gate_unref(n->gate);
    free(n);
}

static struct name *add(struct names *names, const char *host)
{
    struct name *name = mem_new(sizeof *name);
    name->host = mem_copy_string(host, strlen(host));
    name->names = names;
    name->asked_us = names->worker->now_us - KEEP_US;
    LIST_INIT(&name->holders);
    deadline_init(&name->refresh, on_refresh);
    LIST_INSERT_HEAD(&names->all, name, entry);
    return name;
}

void names_hold(struct names *names, const char *host, int64_t ttl_us, struct name_holder *holder)
{
    check(holder->name == NULL && holder->answered != NULL && ttl_us > 0);
    struct name *name = find(names, host);
    if (name == NULL) {
        name = add(names, host);
    }
    name->ttl_us = ttl_us;
    holder->name = name;
    holder->told = name->num_answers;
    LIST_INSERT_HEAD(&name->holders, holder, entry);
    if (name->num_addresses == 0 || names->worker->now_us - name->asked_us >= ttl_us) {
        ask_soon(name);
    }
}

void names_let_go(struct name_holder *holder)
{
    if (holder->name != NULL) {
        LIST_REMOVE(holder, entry);
        holder->name = NULL;
    }
}

const struct address *names_addresses(const struct name_holder *holder, size_t *out_num)
{
    *out_num = holder->name->num_addresses;
    return *out_num > 0 ? holder->name->addresses : NULL;
}

const char *names_failure(const struct name_holder *holder)
{
    return holder->name->failure;
}

void names_praise(struct name_holder *holder, const struct address *address)
{
    struct name *name = holder->name;
    for (size_t i = 1; i < name->num_addresses; i++) {
        if (address_same_host(&name->addresses[i], address)) {
            struct address best = name->addresses[i];
            memmove(&name->addresses[1], &name->addresses[0], i * sizeof best);
            name->addresses[0] = best;
            return;
        }
    }
}

void names_suspect(struct name_holder *holder)
{
    ask_soon(holder->name);
}
