/*
 * A signature file in p0f.fp syntax, read as p0f's and as a shipped one.
 *
 * Claims: loading is a function of the text; a fault has a place inside the text and a printable reason, and leaves the
 * set as it was; whatever was loaded, matching ends and its texts are of the set, the first candidate is the match, and
 * what the linter says has a place, too.
 */

#include "tests/fuzz/fuzz.h"

#include "fingerprint/fingerprint.h"

#include <string.h>

enum { SYNS = 6 };

static const char good[] = "classes = unix,win\n"
                           "[tcp:request]\n"
                           "label = s:unix:Linux:known\n"
                           "sig = *:64:0:*:mss*44,7:mss,sok,ts,nop,ws:df,id+:0\n";

static size_t
lines_of(const char *text, size_t n)
{
    size_t lines = 1;

    for (size_t i = 0; i < n; i++) {
        lines += text[i] == '\n';
    }
    return lines;
}

static enum syc_status
parse(struct syc_signatures *set, const char *text, size_t n, bool native, struct syc_error *err)
{
    uint64_t before = fuzz_work();
    uint8_t *copy = fuzz_copy(text, n);
    enum syc_status status;

    *err = (struct syc_error){0};
    status = syc_signatures_parse(set, "drawn.fp", (const char *)copy, n, native, err);
    fuzz_bound_work("parse", before, n, 500, 20000);
    fuzz_free(copy);
    return status;
}

/* SYNs of six makes: of a usual stack, of Windows, of scanners, with options that are wrong. */
static void
make_syn(unsigned which, struct syc_syn *out)
{
    static const uint8_t options[SYNS][20] = {
        {2, 4, 5, 180, 4, 2, 8, 10, 0, 1, 0, 0, 0, 0, 0, 0, 1, 3, 3, 7},
        {2, 4, 5, 180, 1, 3, 3, 8, 1, 1, 4, 2},
        {2, 4, 5, 180},
        {0},
        {2, 4, 5, 180, 34, 2, 1, 1, 0, 0, 0, 0},
        {2, 3, 5, 180},
    };
    static const uint8_t octets[SYNS] = {20, 12, 4, 0, 12, 4};
    static const uint16_t windows[SYNS] = {64240, 8192, 1024, 1, 65535, 0};
    struct syc_segment s = {.ip_v = which == 4 ? 6 : 4,
                            .ip_header_octets = which == 4 ? 40 : 20,
                            .ip_df = which < 2,
                            .ip_id = which < 2 ? 1 : 0,
                            .ttl = which == 1 ? 128 : 64,
                            .flags = which == 5 ? SYC_SYN | SYC_ACK : SYC_SYN,
                            .seq = 1,
                            .window = windows[which],
                            .tcp_header_octets = (uint8_t)(20 + octets[which]),
                            .options = {options[which], octets[which]}};

    syc_syn_describe(&s, 1460, out);
}

static bool
is_text(const char *text)
{
    return text == NULL || strlen(text) < 100000;
}

static void
check_match(const struct syc_signatures *set, const struct syc_syn *syn)
{
    struct syc_match m, again;

    memset(&m, 0xa5, sizeof m);
    memset(&again, 0x5a, sizeof again);
    syc_signatures_match(set, syn, &m);
    syc_signatures_match(set, syn, &again);
    FUZZ_HOLDS(m.quality <= SYC_MATCH_EXACT, "quality %d", (int)m.quality);
    FUZZ_HOLDS(m.quality == again.quality && m.label == again.label && m.db_line == again.db_line,
               "two answers");
    FUZZ_HOLDS(m.quality == SYC_MATCH_NONE || (m.label != NULL && m.os != NULL && m.db != NULL),
               "a match without a name");
    FUZZ_HOLDS(m.quality != SYC_MATCH_NONE || m.label == NULL, "a name without a match");
    FUZZ_HOLDS(is_text(m.label) && is_text(m.os) && is_text(m.flavor) && is_text(m.os_family) &&
                   is_text(m.db) && is_text(m.date) && is_text(m.source),
               "a text");
}

