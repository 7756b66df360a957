#ifndef SYC_OUTPUT_H
#define SYC_OUTPUT_H

/*
 * Purpose           what is said: JSON Lines of events, and the table a person sees on a terminal
 * Input and output  records, first SYNs, verdicts and counts in; octets to a file descriptor out
 * Ownership         a syc_output owns its buffer, not its descriptor
 * Limits            a line may be any length; the buffer grows with the longest one
 * Not here          reading events back (engine/); rotation (later)
 *
 * An event is written whole or not at all: after a failed write nothing more is written, what was lost is counted.
 * Member order and number format are fixed, so equal input gives equal octets.
 */

#include "rules/rules.h"

/* ---- the JSON writer ---- */

/*
 * A text that grows. Calls must be well nested (the caller's part); after `failed` they do nothing, so a caller
 * asks once, at the end. Begin with all zero.
 */
struct syc_json {
    char *text;
    size_t n, room;
    bool failed;                      /* memory was short: the text is not whole */
    bool comma;                       /* the next member or element needs a comma before it */
    struct syc_layout *layout;        /* of connection events, made at the first */
    struct syc_syn_text *syns;        /* likewise: of the SYNs of one table (record.h, syn_stays) */
    struct syc_missing_text *missing; /* of verdicts, likewise; syc_json_fini() frees all three */
};

/* Free the text; the writer is empty after it and may be used anew. */
void syc_json_fini(struct syc_json *j);

/* Parts of a text; commas come by themselves. bracket: '{' or '[', '}' or ']'. name: our own, needs no escaping. */
void syc_json_reset(struct syc_json *j); /* empty text, memory kept */
void syc_json_open(struct syc_json *j, char bracket);
void syc_json_close(struct syc_json *j, char bracket);
void syc_json_key(struct syc_json *j, const char *name);
void syc_json_key_n(struct syc_json *j, const char *name, size_t n);
void syc_json_int(struct syc_json *j, int64_t value);
void syc_json_bool(struct syc_json *j, bool value);

/*
 * value with at most `digits` fractional digits (0..9), trailing zeros cut, no exponent; values not finite or
 * of 1e15 and above are written as 0 and asserted against in tests. -0 is written 0.
 */
void syc_json_real(struct syc_json *j, double value, int digits);

/* Escapes what JSON demands; octets outside 0x20..0x7e as \u00XX: output is ASCII, whatever the input. */
void syc_json_text(struct syc_json *j, const char *value);
void syc_json_text_n(struct syc_json *j, const char *value, size_t n);

/* ---- events ---- */

/* Bits; their order is that of event_names (sink.c). */
enum syc_event {
    SYC_EVENT_FINGERPRINT = 1 << 0,
    SYC_EVENT_CONNECTION = 1 << 1,
    SYC_EVENT_SOURCE = 1 << 2,
    SYC_EVENT_VERDICT = 1 << 3,
    SYC_EVENT_STATS = 1 << 4,
    SYC_EVENT_RULESET = 1 << 5,
    SYC_EVENT_ERROR = 1 << 6,
    SYC_EVENT_AUDIT = 1 << 7,
};

/* "verdict,stats" -> bits; 0 and *bad (the unknown word's start) on a word that is no event. */
unsigned syc_events_parse(const char *list, const char **bad);

enum syc_format {
    SYC_FORMAT_EVENTS,
    SYC_FORMAT_ZEEK, /* connection events as lines of Zeek's conn.log */
};

/*
 * Where events go. events + lost are all that were begun. status sticks: after the first failed write nothing
 * more goes out, so what is in the file is whole events up to one place, and at most one that is cut there.
 */
struct syc_output {
    int fd;
    enum syc_format format;
    bool line_buffered; /* live and terminals: flush after each event */
    const char *sensor; /* NULL = none */
    struct syc_json json;
    char *buffer;
    size_t used;
    void *unfinished; /* SYC_FORMAT_ZEEK: a tree of connections of which parts are waiting */
    uint64_t events, lost, octets;
    enum syc_status status; /* SYC_OK, SYC_CLOSED (EPIPE) or SYC_IO; sticky */
    int error_number;       /* errno of the failed write */
};

/* An output to a descriptor that stays the caller's; SYC_NO_MEMORY without a buffer. */
enum syc_status syc_output_init(struct syc_output *o, int fd) SYC_MUST_CHECK;

/* Write what is buffered; the status, as above. */
enum syc_status syc_output_flush(struct syc_output *o);

/*
 * Flush and free; the descriptor stays open.
 *
 * returns  the final status, also of what close(2) would report; SYC_NO_MEMORY when events were lost for want of it
 */
