/* What slow start cost the pair (2.4): its row from the survey of its flights. */

#include "behavior/audit_flights.h"

bool
audit_slow_start_pair(const struct life_pair *p, struct audit_work *w, struct syc_audit_pair *out)
{
    struct syc_audit_slow_start *row = &out->slow_start;
    struct flights_survey s;

    if (!audit_flights(p, w, &s)) {
        return false;
    }
    *row = (struct syc_audit_slow_start){.iw = s.iw,
                                         .iw_connections = s.iw_connections,
                                         .iw_exact = s.iw_exact,
                                         .responses = s.responses,
                                         .one_flight = SYC_NONE,
                                         .round_trips_lost = SYC_NONE,
                                         .time_lost_s = NAN,
                                         .idle_restarts = SYC_NONE};
    if (s.trip != SYC_NONE) {
        row->one_flight = s.one_flight;
        row->round_trips_lost = s.round_trips_lost;
        row->time_lost_s = (double)s.round_trips_lost * (double)s.trip / (double)SYC_US_PER_S;
        row->idle_restarts = s.idle_restarts;
    }
    return true;
}
