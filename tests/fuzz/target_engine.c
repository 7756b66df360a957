/*
 * The whole engine. First octet: 0 another hash key, 1 judged again, 2 neither, from 3 on which allocation fails; the rest
 * is a capture file.
 *
 * Claims: every line is an event that jansson reads; packets are TCP segments and reasons, added up; judging the
 * connection events gives the verdicts of the run itself, octet for octet; another run, with a hash key drawn at random,
 * gives the same octets; a fault of the input is told by status and by an error event; a failed allocation is told by a
 * status or a count and leaves nothing half written.
 */

#include "tests/fuzz/fuzz.h"
#include "tests/unit/failing.h"

#include "engine/engine.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* ------------------------------------------------------------ knowledge */

/* Small, so that a run is its input and not the loading of rules; each kind of number is read. */
static const char rules_text[] =
    "title: Steady\n"
    "id: 11111111-1111-4111-8111-111111111111\n"
    "logsource: {product: syncopate, category: source}\n"
    "detection: {a: {conn.count|gte: 1}, condition: a}\n"
    "syncopate: {group: gap, points: 80, needs: {conn.count: 1}, kind: beacon}\n"
    "---\n"
    "title: Refused\n"
    "id: 22222222-2222-4222-8222-222222222222\n"
    "logsource: {product: syncopate, category: source}\n"
    "detection: {a: {conn.refused_ratio|gte: 0.5}, condition: a}\n"
    "syncopate: {group: refused, points: 20, needs: {conn.count: 2}}\n";
static const char signatures_text[] = "classes = unix\n[tcp:request]\nlabel = s:unix:Linux:any\n"
                                      "sig = *:64:0:*:*,*:mss,sok,ts,nop,ws:df,id+:0\n";

static int
file_of(const void *p, size_t n)
{
    int fd = memfd_create("fuzz", MFD_CLOEXEC);

    FUZZ_HOLDS(fd >= 0 && write(fd, p, n) == (ssize_t)n && lseek(fd, 0, SEEK_SET) == 0, "no memfd");
    return fd;
}

static void
name_of(int fd, char out[32])
{
    snprintf(out, 32, "/proc/self/fd/%d", fd);
}

/* ------------------------------------------------------------ runs */

struct texts {
    char *p;
    size_t n, room;
};

struct run {
    struct texts events;
    enum syc_status read, finished;
    struct syc_run_stats stats;
    struct syc_judge_counts counts;
    uint64_t lost;
    bool made;
};

static void
take_back(int fd, struct texts *out)
{
    off_t n = lseek(fd, 0, SEEK_END);

    out->n = (size_t)n;
    out->p = (char *)fuzz_copy(NULL, out->n + 1);
    FUZZ_HOLDS(pread(fd, out->p, out->n, 0) == n, "events cannot be read");
    out->p[n] = '\0';
    close(fd);
}

static void
run_engine(const struct texts *judged, struct syc_span capture, unsigned events, bool fixed_key,
           struct run *out)
{
    char rules[32], signatures[32], input[32];
    int rules_fd = file_of(rules_text, sizeof rules_text - 1);
    int signatures_fd = file_of(signatures_text, sizeof signatures_text - 1);
    int input_fd = judged != NULL ? file_of(judged->p, judged->n) : file_of(capture.p, capture.n);
    int events_fd = memfd_create("events", MFD_CLOEXEC);
    const char *const rule_list[] = {rules}, *const signature_list[] = {signatures};
    static struct syc_layout *layout; /* of connection events: kept, it costs more than a run */
    struct syc_output output;
    struct syc_engine *e = NULL;
    struct syc_engine_config config = {.output = &output,
                                       .events = events,
                                       .memory_octets = 8 << 20,
                                       .rules = rule_list,
                                       .rule_count = 1,
                                       .signatures = signature_list,
                                       .signature_count = 1,
                                       .fixed_key = fixed_key};

    name_of(rules_fd, rules);
    name_of(signatures_fd, signatures);
    name_of(input_fd, input);
    *out = (struct run){.read = SYC_NO_MEMORY, .finished = SYC_NO_MEMORY};
    if (syc_output_init(&output, events_fd) == SYC_OK) {
        output.json.layout = fail_at == 0 ? layout : NULL;
        out->made = syc_engine_new(&e, &config, NULL) == SYC_OK;
        if (out->made && judged != NULL) {
            out->read = syc_engine_judge(e, input_fd, "events", &out->counts, NULL);
        } else if (out->made) {
            out->read = syc_engine_capture(e, &(struct syc_capture_options){.path = input}, NULL);
        }
        if (out->made) {
            out->finished = syc_engine_finish(e);
            syc_engine_stats(e, &out->stats);
        }
        syc_engine_free(e);
        if (fail_at == 0 && !failed) {
            layout = output.json.layout;
            output.json.layout = NULL;
        }
        (void)syc_output_fini(&output);
        out->lost = output.lost;
    }
    fail_at = 0; /* what comes now is the target's own */
    close(rules_fd);
    close(signatures_fd);
    close(input_fd);
    take_back(events_fd, &out->events);
}

/* ------------------------------------------------------------ claims */

/* The line at p with its newline; NULL after the last. */
static const char *
line_end(const struct texts *t, const char *p)
{
    const char *end = p < t->p + t->n ? memchr(p, '\n', (size_t)(t->p + t->n - p)) : NULL;

    FUZZ_HOLDS(p == t->p + t->n || end != NULL, "half a line: %s", p);
    return end;
}

