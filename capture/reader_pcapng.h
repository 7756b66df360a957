#ifndef SYC_CAPTURE_READER_PCAPNG_H
#define SYC_CAPTURE_READER_PCAPNG_H

/*
 * Purpose           the interfaces of a pcapng section: link type, snapshot length, clock, filter
 * Input and output  bodies of interface description blocks in; times in nanoseconds and filters out
 * Ownership         struct pcapng_links and struct pcapng_filters own what they hold until their fini
 * Limits            PCAPNG_LINKS_MAX interfaces a section, PCAPNG_FILTERS_MAX link types with a filter a file
 * Not here          the other blocks (reader_pcapng.c)
 *
 * Each packet names its interface, and each interface has its own link type and clock: one file may hold Ethernet in
 * microseconds beside radiotap in nanoseconds. Filters are kept apart from interfaces, because thousands of
 * interfaces share a handful of link types, and a new section forgets the interfaces but not what was compiled.
 */

#include "capture/reader_int.h"

enum {
    PCAPNG_LINKS_MAX =
        65536, /* what the obsolete packet block can name; 126 is the most of a real file here */
    PCAPNG_FILTERS_MAX = 64,
};

/*
 * One interface. resolution is if_tsresol as written: the power of 10, or with its top bit of 2, that a tick is a
 * part of a second by. offset_s is if_tsoffset. plain_end, unit_ns and offset_ns are those two in the form the
 * hot path needs.
 */
struct pcapng_link {
    uint16_t link;
    bool asked; /* filter is looked up; NULL then: there is none for this link type */
    uint8_t resolution;
    uint32_t snaplen;
    /* Times below plain_end are ticks * unit_ns + offset_ns and need no further look. */
    uint64_t plain_end;
    int64_t unit_ns, offset_ns;
    int64_t offset_s;
    const struct syc_filter *filter;
};

/* The interfaces of the section, numbered in order of their blocks; the array moves when it grows. */
struct pcapng_links {
    struct pcapng_link *items;
    size_t count, room;
};

enum pcapng_added { PCAPNG_ADDED, PCAPNG_TOO_MANY, PCAPNG_NO_MEMORY };

/*
 * One interface more.
 *
 * body     an interface description block between its two lengths, at least 8 octets; borrowed for the call
 * returns  PCAPNG_ADDED; PCAPNG_TOO_MANY, PCAPNG_NO_MEMORY: then the interfaces are as they were
 * source   draft-ietf-opsawg-pcapng 4.2
 */
enum pcapng_added pcapng_links_add(struct pcapng_links *links, struct syc_span body,
                                   bool big_endian);

/* Free the array; *links is empty and may be used anew. */
void pcapng_links_fini(struct pcapng_links *links);

/*
 * Any count of ticks as nanoseconds since 1970, fractions of one cut off.
 *
 * ticks    any value, as an outsider may have written it
 * odd      counts those that had to be moved to the nearest time within SYC_TIME_MIN_NS..SYC_TIME_MAX_NS
 */
int64_t pcapng_time(const struct pcapng_link *link, uint64_t ticks, uint64_t *odd);

/* One expression, compiled once for each link type that it meets. */
struct pcapng_filters {
    const char *expression; /* NULL: everything passes */
    struct {
        uint16_t link;
        struct syc_filter *filter; /* NULL: it could not be compiled */
    } items[PCAPNG_FILTERS_MAX];
    size_t count;
    struct syc_error why; /* the first that could not be compiled */
};

/*
 * The filter for a link type.
 *
 * returns  NULL, with ->why set, where the expression means nothing on it, memory is short, or PCAPNG_FILTERS_MAX
 *          types have one; else owned by *filters. The same type gets the same answer for the whole file
 */
const struct syc_filter *pcapng_filters_get(struct pcapng_filters *filters, uint16_t link);

/* Free what was compiled; filters that could not be are NULL, which is fine. */
void pcapng_filters_fini(struct pcapng_filters *filters);

#endif
