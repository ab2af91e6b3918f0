/* SPDX-License-Identifier: Apache-2.0
 *
 * Walks libyaml's events once and keeps one small node per value: parent, key, two positions. The
 * children of a node are linked in order, so a walk over a list is linear. Nesting is an explicit
 * stack of DOCUMENT_DEPTH_MAX levels, checked before anything is pushed. Owns its nodes and keys;
 * immutable after document_parse. */
#include "policy/config/document.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "protocol/check.h"
#include "protocol/mem.h"

struct node {
    char *key; /* owns; NULL for an item of a sequence and for the root */
    uint32_t first_child;
    uint32_t last_child;
    uint32_t next;
    struct config_position at;
    struct config_position key_at;
};

struct document {
    struct node *nodes; /* owns */
    uint32_t num_nodes;
    uint32_t cap_nodes;
};

/* One open mapping or sequence. */
struct level {
    uint32_t node;
    bool is_mapping;
    char *key; /* owns; the key whose value comes next, NULL when a key comes next */
    struct config_position key_at;
};

struct walk {
    struct document *document; /* borrows */
    struct slice text;         /* borrows */
    const char *file;          /* borrows */
    struct config_error *error;
    struct level levels[DOCUMENT_DEPTH_MAX];
    size_t depth;
    uint32_t num_documents;
};

static struct config_position position_of(yaml_mark_t mark)
{
    return (struct config_position){(uint32_t)mark.line + 1, (uint32_t)mark.column + 1};
}

static enum config_status refuse_at(struct walk *walk, struct config_position at,
                                    const char *message)
{
    *walk->error = (struct config_error){.line = at.line, .column = at.column};
    snprintf(walk->error->file, sizeof walk->error->file, "%s", walk->file);
    snprintf(walk->error->message, sizeof walk->error->message, "%s", message);
    return CONFIG_WRONG;
}

static enum config_status refuse(struct walk *walk, yaml_mark_t mark, const char *message)
{
    return refuse_at(walk, position_of(mark), message);
}

/* libyaml gives a byte offset, and no mark, for what is not UTF-8. */
static struct config_position position_of_byte(struct slice text, size_t offset)
{
    struct config_position at = {1, 1};
    for (size_t i = 0; i < offset && i < text.len; i++) {
        bool begins_character = (text.ptr[i] & 0xC0) != 0x80;
        at.column += begins_character ? 1 : 0;
        if (text.ptr[i] == '\n') {
            at = (struct config_position){at.line + 1, 1};
        }
    }
    return at;
}

static enum config_status refuse_syntax(struct walk *walk, const yaml_parser_t *parser)
{
    char message[256];
    const char *context = parser->context != NULL ? parser->context : "";
    snprintf(message, sizeof message, "not valid YAML: %s%s%s",
             parser->problem != NULL ? parser->problem : "cannot be read",
             context[0] != '\0' ? " " : "", context);
    struct config_position at = parser->error == YAML_READER_ERROR
                                    ? position_of_byte(walk->text, parser->problem_offset)
                                    : position_of(parser->problem_mark);
    return refuse_at(walk, at, message);
}

static uint32_t add_node(struct document *d, struct node node)
{
    if (d->num_nodes == d->cap_nodes) {
        d->cap_nodes = d->cap_nodes == 0 ? 64 : d->cap_nodes * 2;
        d->nodes = mem_resize(d->nodes, d->cap_nodes, sizeof *d->nodes);
    }
    d->nodes[d->num_nodes] = node;
    return d->num_nodes++;
}

/* Adds a value to the innermost open level, or as root. */
static uint32_t add_value(struct walk *walk, yaml_mark_t mark)
{
    struct document *d = walk->document;
    struct node node = {.first_child = DOCUMENT_NONE,
                        .last_child = DOCUMENT_NONE,
                        .next = DOCUMENT_NONE,
                        .at = position_of(mark)};
    if (walk->depth == 0) {
        return add_node(d, node);
    }
    struct level *level = &walk->levels[walk->depth - 1];
    node.key = level->key;
    node.key_at = level->key != NULL ? level->key_at : node.at;
    level->key = NULL;
    uint32_t index = add_node(d, node);
    struct node *parent = &d->nodes[level->node];
    if (parent->first_child == DOCUMENT_NONE) {
        parent->first_child = index;
    } else {
        d->nodes[parent->last_child].next = index;
    }
    parent->last_child = index;
    return index;
}

