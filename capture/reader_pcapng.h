#ifndef SYC_CAPTURE_READER_PCAPNG_H
#define SYC_CAPTURE_READER_PCAPNG_H

/*
 * Purpose           the interfaces of a pcapng section: link type, snapshot length, clock, filter
 * Input and output  bodies of interface description blocks in; times in nanoseconds and filters out
 * Ownership         struct pcapng_links and struct pcapng_filters own what they hold until their fini
 * Limits            PCAPNG_LINKS_MAX interfaces a section, FILTERS_MAX link types with a filter a file
 * Not here          the other blocks (reader_pcapng.c)
 */

#include "capture/reader_int.h"

enum {
    PCAPNG_LINKS_MAX =
        65536, /* what the obsolete packet block can name; 126 is the most of a real file here */
    PCAPNG_FILTERS_MAX = 64,
};

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

struct pcapng_links {
    struct pcapng_link *items;
    size_t count, room;
};

enum pcapng_added { PCAPNG_ADDED, PCAPNG_TOO_MANY, PCAPNG_NO_MEMORY };

/* body: an interface description block between its two lengths, at least 8 octets. */
enum pcapng_added pcapng_links_add(struct pcapng_links *links, struct syc_span body,
                                   bool big_endian);
void pcapng_links_fini(struct pcapng_links *links);

/* Any count of ticks as nanoseconds since 1970; *odd counts those that had to be moved to the nearest usable time. */
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

/* The filter for a link type, or NULL with ->why set. */
const struct syc_filter *pcapng_filters_get(struct pcapng_filters *filters, uint16_t link);
void pcapng_filters_fini(struct pcapng_filters *filters);

#endif
