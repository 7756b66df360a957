#ifndef SYC_BEHAVIOR_AUDIT_FLIGHTS_H
#define SYC_BEHAVIOR_AUDIT_FLIGHTS_H

/*
 * Purpose           responses and the flights that the congestion window cut them into (2.4)
 * Input and output  a pair in; its initial window, and what slow start cost, out
 * Ownership         nothing is kept but work room
 * Limits            needs a round trip of the pair; lives with parts missing are passed over
 * Not here          the row (audit_slow_start.c)
 *
 * The record cuts flights at an eighth of the connection's own round trip. Here they are joined again: what left within
 * 0.9 of the pair's smallest round trip of a flight's first segment left without waiting for an ACK, at whichever end
 * of the path the tap is.
 */

#include "behavior/audit_part.h"

struct flights_survey {
    int64_t iw, iw_connections; /* segments; SYC_NONE = not known */
    bool iw_exact;              /* else at least */
    int64_t responses;
    int64_t one_flight;       /* of them, nothing could have been faster */
    int64_t round_trips_lost; /* against a warmed connection */
    int64_t first_lost;       /* of them, in the first responses of connections */
    int64_t idle_restarts;
    int64_t trip; /* SYC_NONE = unknown: then only responses are counted */
};

/* False = no memory. cost: three passes over the pair's exchanges and flights */
bool audit_flights(const struct life_pair *p, struct audit_work *w, struct flights_survey *out);

#endif
