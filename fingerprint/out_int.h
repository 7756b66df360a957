#ifndef SYC_FINGERPRINT_OUT_INT_H
#define SYC_FINGERPRINT_OUT_INT_H

/*
 * Purpose           append words and numbers to a fixed text, as the signature formats need
 * Input and output  zero-terminated text in the caller's buffer
 * Ownership         the buffer is the caller's
 * Limits            what does not fit is cut; struct syc_syn has room for the longest texts
 * Not here          what the texts mean
 */

#include "base/base.h"

#include <string.h>

/*
 * Where the next word goes. Begin with {buffer, sizeof buffer, 0}, size > 0; the buffer holds a
 * text after the first word.
 */
struct syc_out {
    char *text;
    size_t size;
    size_t used; /* < size: the zero always fits */
};

/* n octets of a text without a zero among them. */
static inline void
syc_out_span(struct syc_out *o, const char *text, size_t n)
{
    size_t left = o->size - o->used - 1;

    n = n < left ? n : left;
    memcpy(o->text + o->used, text, n);
    o->used += n;
    o->text[o->used] = '\0';
}

/* The words of all formats go through here: it is the one bound that their lengths are held to. */
static inline void
syc_out_text(struct syc_out *o, const char *word)
{
    syc_out_span(o, word, strlen(word));
}

/* In decimal, without sign or leading zeros; 10 digits at most. By snprintf() it was half of describing a SYN. */
static inline void
syc_out_number(struct syc_out *o, unsigned value)
{
    char digits[10];
    size_t at = sizeof digits;

    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    syc_out_span(o, digits + at, sizeof digits - at);
}

/* Two lower-case hex digits. */
static inline void
syc_out_octet(struct syc_out *o, uint8_t value)
{
    static const char digits[] = "0123456789abcdef";
    const char octet[2] = {digits[value >> 4], digits[value & 15]};

    syc_out_span(o, octet, sizeof octet);
}

#endif
