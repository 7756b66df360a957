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
#include <time.h>

enum { MATCHES = 1024 }; /* slots of the match cache: distinct SYNs of a busy link are hundreds */

/* A stretch of capture time in which segments are known to have been lost. */
struct wound {
    bool open; /* there was such a loss */
    int64_t from_us, to_us;
};

/*
 * The answer for a SYN that was matched before: syn is its address in the table, where it stays for
 * the table's life.
 */
struct cached_match {
    const struct syc_syn *syn;
    struct syc_identity identity;
};

/* Link layers that an input has and nobody reads. */
struct refused {
    uint16_t links[8]; /* the first of them, each once */
    size_t count;
    uint64_t frames;
};

/* The inputs of the capture being read, by `file` of their frames, which is first_file for the first of them. */
struct inputs {
    struct syc_capture *capture; /* NULL: none is being read, or a thread of its own reads it */
    struct engine_ahead *ahead;  /* that thread, or NULL */
    const char *const *names;
    const char *name; /* of a single input; names points to it */
    uint16_t first_file;
    size_t count;
    struct refused *refused; /* as many */
};

/*
 * What a batch of frames came to: its segments, and the few others that aside.c asks for, in order.
 * Frames with any other reason are counted and not here. Borrows the frames' octets.
 */
struct batch {
    size_t count;
    size_t frames;                   /* of which they are */
    size_t dropped;                  /* frames that are not here */
    bool plain;                      /* all that are here are segments, and none is a fragment */
    int64_t first_ns, last_ns;       /* of the frames, if there were any */
    uint8_t reasons[SYC_DROP_COUNT]; /* of those that are not here; none, if dropped is 0 */
    uint8_t drops[SYC_BATCH];        /* of those that are here: enum syc_drop */
    uint16_t links[SYC_BATCH];       /* their link layers, unless plain */
    struct syc_segment segments[SYC_BATCH];
};

struct engine_ahead; /* a thread that reads ahead (ahead.c) */

/*
 * Clocks of a live run: the capture's own, carried on by the monotonic one while nothing arrives. Times below are the
 * capture's; 0 = not yet.
 */
struct live {
    struct timespec at; /* when the newest frame was taken in */
    int64_t now_ns;     /* its time */
    int64_t asked_ns;   /* when the kernel was last asked for drops */
    int64_t looked_ns;  /* when changes were last looked for */
    int64_t told_ns;    /* when all that is new was last told */
    int64_t counted_ns; /* when a stats event was last written */
    int64_t took_ns;    /* how long the last judging took */
    uint64_t drops;
};

/* Of whom a judging tells: sources whose label is another than was told; all of whom there is news; all, for good. */
enum telling { TELL_CHANGES, TELL_NEWS, TELL_LAST };

/* The label of every pair of one shape (syc_visit_shape); shape 0: free. Stacks of scanners are few. */
struct shaped {
    uint64_t shape;
    enum syc_label label;
};
enum { SHAPES = 256 };
struct shapes {
    bool hold; /* no rule that judges reads what a shape leaves open */
    struct shaped list[SHAPES];
};

/*
 * One run. Left of the waist: fragments and table; right of it: cadence, audit, rules. `stop` alone is written by
 * another thread or a signal handler; everything else belongs to the thread that calls.
 */
struct syc_engine {
    struct syc_engine_config config;
    struct syc_ruleset *rules;
    struct syc_signatures *signatures;
    struct syc_table *table;
    struct shapes shapes;
    struct syc_cadence *cadence;     /* NULL when only the audit is asked for */
    struct syc_correlate *correlate; /* NULL without correlations in the rules */
    struct syc_audit *audit;         /* NULL when it is not asked for */
    size_t audit_octets;             /* what it may have */
    uint64_t audit_lost;             /* the table's count of losses before it began */
    struct cached_match *matches;    /* NULL when fingerprint events are not asked for */
    struct syc_run_stats stats;      /* capture, decode and time; the rest is asked of the parts */
    struct wound cut, drops;
    struct inputs inputs;
    struct syc_fragments fragments;
    bool ruleset_told;
    size_t correlate_octets;         /* what correlations may have */
    struct syc_signatures **retired; /* replaced by a reload; what was matched points into them */
    size_t retired_count;
    atomic_bool stop, reload;
    enum telling telling; /* of the judging that runs */
    struct batch batch;
    struct syc_verdict verdict, part; /* scratch: too large for a stack frame in a callback */
};

/* Decode up to SYC_BATCH frames; flags: enum syc_decode_flag bits. A pure function, for any thread. */
void engine_decode(const struct syc_frame *frames, size_t count, unsigned flags, struct batch *out);

/*
 * What is not just the next segment of the batch, or comes while fragments are held: segments[n], whose link layer and
 * reason are given. The answer is how many of the batch are still to be fed; more than n + 1 it never is.
 */
size_t engine_take_aside(struct syc_engine *e, struct batch *b, uint16_t link, enum syc_drop drop,
                         size_t n);

