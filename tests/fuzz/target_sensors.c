/*
 * A file of another sensor's records, as `judge` reads it. First octet: whose (0 its lines say it, 1 Zeek's, 2
 * Suricata's), second: how large the reads are; the rest is the file.
 *
 * Claims: every line is a record, a line of another kind or damaged, the same each time it is read, and a damaged one is
 * told by its number with printable words; the file in one read and in small ones gives the same events, words and counts,
 * and these are what its lines give one by one; a record holds what its line says (numbers as jansson finds them) and
 * nothing else; it satisfies what one of ours does (check_read.h); work is bounded by the octets.
 */

#include "tests/fuzz/check_read.h"
#include "tests/fuzz/fuzz.h"

#include "engine/other.h"

#include <jansson.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* ------------------------------------------------------------ small reads */

/* read(2) of this descriptor gives as little as a pipe may; cut 0 = all that is asked for. */
static int cut_fd = -1;
static unsigned cut, cut_reads;

ssize_t __real_read(int fd, void *p, size_t n);
ssize_t __wrap_read(int fd, void *p, size_t n);

ssize_t
__wrap_read(int fd, void *p, size_t n)
{
    if (fd == cut_fd && cut > 0) {
        size_t most = 1 + cut * ++cut_reads % 61; /* a prime: of different sizes for every cut */

        n = n < most ? n : most;
    }
    return __real_read(fd, p, n);
}

/* ------------------------------------------------------------ what a line says */

/* The numbers that a sensor's line can give; what it does not say of them is unknown, as all others are. */
struct told {
    const char *path; /* of the JSON; NULL = made of several */
    size_t offset;
};
static const struct told zeek_told[] = {
    {"orig_bytes", offsetof(struct syc_record, unique_payload[0])},
    {"resp_bytes", offsetof(struct syc_record, unique_payload[1])},
    {"orig_pkts", offsetof(struct syc_record, pkts[0])},
    {"resp_pkts", offsetof(struct syc_record, pkts[1])},
    {"orig_ip_bytes", offsetof(struct syc_record, bytes[0])},
    {"resp_ip_bytes", offsetof(struct syc_record, bytes[1])},
    {NULL, offsetof(struct syc_record, dur_us)},
    {NULL, offsetof(struct syc_record, handshake_seen)},
};
static const struct told eve_told[] = {
    {"flow.pkts_toserver", offsetof(struct syc_record, pkts[0])},
    {"flow.pkts_toclient", offsetof(struct syc_record, pkts[1])},
    {NULL, offsetof(struct syc_record, dur_us)},
    {NULL, offsetof(struct syc_record, handshake_seen)},
};
/* ... and both. */
static const size_t both_told[] = {offsetof(struct syc_record, client_known),
                                   offsetof(struct syc_record, state),
                                   offsetof(struct syc_record, final),
                                   offsetof(struct syc_record, protocol)};

static bool
may_be_told(size_t offset, const struct told *told, size_t count)
{
    bool found = false;

    for (size_t i = 0; i < sizeof both_told / sizeof *both_told; i++) {
        found |= both_told[i] == offset;
    }
    for (size_t i = 0; i < count; i++) {
        found |= told[i].offset == offset;
    }
    return found;
}

static void
check_unknown(const struct syc_record *r, const struct told *told, size_t count)
{
    for (size_t i = 0; i < syc_record_number_count; i++) {
        const struct syc_record_number *row = &syc_record_numbers[i];

        FUZZ_HOLDS(syc_record_get(r, row) == SYC_NONE || may_be_told(row->offset, told, count),
                   "%s is %lld", row->path, (long long)syc_record_get(r, row));
    }
    for (size_t i = 0; i < syc_record_text_count; i++) {
        const struct syc_record_text *row = &syc_record_texts[i];

        FUZZ_HOLDS(*(const char *const *)(const void *)((const char *)r + row->offset) == NULL ||
                       row->offset == offsetof(struct syc_record, history),
                   "%s is there", row->path);
    }
    FUZZ_HOLDS(r->exchange_count == 0 && r->flight_count == 0 && r->syn_time_count == 0 &&
                   r->syn_ack_time_count == 0 && r->time_wait_count == 0 && r->syn[0] == NULL &&
                   r->syn[1] == NULL,
               "a list from nowhere");
    FUZZ_HOLDS((r->degraded &
                ~(UINT32_C(1) << SYC_DEGRADED_MIDSTREAM | UINT32_C(1) << SYC_DEGRADED_GAPS)) == 0,
               "degraded %x", r->degraded);
}

