#ifndef SYC_ENGINE_H
#define SYC_ENGINE_H

/*
 * Purpose           the wiring: one pass from captures or connection events to verdicts
 * Input and output  options and inputs in, events to a syc_output; counts and rows for the caller
 * Ownership         an engine owns its table, cadence, rules and signatures; two engines in a process do not meet
 * Limits            one number for memory, split inside (engine.c); judged lines of at most 64 MiB
 * Not here          command lines (tools/)
 *
 *     syc_engine_new -> (syc_engine_capture | syc_engine_judge)* -> syc_engine_finish -> syc_engine_free
 *
 * Two ways in and one way on: a capture's segments become records (connection/), a stored event is read back into one
 * (record_read.c), and from there nothing can tell them apart: judging the events of a run gives the run's verdicts.
 */

#include "output/output.h"

enum syc_from { SYC_FROM_GUESS, SYC_FROM_SYNCOPATE, SYC_FROM_ZEEK, SYC_FROM_EVE };

/* What became of one input of syc_engine_capture(). */
struct syc_input_over {
    const char *name;       /* path or interface */
    enum syc_status status; /* SYC_OK, or why it was not read to its end, or not at all */
    uint64_t packets;       /* frames that it gave */
};

/*
 * What a run is to be. Zero is every member's usual value; texts and callbacks are borrowed for the engine's life. Callbacks
 * are called from inside the calls below, on their thread; they may call syc_engine_stop() and syc_engine_progress() alone.
 */
struct syc_engine_config {
    struct syc_output *output; /* borrowed */
    unsigned events;           /* enum syc_event bits to emit */
    size_t memory_octets;      /* 0 = 256 MiB */
    double prior;              /* log-odds */
    const char *const *rules;  /* files or folders; NULL = the shipped set */
    size_t rule_count;
    const char *const *signatures; /* files; NULL = the shipped set */
    size_t signature_count;
    unsigned decode;    /* enum syc_decode_flag bits */
    bool sni;           /* records tell the server names of ClientHellos */
    enum syc_from from; /* whose records are judged */
    unsigned jobs;      /* threads at most; 0 and 1: none beside the caller's */
    bool live;
    bool many_inputs;                       /* events name their file */
    int64_t idle_ns;                        /* 0 = 1 hour */
    int64_t two_msl_ns;                     /* 0 = 60 s */
    int64_t interval_ns, stats_interval_ns; /* live: of results, of stats; 0 = at the end */
    const struct syc_audit_options *audit;  /* copied but for signatures, memory; NULL = defaults */
    bool audit_only; /* the audit's report and no verdicts; no rhythm is kept */
    bool fixed_key;  /* hash key of zeros, for tests */
    void (*row)(void *user, const struct syc_table_row *row); /* every source's row, NULL = none */
    void (*verdict)(void *user, const struct syc_verdict *v); /* every one emitted, NULL = none */
    void (*told)(void *user); /* live: all that an interval tells is out, NULL = none */
    /* What the connections cost, at the end; made when this is given or its event is asked for. NULL = none. */
    void (*audited)(void *user, const struct syc_audit_report *r);
    /* Every SYN and SYN+ACK that a fingerprint event would tell of, with its file's name if there are several. */
    void (*syn)(void *user, const struct syc_syn_seen *s, const struct syc_identity *identity,
                const char *file);
    void (*message)(void *user, const char *text); /* one line for a person, NULL = none */
    /* An input of a capture is over; NULL = none. */
    void (*input)(void *user, const struct syc_input_over *over, const struct syc_error *err);
    void (*tick)(void *user); /* often while a capture is read, to show progress; NULL = none */
    void *user;
};

struct syc_engine;

/*
 * Load rules and signatures and make the tables.
 *
 * returns  SYC_OK, also when documents of the rules were refused (see syc_engine_rules: the caller decides whether
 *          that is fatal); SYC_IO (a rule or signature file), SYC_SYNTAX (a signature file), SYC_LIMIT,
 *          SYC_NO_MEMORY; then *out is NULL and *err says more
 */
enum syc_status syc_engine_new(struct syc_engine **out, const struct syc_engine_config *config,
                               struct syc_error *err) SYC_MUST_CHECK;

/* Free all it owns; NULL is fine. Nothing is emitted: that is syc_engine_finish(). */
void syc_engine_free(struct syc_engine *e);

/* The loaded rules: problems to print, counts, digest. */
const struct syc_ruleset *syc_engine_rules(const struct syc_engine *e);

/*
 * Read a capture, of one file or of several, to its end (or, live, until syc_engine_stop()). May be called for
 * several captures in turn: connections continue across them.
 *
 * returns  SYC_OK; SYC_TRUNCATED, SYC_FORMAT, SYC_IO, SYC_UNSUPPORTED, SYC_SYNTAX (filter): what was readable has
 *          been taken in, and of several files the others were read (this is the first fault; config.input gets
 *          each); SYC_INTERRUPTED after syc_engine_stop(); the output's status once that has failed: no more is read
 */
enum syc_status syc_engine_capture(struct syc_engine *e, const struct syc_capture_options *options,
                                   struct syc_error *err) SYC_MUST_CHECK;

