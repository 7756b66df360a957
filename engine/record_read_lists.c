/*
 * The lists of a connection event: the path, times of SYNs, exchanges, flights, TIME-WAIT. Each is read into an array
 * whose bound is asked before an element is stored.
 */

#include "engine/record_read_int.h"

#include <string.h>

/* Several kinds of list are short ones of words or of small numbers: `most` elements, each read by take. */
static bool
read_short_list(struct reading *rd, const char *path, size_t most,
                bool (*take)(struct reading *rd, size_t i))
{
    bool first = true;
    size_t n = 0;

    if (!syc_pull_is(&rd->json, '[')) {
        return record_fail(rd, path, "a list");
    }
    for (; syc_pull_element(&rd->json, &first); n++) {
        if (n == most) {
            return record_fail(rd, path, "a shorter list");
        }
        if (!take(rd, n)) {
            return false;
        }
    }
    return rd->json.fault == NULL;
}

/* ------------------------------------------------------------ path */

static bool
take_vlan_id(struct reading *rd, size_t i)
{
    struct syc_path *path = &rd->out->key.path;
    int64_t id;

    if (!record_int(rd, 0, 4095, &id)) {
        return record_fail_at(rd, "vlan", i, "an id of 12 bits");
    }
    path->vlan[path->vlan_count++] = (uint16_t)id;
    return true;
}

static bool
take_vlans(struct reading *rd, const struct member *m)
{
    return read_short_list(rd, m->name, SYC_PATH_MAX, take_vlan_id);
}

/* words[] has "none" in front, which is no tunnel and cannot stand in a list: index 0 and -1 are refused. */
static bool
take_tunnel(struct reading *rd, size_t i)
{
#define X(name, word) word,
    static const char *const words[] = {SYC_TUNNEL_LIST(X) NULL};
#undef X
    struct syc_path *path = &rd->out->key.path;
    int64_t tunnel = record_word(rd, words);

    if (tunnel <= SYC_TUNNEL_NONE) {
        return record_fail_at(rd, "tunnel", i, "a word of the contract");
    }
    path->tunnel[path->tunnel_count++] = (uint8_t)tunnel;
    return true;
}

static bool
take_tunnels(struct reading *rd, const struct member *m)
{
    return read_short_list(rd, m->name, SYC_PATH_MAX, take_tunnel);
}

static bool
take_reason(struct reading *rd, size_t i)
{
    int64_t bit = record_word(rd, syc_degraded_words);

    if (bit < 0) {
        return record_fail_at(rd, "degraded", i, "a word of the contract");
    }
    rd->out->degraded |= UINT32_C(1) << bit;
    return true;
}

static bool
take_degraded(struct reading *rd, const struct member *m)
{
    return read_short_list(rd, m->name, SYC_DEGRADED_COUNT, take_reason);
}

/* ------------------------------------------------------------ times of SYNs */

static bool
read_times(struct reading *rd, const char *path, int64_t *times, uint8_t *count)
{
    int n = record_cells(rd, times, 0, SYC_SYN_TIMES_MAX);

    *count = n > 0 ? (uint8_t)n : 0;
    return n >= 0 || record_fail(rd, path, "at most 16 whole numbers");
}

static bool
take_syn_times(struct reading *rd, const struct member *m)
{
    (void)m;
    return read_times(rd, "tcp.syn_times_us", rd->out->syn_times_us, &rd->out->syn_time_count);
}

static bool
take_syn_ack_times(struct reading *rd, const struct member *m)
{
    (void)m;
    return read_times(rd, "tcp.syn_ack_times_us", rd->out->syn_ack_times_us,
                      &rd->out->syn_ack_time_count);
}

/* ------------------------------------------------------------ exchanges and flights */

enum { LIST_FIRST = 64 };

/* Room for one more object of size octets at *list, which has n in *room. Doubles: no element is moved often. */
static bool
make_room(struct reading *rd, void **list, size_t *room, size_t n, size_t size)
{
    size_t more = *room == 0 ? LIST_FIRST : 2 * *room;
    void *grown;

    if (n < *room) {
        return true;
    }
    grown = syc_resize(*list, more, size);
    if (grown == NULL) {
        rd->status = syc_error_set(&rd->err, SYC_NO_MEMORY, "out of memory");
        return false;
    }
    *list = grown;
    *room = more;
    return true;
}

/* 4 cells of an exchange without an answer, 9 with one. Other counts would shift the cells' meaning. */
static bool
take_exchanges(struct reading *rd, const struct member *m)
{
    struct syc_record_reader *r = rd->reader;
    void *list = r->exchanges;
    bool first = true;
    size_t n = 0;

    if (!syc_pull_is(&rd->json, '[')) {
        return record_fail(rd, m->name, "a list");
    }
    for (; syc_pull_element(&rd->json, &first); n++) {
        int64_t c[9] = {0};
        int cells = record_cells(rd, c, 4, 9);

        if (cells != 4 && cells != 9) {
            return record_fail_at(rd, m->name, n, "4 or 9 whole numbers");
        }
        if (n == SYC_EXCHANGES_MAX) {
            return record_fail(rd, m->name, "a shorter list");
        }
        if (!make_room(rd, &list, &r->exchange_room, n, sizeof *r->exchanges)) {
            return false;
        }
        r->exchanges = list;
        r->exchanges[n] =
            (struct syc_exchange){c[0], c[1], c[2], c[3], cells == 9, c[4], c[5], c[6], c[7], c[8]};
    }
    rd->out->exchanges = n > 0 ? r->exchanges : NULL;
    rd->out->exchange_count = n;
    return rd->json.fault == NULL;
}

