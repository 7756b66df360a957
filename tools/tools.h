#ifndef SYC_TOOLS_H
#define SYC_TOOLS_H

/*
 * Purpose           the command line: verbs, their options, what is said on standard error, the exit status
 * Input and output  argv in; events or a table on standard output, messages on standard error, a status out
 * Ownership         options borrow argv; lists in them are freed by syc_options_fini()
 * Limits            one run a process; the only writable global is the engine that a signal stops (run.c)
 * Not here          anything that decides: that is engine/ and below
 */

#include "engine/engine.h"

/* Exit statuses: the contract of events.md. */
enum {
    EXIT_REACHED = 1,
    EXIT_USAGE = 2,
    EXIT_INPUT = 3,
    EXIT_OUTPUT = 4,
    EXIT_INTERRUPTED = 130,
};

enum { VERB_ANALYZE = 1, VERB_JUDGE = 2, VERB_RULES = 4 };

struct syc_texts {
    const char **items;
    size_t count;
};

/* When a verdict makes the exit status 1. */
struct syc_fail_on {
    bool set;
    int score;            /* reached at this score or above, unless by label */
    bool by_label;        /* reached at this label or a worse one */
    enum syc_label label; /* SYC_LABEL_UNCLEAR, _MIXED or _AUTOMATION */
};

struct syc_options {
    struct syc_texts reads;    /* -r */
    struct syc_texts operands; /* words that are no options */
    struct syc_texts rest;     /* main job: words after --, a filter; elsewhere they are operands */
    struct syc_texts rules, signatures;
    const char *interface, *sensor, *from;
    unsigned events; /* 0 = not given */
    bool json, quiet, verbose, help, version;
    size_t memory_octets;
    double prior;
    int64_t idle_ns, two_msl_ns;
    struct syc_fail_on fail_on;
};

struct syc_verb {
    const char *name; /* NULL: the main job */
    unsigned bit;
    const char *usage;    /* after "usage: " */
    const char *about;    /* what it does, whole lines */
    const char *examples; /* whole lines */
    int (*run)(const struct syc_options *o);
};
extern const struct syc_verb syc_verb_analyze, syc_verb_judge, syc_verb_rules;

/*
 * Read a verb's options; argv[0] is skipped.
 *
 * returns  0, or EXIT_USAGE after one line on standard error; *o is to be given to syc_options_fini() either way
 */
int syc_options_parse(struct syc_options *o, const struct syc_verb *verb, int argc, char **argv);
void syc_options_fini(struct syc_options *o);

/* The help of a verb on standard output, out of the same table that syc_options_parse() reads by. */
void syc_options_help(const struct syc_verb *verb);

/* ---- messages (say.c) ---- */

/* "syncopate: ..." and a newline on standard error; control characters, which names may hold, become '?'. */
void syc_say(const char *format, ...) SYC_PRINTF(1, 2);

/* The findings of the rule loader: "file:line:column: error[CODE]: text" and a hint below. To descriptor fd. */
void syc_say_problems(int fd, const struct syc_ruleset *set, bool warnings);

/* ---- a run: engine, output, signals, the end (run.c) ---- */

enum { TOP_ROWS = 5 };

struct syc_run {
    const struct syc_options *options;
    struct syc_output output;
    struct syc_engine *engine;
    bool human; /* a table for a person instead of events */
    bool input_failed, interrupted, reached;
    bool unread; /* the output failed before the input's end */
    struct syc_table_row top[TOP_ROWS];
    size_t top_count, sources;
};

/*
 * Make the engine and listen to signals.
 *
 * returns  0 or the exit status, after its message; then the run needs no end
 */
int syc_run_begin(struct syc_run *run, const struct syc_options *o, bool many_inputs);

/* Say why an input was not read whole, and what became of the rest; count it for the exit status. */
void syc_run_input_failed(struct syc_run *run, const char *name, enum syc_status status,
                          const struct syc_error *err, bool more);

/* Give up a run of which nothing was read: no event, no table. */
void syc_run_drop(struct syc_run *run);

/* Judge, print, free. Returns the exit status. */
int syc_run_end(struct syc_run *run);

/* ---- inputs (inputs.c) ---- */

/*
 * The captures an input list names: files as they are, folders as their capture files by name.
 *
 * failed   set when a folder could not be read or holds no capture (said on standard error)
 * returns  0, or EXIT_INPUT when memory is short (said)
 */
int syc_inputs_expand(const struct syc_texts *names, struct syc_paths *out, bool *failed);

#endif
