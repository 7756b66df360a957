/*
 * Lines back into records, ours or another sensor's, in whatever order they come.
 *
 *    descriptor -> unpacked octets -> lines -> whose? (the first that says it) -> record_read.c, other_zeek.c, other_eve.c
 *
 * Lines may come from anybody. Whatever is wrong with one is wrong with that one: it is counted,
 * told (ten of them), and left out. Memory is bounded by LINE_MAX_OCTETS and the reader's lists,
 * not by the input.
 */

#include "engine/engine_int.h"
#include "engine/other.h"

#include <stdio.h>
#include <string.h>

enum {
    LINE_MAX_OCTETS =
        64 << 20, /* a record of 256 exchanges is below 32 KiB; this is a bound, not a size */
    READ_OCTETS = 64 << 10,
    REPORTS_MAX = 10, /* damaged lines told one by one; all of them are counted */
};

/*
 * A line being put together from reads.
 *
 *     text[0..used) of this line; too_long: the line has outgrown the bound, its octets are dropped until the newline
 */
struct lines {
    char *text;
    size_t used, room;
    bool too_long; /* the rest of this line is passed over */
    uint64_t number;
    uint64_t reported;
};

/* One call of syc_engine_judge(): what a line needs to be read, taken in or complained about. */
struct judging {
    struct syc_engine *e;
    struct syc_record_reader *reader;
    struct syc_other other;
    enum syc_from from;
    struct syc_judge_counts *counts;
    const char *name;
    struct lines lines;
};

/* A file of another format is damaged in every line: ten of them say it as well as a million. */
static void
bad_line(struct judging *j, const char *what, unsigned column)
{
    char text[320];
    char at[32] = "";

    j->counts->bad_lines++;
    if (j->lines.reported++ == REPORTS_MAX) {
        engine_tell(j->e, j->name, "more damaged lines, which are counted only");
    }
    if (j->lines.reported > REPORTS_MAX) {
        return;
    }
    if (column > 0) {
        snprintf(at, sizeof(at), ", column %u", column);
    }
    snprintf(text, sizeof(text), "line %llu%s: %s; the line is left out",
             (unsigned long long)j->lines.number, at, what);
    engine_tell(j->e, j->name, text);
}

/* Lines before the first that says whose they are can only be damaged, or empty of meaning: ours says how. */
static enum syc_status
read_line(struct judging *j, const char *text, size_t n, struct syc_record *out,
          struct syc_error *err)
{
    if (j->from == SYC_FROM_GUESS) {
        j->from = syc_other_guess(text, n);
    }
    if (j->from == SYC_FROM_ZEEK) {
        return syc_zeek_read(&j->other, text, n, out, err);
    }
    return j->from == SYC_FROM_EVE ? syc_eve_read(&j->other, text, n, out, err)
                                   : syc_record_read(j->reader, text, n, out, err);
}

/* Only memory ends the reading: whatever else is wrong with a line is wrong with that line alone. */
static enum syc_status
take_line(struct judging *j, const char *text, size_t n)
{
    struct syc_record r;
    struct syc_error err = {0};
    enum syc_status status;

    status = read_line(j, text, n, &r, &err);
    if (status == SYC_NOT_FOUND) {
        j->counts->other_events++;
        return SYC_OK;
    }
    if (status != SYC_OK) {
        if (status != SYC_NO_MEMORY) {
            bad_line(j, err.text, err.column);
        }
        return status == SYC_NO_MEMORY ? status : SYC_OK;
    }
    engine_clock(j->e, r.start_us + (r.dur_us == SYC_NONE ? 0 : r.dur_us));
    j->counts->records++;
    engine_take_record(j->e, &r);
    return SYC_OK;
}

/* A complete line: read it, unless it is empty or has outgrown the bound. */
static enum syc_status
end_line(struct judging *j, const char *text, size_t n)
{
    struct lines *l = &j->lines;
    bool too_long = l->too_long;

    size_t mark = l->number == 0 ? syc_bom_length(text, n) : 0;

    l->number++;
    l->used = 0;
    l->too_long = false;
    if (too_long) {
        bad_line(j, "longer than 64 MiB", 0);
        return SYC_OK;
    }
    text += mark;
    n -= mark;
    n -= n > 0 && text[n - 1] == '\r';
    return n > 0 ? take_line(j, text, n) : SYC_OK;
}

/*
 * Room doubles, so a line costs O(n); beyond the bound its octets are dropped as they come, not
 * kept. used never passes the bound, so the subtraction cannot wrap.
 */