static bool key_expected(const struct walk *walk)
{
    return walk->depth > 0 && walk->levels[walk->depth - 1].is_mapping &&
           walk->levels[walk->depth - 1].key == NULL;
}

static bool is_null(const yaml_event_t *event)
{
    const char *text = (const char *)event->data.scalar.value;
    return event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
           (text[0] == '\0' || strcmp(text, "~") == 0 || strcasecmp(text, "null") == 0);
}

static bool has_control(const yaml_event_t *event)
{
    for (size_t i = 0; i < event->data.scalar.length; i++) {
        unsigned char byte = event->data.scalar.value[i];
        if (byte < 0x20 || byte == 0x7f) {
            return true;
        }
    }
    return false;
}

static enum config_status take_scalar(struct walk *walk, const yaml_event_t *event)
{
    if (event->data.scalar.anchor != NULL) {
        return refuse(walk, event->start_mark, "anchors are not supported");
    }
    if (event->data.scalar.tag != NULL) {
        return refuse(walk, event->start_mark, "tags are not supported");
    }
    if (has_control(event)) {
        return refuse(walk, event->start_mark, "expected a text without control characters");
    }
    if (is_null(event)) {
        return refuse(walk, event->start_mark,
                      "expected a value; leave the key out to get its default");
    }
    if (!key_expected(walk)) {
        add_value(walk, event->start_mark);
        return CONFIG_OK;
    }
    if (event->data.scalar.length > DOCUMENT_KEY_MAX) {
        return refuse(walk, event->start_mark, "key too long");
    }
    struct level *level = &walk->levels[walk->depth - 1];
    level->key = mem_copy_string((const char *)event->data.scalar.value, event->data.scalar.length);
    level->key_at = position_of(event->start_mark);
    return CONFIG_OK;
}

static enum config_status open_level(struct walk *walk, const yaml_event_t *event)
{
    bool is_mapping = event->type == YAML_MAPPING_START_EVENT;
    const yaml_char_t *anchor =
        is_mapping ? event->data.mapping_start.anchor : event->data.sequence_start.anchor;
    const yaml_char_t *tag =
        is_mapping ? event->data.mapping_start.tag : event->data.sequence_start.tag;
    if (anchor != NULL) {
        return refuse(walk, event->start_mark, "anchors are not supported");
    }
    if (tag != NULL) {
        return refuse(walk, event->start_mark, "tags are not supported");
    }
    if (key_expected(walk)) {
        return refuse(walk, event->start_mark, "expected a plain text as key");
    }
    if (walk->depth == DOCUMENT_DEPTH_MAX) {
        return refuse(walk, event->start_mark, "nested too deep");
    }
    uint32_t node = add_value(walk, event->start_mark);
    walk->levels[walk->depth] = (struct level){.node = node, .is_mapping = is_mapping};
    walk->depth++;
    return CONFIG_OK;
}

static enum config_status take_event(struct walk *walk, const yaml_event_t *event)
{
    if (walk->document->num_nodes >= DOCUMENT_NODES_MAX) {
        return refuse(walk, event->start_mark, "too many values");
    }
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        return take_scalar(walk, event);
    case YAML_MAPPING_START_EVENT:
    case YAML_SEQUENCE_START_EVENT:
        return open_level(walk, event);
    case YAML_MAPPING_END_EVENT:
    case YAML_SEQUENCE_END_EVENT:
        check(walk->depth > 0);
        walk->depth--;
        return CONFIG_OK;
    case YAML_ALIAS_EVENT:
        return refuse(walk, event->start_mark, "aliases are not supported");
    case YAML_DOCUMENT_START_EVENT:
        walk->num_documents++;
        return walk->num_documents == 1
                   ? CONFIG_OK
                   : refuse(walk, event->start_mark, "expected one document, found another");
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_STREAM_END_EVENT:
    case YAML_DOCUMENT_END_EVENT:
        return CONFIG_OK;
    }
    return refuse(walk, event->start_mark, "unknown YAML event");
}