/* No fixed bound: a record has as many as the connection had, and the line's length bounds them here. */
static bool
take_flights(struct reading *rd, const struct member *m)
{
    struct syc_record_reader *r = rd->reader;
    void *list = r->flights;
    bool first = true;
    size_t n = 0;

    if (!syc_pull_is(&rd->json, '[')) {
        return record_fail(rd, m->name, "a list");
    }
    for (; syc_pull_element(&rd->json, &first); n++) {
        int64_t c[7];

        if (record_cells(rd, c, 7, 7) != 7 || (c[6] != 0 && c[6] != 1)) {
            return record_fail_at(rd, m->name, n, "7 whole numbers, the last 0 or 1,");
        }
        if (!make_room(rd, &list, &r->flight_room, n, sizeof *r->flights)) {
            return false;
        }
        r->flights = list;
        r->flights[n] = (struct syc_flight){c[0], c[1], c[2], c[3], c[4], c[5], c[6]};
    }
    rd->out->flights = n > 0 ? r->flights : NULL;
    rd->out->flight_count = n;
    return rd->json.fault == NULL;
}

/* ------------------------------------------------------------ TIME-WAIT */

static const char waits_path[] = "close.time_wait";

static bool
fail_wait(struct reading *rd)
{
    return record_fail_at(rd, waits_path, rd->wait, "side, enter_us, at most 4 restarts_us");
}

static bool
take_side(struct reading *rd, const struct member *m)
{
    static const char *const sides[] = {"client", "server", NULL};

    (void)m;
    rd->out->time_wait[rd->wait].side = record_word(rd, sides);
    return rd->out->time_wait[rd->wait].side >= 0 || fail_wait(rd);
}

static bool
take_enter(struct reading *rd, const struct member *m)
{
    (void)m;
    return record_int(rd, -NUMBER_MAX, NUMBER_MAX, &rd->out->time_wait[rd->wait].enter_us) ||
           fail_wait(rd);
}

static bool
take_killed(struct reading *rd, const struct member *m)
{
    (void)m;
    return record_int(rd, -NUMBER_MAX, NUMBER_MAX, &rd->out->time_wait[rd->wait].killed_us) ||
           fail_wait(rd);
}

static bool
take_restarts(struct reading *rd, const struct member *m)
{
    struct syc_time_wait *w = &rd->out->time_wait[rd->wait];
    bool first = true;

    (void)m;
    if (!syc_pull_is(&rd->json, '[')) {
        return fail_wait(rd);
    }
    for (w->restart_count = 0; syc_pull_element(&rd->json, &first); w->restart_count++) {
        if (w->restart_count == SYC_RESTARTS_MAX ||
            record_cells(rd, w->restarts_us[w->restart_count], 2, 2) != 2) {
            return fail_wait(rd);
        }
    }
    return rd->json.fault == NULL;
}

static bool
take_wait(struct reading *rd, size_t i)
{
    rd->wait = i;
    rd->out->time_wait[i] = (struct syc_time_wait){.killed_us = SYC_NONE};
    if (!syc_pull_is(&rd->json, '{')) {
        return fail_wait(rd);
    }
    if (!record_object(rd, GROUP_WAIT, waits_path)) {
        return false;
    }
    rd->out->time_wait_count++;
    return record_lacks(rd, GROUP_WAIT) == NULL || fail_wait(rd);
}

static bool
take_waits(struct reading *rd, const struct member *m)
{
    (void)m;
    return read_short_list(rd, waits_path, 2, take_wait);
}

static const struct member lists[] = {
    {.name = "vlan", .group = GROUP_ROOT, .take = take_vlans},
    {.name = "tunnel", .group = GROUP_ROOT, .take = take_tunnels},
    {.name = "syn_times_us", .group = GROUP_TCP, .take = take_syn_times},
    {.name = "syn_ack_times_us", .group = GROUP_TCP, .take = take_syn_ack_times},
    {.name = "exchanges", .group = GROUP_ROOT, .take = take_exchanges},
    {.name = "flights", .group = GROUP_ROOT, .take = take_flights},
    {.name = "time_wait", .group = GROUP_CLOSE, .take = take_waits},
    {.name = "degraded", .group = GROUP_ROOT, .take = take_degraded},
    {.name = "side", .group = GROUP_WAIT, .take = take_side, .required = true},
    {.name = "enter_us", .group = GROUP_WAIT, .take = take_enter, .required = true},
    {.name = "restarts_us", .group = GROUP_WAIT, .take = take_restarts},
    {.name = "killed_us", .group = GROUP_WAIT, .take = take_killed},
};

void
record_add_lists(struct members *t)
{
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        record_add(t, lists[i]);
    }
}