/* A fuzzy tool is no match, so then the candidates may begin with another one. */
static void
check_candidates(const struct syc_signatures *set, const struct syc_syn *syn)
{
    struct syc_match all[4], match;
    struct syc_identity identity;
    size_t count = syc_signatures_candidates(set, syn, all, 4);

    syc_signatures_match(set, syn, &match);
    syc_signatures_identify(set, syn, &identity);
    FUZZ_HOLDS(count <= 4 && identity.candidate_count <= SYC_CANDIDATES, "%zu", count);
    FUZZ_HOLDS(identity.match.label == match.label, "two answers");
    FUZZ_HOLDS(match.quality <= SYC_MATCH_FUZZY ||
                   (count > 0 && all[0].quality == match.quality && all[0].label == match.label),
               "%s is not the first candidate", match.label);
}

static void
check_remarks(struct syc_signatures *set, const char *text, size_t n)
{
    const struct syc_remark *r;
    size_t count;

    FUZZ_HOLDS(syc_signatures_lint(set) == SYC_OK, "no memory");
    count = syc_signatures_remarks(set, &r);
    FUZZ_HOLDS(count <= 1000, "%zu remarks", count);
    for (size_t i = 0; i < count; i++) {
        FUZZ_HOLDS(r[i].line <= lines_of(text, n) || r[i].line <= 4, "line %u", r[i].line);
        FUZZ_HOLDS(r[i].column <= n + 1, "column %u", r[i].column);
        FUZZ_HOLDS(is_text(r[i].text) && is_text(r[i].file) && is_text(r[i].code), "a text");
    }
}

static void
check_error(const struct syc_error *err, enum syc_status status, const char *text, size_t n)
{
    size_t length = strnlen(err->text, sizeof err->text);

    FUZZ_HOLDS(status == SYC_SYNTAX || status == SYC_LIMIT, "status %d", (int)status);
    FUZZ_HOLDS(err->line >= 1 && err->line <= lines_of(text, n), "line %u of %zu", err->line,
               lines_of(text, n));
    FUZZ_HOLDS(err->column <= n + 1, "column %u of %zu octets", err->column, n);
    FUZZ_HOLDS(length > 0 && length < sizeof err->text && fuzz_is_printable(err->text, length),
               "%s", err->text);
}

static void
check_file(const char *text, size_t n, bool native)
{
    struct syc_signatures *set = syc_signatures_new(), *again = syc_signatures_new();
    struct syc_error err, twice;
    enum syc_status status;
    struct syc_syn syn;

    FUZZ_HOLDS(set != NULL && again != NULL, "no memory");
    FUZZ_HOLDS(parse(set, good, sizeof good - 1, false, &err) == SYC_OK, "%s", err.text);
    FUZZ_HOLDS(syc_signatures_count(set) == 1, "%zu", syc_signatures_count(set));
    status = parse(set, text, n, native, &err);
    if (status != SYC_OK) {
        check_error(&err, status, text, n);
        FUZZ_HOLDS(syc_signatures_count(set) == 1, "%zu after a fault", syc_signatures_count(set));
    }
    for (unsigned i = 0; i < SYNS; i++) {
        make_syn(i, &syn);
        check_match(set, &syn);
        check_candidates(set, &syn);
    }
    check_remarks(set, text, n);
    FUZZ_HOLDS(parse(again, text, n, native, &twice) == status, "another status");
    FUZZ_HOLDS(status == SYC_OK || (err.line == twice.line && strcmp(err.text, twice.text) == 0),
               "%s, then %s", err.text, twice.text);
    FUZZ_HOLDS(syc_signatures_count(again) ==
                   (status == SYC_OK ? syc_signatures_count(set) - 1 : 0),
               "%zu", syc_signatures_count(again));
    syc_signatures_free(set);
    syc_signatures_free(again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_file((const char *)data, size, false);
    check_file((const char *)data, size, true);
    return 0;
}
