/*
 * Interfaces of pcapng: what their description says, what a count of their clock's ticks means, and
 * the filters of their link types.
 *
 * Resolution and offset are written by an outsider and may be anything: a tick of 10^-127 s, an
 * offset of 2^63 s. pcapng_time() is right for all of them, in 128 bits; find_plain() finds the
 * honest ones, for which a multiplication and an addition in 64 bits give the same.
 */

#include "capture/reader_pcapng.h"

/* draft-ietf-opsawg-pcapng: 3.5 options, 4.2 interface description block. */
enum {
    BODY_OPTIONS = 8, /* behind link type, reserved, snapshot length */
    OPTION_HEAD = 4,
    OPTION_END = 0,
    OPTION_TSRESOL = 9,
    OPTION_TSOFFSET = 14,
    DEFAULT_RESOLUTION = 6, /* 10^-6 s */
    BINARY = 0x80,          /* of if_tsresol: a power of 2 instead of 10 */
    NANO = 9,
    WORD_DIGITS = 19, /* 10^19 is the largest power of 10 in 64 bits */
};

/* n <= WORD_DIGITS: the callers have seen to it. */
static uint64_t
power_of_ten(unsigned n)
{
    uint64_t p = 1;

    while (n-- > 0) {
        p *= 10;
    }
    return p;
}

/*
 * What cannot be a capture's time becomes the nearest that can, and is counted: a clock at zero or
 * a field of garbage leaves the frame usable and is told at the end.
 */
static int64_t
bounded(__int128 ns, uint64_t *odd)
{
    if (ns >= SYC_TIME_MIN_NS && ns <= SYC_TIME_MAX_NS) {
        return (int64_t)ns;
    }
    ++*odd;
    return ns < 0 ? SYC_TIME_MIN_NS : SYC_TIME_MAX_NS;
}

/* In 128 bits nothing overflows: ticks < 2^64, a second has at most 10^9 ns, and an offset is below 2^63 s. */
int64_t
pcapng_time(const struct pcapng_link *link, uint64_t ticks, uint64_t *odd)
{
    unsigned n = link->resolution & (BINARY - 1);
    __int128 ns = ticks;

    if (link->resolution & BINARY) {
        ns = ns * SYC_NS_PER_S >> n;
    } else if (n <= NANO) {
        ns *= (int64_t)power_of_ten(NANO - n);
    } else {
        ns = n - NANO <= WORD_DIGITS ? ns / power_of_ten(n - NANO) : 0;
    }
    return bounded(ns + (__int128)link->offset_s * SYC_NS_PER_S, odd);
}

/*
 * The plain case: a unit of whole nanoseconds, and every time up to plain_end a usable one. For
 * such, ticks * unit_ns <= SYC_TIME_MAX_NS - SYC_TIME_MIN_NS = 9.15 * 10^18 < 2^63, so nothing
 * wraps. Where it is not plain, plain_end stays 0 and no packet takes the short way.
 */
static void
find_plain(struct pcapng_link *link)
{
    bool offset_usable = link->offset_s >= SYC_TIME_MIN_NS / SYC_NS_PER_S &&
                         link->offset_s <= SYC_TIME_MAX_NS / SYC_NS_PER_S;

    if (link->resolution > NANO || !offset_usable) {
        return; /* binary ones are above, too */
    }
    link->unit_ns = (int64_t)power_of_ten(NANO - link->resolution);
    link->offset_ns = link->offset_s * SYC_NS_PER_S;
    link->plain_end =
        ((uint64_t)SYC_TIME_MAX_NS - (uint64_t)link->offset_ns) / (uint64_t)link->unit_ns;
}

/*
 * Options that are cut or of a wrong length are as if they were not there: the frames are not the
 * worse for them. Each turn takes 4 octets at least. if_tsoffset is two words in the order of the
 * section (3.5 of the draft: a 64-bit number of the section's byte order).
 */
static void
read_options(struct pcapng_link *link, struct syc_span rest, bool big_endian)
{
    while (rest.n >= OPTION_HEAD) {
        uint16_t code = syc_load16(rest.p, big_endian);
        uint16_t length = syc_load16(rest.p + 2, big_endian);
        struct syc_span value = syc_span_part(rest, OPTION_HEAD, length);

        if (code == OPTION_END || value.n < length) {
            return;
        }
        if (code == OPTION_TSRESOL && length == 1) {
            link->resolution = value.p[0];
        } else if (code == OPTION_TSOFFSET && length == 8) {
            uint64_t first = syc_load32(value.p, big_endian);
            uint64_t second = syc_load32(value.p + 4, big_endian);

            link->offset_s = (int64_t)(big_endian ? first << 32 | second : second << 32 | first);
        }
        rest = syc_span_from(rest, OPTION_HEAD + (size_t)((length + 3) & ~3));
    }
}

/* Room doubles, so few are copied often. 65,536 of them take 3 MiB. */
enum pcapng_added
pcapng_links_add(struct pcapng_links *links, struct syc_span body, bool big_endian)
{
    struct pcapng_link *link;

    if (links->count == PCAPNG_LINKS_MAX) {
        return PCAPNG_TOO_MANY;
    }
    if (links->count == links->room) {
        size_t room = links->room == 0 ? 4 : links->room * 2;
        struct pcapng_link *items = syc_resize(links->items, room, sizeof *items);

        if (items == NULL) {
            return PCAPNG_NO_MEMORY;
        }
        links->items = items;
        links->room = room;
    }
    link = &links->items[links->count++];
    *link = (struct pcapng_link){.link = syc_load16(body.p, big_endian),
                                 .resolution = DEFAULT_RESOLUTION,
                                 .snaplen = syc_load32(body.p + 4, big_endian)};
    read_options(link, syc_span_from(body, BODY_OPTIONS), big_endian);
    find_plain(link);
    return PCAPNG_ADDED;
}

void
pcapng_links_fini(struct pcapng_links *links)
{
    syc_free(links->items);
    *links = (struct pcapng_links){0};
}

/*
 * A type for which compiling failed is remembered as such, so a file of a million frames does not
 * try a million times; the first reason is kept for the words at the end.
 */
const struct syc_filter *
pcapng_filters_get(struct pcapng_filters *filters, uint16_t link)
{
    struct syc_filter *made = NULL;
    struct syc_error err = {0};

    for (size_t i = 0; i < filters->count; i++) {
        if (filters->items[i].link == link) {
            return filters->items[i].filter;
        }
    }
    if (filters->count == PCAPNG_FILTERS_MAX) {
        syc_error_set(&err, SYC_LIMIT, "filter: more than %d link types", PCAPNG_FILTERS_MAX);
    } else if (syc_filter_new(&made, filters->expression, link, &err) != SYC_OK) {
        made = NULL;
    }
    if (filters->count < PCAPNG_FILTERS_MAX) {
        filters->items[filters->count].link = link;
        filters->items[filters->count++].filter = made;
    }
    if (made == NULL && filters->why.status == SYC_OK) {
        filters->why = err;
    }
    return made;
}

void
pcapng_filters_fini(struct pcapng_filters *filters)
{
    for (size_t i = 0; i < filters->count; i++) {
        syc_filter_free(filters->items[i].filter);
    }
}
