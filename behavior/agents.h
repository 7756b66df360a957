#ifndef SYC_BEHAVIOR_AGENTS_H
#define SYC_BEHAVIOR_AGENTS_H

/*
 * Purpose           the distinct programs that speak: what a ClientHello or a User-Agent says of the client
 * Input and output  a record in, the index of its program out; ranks, so that facts do not depend on the order of records
 * Ownership         texts are copied and live as long as the store
 * Limits            a sixteenth of the budget; what comes then has no index (STORE_NONE), as has a record that names none
 * Not here          which connections are of one client (view.c)
 */

#include "behavior/store.h"

struct agent;

struct agents {
    struct store *store;                   /* whose budget counts */
    struct agent **list, **order, **spare; /* room of each; order: by rank */
    uint32_t *slots;                       /* 2 * room, STORE_NONE = empty */
    uint32_t count, room;
    size_t octets, limit;
};

/* Empty; memory comes from the store. fini gives all of it back. */
void syc_agents_init(struct agents *a, struct store *store);
void syc_agents_fini(struct agents *a);

/*
 * Index of the program that made this record. By its JA4, without what changes from one connection of a program to
 * the next: the count and the hash of the extensions (a resumed session has more, browsers draw some at random).
 * Without a JA4 by its User-Agent.
 *
 * returns  STORE_NONE when the record has neither, or when there is no room
 */
uint32_t syc_agents_intern(struct agents *a, const struct syc_record *r);

/* Number them in the order of their texts. Call before facts are computed. */
void syc_agents_rank(struct agents *a);

/* Its rank, from 1; 0 for STORE_NONE. */
uint32_t syc_agents_rank_of(const struct agents *a, uint32_t index);

/* "t13d15*h2_8daaf6152771" or the User-Agent; index is not STORE_NONE. */
const char *syc_agents_text(const struct agents *a, uint32_t index);

/* The system family whose own TLS library this JA4 is of, or NULL; found once. */
const char *syc_agents_family(const struct agents *a, uint32_t index);

#endif