static enum config_status walk_events(struct walk *walk, yaml_parser_t *parser)
{
    bool at_end = false;
    while (!at_end) {
        yaml_event_t event;
        if (!yaml_parser_parse(parser, &event)) {
            return refuse_syntax(walk, parser);
        }
        at_end = event.type == YAML_STREAM_END_EVENT;
        enum config_status status = take_event(walk, &event);
        yaml_event_delete(&event);
        if (status != CONFIG_OK) {
            return status;
        }
    }
    if (walk->document->num_nodes == 0) {
        return refuse(walk, (yaml_mark_t){0}, "the file is empty");
    }
    return CONFIG_OK;
}

enum config_status document_parse(struct slice text, const char *file, struct document **out,
                                  struct config_error *out_error)
{
    check(file != NULL && out != NULL && out_error != NULL);
    struct document *document = mem_new(sizeof *document);
    struct walk walk = {.document = document, .text = text, .file = file, .error = out_error};
    yaml_parser_t parser;
    check(yaml_parser_initialize(&parser));
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, text.len > 0 ? text.ptr : (const uint8_t *)"", text.len);
    enum config_status status = walk_events(&walk, &parser);
    yaml_parser_delete(&parser);
    for (size_t i = 0; i < DOCUMENT_DEPTH_MAX; i++) {
        free(walk.levels[i].key);
    }
    if (status != CONFIG_OK) {
        document_free(&document);
    }
    *out = document;
    return status;
}

void document_free(struct document **document)
{
    struct document *d = *document;
    *document = NULL;
    if (d == NULL) {
        return;
    }
    for (uint32_t i = 0; i < d->num_nodes; i++) {
        free(d->nodes[i].key);
    }
    free(d->nodes);
    free(d);
}

/* The node, or NULL when it is not there. */
static const struct node *node_at(const struct document *document, uint32_t node)
{
    check(document != NULL && (node == DOCUMENT_NONE || node < document->num_nodes));
    return node == DOCUMENT_NONE ? NULL : &document->nodes[node];
}

uint32_t document_child(const struct document *document, uint32_t node, const char *key)
{
    const struct node *parent = node_at(document, node);
    uint32_t found = DOCUMENT_NONE;
    uint32_t i = parent != NULL ? parent->first_child : DOCUMENT_NONE;
    for (; i != DOCUMENT_NONE; i = document->nodes[i].next) {
        if (document->nodes[i].key != NULL && strcmp(document->nodes[i].key, key) == 0) {
            found = i;
        }
    }
    return found;
}

uint32_t document_item(const struct document *document, uint32_t node, uint32_t index)
{
    const struct node *parent = node_at(document, node);
    uint32_t i = parent != NULL ? parent->first_child : DOCUMENT_NONE;
    for (uint32_t left = index; left > 0 && i != DOCUMENT_NONE; left--) {
        i = document->nodes[i].next;
    }
    return i;
}

uint32_t document_next(const struct document *document, uint32_t node)
{
    const struct node *n = node_at(document, node);
    return n != NULL ? n->next : DOCUMENT_NONE;
}

const char *document_key(const struct document *document, uint32_t node)
{
    const struct node *n = node_at(document, node);
    return n != NULL && n->key != NULL ? n->key : "";
}

struct config_position document_position(const struct document *document, uint32_t node)
{
    const struct node *n = node_at(document, node);
    return n != NULL ? n->at : (struct config_position){0};
}

struct config_position document_key_position(const struct document *document, uint32_t node)
{
    const struct node *n = node_at(document, node);
    return n != NULL ? n->key_at : (struct config_position){0};
}
