/*
 * Sub-streams: a sort by (port, fingerprint, program, opening), cut where neighbors differ.
 *
 *     openings of one port without JA4 or User-Agent, ascending:  84 84 84 | 301 375 376 384 391 435 |
 *                                                                          ^ more than a third above the one before
 *
 * A chain and not a grid: what one program sends varies without gaps, and where a grid line fell would be chance.
 * Browsers' hellos came in steps of up to 30 % (a session ticket), their first requests of up to 27 %; scripts stood
 * at least a third below them (reference lab, 1,500 connections).
 */

#include "behavior/streams.h"

#include <stdio.h>

/* What a mark is sorted by; b is its place in canonical order, so equal marks keep it. */
static struct item
key_of(const struct who *who, const struct mark *m, size_t place)
{
    uint32_t print = m->stack == STORE_NONE ? 0 : who->stacks->list[m->stack]->print + 1;
    uint32_t agent = syc_agents_rank_of(who->agents, m->agent);

    return (struct item){(int64_t)((uint64_t)m->dest_port << 32 | print),
                         (uint64_t)agent << 32 | (agent == 0 ? m->opening : 0), place};
}

static uint32_t
agent_in(const struct item *key)
{
    return (uint32_t)(key->a >> 32);
}

/* b comes behind a in the order of keys. */
static bool
same_client(const struct item *a, const struct item *b)
{
    uint32_t before = (uint32_t)a->a;
    uint32_t after = (uint32_t)b->a;

    if (a->t != b->t || agent_in(a) != agent_in(b)) {
        return false;
    }
    return agent_in(a) != 0 || before == after || (before > 0 && after * 3 <= before * 4);
}

/* Bursts of parts belong to their connection, whose mark alone says who speaks. */
static void
adopt_parts(struct room *room, const struct view *source)
{
    struct item *by_flow = room->acts;
    const struct mark *whole = NULL;
    size_t n = source->count_all;

    if (source->count == n) {
        return;
    }
    for (size_t i = 0; i < n; i++) {
        by_flow[i] = (struct item){source->marks[i]->flow_id, i >= source->count, i};
    }
    syc_sort_items(by_flow, n, room->spare);
    for (size_t i = 0; i < n; i++) {
        struct mark *m = source->marks[by_flow[i].b];
        if (by_flow[i].a == 0) {
            whole = m;
        } else if (whole != NULL && whole->flow_id == m->flow_id) {
            m->stack = whole->stack;
            m->agent = whole->agent;
            m->opening = whole->opening;
        }
    }
}

static bool
is_enough(size_t connections, size_t bursts)
{
    return connections >= STREAM_CONNECTIONS || bursts >= STREAM_BURSTS;
}

/* By the extremes of the openings: where they are near each other, no chain between them can break. */
bool
syc_streams_there(const struct who *who, const struct view *source)
{
    struct item first;
    uint32_t least = UINT32_MAX;
    uint32_t most = 0;

    if (!is_enough(source->count, source->act_count)) {
        return false;
    }
    first = key_of(who, source->marks[0], 0);
    for (size_t i = 0; i < source->count; i++) {
        struct item key = key_of(who, source->marks[i], 0);
        if (key.t != first.t || agent_in(&key) != agent_in(&first)) {
            return true;
        }
        least = (uint32_t)key.a < least ? (uint32_t)key.a : least;
        most = (uint32_t)key.a > most ? (uint32_t)key.a : most;
    }
    return most * 3 > least * 4;
}

void
syc_streams_order(struct room *room, const struct who *who, const struct view *source)
{
    struct item *keys = room->acts;

    adopt_parts(room, source);
    for (size_t i = 0; i < source->count_all; i++) {
        keys[i] = key_of(who, source->marks[i], i);
    }
    syc_sort_items(keys, source->count_all, room->spare);
    for (size_t i = 0; i < source->count_all; i++) {
        room->streams[i] = source->marks[keys[i].b];
    }
}

/* Slices behind `from` are still in the order of keys: views sort only what they have taken. */
static size_t
stream_end(const struct room *room, const struct who *who, size_t from, size_t n, bool *enough)
{
    struct item before = key_of(who, room->streams[from], 0);
    size_t connections = 0;
    size_t bursts = 0;
    size_t to = from;

    for (; to < n; to++) {
        const struct mark *m = room->streams[to];
        struct item key = key_of(who, m, 0);
        if (!same_client(&before, &key)) {
            break;
        }
        connections += (m->flags & MARK_CONTINUES) == 0;
        bursts += m->burst_count;
        before = key;
    }
    *enough = is_enough(connections, bursts);
    return to;
}

size_t
syc_streams_next(struct room *room, const struct store *s, const struct who *who,
                 const struct view *source, size_t from, struct view *out)
{
    while (from < source->count_all) {
        bool enough;
        size_t to = stream_end(room, who, from, source->count_all, &enough);
        if (enough) {
            syc_view_part(room, s, source, room->streams + from, to - from, out);
            return to;
        }
        from = to;
    }
    return 0;
}

/* Of openings the smallest: it bounds what a reader looks for. */
void
syc_streams_name(const struct who *who, const struct view *stream, char out[STREAM_TEXT])
{
    const struct mark *first = stream->marks[0];
    const char *print =
        first->stack == STORE_NONE ? "-" : who->stacks->list[first->stack]->syn.tcpfp;
    unsigned least = UINT16_MAX;
    unsigned most = 0;

    if (first->agent != STORE_NONE) {
        snprintf(out, STREAM_TEXT, "%s %s", print, syc_agents_text(who->agents, first->agent));
        return;
    }
    for (size_t i = 0; i < stream->count; i++) {
        least = stream->marks[i]->opening < least ? stream->marks[i]->opening : least;
        most = stream->marks[i]->opening > most ? stream->marks[i]->opening : most;
    }
    snprintf(out, STREAM_TEXT, least == most ? "%s opening %u" : "%s opening %u-%u", print, least,
             most);
}
