#ifndef SYC_SIGMA_GROUP_H
#define SYC_SIGMA_GROUP_H

/*
 * Purpose           the groups of a watch: windows, runs, and the memory of both
 * Input and output  sigma_watch.c says which event touches which correlation; what fires goes out by its callback
 * Ownership         a watch owns its watchers, a watcher its groups, a group its entries
 * Limits            the watch's budget
 * Not here          which rules hold
 *
 *     watcher   oldest <-> ... <-> newest      groups as they were touched: the oldest gives way first
 *       group   first  <-> ... <-> last        entries by time: what leaves the window leaves at the front
 *
 * A group has a time of its own, that of its newest event: what comes in the order of its group is in its turn, whatever
 * other groups have had meanwhile.
 */

#include "rules/sigma_correlation.h"
#include "rules/sigma_watch.h"

/* What stands in an index: chains of a hash table that doubles. */
struct cell {
    struct cell *next;
    uint64_t hash;
};

struct index {
    struct cell **slots;
    size_t room, count; /* room: a power of two */
};

/* One thing that is counted: an event, a value or a rule, with the tag of its last event. */
struct entry {
    struct cell cell; /* in watch->values, unless each event counts for itself */
    struct group *group;
    struct entry *older, *newer;
    int64_t time_us;
    uint8_t *value;
    size_t n;
    uint8_t tag[];
};

/* One combination of values. */
struct group {
    struct cell cell; /* in watch->groups */
    struct watcher *watcher;
    struct group *older, *newer;
    struct entry *first, *last;
    size_t count;
    int64_t last_us;
    int64_t *steps;  /* temporal_ordered: for each rule the begin of the latest chain up to it */
    uint8_t *chains; /* and the tags of that chain: refs x refs */
    uint64_t serial;
    uint64_t event, told; /* the last event that was counted, and the last that was told of */
    bool open;            /* in a run */
    int64_t peak;
    uint8_t *key;
    size_t n;
};

/* One correlation at work. */
struct watcher {
    struct syc_sigma_watch *watch;
    const struct syc_sigma_rule *rule;
    const struct syc_sigma_correlation *c;
    size_t *sources; /* of each ref: index of a base rule, or of another watcher */
    const char **names;
    struct group *oldest, *newest;
    uint64_t fired_at; /* the event that made it fire last */
    int64_t gone_us;   /* the newest event of all groups that are no more */
};

struct syc_sigma_watch {
    struct syc_arena arena;
    struct syc_hash_key key;
    struct syc_budget budget;
    struct watcher *watchers;
    size_t watcher_count;
    const struct syc_sigma_rule **bases;
    size_t base_count;
    struct index groups, values;
    size_t tag_octets;
    uint8_t *tags; /* scratch: the window that is told */
    uint8_t *text; /* scratch: the key that is looked up */
    size_t text_room;
    int64_t now_us;      /* the newest event, or what the clock was told to be */
    int64_t patience_us; /* how much longer than a window groups stay, for events that come late */
    uint64_t event, serial, late_event;
    uint64_t fired_count, evicted, lost, late;
    size_t groups_peak;
    void (*fired)(void *user, const struct syc_sigma_fired *fired);
    void *user;
};

/* An empty index; false when memory is short. Its slots are the caller's to free. */
bool syc_watch_index_init(struct index *x) SYC_MUST_CHECK;

/* Rule i of the watcher holds for an event: it enters its group's window. */
void syc_group_take(struct watcher *x, size_t i, const struct syc_sigma_event *event);

/* The window of that group, once all of the event is in it: what fires is told. Not for temporal_ordered. */
void syc_group_judge(struct watcher *x, size_t i, const struct syc_sigma_event *event);

/* What no event of the watcher can reach any more goes without a trace: memory follows the events of the last timespan. */
void syc_group_drop_past(struct watcher *x);

/* The group's run, if it is in one, is over. */
void syc_group_end(struct group *g);

/* Out of its watcher and the indexes, with all its entries. */
void syc_group_free(struct group *g);

#endif
