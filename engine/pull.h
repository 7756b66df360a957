#ifndef SYC_ENGINE_PULL_H
#define SYC_ENGINE_PULL_H

/*
 * Purpose           JSON read where it stands: value after value, without a tree
 * Input and output  the octets of one text in; numbers, texts and structure out, as the caller asks for them
 * Ownership         nothing is allocated; texts point into the input
 * Limits            2048 levels of nesting (jansson's bound, too); whole numbers of 18 digits
 * Not here          what members mean (record_read.c); writing (output/json.c)
 *
 * Whoever reads a value says what it should be. What is something else, or is of no interest, is passed over by
 * syc_pull_skip(), which holds it to the whole grammar: so a text that was read to its end is JSON, whatever of it
 * was looked at. Texts are held to UTF-8 (RFC 8259 8.1).
 *
 * Every call is linear in the octets it moves over, and none moves back.
 */

#include "base/base.h"

struct syc_pull {
    const char *begin, *p, *end;
    const char *fault; /* static words, once the text is found to be no JSON at p; NULL = none */
};

/* A text as it stands between its quotes. */
struct syc_pull_text {
    const char *at;
    size_t n;
    bool escaped; /* there is a backslash in it: see syc_pull_unescape() */
};

/* Sets the fault unless there is one; always false. */
bool syc_pull_fail(struct syc_pull *s, const char *words);

/* Past white space; false, with a fault, at the end of the text. */
bool syc_pull_space(struct syc_pull *s);

/* The text at p; false when there is none (no fault, p stays) or it is damaged (fault). */
bool syc_pull_text(struct syc_pull *s, struct syc_pull_text *out);

/*
 * The octets that an escaped text stands for.
 *
 * out      room octets, not zero-terminated
 * returns  how many; SIZE_MAX when they are more than room or not all ASCII: no name and no word of ours is either
 */
size_t syc_pull_unescape(const struct syc_pull_text *text, char *out, size_t room);

/* The whole number at p, of at most 18 digits; false, and p stays, for any other number or value. */
bool syc_pull_int(struct syc_pull *s, int64_t *out);

/* The number at p as it stands; false when there is none (no fault) or it is damaged (fault). */
bool syc_pull_number(struct syc_pull *s, struct syc_pull_text *out);

/* The word at p ("true", "null" ...); false, and p stays, if it is another. */
bool syc_pull_word(struct syc_pull *s, const char *word, size_t n);

/* Past any value; false, with a fault, when it is none. */
bool syc_pull_skip(struct syc_pull *s);

/*
 * Members of the object at p, one a call; *first is true before the first call.
 *
 * returns  true: key is its name and p stands at its value, which the caller moves past; false: past the object, or
 *          a fault
 */
bool syc_pull_member(struct syc_pull *s, bool *first, struct syc_pull_text *key);

/* Elements of the array at p, likewise. */
bool syc_pull_element(struct syc_pull *s, bool *first);

/* Nothing but white space may follow; false, with a fault, otherwise. */
bool syc_pull_end(struct syc_pull *s);

static inline bool
syc_pull_is(const struct syc_pull *s, char c)
{
    return s->p < s->end && *s->p == c;
}

#endif