/* The lines of one event type, in order. */
static struct texts
lines_of(const struct texts *t, const char *type)
{
    struct texts out = {(char *)fuzz_copy(NULL, t->n + 1), 0, 0};
    char member[48];
    const char *end;

    snprintf(member, sizeof member, "\"event_type\":\"%s\"", type);
    for (const char *p = t->p; (end = line_end(t, p)) != NULL; p = end + 1) {
        size_t n = (size_t)(end + 1 - p);

        if (memmem(p, n, member, strlen(member)) != NULL) {
            memcpy(out.p + out.n, p, n);
            out.n += n;
        }
    }
    return out;
}

static void
check_lines(const struct texts *t, size_t *errors)
{
    const char *end;

    for (const char *p = t->p; (end = line_end(t, p)) != NULL; p = end + 1) {
        json_error_t err;
        json_t *root = json_loadb(p, (size_t)(end - p), JSON_REJECT_DUPLICATES, &err);

        FUZZ_HOLDS(fuzz_is_printable(p, (size_t)(end - p)), "%.*s", (int)(end - p), p);
        FUZZ_HOLDS(json_is_object(root) && json_is_string(json_object_get(root, "event_type")) &&
                       json_is_string(json_object_get(root, "timestamp")),
                   "%s in %.*s", root == NULL ? err.text : "members", (int)(end - p), p);
        *errors += strcmp(json_string_value(json_object_get(root, "event_type")), "error") == 0;
        json_decref(root);
    }
}

static void
check_counts(const struct run *r)
{
    uint64_t sum = 0;

    for (int i = 0; i < SYC_DROP_COUNT; i++) {
        sum += r->stats.decode[i];
    }
    FUZZ_HOLDS(sum == r->stats.capture.packets, "%llu packets, %llu with a reason",
               (unsigned long long)r->stats.capture.packets, (unsigned long long)sum);
}

static void
check_equal(const struct texts *a, const struct texts *b, const char *what)
{
    FUZZ_HOLDS(a->n == b->n && memcmp(a->p, b->p, a->n) == 0, "%s:\n%s\n%s", what, a->p, b->p);
}

static bool
gave_way(const struct run *r)
{
    return r->stats.table.evicted + r->stats.table.half_open_evicted +
               r->stats.cadence.sources_evicted + r->stats.cadence.records_dropped + r->lost >
           0;
}

/* The waist: verdicts come from records alone. */
static void
check_judge(const struct run *direct, struct syc_span capture)
{
    struct texts records = lines_of(&direct->events, "connection");
    struct texts verdicts = lines_of(&direct->events, "verdict");
    struct run judged;

    run_engine(&records, capture, SYC_EVENT_VERDICT, true, &judged);
    FUZZ_HOLDS(judged.made && judged.read == SYC_OK && judged.finished == SYC_OK &&
                   judged.counts.bad_lines == 0,
               "%llu lines refused", (unsigned long long)judged.counts.bad_lines);
    check_equal(&verdicts, &judged.events, "judge differs");
    fuzz_free(judged.events.p);
    fuzz_free(records.p);
    fuzz_free(verdicts.p);
}

enum {
    EVERY = SYC_EVENT_FINGERPRINT | SYC_EVENT_CONNECTION | SYC_EVENT_SOURCE | SYC_EVENT_VERDICT |
            SYC_EVENT_STATS | SYC_EVENT_RULESET | SYC_EVENT_ERROR
};

static void
check_whole(struct syc_span capture, unsigned beside)
{
    struct run direct, again;
    size_t errors = 0;
    uint64_t before = fuzz_work();

    run_engine(NULL, capture, EVERY, true, &direct);
    fuzz_bound_work("engine", before, capture.n, 3000, 3000000);
    FUZZ_HOLDS(direct.made && direct.finished == SYC_OK && direct.lost == 0, "not finished");
    check_lines(&direct.events, &errors);
    FUZZ_HOLDS(direct.read == SYC_OK || errors > 0, "status %d, %zu errors told", (int)direct.read,
               errors);
    check_counts(&direct);
    if (beside == 0 && !gave_way(&direct)) {
        run_engine(NULL, capture, EVERY, false, &again);
        check_equal(&direct.events, &again.events, "two keys");
        fuzz_free(again.events.p);
    } else if (beside == 1 && !gave_way(&direct)) {
        check_judge(&direct, capture);
    }
    fuzz_free(direct.events.p);
}

/* Fewer events than without the failure need a status or a count that says so. */
static void
check_failing(struct syc_span capture, unsigned k)
{
    struct run whole, r;
    size_t errors = 0;

    run_engine(NULL, capture, EVERY, true, &whole);
    failed = false;
    fail_at = k * 3; /* a load is some 150 allocations: the input's octet reaches past it */
    run_engine(NULL, capture, EVERY, true, &r);
    check_lines(&r.events, &errors);
    if (!failed) {
        check_equal(&whole.events, &r.events, "no failure");
    }
    failed = false;
    fuzz_free(whole.events.p);
    fuzz_free(r.events.p);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct syc_span in = {data, size};
    uint8_t k = fuzz_take8(&in);

    if (k < 3) {
        check_whole(in, k);
    } else {
        check_failing(in, k - 2u);
    }
    return 0;
}
