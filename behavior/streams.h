#ifndef SYC_BEHAVIOR_STREAMS_H
#define SYC_BEHAVIOR_STREAMS_H

/*
 * Purpose           the clients behind one address, told apart
 * Input and output  the view of a source in; one view after the other of its sub-streams out
 * Ownership         the room's arrays, as all views
 * Limits            sub-streams below STREAM_CONNECTIONS connections and STREAM_BURSTS bursts are passed over: no rule
 *                   could speak of them
 * Not here          what it means that they differ (engine/verdict.c)
 *
 * Connections are of one sub-stream when they go to one port, their SYNs have one tcpfp, and one program speaks. Where
 * neither JA4 nor User-Agent names it, the size of its opening tells it from others: a ClientHello or a first request grows
 * and shrinks by a cookie or a session ticket, but curl's of 84 octets is none of a browser's 301 to 482.
 */

#include "behavior/agents.h"
#include "behavior/stacks.h"
#include "behavior/view.h"

enum { STREAM_CONNECTIONS = 5, STREAM_BURSTS = 8, STREAM_TEXT = 384 };

/* What tells programs apart. */
struct who {
    const struct stacks *stacks;
    const struct agents *agents;
};

/* There may be more than one sub-stream, and enough to say of one. cost: one pass over the marks. */
bool syc_streams_there(const struct who *who, const struct view *source);

/*
 * Order the source's marks by sub-stream, in room->streams. Unused connections that name no program are left out.
 *
 * returns  how many marks; 0 when all are of one sub-stream
 * cost     two sorts
 */
size_t syc_streams_order(struct room *room, const struct who *who, const struct view *source);

/*
 * The next sub-stream from mark `from` of room->streams on, passing over small ones; from = 0 is the first.
 *
 * n        what syc_streams_order() returned
 * out      its view; untouched when there is none
 * returns  where to go on; 0 when there is none
 */
size_t syc_streams_next(struct room *room, const struct store *s, const struct view *source,
                        size_t n, size_t from, struct view *out);

/* "TCPFP t13d15*h2_8daaf6152771", "TCPFP curl/8.5.0" or "TCPFP opening 84": what its connections have in common. */
void syc_streams_name(const struct who *who, const struct view *stream, char out[STREAM_TEXT]);

#endif
