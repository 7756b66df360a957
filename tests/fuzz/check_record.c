#include "tests/fuzz/check_record.h"

#include "tests/fuzz/fuzz.h"

#include <string.h>

static void
check_number(const struct syc_record *r, const struct syc_record_number *row)
{
    int64_t v = syc_record_get(r, row), words = 0;

    if (v == SYC_NONE) {
        return;
    }
    switch ((enum syc_number_kind)row->kind) {
    case SYC_NUMBER_BOOL:
        FUZZ_HOLDS(v == 0 || v == 1, "%s is %lld", row->path, (long long)v);
        break;
    case SYC_NUMBER_WORD:
        while (row->words[words] != NULL) {
            words++;
        }
        FUZZ_HOLDS(v >= 0 && v < words, "%s is %lld", row->path, (long long)v);
        break;
    case SYC_NUMBER:
        /* the one difference among them that may point backwards is of two clocks that are not ours */
        FUZZ_HOLDS(v >= 0 || strcmp(row->path, "tcp.syn_cookie_jump_ms") == 0, "%s is %lld",
                   row->path, (long long)v);
        break;
    }
}

/* Neither before the record nor after it: late segments are counted, their times are not kept. */
static void
check_time(const struct syc_record *r, const char *what, int64_t us)
{
    FUZZ_HOLDS(us == SYC_NONE || (us >= 0 && us <= r->dur_us), "%s is %lld of %lld", what,
               (long long)us, (long long)r->dur_us);
}

static void
check_times(const struct syc_record *r)
{
    for (size_t side = 0; side < 2; side++) {
        check_time(r, "first payload", r->first_payload_us[side]);
        check_time(r, "FIN", r->fin_us[side]);
        check_time(r, "acknowledged FIN", r->fin_acked_us[side]);
        check_time(r, "last FIN", r->fin_last_us[side]);
    }
    check_time(r, "ACK", r->ack_us);
    check_time(r, "establishment", r->established_us);
    check_time(r, "acknowledged data", r->first_data_acked_us);
    check_time(r, "RST", r->rst_at_us);
    FUZZ_HOLDS(r->syn_time_count <= SYC_SYN_TIMES_MAX && r->syn_ack_time_count <= SYC_SYN_TIMES_MAX,
               "%u SYNs, %u SYN+ACKs", r->syn_time_count, r->syn_ack_time_count);
    for (size_t i = 0; i < r->syn_time_count; i++) {
        check_time(r, "SYN", r->syn_times_us[i]);
        FUZZ_HOLDS(i == 0 || r->syn_times_us[i] >= r->syn_times_us[i - 1], "SYN %zu goes back", i);
    }
    for (size_t i = 0; i < r->syn_ack_time_count; i++) {
        check_time(r, "SYN+ACK", r->syn_ack_times_us[i]);
    }
    FUZZ_HOLDS(r->time_wait_count <= 2, "%u TIME-WAITs", r->time_wait_count);
    for (size_t i = 0; i < r->time_wait_count; i++) {
        check_time(r, "TIME-WAIT", r->time_wait[i].enter_us);
        FUZZ_HOLDS(r->time_wait[i].restart_count >= 0 &&
                       r->time_wait[i].restart_count <= SYC_RESTARTS_MAX,
                   "%lld restarts", (long long)r->time_wait[i].restart_count);
    }
}

static int64_t
known(int64_t v)
{
    return v == SYC_NONE ? 0 : v;
}

/* What is of something cannot be more than it. */
static void
check_sums(const struct syc_record *r)
{
    for (size_t side = 0; side < 2; side++) {
        FUZZ_HOLDS(known(r->unique_payload[side]) <= known(r->payload[side]), "new payload %lld",
                   (long long)r->unique_payload[side]);
        FUZZ_HOLDS(known(r->data_segments[side]) <= known(r->pkts[side]), "data segments %lld",
                   (long long)r->data_segments[side]);
        FUZZ_HOLDS(known(r->control_pkts[side]) <= known(r->pkts[side]), "control segments %lld",
                   (long long)r->control_pkts[side]);
        FUZZ_HOLDS(known(r->control_bytes[side]) <= known(r->bytes[side]), "control octets %lld",
                   (long long)r->control_bytes[side]);
        FUZZ_HOLDS(known(r->retrans_data[side]) <= known(r->data_segments[side]), "repeats %lld",
                   (long long)r->retrans_data[side]);
        FUZZ_HOLDS(known(r->retrans_fast[side]) + known(r->retrans_rto[side]) <=
                       known(r->retrans_data[side]),
                   "%lld fast, %lld by timeout", (long long)r->retrans_fast[side],
                   (long long)r->retrans_rto[side]);
        FUZZ_HOLDS(known(r->ttl_min[side]) <= known(r->ttl_max[side]), "TTL %lld",
                   (long long)r->ttl_min[side]);
    }
    FUZZ_HOLDS(known(r->cut_answered) <= known(r->cut_exchanges), "%lld answered",
               (long long)r->cut_answered);
}

