#ifndef SYC_ENGINE_INT_H
#define SYC_ENGINE_INT_H

/*
 * Purpose           the engine's one structure, and what its files call of each other
 * Input and output  engine.c: captures in; judge.c: events in; verdict.c: subjects out; load.c, paths.c: knowledge
 * Ownership         everything hangs on struct syc_engine, so two engines share nothing but constants
 * Limits            see engine.h
 * Not here          anything another folder may use
 */

#include "engine/engine.h"

#include <stdatomic.h>

enum { MATCHES = 1024 }; /* slots of the match cache: distinct SYNs of a busy link are hundreds */

/* A stretch of capture time in which segments are known to have been lost. */
struct wound {
    bool open; /* there was such a loss */
    int64_t from_us, to_us;
};

struct cached_match {
    const struct syc_syn *syn;
    struct syc_match match;
};

/* A subject kept until all of its source's pairs are seen; its values are copies. */
struct held {
    struct syc_subject subject;
    enum syc_label label; /* of a pair */
    struct held *next;
};

/* One source and its scored pairs, on their way out (verdict.c). */
struct hold {
    struct syc_arena arena;
    size_t limit; /* octets the arena may take */
    struct held *source;
    struct held *first, *last; /* pairs, in order */
    bool automation, human;    /* what pairs said */
    bool own_known;            /* own_label is computed */
    enum syc_label own_label;  /* the source's by itself */
    enum syc_status status;    /* sticky */
};

struct syc_engine {
    struct syc_engine_config config;
    struct syc_ruleset *rules;
    struct syc_signatures *signatures;
    struct syc_table *table;
    struct syc_cadence *cadence;
    struct cached_match *matches; /* NULL when fingerprint events are not asked for */
    struct syc_run_stats stats;   /* capture, decode and time; the rest is asked of the parts */
    struct wound cut, drops;
    const char *path; /* of the capture being read; valid while it is */
    struct hold hold;
    bool ruleset_told;
    atomic_bool stop;
    struct syc_segment batch[SYC_BATCH];
    struct syc_verdict verdict; /* scratch: too large for a stack frame in a callback */
};

/* A record from whatever side of the waist: emitted if asked for, then counted into rhythm. */
void engine_take_record(struct syc_engine *e, const struct syc_record *r);

/* The newest time of the input, since 1970; older ones change nothing. */
void engine_clock(struct syc_engine *e, int64_t us);

/* A line for a person through config.message, and an `error` event if asked for. file may be NULL. */
void engine_tell(struct syc_engine *e, const char *file, const char *text);

/* Judge every subject; verdicts, source events and rows go out in canonical order. */
enum syc_status engine_judge_subjects(struct syc_engine *e) SYC_MUST_CHECK;

/* The signature set of a configuration: shipped, or the files named. */
enum syc_status engine_load_signatures(struct syc_signatures **out, const char *const *paths,
                                       size_t count, struct syc_error *err) SYC_MUST_CHECK;

#endif