/*
 * Read and decode in a thread of its own, if config.jobs allows it and no input can make it wait.
 *
 * capture  borrowed; the thread's alone until engine_ahead_stop()
 * returns  NULL where the caller is to read for itself: not allowed, or no thread or memory for it
 */
struct engine_ahead *engine_ahead_start(const struct syc_engine *e, struct syc_capture *capture,
                                        const struct syc_capture_options *options);

/*
 * The next batch, waiting for it.
 *
 * *out     borrowed, with the octets of its frames, until the next call; NULL: there is none this time
 * returns  as syc_capture_next(); when not SYC_OK *over says of which input
 */
enum syc_status engine_ahead_next(struct engine_ahead *a, struct batch **out,
                                  struct syc_capture_over *over,
                                  struct syc_error *err) SYC_MUST_CHECK;

/* How far it is, counted by what engine_ahead_next() gave. */
void engine_ahead_progress(const struct engine_ahead *a, struct syc_progress *out);
void engine_ahead_stats(const struct engine_ahead *a, struct syc_capture_stats *out);

/* End the thread at its next batch, and free all; what it has read beyond is dropped. NULL is fine. */
void engine_ahead_stop(struct engine_ahead *a);

/* The end of all input: fragments that waited for others wait no longer. */
void engine_end_fragments(struct syc_engine *e);

/*
 * An input of which no frame could be read was not read (SYC_FORMAT); one with some of these is
 * told what they were.
 */
enum syc_status engine_end_refused(struct syc_engine *e, uint16_t file, uint64_t packets,
                                   struct syc_error *err) SYC_MUST_CHECK;

/* e->inputs for a capture; its names are borrowed. SYC_OK or SYC_NO_MEMORY; engine_drop_inputs() either way. */
enum syc_status engine_list_inputs(struct syc_engine *e, const struct syc_capture_options *options,
                                   struct syc_error *err) SYC_MUST_CHECK;

/* Free them: no capture is being read. */
void engine_drop_inputs(struct syc_engine *e);

/* NULL when it is none of the capture being read: a frame was kept for longer than that. */
const char *engine_input_name(const struct syc_engine *e, uint16_t file);

/* An `error` event, if asked for, for what went wrong with an input. */
void engine_tell_fault(struct syc_engine *e, const char *name, const struct syc_error *err);

/*
 * An input is over, with SYC_END or a fault: mark what is missing, tell. Answers SYC_OK or the
 * fault that it comes to.
 */
enum syc_status engine_end_input(struct syc_engine *e, const struct syc_capture_over *over,
                                 enum syc_status status, struct syc_error *err) SYC_MUST_CHECK;

/* A record from whatever side of the waist: emitted if asked for, then counted into rhythm. */
void engine_take_record(struct syc_engine *e, const struct syc_record *r);

/* The newest time of the input, since 1970; older ones change nothing. */
void engine_clock(struct syc_engine *e, int64_t us);

/* A `ruleset` event, if asked for, of the rules in use. status: "loaded", "reloaded" or "kept"; error: why kept */
void engine_emit_ruleset(struct syc_engine *e, const char *status, const char *error);

/* At a batch boundary: serve syc_engine_reload(), if it was called. */
void engine_reload_if_asked(struct syc_engine *e);

/* A line for a person through config.message, and an `error` event if asked for. file may be NULL. */
void engine_tell(struct syc_engine *e, const char *file, const char *text);

/* Judge the subjects that a telling is about; verdicts, source events and rows go out in canonical order. */
enum syc_status engine_judge_subjects(struct syc_engine *e, enum telling telling) SYC_MUST_CHECK;

/*
 * What only a live run does behind a batch, also behind an empty one: an idle link must still let connections expire,
 * and what is due be told (live.c).
 */
void engine_live_batch(struct syc_engine *e, struct syc_capture *c, struct live *l,
                       const struct batch *b);

/* A `stats` event, if asked for: the counts of now. */
void engine_emit_stats(struct syc_engine *e);

/* e->audit with this much memory, if the configuration asks for one; false when memory is short. */
bool engine_make_audit(struct syc_engine *e, size_t octets);

/* The report of all the audit was fed, if there is one: its event and its callback. It lives until the next, or the engine's end. */
enum syc_status engine_finish_audit(struct syc_engine *e) SYC_MUST_CHECK;

/*
 * The same with more to come: an audit that is full after it gives way to a new one, of what comes from here on. The report
 * is gone when this returns.
 */
enum syc_status engine_tell_audit(struct syc_engine *e) SYC_MUST_CHECK;

/*
 * The signature set of a configuration: shipped, or the files named. A file with a fault is SYC_SYNTAX and *err its
 * first one: a run begins with all that was asked for.
 */
enum syc_status engine_load_signatures(struct syc_signatures **out, const char *const *paths,
                                       size_t count, struct syc_error *err) SYC_MUST_CHECK;

/* What loading left out, as lines for a person. */
void engine_note_signatures(const struct syc_engine *e);

#endif