/*
 * Exchanges hold all payload that ends past the highest sequence number so far, each octet once (record.md). So not what
 * fills a hole later, in part perhaps; nor what comes with a RST or after the close. A full history may lack the letter
 * that tells of it.
 */
static void
check_exchanges(const struct syc_record *r)
{
    int64_t client = known(r->cut_client_octets), server = known(r->cut_server_octets);
    bool exact;

    FUZZ_HOLDS(r->exchange_count <= SYC_EXCHANGES_MAX, "%zu exchanges", r->exchange_count);
    for (size_t i = 0; i < r->exchange_count; i++) {
        const struct syc_exchange *x = &r->exchanges[i];

        client += x->client_octets;
        server += x->answered != 0 ? x->server_octets : 0;
        FUZZ_HOLDS(x->offset_us >= 0 && x->client_dur_us >= 0 && x->client_octets >= 0, "%zu", i);
        FUZZ_HOLDS(i == 0 || x->offset_us >= r->exchanges[i - 1].offset_us, "%zu goes back", i);
        FUZZ_HOLDS(x->answered == 0 ||
                       (x->answer_offset_us >= x->offset_us && x->server_dur_us >= 0 &&
                        x->server_octets > 0 && x->first_flight_octets <= x->server_octets),
                   "answer of %zu", i);
    }
    exact = r->rst_by == SYC_NONE && known(r->late_count) == 0 && r->part == SYC_NONE &&
            known(r->out_of_order[0]) + known(r->out_of_order[1]) == 0 && r->history != NULL &&
            strpbrk(r->history, "QqTt") == NULL && strlen(r->history) < SYC_HISTORY_MAX - 1;
    FUZZ_HOLDS(client <= known(r->unique_payload[0]) && server <= known(r->unique_payload[1]) &&
                   (!exact || (client == known(r->unique_payload[0]) &&
                               server == known(r->unique_payload[1]))),
               "exchanges hold %lld and %lld octets of %lld and %lld, history %s",
               (long long)client, (long long)server, (long long)r->unique_payload[0],
               (long long)r->unique_payload[1], r->history);
}

static void
check_flights(const struct syc_record *r)
{
    for (size_t i = 0; i < r->flight_count; i++) {
        const struct syc_flight *f = &r->flights[i];

        FUZZ_HOLDS(f->offset_us >= 0 && f->dur_us >= 0 && f->gap_max_us >= 0 &&
                       f->gap_max_us <= f->dur_us,
                   "flight %zu: %lld, gap %lld", i, (long long)f->dur_us, (long long)f->gap_max_us);
        FUZZ_HOLDS(f->segments > 0 && f->octets >= 0, "flight %zu", i);
        FUZZ_HOLDS(f->window_limited == 0 || f->window_limited == 1, "flight %zu", i);
    }
}

static void
check_texts(const struct syc_record *r)
{
    for (size_t i = 0; i < syc_record_text_count; i++) {
        const char *text =
            *(const char *const *)(const void *)((const char *)r + syc_record_texts[i].offset);

        FUZZ_HOLDS(text == NULL || fuzz_is_printable(text, strlen(text)), "%s",
                   syc_record_texts[i].path);
    }
    FUZZ_HOLDS(r->history == NULL || strlen(r->history) < SYC_HISTORY_MAX, "%s", r->history);
}

/* The hash of key, ISN and start. A connection that did not begin with its SYN had its id before it had these. */
static void
check_flow_id(const struct syc_record *r)
{
    bool at_start = r->syn_time_count > 0 && r->syn_times_us[0] == 0 && r->history != NULL &&
                    r->history[0] == 'S';
    int64_t id = syc_record_id(r);

    FUZZ_HOLDS(id >= 0 && id < INT64_C(1) << 53, "flow id %lld", (long long)id);
    FUZZ_HOLDS(!at_start || id == syc_record_flow_id(&r->key, r->isn, r->start_us) ||
                   id == syc_record_flow_id(&r->key, SYC_NONE, r->start_us),
               "flow id %lld, ISN %lld, history %s", (long long)id, (long long)r->isn, r->history);
}

