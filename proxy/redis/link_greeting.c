/* SPDX-License-Identifier: Apache-2.0
 *
 * A link's login. No request of a client is sent before every answer is a good one: a server that
 * refused the password may still let the default user in, and with more rights. SELECT 0 is always
 * asked, so that a server that wants a password nobody configured is found out here. */
#include "policy/config/config.h"
#include "proxy/redis/link_parts.h"

#define GREETING_CAP ((size_t)4096) /* user and password are a line of a file each */

static struct slice text_or_empty(const char *text)
{
    return text == NULL ? slice_of(NULL, 0) : slice_text(text);
}

static size_t write_hello(struct writer *w, struct slice user, struct slice password)
{
    const struct slice with_login[] = {slice_text("HELLO"), slice_text("3"), slice_text("AUTH"),
                                       user.len > 0 ? user : slice_text("default"), password};
    resp_write_request(w, with_login, password.len > 0 ? 5 : 2);
    return 1;
}

static size_t write_auth(struct writer *w, struct slice user, struct slice password)
{
    if (password.len == 0) {
        return 0;
    }
    const struct slice with_user[] = {slice_text("AUTH"), user, password};
    const struct slice without_user[] = {slice_text("AUTH"), password};
    resp_write_request(w, user.len > 0 ? with_user : without_user, user.len > 0 ? 3 : 2);
    return 1;
}

static size_t write_select(struct writer *w)
{
    const struct slice words[] = {slice_text("SELECT"), slice_text("0")};
    resp_write_request(w, words, 2);
    return 1;
}

bool redis_link_greet(struct redis_link *link)
{
    struct slice user = text_or_empty(link->upstream->user);
    struct slice password = text_or_empty(link->upstream->password);
    uint8_t *room = stream_reserve(&link->stream, GREETING_CAP);
    if (room == NULL) {
        return false;
    }
    struct writer w = writer_over(room, GREETING_CAP);
    size_t num_requests =
        link->version == RESP_3 ? write_hello(&w, user, password) : write_auth(&w, user, password);
    num_requests += write_select(&w);
    struct slice written;
    bool fits = writer_done(&w, &written);
    stream_commit(&link->stream, written.len);
    for (size_t i = 0; i < num_requests; i++) {
        reply_tracker_push(&link->owed, (struct reply_owed){.rule = REDIS_RULE_GREETING,
                                                            .sent_us = link->host->worker->now_us});
    }
    return fits;
}

bool redis_link_greeting_answered(uint8_t first_byte)
{
    return first_byte == '+' || first_byte == '%' || first_byte == '*';
}
