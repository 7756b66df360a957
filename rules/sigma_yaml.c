#include "rules/sigma_int.h"

#include <string.h>

/*
 * libyaml's events, built into trees. What libyaml leaves open is closed here:
 *
 * - nesting: its cost a token grows with the depth of flow collections, so the stack ends at 64 and with it the file;
 * - duplicate keys, which it accepts silently: sorted at the end of each map, n log n for n keys;
 * - octet offsets: its marks count characters, while slices (digests, columns inside scalars) need octets;
 * - anchors, aliases, tags and merge keys: Sigma has no use for them, and an alias makes a tree a graph.
 *
 * A fault in a document is reported and the tree built on, so that one run shows every fault. Only two end the file:
 * text that is not YAML, and nesting beyond the cap.
 *
 * Trees live in the arena of their document and die with it; rules copy what they keep. A node is about a hundred
 * octets, the shortest takes two octets of the file ("- "), so a file of 1 MiB can ask for some 50 MiB while it is
 * read.
 */

/* A container that is open, and in a map the key whose value comes next. */
struct frame {
    struct syc_yaml_node *container;
    struct syc_yaml_node *key; /* in a map: read, its value still to come */
};

/* The stack of open containers is an array of its own: nesting costs no C stack and ends at 64. */
struct builder {
    struct syc_yaml *y;
    struct syc_arena *arena;
    struct syc_yaml_node *root;
    struct frame stack[SYC_SIGMA_DEPTH_MAX];
    size_t depth;
};

/*
 * The octet at which a character of the file stands.
 *
 * Marks rise through a document, so one cursor serves them all and the whole file costs one walk; a mark that steps
 * back (none was seen) starts over and stays right.
 */
static size_t
octet_of(struct syc_yaml *y, size_t chars)
{
    if (chars < y->chars) {
        y->chars = y->octets = 0;
    }
    while (y->chars < chars && y->octets < y->n) {
        y->octets++;
        while (y->octets < y->n && ((unsigned char)y->text[y->octets] & 0xC0) == 0x80) {
            y->octets++;
        }
        y->chars++;
    }
    return y->octets;
}

/* libyaml counts lines and columns from 0, people from 1. */
static struct syc_place
place_of(const yaml_mark_t *mark)
{
    return (struct syc_place){(unsigned)mark->line + 1, (unsigned)mark->column + 1};
}

/* "<<" in quotes is a key like any other. */
static bool
is_merge(const struct syc_yaml_node *node)
{
    return node->style == SYC_YAML_PLAIN && strcmp(node->text, "<<") == 0;
}

/* Hang a new node into the innermost container: as an item, as a key, or as the value of the key read before. */
static void
attach(struct builder *b, struct syc_yaml_node *node)
{
    if (b->depth == 0) {
        b->root = node;
        return;
    }
    struct frame *top = &b->stack[b->depth - 1];
    struct syc_yaml_node *container = top->container;

    if (container->kind == SYC_YAML_MAP && !top->key) {
        top->key = node;
        if (node->kind != SYC_YAML_SCALAR) {
            syc_sigma_report(b->y->reader, SYC_SIGMA_COMPOUND_KEY, node->at, NULL,
                             "a key must be a single word, not a list or a map");
        } else if (is_merge(node)) {
            syc_sigma_report(b->y->reader, SYC_SIGMA_MERGE, node->at, NULL,
                             "merge keys are not read; write the keys out");
        }
        return;
    }
    node->key = top->key;
    top->key = NULL;
    if (container->last) {
        container->last->next = node;
    } else {
        container->first = node;
    }
    container->last = node;
    container->count++;
}

/* By text, and equal ones by place: the first of them is what later ones repeat. */
static int
compare_keys(const void *a, const void *b)
{
    const struct syc_yaml_node *x = (*(const struct syc_yaml_node *const *)a)->key;
    const struct syc_yaml_node *y = (*(const struct syc_yaml_node *const *)b)->key;
    int order = strcmp(x->text, y->text);

    return order ? order : (x->from > y->from) - (x->from < y->from);
}

/*
 * Report each key that the map has held before. YAML calls them errors, libyaml does not look; a rule whose second
 * "condition" silently replaces the first is the classic complaint.
 */
