/*
 * Sub-streams: connections of one port and fingerprint, ascending by what they open with, cut where a program ends.
 *
 *     opening   84 84 84 | 301 375 376 376 384 391 435 |
 *     program   curl     |  -  Mo.  -   -   -  Mo.  -  |    "-" joins the one program named in its chain
 *                        ^ more than a third above the one before
 *
 * A chain and not a grid: what one program sends varies without gaps, and where a grid line fell would be chance.
 * Browsers' hellos came in steps of up to 30 % (a session ticket), their first requests of up to 27 %; scripts stood
 * at least a third below them (reference lab, 1,500 connections). A program that is not named is unknown, not another
 * one: captures cut headers off at different places.
 */

#include "behavior/streams.h"

#include <stdio.h>

/* Clients are numbered by the rank of their program; those that name none, by the smallest opening of their chain. */
static const uint64_t unnamed = UINT64_C(1) << 32;

/* Connections that say nothing of who made them: opened ahead of need and never used. */
static const uint64_t left_out = UINT64_MAX;

/* Connections of one program are in one group. */
static int64_t
group_of(const struct who *who, const struct mark *m)
{
    uint32_t print = m->stack == STORE_NONE ? 0 : who->stacks->list[m->stack]->print + 1;

    return (int64_t)((uint64_t)m->dest_port << 32 | print);
}

static bool
is_near(uint64_t before, uint64_t after)
{
    return before == after || (before > 0 && after * 3 <= before * 4);
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
        by_flow[i] = (struct item){syc_store_flow_id(source->store, source->marks[i]),
                                   i >= source->count, i};
    }
    syc_sort_items(by_flow, n, room->spare);
    for (size_t i = 0; i < n; i++) {
        struct mark *m = source->marks[by_flow[i].b]; /* with its flow id made */
        if (by_flow[i].a == 0) {
            whole = m;
        } else {
            bool there = whole != NULL && whole->name == m->name;
            m->stack = there ? whole->stack : STORE_NONE;
            m->agent = there ? whole->agent : STORE_NONE;
            m->opening = there ? whole->opening : 0;
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
    uint32_t agent = STORE_NONE;
    unsigned least = UINT16_MAX;
    unsigned most = 0;
    int64_t group;

    if (!is_enough(source->count, source->source->burst_count)) {
        return false;
    }
    group = group_of(who, source->marks[0]);
    for (size_t i = 0; i < source->count; i++) {
        const struct mark *m = source->marks[i];
        bool another = agent != STORE_NONE && m->agent != STORE_NONE && m->agent != agent;
        if (another || group_of(who, m) != group) {
            return true;
        }
        agent = m->agent != STORE_NONE ? m->agent : agent;
        least = m->opening < least ? m->opening : least;
        most = m->opening > most ? m->opening : most;
    }
    return !is_near(least, most);
}

/* The rank of the only program that a chain names; 0 when it names none, or several. */
static uint64_t
only_program(const struct who *who, const struct view *source, const struct item *chain, size_t n)
{
    uint64_t only = 0;

    for (size_t i = 0; i < n; i++) {
        uint64_t rank = syc_agents_rank_of(who->agents, source->marks[chain[i].b]->agent);
        if (rank != 0 && only != 0 && rank != only) {
            return 0;
        }
        only = rank != 0 ? rank : only;
    }
    return only;
}

/* Replace the openings of a chain by the numbers of their clients. */
static void
number_chain(const struct who *who, const struct view *source, struct item *chain, size_t n)
{
    uint64_t only = only_program(who, source, chain, n);
    uint64_t rest = only != 0 ? only : unnamed + chain[0].a;

    for (size_t i = 0; i < n; i++) {
        const struct mark *m = source->marks[chain[i].b];
        uint64_t rank = syc_agents_rank_of(who->agents, m->agent);
        bool unused = rank == 0 && (m->flags & MARK_UNUSED) != 0;
        chain[i].a = unused ? left_out : rank != 0 ? rank : rest;
    }
}

/* Items are (group, opening, place in canonical order), then (group, client, place): equal marks keep their order. */
static void
number_clients(const struct who *who, const struct view *source, struct item *items)
{
    size_t n = source->count_all;

    for (size_t from = 0, to; from < n; from = to) {
        uint64_t before = items[from].a;
        for (to = from + 1; to < n && items[to].t == items[from].t && is_near(before, items[to].a);
             to++) {
            before = items[to].a;
        }
        number_chain(who, source, items + from, to - from);
    }
}

/* Into room->streams, with the number of its stream beside each mark. Returns how many marks. */
static size_t
lay_out(struct room *room, const struct view *source, const struct item *items)
{
    size_t n = 0;
    uint32_t stream = 0;

    for (size_t i = 0; i < source->count_all; i++) {
        if (items[i].a == left_out) {
            continue;
        }
        stream += n == 0 || items[i].t != items[i - 1].t || items[i].a != items[i - 1].a;
        room->streams[n] = source->marks[items[i].b];
        room->stream_of[n++] = stream;
    }
    return n;
}

size_t
syc_streams_order(struct room *room, const struct who *who, const struct view *source)
{
    struct item *items = room->acts;
    size_t n;

    room->acts_of = NULL;
    adopt_parts(room, source);
    for (size_t i = 0; i < source->count_all; i++) {
        const struct mark *m = source->marks[i];
        items[i] = (struct item){group_of(who, m), m->opening, i};
    }
    syc_sort_items(items, source->count_all, room->spare);
    number_clients(who, source, items);
    syc_sort_items(items, source->count_all, room->spare);
    n = lay_out(room, source, items);
    return n > 0 && room->stream_of[n - 1] > 1 ? n : 0;
}

/* Up to where marks belong to the stream at `from`, and whether they are enough to be asked about. */
static size_t
stream_end(const struct room *room, size_t from, size_t n, bool *enough)
{
    size_t connections = 0;
    size_t bursts = 0;
    size_t to = from;

    for (; to < n && room->stream_of[to] == room->stream_of[from]; to++) {
        connections += (room->streams[to]->flags & MARK_CONTINUES) == 0;
        bursts += room->streams[to]->burst_count;
    }
    *enough = is_enough(connections, bursts);
    return to;
}

size_t
syc_streams_next(struct room *room, const struct store *s, const struct view *source, size_t n,
                 size_t from, struct view *out)
{
    while (from < n) {
        bool enough;
        size_t to = stream_end(room, from, n, &enough);
        if (enough) {
            syc_view_part(room, s, source, room->streams + from, to - from, out);
            return to;
        }
        from = to;
    }
    return 0;
}

/* The program that one of its connections names; else the span of their openings. */
void
syc_streams_name(const struct who *who, const struct view *stream, char out[STREAM_TEXT])
{
    uint32_t stack = stream->marks[0]->stack;
    const char *print = stack == STORE_NONE ? "-" : who->stacks->list[stack]->syn.tcpfp;
    unsigned least = UINT16_MAX;
    unsigned most = 0;

    for (size_t i = 0; i < stream->count; i++) {
        const struct mark *m = stream->marks[i];
        if (m->agent != STORE_NONE) {
            snprintf(out, STREAM_TEXT, "%s %s", print, syc_agents_text(who->agents, m->agent));
            return;
        }
        least = m->opening < least ? m->opening : least;
        most = m->opening > most ? m->opening : most;
    }
    snprintf(out, STREAM_TEXT, least == most ? "%s opening %u" : "%s opening %u-%u", print, least,
             most);
}