static enum syc_status
append(struct lines *l, const char *p, size_t n)
{
    if (l->too_long || n > LINE_MAX_OCTETS - l->used) {
        l->too_long = true;
        return SYC_OK;
    }
    if (n > l->room - l->used) {
        size_t room = l->room == 0 ? READ_OCTETS : l->room;
        char *text;
        while (room < l->used + n) {
            room *= 2;
        }
        text = syc_resize(l->text, room, 1);
        if (text == NULL) {
            return SYC_NO_MEMORY;
        }
        l->text = text;
        l->room = room;
    }
    memcpy(l->text + l->used, p, n);
    l->used += n;
    return SYC_OK;
}

/*
 * Newlines cannot stand inside a JSON text (RFC 8259 7), so they alone tell lines apart. Each turn
 * takes an octet at least. A line that one read has brought whole is read where it stands.
 */
static enum syc_status
take_octets(struct judging *j, const char *p, size_t n)
{
    enum syc_status status = SYC_OK;

    while (status == SYC_OK && n > 0) {
        const char *newline = memchr(p, '\n', n);
        size_t part = newline != NULL ? (size_t)(newline - p) : n;

        if (newline != NULL && j->lines.used == 0 && !j->lines.too_long) {
            status = end_line(j, p, part);
        } else {
            status = append(&j->lines, p, part);
            if (status == SYC_OK && newline != NULL) {
                status = end_line(j, j->lines.text, j->lines.used);
            }
        }
        part += newline != NULL;
        p += part;
        n -= part;
    }
    return status;
}

/* A capture is no damaged text: one sentence says what it is and who reads it. */
static enum syc_status
refuse_capture(const struct syc_octets *octets, const char *name, struct syc_error *err)
{
    enum syc_capture_look looks = syc_octets_look(octets);

    if (looks == SYC_LOOKS_CAPTURE) {
        return syc_error_set(err, SYC_FORMAT,
                             "is a capture, and records are judged here: syncopate %.80s", name);
    }
    return looks == SYC_LOOKS_PACKED
               ? syc_error_set(err, SYC_FORMAT, "packed twice; unpack it once before")
               : SYC_OK;
}

/* A signal must end a read that waits, so a stop is looked for after each. */
static enum syc_status
read_lines(struct judging *j, struct syc_octets *octets, uint8_t *buffer, struct syc_error *err)
{
    struct syc_engine *e = j->e;
    enum syc_status status = SYC_OK, ended;
    size_t got;

    do {
        engine_reload_if_asked(e);
        ended = syc_octets_read(octets, buffer, READ_OCTETS, &got, err);
        if (atomic_load_explicit(&e->stop, memory_order_relaxed)) {
            return SYC_INTERRUPTED;
        }
        status = refuse_capture(octets, j->name, err);
        if (status == SYC_OK) {
            status = take_octets(j, (const char *)buffer, got);
        }
        if (status == SYC_OK && e->config.output->status != SYC_OK) {
            return e->config.output->status;
        }
    } while (status == SYC_OK && (ended == SYC_OK || ended == SYC_INTERRUPTED));
    /* a last line without its newline is still a line; that of a file that was cut is only its beginning */
    if (status == SYC_OK && ended == SYC_END && (j->lines.used > 0 || j->lines.too_long)) {
        status = end_line(j, j->lines.text, j->lines.used);
    }
    if (status == SYC_NO_MEMORY) {
        return syc_error_set(err, status, "out of memory at line %llu",
                             (unsigned long long)j->lines.number);
    }
    return status == SYC_OK && ended != SYC_END ? ended : status;
}

enum syc_status
syc_engine_judge(struct syc_engine *e, int fd, const char *name, struct syc_judge_counts *counts,
                 struct syc_error *err)
{
    struct judging j = {.e = e, .from = e->config.from, .counts = counts, .name = name};
    struct syc_octets *octets = syc_octets_new(fd);
    uint8_t *buffer = syc_alloc(1, READ_OCTETS);
    enum syc_status status = SYC_NO_MEMORY;

    j.reader = syc_record_reader_new();
    syc_other_init(&j.other);
    syc_error_at(err, name, 0, 0);
    if (octets != NULL && buffer != NULL && j.reader != NULL) {
        status = read_lines(&j, octets, buffer, err);
    } else {
        syc_error_set(err, status, "out of memory");
    }
    syc_record_reader_free(j.reader);
    syc_octets_free(octets);
    syc_free(j.lines.text);
    syc_free(buffer);
    return status;
}
