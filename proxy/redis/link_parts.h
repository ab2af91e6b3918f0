/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of a link share: link.c (life), link_greeting.c (login), link_replies.c. */
#ifndef PROXY_REDIS_LINK_PARTS_H
#define PROXY_REDIS_LINK_PARTS_H

#include "proxy/redis/link.h"

struct config_address;

/* Owed to nobody, and read by the link itself. */
#define REDIS_RULE_GREETING ((uint32_t)0x100)

/* The link itself, after a look at its tag; and from its stream. */
struct redis_link *redis_link_checked(struct redis_link *link);
struct redis_link *redis_link_from_stream(struct stream *s);

/* The connection is of no use any more: tells who is owed a reply, rests or is idle. The reason
 * is for the log. */
void redis_link_lost(struct redis_link *link, const char *reason);

/* Starts connecting; the stream calls redis_link_stream_ops. */
void redis_link_dial(struct redis_link *link, const struct config_address *endpoint);
extern const struct stream_ops redis_link_stream_ops;

/* Writes the login requests. False when the connection must be given up. */
MUST_USE bool redis_link_greet(struct redis_link *link);

/* The answer to one of them begins with this byte. False: it was refused. */
MUST_USE bool redis_link_greeting_answered(uint8_t first_byte);

/* All of them were accepted. */
void redis_link_became_ready(struct redis_link *link);

/* Reading rests until the client took its replies, if there is time left for that; it goes on. */
void redis_link_init_stall(struct redis_link *link);
void redis_link_begin_stall(struct redis_link *link, struct redis_session *slow);
void redis_link_end_stall(struct redis_link *link);

/* A reply left the queue: whoever waited for room in it may go on. */
void redis_link_wake_if_room(struct redis_link *link);

/* Gives what was read to whom it belongs. */
void redis_link_take_replies(struct redis_link *link);

#endif