static enum syc_status
refuse_duplicates(struct builder *b, const struct syc_yaml_node *map)
{
    char word[SYC_SIGMA_QUOTE];

    if (map->count < 2) {
        return SYC_OK;
    }
    const struct syc_yaml_node **sorted = syc_arena_alloc(b->arena, map->count * sizeof(*sorted));
    size_t n = 0, first = 0;

    if (!sorted) {
        return SYC_NO_MEMORY;
    }
    for (const struct syc_yaml_node *child = map->first; child; child = child->next) {
        if (child->key->kind == SYC_YAML_SCALAR) {
            sorted[n++] = child;
        }
    }
    qsort(sorted, n, sizeof(*sorted), compare_keys);
    for (size_t i = 1; i < n; i++) {
        const struct syc_yaml_node *one = sorted[first]->key, *two = sorted[i]->key;

        if (strcmp(one->text, two->text) != 0) {
            first = i;
            continue;
        }
        syc_sigma_report(b->y->reader, SYC_SIGMA_DUPLICATE_KEY, two->at, NULL,
                         "duplicate key %s (first at %u:%u)", syc_sigma_quote(two, word),
                         one->at.line, one->at.column);
    }
    return SYC_OK;
}

/* What YAML can add to a value beyond data. */
static void
refuse_decoration(struct builder *b, struct syc_place at, const yaml_char_t *anchor,
                  const yaml_char_t *tag)
{
    if (anchor) {
        syc_sigma_report(b->y->reader, SYC_SIGMA_ALIAS, at, NULL,
                         "anchors and aliases are not read; repeat the value");
    }
    if (tag) {
        syc_sigma_report(b->y->reader, SYC_SIGMA_TAG, at, NULL, "tags are not read; remove it");
    }
}

/* A node with its place; NULL when memory is short. */
static struct syc_yaml_node *
new_node(struct builder *b, const yaml_event_t *event, enum syc_yaml_kind kind)
{
    struct syc_yaml_node *node = syc_arena_alloc(b->arena, sizeof(*node));

    if (node) {
        node->kind = kind;
        node->at = place_of(&event->start_mark);
        node->from = octet_of(b->y, event->start_mark.index);
        node->to = octet_of(b->y, event->end_mark.index);
        node->text = "";
    }
    return node;
}

/* Literal and folded scalars are one to us: their columns are not followed. */
static enum syc_yaml_style
style_of(yaml_scalar_style_t style)
{
    switch (style) {
    case YAML_SINGLE_QUOTED_SCALAR_STYLE:
        return SYC_YAML_SINGLE;
    case YAML_DOUBLE_QUOTED_SCALAR_STYLE:
        return SYC_YAML_DOUBLE;
    case YAML_LITERAL_SCALAR_STYLE:
    case YAML_FOLDED_SCALAR_STYLE:
        return SYC_YAML_BLOCK;
    case YAML_ANY_SCALAR_STYLE:
    case YAML_PLAIN_SCALAR_STYLE:
    default:
        return SYC_YAML_PLAIN;
    }
}

/* NUL is refused because texts are zero-terminated from here on: "cond", NUL, "ition" must not pass for "cond". */
static enum syc_status
take_scalar(struct builder *b, const yaml_event_t *event)
{
    const char *text = (const char *)event->data.scalar.value;
    size_t n = event->data.scalar.length;
    struct syc_yaml_node *node = new_node(b, event, SYC_YAML_SCALAR);

    if (!node || !(node->text = syc_arena_text(b->arena, text, n))) {
        return SYC_NO_MEMORY;
    }
    node->style = style_of(event->data.scalar.style);
    node->length = strlen(node->text);
    refuse_decoration(b, node->at, event->data.scalar.anchor, event->data.scalar.tag);
    if (memchr(text, 0, n)) {
        syc_sigma_report(b->y->reader, SYC_SIGMA_NUL, node->at, NULL,
                         "a text must not hold a NUL character");
    }
    attach(b, node);
    return SYC_OK;
}

/* An alias stands as an empty scalar in the tree, so that building goes on; the document is refused. */
static enum syc_status
take_alias(struct builder *b, const yaml_event_t *event)
{
    struct syc_yaml_node *node = new_node(b, event, SYC_YAML_SCALAR);

    if (!node) {
        return SYC_NO_MEMORY;
    }
    refuse_decoration(b, node->at, event->data.alias.anchor, NULL);
    attach(b, node);
    return SYC_OK;
}