/* A whole name first, since Zeek's have dots in them; then the member of a member. */
static const json_t *
value_at(const json_t *root, const char *path)
{
    const char *dot = strchr(path, '.');
    const json_t *v = json_object_get(root, path);

    return v != NULL || dot == NULL
               ? v
               : json_object_get(json_object_getn(root, path, (size_t)(dot - path)), dot + 1);
}

static void
check_numbers(const struct syc_record *r, const json_t *root, const struct told *told, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const json_t *v = told[i].path != NULL ? value_at(root, told[i].path) : NULL;
        int64_t n = *(const int64_t *)(const void *)((const char *)r + told[i].offset);

        if (told[i].path != NULL &&
            !json_is_string(v)) { /* Zeek's may be texts: as its TSV's are */
            FUZZ_HOLDS(n == (json_is_integer(v) ? json_integer_value(v) : SYC_NONE), "%s is %lld",
                       told[i].path, (long long)n);
        }
    }
}

static void
check_zeek_tree(const struct syc_record *r, const json_t *root)
{
    if (json_string_length(json_object_get(root, "history")) == 0) {
        FUZZ_HOLDS(r->history == NULL && r->handshake_seen == SYC_NONE && r->client_known == 1 &&
                       (r->degraded & 1U << SYC_DEGRADED_MIDSTREAM) == 0,
                   "a history without one");
    }
    if (json_object_get(root, "duration") == NULL && r->dur_us != SYC_NONE) {
        FUZZ_HOLDS(r->dur_us == 0 && r->pkts[0] + r->pkts[1] == 1, "it lasted %lld",
                   (long long)r->dur_us);
    }
}

static void
check_eve_tree(const struct syc_record *r, const json_t *root)
{
    if (value_at(root, "flow.end") == NULL) {
        FUZZ_HOLDS(r->dur_us == SYC_NONE, "it lasted %lld", (long long)r->dur_us);
    }
    if (value_at(root, "tcp.tcp_flags_ts") == NULL || value_at(root, "tcp.tcp_flags_tc") == NULL) {
        FUZZ_HOLDS(r->handshake_seen == SYC_NONE && r->state == SYC_NONE && r->client_known == 1,
                   "a state without flags");
    }
    FUZZ_HOLDS(r->history == NULL, "a history");
}

/* A TSV is no JSON; and of names given twice each reader may take another: then only what is unknown is asked. */
static void
check_said(enum syc_from from, const char *line, size_t n, const struct syc_record *r)
{
    bool zeek = from == SYC_FROM_ZEEK;
    const struct told *told = zeek ? zeek_told : eve_told;
    size_t count = zeek ? sizeof zeek_told / sizeof *zeek_told : sizeof eve_told / sizeof *eve_told;
    json_t *root = json_loadb(line, n, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);

    check_unknown(r, told, count);
    FUZZ_HOLDS(r->final == 1 && r->flow_id == syc_record_flow_id(&r->key, r->isn, r->start_us),
               "flow id %lld", (long long)r->flow_id);
    if (json_is_object(root)) {
        check_numbers(r, root, told, count);
        (zeek ? check_zeek_tree : check_eve_tree)(r, root);
    }
    json_decref(root);
}

/* ------------------------------------------------------------ lines one by one */

/* What judge must say of the whole. */
struct expected {
    struct syc_judge_counts counts;
    uint64_t bad[10]; /* numbers of the first damaged lines: as many as are told one by one */
};

struct readers {
    enum syc_from from;
    struct syc_other other, again;
    struct syc_record_reader *ours, *back;
};

static enum syc_status
read_as(struct readers *rs, struct syc_other *o, const char *line, size_t n, struct syc_record *out,
        struct syc_error *err)
{
    return rs->from == SYC_FROM_ZEEK  ? syc_zeek_read(o, line, n, out, err)
           : rs->from == SYC_FROM_EVE ? syc_eve_read(o, line, n, out, err)
                                      : syc_record_read(rs->ours, line, n, out, err);
}

static void
check_error(const struct syc_error *err, size_t n)
{
    size_t length = strnlen(err->text, sizeof err->text);

    FUZZ_HOLDS(length > 0 && length < sizeof err->text && fuzz_is_printable(err->text, length),
               "%s", err->text);
    FUZZ_HOLDS(err->column <= n + 1, "column %u of %zu", err->column, n);
}