enum syc_status syc_output_fini(struct syc_output *o);

/*
 * One event each, of the struct it is named for (spec of events). All is borrowed for the call. They answer nothing:
 * o->status and o->lost tell, and a caller need not look after each.
 *
 * identity   NULL: the event says nothing of matches
 * file_name  NULL when one file is read (then `pcap_filename` is left out)
 */
void syc_emit_fingerprint(struct syc_output *o, const struct syc_syn_seen *s,
                          const struct syc_identity *identity, const char *file_name);
void syc_emit_connection(struct syc_output *o, const struct syc_record *r);
void syc_emit_source(struct syc_output *o, const struct syc_subject *s);

/* ruleset: syc_ruleset_digest(), so that a verdict can be redone. final: false while the run goes on. */
void syc_emit_verdict(struct syc_output *o, const struct syc_verdict *v, const char *ruleset,
                      bool final);

struct syc_run_stats {
    int64_t time_us; /* last packet, or 0 */
    struct syc_capture_stats capture;
    uint64_t decode[SYC_DROP_COUNT]; /* decode[SYC_DROP_NONE] = TCP segments */
    struct syc_table_stats table;
    struct syc_cadence_stats cadence;
    struct syc_once once;
    uint64_t forgotten, rules_loaded, rules_refused; /* forgotten: connections, live */
    struct syc_correlate_stats correlation;          /* without correlations all 0 */
};
void syc_emit_stats(struct syc_output *o, const struct syc_run_stats *s);

/* The rules in use, and how it came: "loaded", "reloaded", or "kept" for the error of others. */
struct syc_ruleset_stats {
    const char *digest, *status, *error;
    uint64_t loaded, refused, skipped;
};
void syc_emit_ruleset(struct syc_output *o, int64_t time_us, const struct syc_ruleset_stats *s);

/* What the connections cost (spec of the audit event): everything in the report but the pairs' curves. */
void syc_emit_audit(struct syc_output *o, const struct syc_audit_report *r);

/* What went wrong with an input or the output; file may be NULL. */
void syc_emit_error(struct syc_output *o, int64_t time_us, const char *file, const char *text);

/* The connection event's text alone, appended to j (also what `judge` must read back to the same record). */
void syc_json_connection(struct syc_json *j, const struct syc_record *r, const char *sensor);

/* Community ID v1, seed 0, of a TCP key: "1:" and base64 of 20 octets, 30 letters and the zero. */
void syc_community_id(const struct syc_key *key, char out[32]);

/* ---- the table for people ---- */

/* What the table needs of a verdict, copied: verdicts live only during a visit. source of a group: "to ADDRESS:PORT". */
struct syc_table_row {
    char source[SYC_ADDR_TEXT + 16];
    bool group; /* a service, or a fleet ("N like ADDRESS") */
    int score;
    enum syc_label label;
    int64_t conn_count;
    char reason[160]; /* strongest evidence in words */
};

/*
 * A row each, reasons wrapped to `width` columns (0 = as long as they are), and how many groups, and sources by label,
 * have no row. Color by ANSI sequences only when asked. As all that people read, it returns SYC_OK, SYC_NO_MEMORY
 * (nothing was written), SYC_CLOSED or SYC_IO (errno says why).
 */
enum syc_status syc_print_rows(int fd, const struct syc_table_row *rows, size_t count,
                               const uint64_t others[SYC_LABEL_COUNT], uint64_t groups, int width,
                               bool color);

/* One line per decode reason that is not zero, and what was lost. judged: records read in place of packets, else 0. */
enum syc_status syc_print_stats(int fd, const struct syc_run_stats *s, uint64_t judged);

/* How the audit report is to look. */
struct syc_audit_view {
    const char *input; /* what was read, as the user named it; NULL = not said */
    int64_t at_us;     /* SYC_NONE, or the moment as of which it was computed */
    int width;         /* columns; 0 = 80 */
    bool color, utf8;  /* ANSI sequences; block letters for curves (else ASCII) */
};

/*
 * The audit for a person: header, findings worst first with a curve where it tells more than a sentence, table of
 * pairs. Without findings it says what was looked at.
 */
enum syc_status syc_print_audit(int fd, const struct syc_audit_report *r,
                                const struct syc_audit_view *view);

/*
 * All curves as CSV (RFC 4180, but lines end in LF): host,pair,seconds,time_wait,occupied. A host's rows hold the
 * sockets it has in TIME_WAIT, a pair's the client's ports in use towards one service; the other cell is empty.
 */
enum syc_status syc_print_audit_csv(int fd, const struct syc_audit_report *r);

#endif