/* The node is attached before its frame opens: a container in the place of a key is then seen as one. */
static enum syc_status
enter(struct builder *b, const yaml_event_t *event, enum syc_yaml_kind kind,
      const yaml_char_t *anchor, const yaml_char_t *tag)
{
    struct syc_yaml_node *node = new_node(b, event, kind);

    if (!node) {
        return SYC_NO_MEMORY;
    }
    if (b->depth == SYC_SIGMA_DEPTH_MAX) {
        syc_sigma_report(b->y->reader, SYC_SIGMA_DEPTH, node->at, NULL,
                         "nested deeper than %d levels; the rest of the file is not read",
                         SYC_SIGMA_DEPTH_MAX);
        return SYC_SYNTAX;
    }
    refuse_decoration(b, node->at, anchor, tag);
    attach(b, node);
    b->stack[b->depth++] = (struct frame){node, NULL};
    return SYC_OK;
}

/* libyaml tells where a collection ends only now. */
static enum syc_status
leave(struct builder *b, const yaml_event_t *event)
{
    struct syc_yaml_node *node = b->stack[--b->depth].container;

    node->to = octet_of(b->y, event->end_mark.index);
    return node->kind == SYC_YAML_MAP ? refuse_duplicates(b, node) : SYC_OK;
}

/* One event into the tree. SYC_END when the document is whole. */
static enum syc_status
take(struct builder *b, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        if (event->data.document_start.tag_directives.start !=
            event->data.document_start.tag_directives.end) {
            syc_sigma_report(b->y->reader, SYC_SIGMA_TAG, place_of(&event->start_mark), NULL,
                             "tag directives are not read; remove it");
        }
        return SYC_OK;
    case YAML_DOCUMENT_END_EVENT:
        return SYC_END;
    case YAML_SCALAR_EVENT:
        return take_scalar(b, event);
    case YAML_ALIAS_EVENT:
        return take_alias(b, event);
    case YAML_SEQUENCE_START_EVENT:
        return enter(b, event, SYC_YAML_LIST, event->data.sequence_start.anchor,
                     event->data.sequence_start.tag);
    case YAML_MAPPING_START_EVENT:
        return enter(b, event, SYC_YAML_MAP, event->data.mapping_start.anchor,
                     event->data.mapping_start.tag);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        return leave(b, event);
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_STREAM_END_EVENT:
    default:
        return SYC_OK;
    }
}

/* The reader of octets knows an offset only; lines are counted here. */
static struct syc_place
place_of_octet(const struct syc_yaml *y, size_t offset)
{
    struct syc_place at = {1, 1};

    for (size_t i = 0; i < offset && i < y->n; i++) {
        if (y->text[i] == '\n') {
            at.line++;
            at.column = 1;
        } else if (((unsigned char)y->text[i] & 0xC0) != 0x80) {
            at.column++;
        }
    }
    return at;
}

/*
 * libyaml's finding in its own words, at the place it names. Its reader of octets (bad UTF-8, control characters)
 * knows an offset only.
 */
static enum syc_status
report_syntax(struct syc_yaml *y)
{
    const yaml_parser_t *p = &y->parser;
    const char *problem = p->problem ? p->problem : "not YAML";

    if (p->error == YAML_MEMORY_ERROR) {
        return SYC_NO_MEMORY;
    }
    if (p->error == YAML_READER_ERROR) {
        syc_sigma_report(y->reader, SYC_SIGMA_SYNTAX, place_of_octet(y, p->problem_offset), NULL,
                         "%s", problem);
    } else if (p->context) {
        syc_sigma_report(y->reader, SYC_SIGMA_SYNTAX, place_of(&p->problem_mark), NULL,
                         "%s (%s at %zu:%zu)", problem, p->context, p->context_mark.line + 1,
                         p->context_mark.column + 1);
    } else {
        syc_sigma_report(y->reader, SYC_SIGMA_SYNTAX, place_of(&p->problem_mark), NULL, "%s",
                         problem);
    }
    return SYC_SYNTAX;
}

enum syc_status
syc_yaml_init(struct syc_yaml *y, struct syc_sigma_reader *reader, const char *text, size_t n)
{
    *y = (struct syc_yaml){.reader = reader, .text = text, .n = n};
    if (!yaml_parser_initialize(&y->parser)) {
        return SYC_NO_MEMORY;
    }
    yaml_parser_set_encoding(&y->parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&y->parser, (const unsigned char *)text, n);
    return SYC_OK;
}

