#ifndef SYC_ENGINE_OTHER_H
#define SYC_ENGINE_OTHER_H

/*
 * Purpose           records of other sensors: Zeek's conn.log (JSON and TSV), Suricata's EVE flow events
 * Input and output  a line in; a record that holds what the line says and nothing else
 * Ownership         the caller's struct syc_other; a record's texts point into it until the next line
 * Limits            the enum
 * Not here          which of them a file is, lines, counting (judge.c); our own events (record_read.c)
 *
 * A field of theirs becomes a field of the record where both mean the same. Where they differ, or theirs is one of
 * several things that ours tells apart, ours stays unknown, and what needs it abstains by name. So nothing behind here
 * asks where a record came from.
 */

#include "engine/engine.h"
#include "engine/pull.h"

enum {
    OTHER_COLUMNS = 256, /* of a TSV: conn.log has 21, with all packages of Zeek some 40 */
    OTHER_TEXT = 256,    /* of a history or a separator */
};

/* What a TSV's header has said. */
struct syc_zeek_header {
    uint8_t field[OTHER_COLUMNS]; /* of each column; ZEEK_FIELDS = none that is read */
    size_t columns;               /* 0 = no #fields line yet */
    char separator;
    bool other_path; /* it is another of Zeek's logs */
    char unset[OTHER_TEXT], empty[OTHER_TEXT];
};

struct syc_other {
    struct syc_zeek_header zeek;
    char history[OTHER_TEXT];
};

/* Nothing is known of the input yet. */
void syc_other_init(struct syc_other *o);

/*
 * One line into a record.
 *
 * returns  SYC_OK; SYC_NOT_FOUND (a sound line that tells of no TCP connection: a header, another log, UDP);
 *          SYC_SYNTAX (*err says what and, for JSON, where)
 */
enum syc_status syc_zeek_read(struct syc_other *o, const char *line, size_t n,
                              struct syc_record *out, struct syc_error *err) SYC_MUST_CHECK;
enum syc_status syc_eve_read(struct syc_other *o, const char *line, size_t n,
                             struct syc_record *out, struct syc_error *err) SYC_MUST_CHECK;

/* Whose line this is, SYC_FROM_GUESS when it does not say. JSON is looked at member by member until one decides. */
enum syc_from syc_other_guess(const char *line, size_t n);

/* ---- what both need (other.c) ---- */

/*
 * Seconds as decimal text, with or without fraction and exponent, as whole microseconds, rounded to the nearest: a
 * writer that went through a double has left digits that are none.
 *
 * returns  false for anything else, and where other_is_time() says no
 */
bool other_seconds(const char *text, size_t n, int64_t *us);

/*
 * A time as RFC 3339 and ISO 8601's basic offsets have it: "2026-11-22T06:40:06.123456+0100", with a fraction of up to six
 * digits, of nine (the last three are dropped) or without; Z, +0100 or +01:00 behind it.
 *
 * returns  false for anything else, and where other_is_time() says no
 */
bool other_time(const char *text, size_t n, int64_t *us);

/*
 * Is this a time, or the length of one, that our own events may hold: within +-2^55 microseconds? Then sums and
 * differences of such do not overflow, and a record that is written can be read again.
 */
bool other_is_time(int64_t us);

/* A whole number of at most 18 digits, nothing before or behind it. */
bool other_count(const char *text, size_t n, int64_t *out);

/* Address text of n octets (of none: no address); port in 0..65535. */
bool other_addr(const char *text, size_t n, uint8_t out[16], int *ip_v);
bool other_port(const char *text, size_t n, uint16_t *out);

/* Is this the text? One that is written with escapes is not: none of the names here needs any. */
bool other_is(const struct syc_pull_text *text, const char *word);

/* The index of a text in a NULL-terminated list, -1 when it is not there. */
int64_t other_word(const char *text, size_t n, const char *const *words);

/* What every record of another sensor is once its key and start are set: whole, final, with a derived flow_id. */
void other_finish(struct syc_record *out);

#endif
