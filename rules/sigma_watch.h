#ifndef SYC_SIGMA_WATCH_H
#define SYC_SIGMA_WATCH_H

/*
 * Purpose           the correlations of a set, run over events in time
 * Input and output  rows with a time and a tag of their own, mostly oldest first; what fired, by a callback
 * Ownership         a watch borrows its set and keeps no row; what a callback gets is valid during the call
 * Limits            one budget: groups that find no room push out those that were silent for longest, counted
 * Not here          the order of events: who feeds them sees to it
 *
 * A watch keeps, for each correlation and each combination of its group-by values (a group), the newest N things that
 * its condition counts, N from the condition: events, distinct values with the last event of each, or the last event
 * of each rule. That is exact: of more than N the oldest N can leave the window only before the others do.
 *
 *     window    the events from `timespan` before the newest event to it, both ends included; it slides, so what
 *               straddles a full hour is found
 *     run       from the event that makes the window reach the lower bound until an event finds too few others in it
 *               for one more to reach it, or none
 *
 * A correlation fires once a run: at its begin, or, when the condition has an upper bound (lt, lte, eq, neq), at its
 * end, if the largest window of the run kept to it. An event that lacks a value of group-by, or the one that is
 * counted, belongs to no group. A correlation that is named by another is an event there: the one that made it fire.
 *
 * What fires depends on the order of events in each group alone. An event that comes late, after a newer one of its group,
 * is put at its place if the window still reaches it: whatever fires then is true, but what the window has left behind,
 * and runs that were over, are not judged again. The order of rules (temporal_ordered) takes in no late event. All are
 * counted.
 */

#include "rules/sigma.h"

struct syc_sigma_watch;

/*
 * One event.
 *
 * row  one value a field of schema; only those of syc_sigma_watch_columns() are read
 * tag  octets of the caller's, given back with what fires
 */
struct syc_sigma_event {
    const struct syc_schema *schema;
    const struct syc_value *row;
    int64_t time_us; /* within +-2^61 */
    const void *tag;
};

/*
 * What fired, or goes on.
 *
 * count  events, values or rules in the window, or in the largest of the run where its end decides; never more than the
 *        condition can tell apart
 * tags   of the window's events (of each value or rule the last one), oldest first
 */
struct syc_sigma_fired {
    const struct syc_sigma_rule *rule;
    bool goes_on; /* one more event of a run that has fired: tags holds it alone */
    int64_t count;
    int64_t first_us, last_us;
    const void *tags;
    size_t tag_count;
    const struct syc_value *group; /* the values of group-by, in its order */
    const char *const *names;      /* its words */
    size_t group_count;
};

/* Losses and sizes. */
struct syc_sigma_watch_stats {
    uint64_t fired;   /* runs */
    uint64_t evicted; /* groups that gave way before their time was over */
    uint64_t lost;    /* events that found no room even so */
    uint64_t late;    /* events after a newer one of a group of theirs, or of one that is gone */
    size_t groups, groups_peak;
    size_t octets, octets_peak, octets_limit;
};

/*
 * A watch over all correlations of a sealed set (borrowed).
 *
 * tag_octets  of an event's tag: a multiple of 8, or 0
 * fired       called from feed and finish; NULL = nobody listens
 * returns     NULL when memory is short
 */
struct syc_sigma_watch *
syc_sigma_watch_new(const struct syc_sigma *set, size_t budget_octets, size_t tag_octets,
                    void (*fired)(void *user, const struct syc_sigma_fired *fired), void *user);
void syc_sigma_watch_free(struct syc_sigma_watch *w);

/* How many correlations there are: with none a watch has nothing to do. */
size_t syc_sigma_watch_count(const struct syc_sigma_watch *w);

/*
 * The fields that test and feed read of a schema's rows, and those that feed alone reads: ascending, each once, valid
 * as long as the watch. For who fills rows, or keeps events to feed them later.
 */
size_t syc_sigma_watch_fields(struct syc_sigma_watch *w, const struct syc_schema *schema,
                              const uint16_t **out);
size_t syc_sigma_watch_columns(struct syc_sigma_watch *w, const struct syc_schema *schema,
                               const uint16_t **out);

/* 64-bit words of a mask of the rules that correlations name. */
size_t syc_sigma_watch_words(const struct syc_sigma_watch *w);

/*
 * Which of them hold for a row, into mask.
 *
 * returns  whether any does: an event for which none does need not be fed
 */
bool syc_sigma_watch_test(const struct syc_sigma_watch *w, const struct syc_schema *schema,
                          const struct syc_value *row, uint64_t *mask);

/*
 * Take in an event for which the rules of mask hold. cost: amortized O(1) for each correlation that it touches; a late one
 * passes by what is newer in its window
 */
void syc_sigma_watch_feed(struct syc_sigma_watch *w, const struct syc_sigma_event *event,
                          const uint64_t *mask);

/*
 * It is now_us (within +-2^61), and events may still come late by patience_us: groups stay for that much longer than their
 * timespan, and a run that its end decides is decided then. Without it a group stays until an event is newer than its last by
 * more than the timespan.
 */
void syc_sigma_watch_advance(struct syc_sigma_watch *w, int64_t now_us, int64_t patience_us);

/* No further event: runs that only their end decides are over. The watch is empty after it. */
void syc_sigma_watch_finish(struct syc_sigma_watch *w);

/* Counts and sizes so far. */
void syc_sigma_watch_stats(const struct syc_sigma_watch *w, struct syc_sigma_watch_stats *out);

#endif