void
syc_yaml_fini(struct syc_yaml *y)
{
    yaml_parser_delete(&y->parser);
}

/*
 * Each turn takes one event of libyaml, which ends with the file. A tree that was begun when a
 * fault ended the file is in the arena and goes with it.
 */
enum syc_status
syc_yaml_next(struct syc_yaml *y, struct syc_arena *arena, struct syc_yaml_node **root)
{
    struct builder b = {.y = y, .arena = arena};
    enum syc_status status = SYC_OK;

    while (status == SYC_OK) {
        yaml_event_t event;

        if (!yaml_parser_parse(&y->parser, &event)) {
            return report_syntax(y);
        }
        if (event.type == YAML_STREAM_END_EVENT || event.type == YAML_NO_EVENT) {
            yaml_event_delete(&event);
            return SYC_END;
        }
        status = take(&b, &event);
        yaml_event_delete(&event);
    }
    *root = b.root;
    return status == SYC_END ? SYC_OK : status;
}

/* Linear, and the first of doubles: those were reported, and the document is refused. */
const struct syc_yaml_node *
syc_yaml_find(const struct syc_yaml_node *node, const char *key)
{
    if (!node || node->kind != SYC_YAML_MAP) {
        return NULL;
    }
    for (const struct syc_yaml_node *child = node->first; child; child = child->next) {
        if (strcmp(child->key->text, key) == 0) {
            return child;
        }
    }
    return NULL;
}

bool
syc_yaml_is_null(const struct syc_yaml_node *node)
{
    static const char *const words[] = {"", "~", "null", "Null", "NULL"};

    if (node->kind != SYC_YAML_SCALAR || node->style != SYC_YAML_PLAIN) {
        return false;
    }
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
        if (strcmp(node->text, words[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* Pass one octet of the file and move the place along: CR LF is one line break, and UTF-8 one column a character. */
static const char *
pass(const char *p, const char *end, struct syc_place *at)
{
    if (*p == '\n' || (*p == '\r' && (p + 1 == end || p[1] != '\n'))) {
        at->line++;
        at->column = 1;
    } else if (*p != '\r' && ((unsigned char)*p & 0xC0) != 0x80) {
        at->column++;
    }
    return p + 1;
}

/*
 * Blanks at p that fold: passes them and answers how many octets of the value they stand for; 0 = they do not, and none
 * before *flat will.
 * strchr() would find a NUL in any set, but there is none: libyaml's reader refuses it (YAML 1.1, 5.1).
 *
 * source  YAML 1.1, "Line Folding": one line break becomes a space, n + 1 of them n line feeds; blanks around them
 *         vanish
 */
static size_t
pass_fold(const char **p, const char *end, struct syc_place *at, const char **flat)
{
    const char *q = *p;
    unsigned line = at->line;
    struct syc_place after = *at;

    while (q < end && strchr(" \t\r\n", *q)) {
        q = pass(q, end, &after);
    }
    *flat = q;
    if (after.line == line) {
        return 0;
    }
    *p = q;
    *at = after;
    return after.line - line == 1 ? 1 : after.line - line - 1;
}

struct syc_place
syc_yaml_place(const char *file_text, const struct syc_yaml_node *node, size_t index)
{
    const char *p = file_text + node->from, *end = file_text + node->to, *flat = p;
    struct syc_place at = node->at;

    if (node->style == SYC_YAML_BLOCK) {
        return at;
    }
    if (node->style != SYC_YAML_PLAIN && p < end) {
        p = pass(p, end, &at);
    }
    for (size_t i = 0; i < index && p < end;) {
        size_t folded = p >= flat && strchr(" \t\r\n", *p) ? pass_fold(&p, end, &at, &flat) : 0;

        if (folded) {
            i += folded;
            continue;
        }
        if (node->style == SYC_YAML_DOUBLE && *p == '\\') {
            return node->at;
        }
        if (node->style == SYC_YAML_SINGLE && *p == '\'') {
            p = pass(p, end, &at);
        }
        p = p < end ? pass(p, end, &at) : p;
        i++;
    }
    return at;
}