static enum syc_status
check_line(struct readers *rs, const char *p, size_t n)
{
    char *line = (char *)fuzz_copy(p, n);
    struct syc_record r, twice;
    struct syc_error err = {0}, second = {0};
    uint64_t before = fuzz_work();
    enum syc_status status;
    bool ours;

    rs->from = rs->from == SYC_FROM_GUESS ? syc_other_guess(line, n) : rs->from;
    fuzz_bound_work("guess", before, n, 60, 500);
    ours = rs->from != SYC_FROM_ZEEK && rs->from != SYC_FROM_EVE;
    before = fuzz_work();
    status = read_as(rs, &rs->other, line, n, &r, &err);
    fuzz_bound_work("line", before, n, ours ? 100 : 80, ours ? 30000 : 2000);
    FUZZ_HOLDS(status == SYC_OK || status == SYC_NOT_FOUND || status == SYC_SYNTAX, "status %d",
               (int)status);
    if (status == SYC_SYNTAX) {
        check_error(&err, n);
    }
    if (!ours) {
        FUZZ_HOLDS(read_as(rs, &rs->again, line, n, &twice, &second) == status &&
                       strcmp(err.text, second.text) == 0,
                   "%s, then %s", err.text, second.text);
        if (status == SYC_OK) {
            check_said(rs->from, line, n, &r);
        }
    }
    fuzz_free(line); /* no record points into it */
    if (status == SYC_OK) {
        check_read_record(rs->back, &r);
    }
    return status;
}

static void
check_lines(enum syc_from from, struct syc_span file, struct expected *out)
{
    struct readers rs = {.from = from,
                         .ours = syc_record_reader_new(),
                         .back = syc_record_reader_new()};
    const char *p = (const char *)file.p, *end = p + file.n;

    FUZZ_HOLDS(rs.ours != NULL && rs.back != NULL, "no memory");
    syc_other_init(&rs.other);
    syc_other_init(&rs.again);
    if (file.n >= 3 && memcmp(p, "\xEF\xBB\xBF", 3) == 0) { /* a byte order mark is of no line */
        p += 3;
    }
    for (uint64_t number = 1; p < end; number++) {
        const char *stop = memchr(p, '\n', (size_t)(end - p));
        size_t n = (size_t)((stop != NULL ? stop : end) - p);
        size_t text = n - (n > 0 && p[n - 1] == '\r');
        enum syc_status status = text > 0 ? check_line(&rs, p, text) : SYC_END;

        out->counts.records += status == SYC_OK;
        out->counts.other_events += status == SYC_NOT_FOUND;
        if (status == SYC_SYNTAX && out->counts.bad_lines++ < 10) {
            out->bad[out->counts.bad_lines - 1] = number;
        }
        p += n + 1;
    }
    syc_record_reader_free(rs.ours);
    syc_record_reader_free(rs.back);
}

/* ------------------------------------------------------------ the file */

static const char rules_text[] =
    "title: Steady\n"
    "id: 11111111-1111-4111-8111-111111111111\n"
    "logsource: {product: syncopate, category: source}\n"
    "detection: {a: {conn.count|gte: 1}, condition: a}\n"
    "syncopate: {group: gap, points: 80, needs: {conn.count: 1}, kind: beacon}\n";
static const char signatures_text[] = "classes = unix\n[tcp:request]\nlabel = s:unix:Linux:any\n"
                                      "sig = *:64:0:*:*,*:mss,sok,ts,nop,ws:df,id+:0\n";

enum { WORDS = 8192 };

struct run {
    enum syc_status status;
    struct syc_judge_counts counts;
    struct syc_error err;
    char *events;
    size_t n;
    char words[WORDS]; /* what a person is told, a line each */
    size_t used;
};

static void
on_message(void *user, const char *text)
{
    struct run *run = user;
    size_t n = strlen(text);

    FUZZ_HOLDS(run->used + n + 1 < WORDS, "it never ends: %s", text);
    memcpy(run->words + run->used, text, n);
    run->used += n;
    run->words[run->used++] = '\n';
}

static int
file_of(const void *p, size_t n, char name[32])
{
    int fd = memfd_create("fuzz", MFD_CLOEXEC);

    FUZZ_HOLDS(fd >= 0 && write(fd, p, n) == (ssize_t)n && lseek(fd, 0, SEEK_SET) == 0, "no memfd");
    snprintf(name, 32, "/proc/self/fd/%d", fd);
    return fd;
}

static void
take_back(int fd, struct run *out)
{
    off_t n = lseek(fd, 0, SEEK_END);

    out->n = (size_t)n;
    out->events = (char *)fuzz_copy(NULL, out->n);
    FUZZ_HOLDS(pread(fd, out->events, out->n, 0) == n, "events cannot be read");
    close(fd);
}

