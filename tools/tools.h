#ifndef SYC_TOOLS_H
#define SYC_TOOLS_H

/*
 * Purpose           the command line: verbs, their options, what is said on standard error, the exit status
 * Input and output  argv in; events or a table on standard output, messages on standard error, a status out
 * Ownership         options borrow argv; lists in them are freed by syc_options_fini()
 * Limits            one run a process; the only writable globals are the engine that a signal stops, and when (run.c),
 *                   and the line of progress that stands on the terminal (progress.c)
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

enum { VERB_ANALYZE = 1, VERB_JUDGE = 2, VERB_RULES = 4, VERB_AUDIT = 8, VERB_SIGNATURES = 16 };

struct syc_texts {
    const char **items;
    size_t count;
};

/* When a verdict, or a finding of an audit, makes the exit status 1. */
struct syc_fail_on {
    bool set;
    enum syc_severity severity; /* audit: reached at this or a worse one */
    int score;                  /* reached at this score or above, unless by label */
    bool by_label;              /* reached at this label or a worse one */
    enum syc_label label;       /* SYC_LABEL_UNCLEAR, _MIXED or _AUTOMATION */
};

struct syc_options {
    unsigned verb;             /* the verb's bit */
    struct syc_texts reads;    /* -r */
    struct syc_texts operands; /* words that are no options */
    struct syc_texts rest;     /* main job: words after --, a filter; elsewhere they are operands */
    struct syc_texts rules, signatures;
    const char *interface, *sensor;
    enum syc_from from;
    unsigned events; /* 0 = not given */
    enum syc_format format;
    bool json, human, quiet, verbose, help, version;
    bool no_tunnels, checksums, sni;
    bool syn_ack; /* signatures explain: the raw signatures are of SYN+ACKs */
    size_t memory_octets;
    unsigned jobs; /* 0 = not given */
    double prior;
    int64_t idle_ns, two_msl_ns;
    int64_t interval_ns, stats_interval_ns; /* 0 = not given */
    int64_t at_us;                          /* SYC_NONE = not given */
    uint8_t (*own)[16];                     /* --host */
    size_t own_count;
    const char *csv;
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
extern const struct syc_verb syc_verb_analyze, syc_verb_audit, syc_verb_judge, syc_verb_rules,
    syc_verb_signatures;

/*
 * Read a verb's options; argv[0] is skipped.
 *
 * returns  0, or EXIT_USAGE after one line on standard error; *o is to be given to syc_options_fini() either way
 */
int syc_options_parse(struct syc_options *o, const struct syc_verb *verb, int argc, char **argv);
void syc_options_fini(struct syc_options *o);

/* The help of a verb on standard output, out of the same table that syc_options_parse() reads by. */
void syc_options_help(const struct syc_verb *verb);

/* ---- verbs of several parts (parts.c) ---- */

enum {
    SYC_TAKES_JSON = 1,
    SYC_TAKES_RULES = 2,
    SYC_TAKES_SIGNATURES = 4,
    SYC_TAKES_SYN_ACK = 8,
    SYC_ANY_COUNT = 0x7fffffff
};

/* "rules check": the second word of a command line, and what may follow it. */
struct syc_part {
    const char *name, *usage;
    unsigned takes;     /* options of the verb that mean something here */
    size_t least, most; /* words behind the name */
    int (*run)(const struct syc_options *o, const char *const *words, size_t count);
};

/* Run the part that the first operand names, or say what there is; the exit status. */
int syc_parts_run(const struct syc_part *parts, size_t count, const char *verb,
                  const struct syc_options *o);

/* ---- messages (say.c) ---- */

/* "syncopate: ..." and a newline on standard error; what a terminal would obey, which names may hold, becomes '?'. */
void syc_say(const char *format, ...) SYC_PRINTF(1, 2);

/* A text of a file on standard output: no octet of it moves the cursor, colors the terminal or ends the line. */
void syc_print_text(const char *text);

/* What a library has found: with file, line and column as far as it has told them. */
void syc_say_error(const struct syc_error *err);

/* The findings of the rule loader: "file:line:column: error[CODE]: text" and a hint below. To descriptor fd. */
void syc_say_problems(int fd, const struct syc_ruleset *set, bool warnings);

/* The remarks of signature files in the same form; those above `most` are left out. To descriptor fd. */
void syc_say_remarks(int fd, const struct syc_signatures *set, enum syc_remark_level most);

/* ---- lines of JSON (lines.c) ---- */

/* Members of the object that is open; a text that is NULL is left out. */
void syc_line_text(struct syc_json *j, const char *name, const char *text);
void syc_line_int(struct syc_json *j, const char *name, size_t n);

/* Close the object and print it as one line; false, and nothing printed, when memory was short. */
bool syc_line_print(struct syc_json *j);

/* At the end of what is printed: status, or EXIT_OUTPUT after a message when not all of it was (ok: as far as is known). */
int syc_flushed(int status, bool ok);

/* ---- verbs of rules (rules_test.c, rules_explain.c) ---- */

/* Run the cases of the files and folders named; the exit status. */
int syc_rules_test(const struct syc_options *o, const char *const *paths, size_t count);

/*
 * A capture or a file of records into an engine, whichever it is by its first octets; "-" and pipes are fine, and a pipe
 * takes the place of standard input. Status and counts (which stay as
 * they are for a capture) are those of syc_engine_capture() and syc_engine_judge().
 */
enum syc_status syc_rules_take_in(struct syc_engine *e, const char *path,
                                  struct syc_judge_counts *counts, struct syc_error *err);

/* Why a rule did or did not fire: RULE FILE [SOURCE]; the exit status. */
int syc_rules_explain(const struct syc_options *o, const char *const *words, size_t count);

/* ---- signatures for what none fits (learn.c) ---- */

/* Read the captures named, print signatures for their unknown SYNs; the exit status. */
int syc_learn(const struct syc_options *o, const char *const *words, size_t count);

/* ---- a run: engine, output, signals, the end (run.c) ---- */

enum { TOP_ROWS = 5, GROUP_ROWS = 3 };

struct syc_run {
    const struct syc_options *options;
    struct syc_output output;
    struct syc_engine *engine;
    bool human;                            /* a table or report for a person instead of events */
    const struct syc_audit_report *report; /* of the engine; NULL without one */
    int csv;                               /* the file of --csv; -1 without one */
    bool input_failed, interrupted, reached;
    bool ending;                   /* nothing is read any more: what is told is the end's */
    bool unread;                   /* the output failed before the input's end */
    bool filter_hinted;            /* where a filter stands was said */
    const struct syc_paths *files; /* captures to read; NULL for an interface or records */
    uint64_t judged;               /* records read by judge */
    size_t faults;                 /* inputs that were not read whole, each of them said */
    /* The worst groups, then the sources that look most like automation. */
    struct syc_table_row groups[GROUP_ROWS], top[TOP_ROWS];
    size_t group_count, top_count;
    uint64_t groups_seen;              /* those of the rows included */
    uint64_t sources[SYC_LABEL_COUNT]; /* by label, those of the rows included */
};

/*
 * Make the engine and listen to signals.
 *
 * returns  0 or the exit status, after its message; then the run needs no end
 */
int syc_run_begin(struct syc_run *run, const struct syc_options *o, bool many_inputs);

/*
 * Say why an input was not read whole, and what became of it and of the rest; count it for the exit status.
 *
 * begun   some of it was read
 * more    other inputs are read
 */
void syc_run_input_failed(struct syc_run *run, const char *name, enum syc_status status,
                          const struct syc_error *err, bool begun, bool more);

/* Give up a run of which nothing was read: no event, no table. */
void syc_run_drop(struct syc_run *run);

/* Judge, print, free. Returns the exit status. */
int syc_run_end(struct syc_run *run);

/* ---- what a person reads (human.c) ---- */

/* The engine's row of a source or group: kept if it is among the worst. user: struct syc_run */
void syc_human_row(void *user, const struct syc_table_row *row);

/*
 * Print the table of the rows that were kept, or the audit's report, if this run is for a person and its output has not
 * failed; and forget the rows. What fails is in run->output.
 */
void syc_human_print(struct syc_run *run);

/*
 * How wide a table may be; whether colors and letters beyond ASCII are wanted: by the terminal and the
 * environment.
 */
int syc_terminal_width(void);
bool syc_color_wanted(void);
bool syc_utf8_wanted(void);

/* ---- the audit's results (cmd_audit.c) ---- */

/* The report on standard output. */
enum syc_status syc_audit_print(const struct syc_run *run);

/* The curves into run->csv, which is closed; false after a message. */
bool syc_audit_write_csv(struct syc_run *run);

/* ---- what a run reads (read.c) ---- */

/*
 * The words of a filter as one text, NULL without any or (failed) without memory; lists may be NULL. The
 * caller frees it.
 */
char *syc_words_join(const struct syc_texts *a, const struct syc_texts *b, bool *failed);

/*
 * Read run->files, one stream, or the interface. A filter that no link layer understands is a usage error:
 * nothing was read
 * then. What happens to one of several files is said when it happens; a stream that does not begin is said here.
 *
 * returns  0 or EXIT_USAGE
 */
int syc_run_captures(struct syc_run *run, const char *filter);

/*
 * Take in the records of a file of connection events ("-": standard input); more: other inputs follow. Damaged
 * lines count
 * as an input that was not read whole: what they said is missing from the results, and a status of 0 would hide it.
 *
 * returns  false when no further file is to be read
 */
bool syc_run_events(struct syc_run *run, const char *name, bool more);

/* ---- progress (progress.c) ---- */

/*
 * From here to syc_progress_end() each tick of the run's engine may show how far it is, if a person is
 * there to see it.
 */
void syc_progress_begin(const struct syc_run *run);
void syc_progress_tick(void *user);
void syc_progress_end(void);

/* Erase what is drawn: something else is going to be written to the terminal. */
void syc_progress_hide(void);

/* ---- inputs (inputs.c) ---- */

/*
 * The captures an input list names: files as they are, folders as their capture files by name.
 *
 * failed   set when a folder could not be read or holds no capture (said on standard error)
 * returns  0, or EXIT_INPUT when memory is short (said)
 */
int syc_inputs_expand(const struct syc_texts *names, struct syc_paths *out, bool *failed);

/* The same of files of records, told by their names: folders hold other logs, too. */
int syc_inputs_expand_records(const struct syc_texts *names, struct syc_paths *out, bool *failed);

/*
 * Whether a file or a pipe holds records and no capture, by its first octets, unpacked. They stay where they are; of a
 * pipe they are waited for. False where it cannot be told (a socket, a terminal): the reader of captures says what it is.
 */
bool syc_inputs_hold_records(int fd);

/* Let the process have as many files open as a stream of so many captures may need, if the system lets it. */
void syc_inputs_make_room(size_t count);

#endif
