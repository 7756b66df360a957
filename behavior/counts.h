#ifndef SYC_BEHAVIOR_COUNTS_H
#define SYC_BEHAVIOR_COUNTS_H

/*
 * Purpose           what is counted beside the subjects: losses, and sources of one SYN
 * Input and output  plain data
 * Ownership         texts belong to the signature set
 * Limits            the SYC_ONCE_MOST largest of prefixes and of stacks
 * Not here          who counts it (store.c, singles.c, once.c)
 */

#include "connection/connection.h"

/* What the budget cost: anything but 0 in the second and third is said in the output. */
struct syc_cadence_stats {
    uint64_t sources;         /* seen; one that comes again after it was forgotten counts again */
    uint64_t sources_evicted; /* sources of one unanswered SYN that gave way */
    uint64_t records_dropped; /* records that found no room */
    uint64_t
        groups_dropped; /* sources that found no place among fleets; 1 more when services found no room */
    size_t octets, octets_peak, octets_limit;
};

/* Prefixes and stacks that are told of sources of one SYN. */
enum { SYC_ONCE_MOST = 8 };
struct syc_once_prefix {
    uint8_t addr[16];
    uint8_t ip_v, bits; /* /16 of version 4, /32 of version 6 */
    uint64_t count;     /* of version 6 a lower bound once some of many gave way */
};
struct syc_once_stack {
    const char *os; /* system or tool; NULL = no signature fits */
    uint64_t count;
};

/* Sources of which one unanswered SYN is all that was seen: they are not visited, but counted. */
struct syc_once {
    uint64_t
        count; /* of the whole run; exact, but one that came again after it gave way or was forgotten counts again */
    uint64_t evicted;  /* of these, those that gave way: a second SYN of theirs would be a first */
    uint64_t distinct; /* addresses; 0 = not known */
    double distinct_error_ratio;                    /* its standard error; 0 = exact */
    struct syc_once_prefix prefixes[SYC_ONCE_MOST]; /* most first */
    size_t prefix_count;
    struct syc_once_stack stacks[SYC_ONCE_MOST]; /* most first; texts are the signatures' */
    size_t stack_count;
};

#endif