static void
run_judge(enum syc_from from, struct syc_span file, unsigned size, struct run *out)
{
    char rules[32], signatures[32], unused[32];
    int fds[] = {file_of(rules_text, sizeof rules_text - 1, rules),
                 file_of(signatures_text, sizeof signatures_text - 1, signatures),
                 file_of(file.p, file.n, unused)};
    int events = memfd_create("events", MFD_CLOEXEC);
    const char *const rule_list[] = {rules}, *const signature_list[] = {signatures};
    static struct syc_layout *layout; /* of connection events: kept, it costs more than a run */
    struct syc_output output;
    struct syc_engine *e = NULL;
    struct syc_engine_config config = {.output = &output,
                                       .events = SYC_EVENT_CONNECTION | SYC_EVENT_SOURCE |
                                                 SYC_EVENT_VERDICT | SYC_EVENT_ERROR,
                                       .memory_octets = 8 << 20,
                                       .rules = rule_list,
                                       .rule_count = 1,
                                       .signatures = signature_list,
                                       .signature_count = 1,
                                       .from = from,
                                       .fixed_key = true,
                                       .message = on_message,
                                       .user = out};

    *out = (struct run){.used = 0};
    cut_fd = fds[2];
    cut = size;
    cut_reads = 0;
    FUZZ_HOLDS(syc_output_init(&output, events) == SYC_OK &&
                   syc_engine_new(&e, &config, NULL) == SYC_OK,
               "no engine");
    output.json.layout = layout;
    out->status = syc_engine_judge(e, fds[2], "log", &out->counts, &out->err);
    FUZZ_HOLDS(syc_engine_finish(e) == SYC_OK, "not finished");
    FUZZ_HOLDS(size == 0 || file.n == 0 || cut_reads > 0, "read(2) was not ours");
    syc_engine_free(e);
    layout = output.json.layout;
    output.json.layout = NULL;
    FUZZ_HOLDS(syc_output_fini(&output) == SYC_OK, "not written");
    cut_fd = -1;
    for (size_t i = 0; i < sizeof fds / sizeof *fds; i++) {
        close(fds[i]);
    }
    take_back(events, out);
}

static void
check_same_counts(const char *what, const struct syc_judge_counts *a,
                  const struct syc_judge_counts *b)
{
    FUZZ_HOLDS(a->records == b->records && a->other_events == b->other_events &&
                   a->bad_lines == b->bad_lines,
               "%s: %llu records, %llu others, %llu damaged, and %llu, %llu, %llu", what,
               (unsigned long long)a->records, (unsigned long long)a->other_events,
               (unsigned long long)a->bad_lines, (unsigned long long)b->records,
               (unsigned long long)b->other_events, (unsigned long long)b->bad_lines);
}

/* Ten damaged lines are told by number, in order; the rest is counted. */
static void
check_words(const struct run *run, const struct expected *want)
{
    const char *p = run->words;

    for (uint64_t i = 0; i < want->counts.bad_lines && i < 10; i++) {
        char begin[48];

        snprintf(begin, sizeof begin, "log: line %llu", (unsigned long long)want->bad[i]);
        FUZZ_HOLDS(strncmp(p, begin, strlen(begin)) == 0 && strspn(p + strlen(begin), ":,") == 1,
                   "%s where %s is damaged", p, begin);
        p += strcspn(p, "\n") + 1;
    }
    FUZZ_HOLDS((*p != '\0') == (want->counts.bad_lines > 10), "%s", p);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum syc_from froms[] = {SYC_FROM_GUESS, SYC_FROM_ZEEK, SYC_FROM_EVE};
    static struct run whole, parts; /* large */
    struct syc_span in = {data, size};
    enum syc_from from = froms[fuzz_take8(&in) % 3];
    unsigned size_of_reads = 1 + fuzz_take8(&in);
    struct expected want = {0};
    uint64_t before = fuzz_work();

    run_judge(from, in, 0, &whole);
    fuzz_bound_work("judge", before, in.n, 3000, 1000000);
    run_judge(from, in, size_of_reads, &parts);
    FUZZ_HOLDS(whole.status == parts.status && strcmp(whole.err.text, parts.err.text) == 0,
               "status %d %s, in parts %d %s", (int)whole.status, whole.err.text, (int)parts.status,
               parts.err.text);
    check_same_counts("in parts", &whole.counts, &parts.counts);
    FUZZ_HOLDS(whole.n == parts.n && memcmp(whole.events, parts.events, whole.n) == 0,
               "other events:\n%.*s\n%.*s", (int)whole.n, whole.events, (int)parts.n, parts.events);
    FUZZ_HOLDS(strcmp(whole.words, parts.words) == 0, "other words:\n%s\n%s", whole.words,
               parts.words);
    if (syc_capture_look(in.p, in.n) == SYC_LOOKS_OTHER) { /* not packed */
        FUZZ_HOLDS(whole.status == SYC_OK, "status %d", (int)whole.status);
        check_lines(from, in, &want);
        check_same_counts("by lines", &whole.counts, &want.counts);
        check_words(&whole, &want);
    }
    fuzz_free(whole.events);
    fuzz_free(parts.events);
    return 0;
}