/*
 * Read records from a descriptor, packed or not, and take them in; config.from says whose. What a record of another
 * sensor does not tell stays unknown (other.h). Lines that are no connection are counted; damaged ones, too, and told
 * by number through config.message (at most 10 an input) and as `error` events if asked for.
 *
 * counts   added to, so that several inputs may share one
 * returns  SYC_OK; SYC_IO, SYC_NO_MEMORY, SYC_TRUNCATED (packed octets): what was read has been taken in; SYC_FORMAT (a
 *          capture, not read); SYC_INTERRUPTED and the output's status as above
 */
struct syc_judge_counts {
    uint64_t records, other_events, bad_lines;
};
enum syc_status syc_engine_judge(struct syc_engine *e, int fd, const char *name,
                                 struct syc_judge_counts *counts,
                                 struct syc_error *err) SYC_MUST_CHECK;

/* How far syc_engine_capture() is; all 0 while none runs. For config.tick. */
void syc_engine_progress(const struct syc_engine *e, struct syc_progress *out);

/* Ask a running syc_engine_capture() or _judge() to stop at the next batch, for good. Async-signal-safe: one store. */
void syc_engine_stop(struct syc_engine *e);

/* Ask for rules and signatures to be read anew at the next batch; broken ones leave the old in use. One store, too. */
void syc_engine_reload(struct syc_engine *e);

/*
 * What was asked for and no batch has met yet; a stop stays. Async-signal-safe. A read that waits for octets meets
 * neither: a signal must interrupt it, and once more if it came before the read began to wait.
 */
enum syc_asked { SYC_ASKED_NOTHING, SYC_ASKED_RELOAD, SYC_ASKED_STOP };
enum syc_asked syc_engine_asked(const struct syc_engine *e);

/*
 * End all connections, judge all subjects, emit what is asked for. Once, after the last input, a stop or a fault.
 *
 * returns  SYC_OK; SYC_NO_MEMORY; SYC_CLOSED or SYC_IO when the output has failed
 */
enum syc_status syc_engine_finish(struct syc_engine *e) SYC_MUST_CHECK;

/* Counts so far, for the stats event and for people. */
void syc_engine_stats(const struct syc_engine *e, struct syc_run_stats *out);

/* ---- what the loader does, for tools that only check ---- */

/*
 * Load and seal rules from files and folders (*.yml and *.yaml below them, by name); count 0 = the shipped set.
 *
 * files    how many files were read; may be NULL
 * returns  SYC_OK, also when documents were refused; SYC_IO, SYC_LIMIT, SYC_NO_MEMORY: *out is NULL, *err says more
 */
enum syc_status syc_engine_load_rules(struct syc_ruleset **out, const char *const *paths,
                                      size_t count, size_t *files,
                                      struct syc_error *err) SYC_MUST_CHECK;

/*
 * Load signature files; count 0 = the shipped set.
 *
 * returns  SYC_OK, also when files were refused: their faults are remarks of the set, and nothing of them is in it;
 *          SYC_IO, SYC_LIMIT, SYC_NO_MEMORY: *out is NULL, *err says more
 */
enum syc_status syc_engine_load_signatures(struct syc_signatures **out, const char *const *paths,
                                           size_t count, struct syc_error *err) SYC_MUST_CHECK;

/* The regular files below one path, sorted; a path that is no folder is listed as it is. */
struct syc_paths {
    struct syc_arena arena;
    const char **items;
    size_t count, room;
};

/*
 * Append to a zeroed (or filled) list.
 * accept   says which files of a folder count (the path it gets is whole); NULL = all. Not asked for path itself.
 * depth    folders below folders that are entered (0 = none); deeper ones are left out. At most 10,000 files.
 * returns  SYC_OK; SYC_IO (folder cannot be read), SYC_LIMIT, SYC_NO_MEMORY: the list holds what was found before
 */
enum syc_status syc_paths_list(struct syc_paths *list, const char *path, unsigned depth,
                               bool (*accept)(const char *path),
                               struct syc_error *err) SYC_MUST_CHECK;

/* Free the list and its texts; it may be used anew. */
void syc_paths_fini(struct syc_paths *list);

struct syc_record_reader; /* holds what the record that was read last points to */

/* A reader without a record; NULL when memory is short. The caller's to free. */
struct syc_record_reader *syc_record_reader_new(void);

/* Free the reader and all that its record points to; NULL is fine. */
void syc_record_reader_free(struct syc_record_reader *r);

/*
 * One connection event's text into a record: the reverse of syc_json_connection().
 *
 * line, n  any octets; borrowed for the call
 * out      borrows from the reader until its next call; means nothing unless the answer is SYC_OK
 * returns  SYC_OK; SYC_NOT_FOUND (valid JSON, another event_type); SYC_SYNTAX (*err says what and where);
 *          SYC_NO_MEMORY
 * source   spec of events, `connection`; members that are not known are passed over, since the contract only grows
 */
enum syc_status syc_record_read(struct syc_record_reader *reader, const char *line, size_t n,
                                struct syc_record *out, struct syc_error *err) SYC_MUST_CHECK;

#endif