void
check_record(const struct syc_record *r)
{
    for (size_t i = 0; i < syc_record_number_count; i++) {
        check_number(r, &syc_record_numbers[i]);
    }
    FUZZ_HOLDS(r->dur_us >= 0 && r->state != SYC_NONE && r->reason != SYC_NONE &&
                   r->close_kind != SYC_NONE,
               "lasted %lld", (long long)r->dur_us);
    FUZZ_HOLDS(known(r->pkts[0]) + known(r->pkts[1]) > 0, "no segment");
    FUZZ_HOLDS(r->degraded < UINT32_C(1) << SYC_DEGRADED_COUNT, "%x", r->degraded);
    check_flow_id(r);
    check_times(r);
    check_sums(r);
    check_exchanges(r);
    check_flights(r);
    check_texts(r);
}

/* ------------------------------------------------------------ the same */

static bool
same_text(const char *a, const char *b)
{
    return (a == NULL) == (b == NULL) && (a == NULL || strcmp(a, b) == 0);
}

static void
check_same_fields(const char *what, const struct syc_record *a, const struct syc_record *b)
{
    for (size_t i = 0; i < syc_record_number_count; i++) {
        const struct syc_record_number *row = &syc_record_numbers[i];

        FUZZ_HOLDS(syc_record_get(a, row) == syc_record_get(b, row), "%s: %s: %lld, %lld", what,
                   row->path, (long long)syc_record_get(a, row), (long long)syc_record_get(b, row));
    }
    for (size_t i = 0; i < syc_record_text_count; i++) {
        size_t at = syc_record_texts[i].offset;

        FUZZ_HOLDS(same_text(*(const char *const *)(const void *)((const char *)a + at),
                             *(const char *const *)(const void *)((const char *)b + at)),
                   "%s: %s", what, syc_record_texts[i].path);
    }
}

static void
check_same_list(const char *what, const void *a, size_t count_a, const void *b, size_t count_b,
                size_t size)
{
    FUZZ_HOLDS(count_a == count_b, "%s: %zu, %zu", what, count_a, count_b);
    FUZZ_HOLDS(count_a == 0 || memcmp(a, b, count_a * size) == 0, "%s: a list differs", what);
}

void
check_same_record(const char *what, const struct syc_record *a, const struct syc_record *b)
{
    FUZZ_HOLDS(memcmp(&a->key, &b->key, sizeof a->key) == 0, "%s: key", what);
    FUZZ_HOLDS(a->start_us == b->start_us && syc_record_id(a) == syc_record_id(b) &&
                   a->degraded == b->degraded,
               "%s: start, id or degraded", what);
    check_same_fields(what, a, b);
    check_same_list(what, a->syn_times_us, a->syn_time_count, b->syn_times_us, b->syn_time_count,
                    sizeof a->syn_times_us[0]);
    check_same_list(what, a->syn_ack_times_us, a->syn_ack_time_count, b->syn_ack_times_us,
                    b->syn_ack_time_count, sizeof a->syn_ack_times_us[0]);
    check_same_list(what, a->time_wait, a->time_wait_count, b->time_wait, b->time_wait_count,
                    sizeof a->time_wait[0]);
    check_same_list(what, a->exchanges, a->exchange_count, b->exchanges, b->exchange_count,
                    sizeof a->exchanges[0]);
    check_same_list(what, a->flights, a->flight_count, b->flights, b->flight_count,
                    sizeof a->flights[0]);
    for (size_t side = 0; side < 2; side++) {
        FUZZ_HOLDS((a->syn[side] == NULL) == (b->syn[side] == NULL), "%s: SYN %zu", what, side);
        FUZZ_HOLDS(a->syn[side] == NULL ||
                       memcmp(a->syn[side], b->syn[side], sizeof *a->syn[side]) == 0,
                   "%s: SYN %zu", what, side);
        FUZZ_HOLDS(memcmp(&a->syn_own[side], &b->syn_own[side], sizeof a->syn_own[side]) == 0,
                   "%s: numbers of SYN %zu", what, side);
    }
}
