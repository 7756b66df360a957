#ifndef SYC_BEHAVIOR_SERVICES_H
#define SYC_BEHAVIOR_SERVICES_H

/*
 * Purpose           services (server address and port) that many connections reach and leave unfinished
 * Input and output  the store's marks and singles in; one view after the other of a service's connections out, of all
 *                   sources
 * Ownership         a room and lists of its own, within the store's budget
 * Limits            services of fewer than SERVICES_LEAST unfinished connections are passed over; of one's singles the
 *                   first SERVICES_SAMPLE are looked at, the rest are counted; when the budget is used up there are none
 *                   (`cut`)
 * Not here          what a flood is (rules/)
 */

#include "behavior/view.h"

enum {
    /* Half open, refused or unanswered connections of a service that is looked at. */
    SERVICES_LEAST = 100,
    /* Ten times what the rule of a fast flood asks for within a second. */
    SERVICES_SAMPLE = 1024
};

/* A service, and how many reached it. */
struct service {
    uint8_t addr[16];
    uint16_t port;
    uint8_t ip_v;
    bool enough;
    uint32_t marks, bursts, singles; /* that are kept */
    uint32_t unfinished;             /* of the marks */
    uint32_t marks_at, singles_at;   /* where its own begin in the lists of all */
    const struct crowd_place *gone;  /* singles that gave way; NULL = none is known */
};

struct services {
    struct store *store;
    struct service
        *list; /* those that may have enough, by hash: slots are 1 + a number in it, 0 = free */
    uint32_t found, room;
    uint32_t *slots; /* twice as many as room */
    struct service *
        *order; /* those that are looked at, by address and port; as much spare room behind */
    uint32_t count;
    struct mark **marks; /* of all of them, by service; behind each service's room for its sample */
    uint32_t *singles;   /* positions, by service */
    struct mark *sample; /* marks made of singles, of the service at hand */
    size_t mark_room, single_room, sample_room;
    size_t work_octets; /* of work, taken from the budget */
    struct room work;
    struct source nobody; /* whose address the views have */
    bool cut;
};

/* Of a service's singles. Connections that are not in the view are its `unseen`. */
struct service_more {
    uint64_t
        singles; /* sources of one connection each: those kept, and an estimate of those gone */
    int64_t first_us, last_us; /* when the first and the last of its singles began */
    const uint8_t
        *lowest; /* address among them: of those gone, of the last; NULL = there is none */
};

/*
 * Find them.
 *
 * returns  SYC_OK, also when the budget had no room (cut); SYC_NO_MEMORY
 * cost     passes over all marks and singles, by hash; syc_services_fini() always
 */
enum syc_status syc_services_init(struct services *v, struct store *s) SYC_MUST_CHECK;
void syc_services_fini(struct services *v);

/* The connections of service `at` of count. */
void syc_services_view(struct services *v, uint32_t at, struct view *out,
                       struct service_more *more);

#endif
