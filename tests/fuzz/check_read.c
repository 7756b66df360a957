#include "tests/fuzz/check_read.h"

#include "tests/fuzz/check_record.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

static const char signatures[] = "classes = unix,win\n"
                                 "[tcp:request]\n"
                                 "label = s:unix:Linux:known\n"
                                 "sig = *:64:0:*:mss*44,7:mss,sok,ts,nop,ws:df,id+:0\n"
                                 "[tcp:response]\n"
                                 "label = g:win:Windows:any\n"
                                 "sig = *:128:0:*:*,*:mss,nop,ws,nop,nop,sok:df,id+:0\n";

/* Of the row of a word there is a word, of a flag a flag: whoever walks the tables must not fall off. */
static void
check_ranges(const struct syc_record *r)
{
    for (size_t i = 0; i < syc_record_number_count; i++) {
        const struct syc_record_number *row = &syc_record_numbers[i];
        int64_t v = syc_record_get(r, row), words = 0;

        while (row->kind == SYC_NUMBER_WORD && row->words[words] != NULL) {
            words++;
        }
        FUZZ_HOLDS(v == SYC_NONE || row->kind == SYC_NUMBER || (v >= 0 && v < 2) ||
                       (row->kind == SYC_NUMBER_WORD && v >= 0 && v < words),
                   "%s is %lld", row->path, (long long)v);
    }
    FUZZ_HOLDS(r->exchange_count <= SYC_EXCHANGES_MAX && r->syn_time_count <= SYC_SYN_TIMES_MAX &&
                   r->syn_ack_time_count <= SYC_SYN_TIMES_MAX && r->time_wait_count <= 2 &&
                   r->degraded < UINT32_C(1) << SYC_DEGRADED_COUNT,
               "a list is too long");
}

/* ------------------------------------------------------------ what is made of it */

static void
check_subject(const struct syc_subject *s)
{
    FUZZ_HOLDS(syc_subject_values(s) != NULL && s->conn_count >= 1 &&
                   s->window_start_us <= s->window_end_us,
               "%lld connections", (long long)s->conn_count);
}

static void
on_source(void *user, struct syc_visit *v)
{
    size_t *subjects = user;

    check_subject(syc_visit_source(v));
    (*subjects)++;
    for (const struct syc_subject *pair; (pair = syc_visit_pair(v)) != NULL;) {
        check_subject(pair);
    }
    for (const struct syc_subject *part; (part = syc_visit_substream(v)) != NULL;) {
        check_subject(part);
        FUZZ_HOLDS(part->fingerprint != NULL, "a program without a name");
    }
}

static void
on_group(void *user, const struct syc_subject *s)
{
    (void)user;
    check_subject(s);
    FUZZ_HOLDS(s->source_count >= 1, "nobody in it");
}

/*
 * Right of the waist: nothing there checks a record again. Twelve times, so that gaps and orders come into it, to two
 * services, so that sub-streams do.
 */
static void
check_facts(const struct syc_record *r)
{
    struct syc_signatures *set = syc_signatures_new();
    struct syc_cadence *cadence;
    struct syc_record later = *r;
    size_t subjects = 0;

    FUZZ_HOLDS(set != NULL && syc_signatures_parse(set, "known.fp", signatures,
                                                   sizeof signatures - 1, true, NULL) == SYC_OK,
               "no signatures");
    cadence = syc_cadence_new(set, 1 << 20);
    FUZZ_HOLDS(cadence != NULL, "no memory");
    syc_cadence_feed(cadence, r);
    for (int i = 0; i < 11; i++) {
        later.start_us += 10 * SYC_US_PER_S;
        later.key.server_port ^= 1;
        later.flow_id = syc_record_id(&later) + 1;
        syc_cadence_feed(cadence, &later);
    }
    FUZZ_HOLDS(syc_cadence_finish(cadence, on_source, &subjects) == SYC_OK, "no memory");
    FUZZ_HOLDS(subjects >= 1, "no subject");
    FUZZ_HOLDS(syc_cadence_groups(cadence, on_group, NULL) == SYC_OK, "no memory");
    syc_cadence_free(cadence);
    syc_signatures_free(set);
}

/* ------------------------------------------------------------ the same again */

/* Parts of one connection become one; a copy is what was copied. */
static void
check_copy(const struct syc_record *r)
{
    struct syc_record *copy = syc_record_copy(r);

    FUZZ_HOLDS(copy != NULL, "no memory");
    check_same_record("copy", r, copy);
    FUZZ_HOLDS(syc_record_compare(r, copy) == 0, "a copy is another");
    FUZZ_HOLDS(syc_record_join(copy, r) == SYC_OK, "no memory");
    syc_record_free(copy);
}

void
check_read_record(struct syc_record_reader *other, const struct syc_record *r)
{
    static struct syc_json first, second; /* kept: their layouts cost more than an event */
    struct syc_record back;
    struct syc_error err = {0};

    check_ranges(r);
    syc_json_reset(&first);
    syc_json_reset(&second);
    syc_json_connection(&first, r, NULL);
    FUZZ_HOLDS(syc_record_read(other, first.text, first.n, &back, &err) == SYC_OK, "%s in %.*s",
               err.text, (int)first.n, first.text);
    check_same_record("written and read", r, &back);
    syc_json_connection(&second, &back, NULL);
    FUZZ_HOLDS(first.n == second.n && memcmp(first.text, second.text, first.n) == 0,
               "another text");
    check_copy(r);
    check_facts(r);
}
