#ifndef SYC_SIGMA_YAML_H
#define SYC_SIGMA_YAML_H

/*
 * Purpose           YAML documents as trees whose every node knows its place
 * Input and output  one file's text; one tree a document
 * Ownership         nodes live in the arena the caller gives to syc_yaml_next()
 * Limits            depth 64; no anchors, aliases, tags, merge keys, compound keys, NUL characters; keys unique
 * Not here          what a node means; numbers, nulls and truth values are still text here
 *
 * libyaml's event interface only: its document interface is super-quadratic on nesting (measured: 11.7 s for
 * 40 kB of "["), and it accepts duplicate keys silently.
 */

#include "rules/sigma.h"

#include <yaml.h>

/* A place of the file, as an editor shows it. {0, 0} is the file as a whole. */
struct syc_place {
    unsigned line, column; /* 1-based; columns count characters, as editors do */
};

/*
 * Style matters for scalars: "5" is a text and 5 perhaps a number; places inside one follow its
 * folding and quotes.
 */
enum syc_yaml_kind { SYC_YAML_SCALAR, SYC_YAML_LIST, SYC_YAML_MAP };
enum syc_yaml_style { SYC_YAML_PLAIN, SYC_YAML_SINGLE, SYC_YAML_DOUBLE, SYC_YAML_BLOCK };

/*
 * One value, with its children in order.
 *
 *     a: 1               map   first -> scalar "1" (key -> "a")
 *     b: [x, y]                next  -> list       (key -> "b")   first -> "x"   next -> "y"
 *
 * A tree always, never a graph: aliases are refused, so a walk over it ends and costs no more than the file had
 * octets.
 */
struct syc_yaml_node {
    enum syc_yaml_kind kind;
    enum syc_yaml_style style; /* of a scalar */
    struct syc_place at;
    size_t from, to;  /* octets of the file that it covers */
    const char *text; /* of a scalar, zero-terminated and without NUL inside; else "" */
    size_t length;
    struct syc_yaml_node *first, *last, *next; /* children; siblings */
    size_t count;
    const struct syc_yaml_node *key; /* in a map: its key */
};

/* A file being read. libyaml's memory is its own and goes with syc_yaml_fini(). */
struct syc_yaml {
    yaml_parser_t parser;
    struct syc_sigma_reader *reader; /* where findings go */
    const char *text;
    size_t n;
    size_t chars, octets; /* cursor: libyaml's marks count characters, slices need octets */
};

/* Begin to read text. SYC_OK or SYC_NO_MEMORY; only after SYC_OK is syc_yaml_fini() due. */
enum syc_status syc_yaml_init(struct syc_yaml *y, struct syc_sigma_reader *reader, const char *text,
                              size_t n) SYC_MUST_CHECK;

/* Give back libyaml's memory; trees are their arenas' and stay. */
void syc_yaml_fini(struct syc_yaml *y);

/*
 * The next document.
 *
 * returns  SYC_OK and *root; SYC_END after the last; SYC_SYNTAX when the rest of the file cannot be read
 *          (reported); SYC_NO_MEMORY. Lesser faults are reported and the tree is whole as far as it goes:
 *          the reader's `refused` tells.
 */
enum syc_status syc_yaml_next(struct syc_yaml *y, struct syc_arena *arena,
                              struct syc_yaml_node **root) SYC_MUST_CHECK;

/* The value under key in a map, or NULL (also when node is no map, or NULL). */
const struct syc_yaml_node *syc_yaml_find(const struct syc_yaml_node *node, const char *key);

/* The scalar says nothing: empty, ~ or null, unquoted. */
bool syc_yaml_is_null(const struct syc_yaml_node *node);

/*
 * Where character `index` (an octet offset into node->text) of a scalar stands in the file.
 *
 * Follows line folding and doubled quotes of flow scalars; after a backslash in double quotes, and in block
 * scalars, it answers with the start of the scalar.
 *
 * index  any; past the end it is the place of the end
 * cost   a walk over the scalar's octets; asked for findings only, of which a file has at most 256
 */
struct syc_place syc_yaml_place(const char *file_text, const struct syc_yaml_node *node,
                                size_t index);

#endif
