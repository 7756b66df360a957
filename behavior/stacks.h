#ifndef SYC_BEHAVIOR_STACKS_H
#define SYC_BEHAVIOR_STACKS_H

/*
 * Purpose           the distinct SYN signatures of all records, each kept and matched once
 * Input and output  a signature in, its index out; ranks, so that facts do not depend on the order of records
 * Ownership         signatures are copied; match texts belong to the signature set
 * Limits            an eighth of the budget; what comes then has no index (STORE_NONE)
 * Not here          which signature is a source's (facts_syns.c)
 */

#include "behavior/store.h"

/*
 * Power of two; twice the signatures of a capture of thousands of hosts. With 512 one record in six found another's there and
 * was looked up (3 M mixed packets, 1,128 signatures).
 */
enum { STACKS_RECENT = 2048 };

/* One distinct signature and what is made of it once. */
struct stack {
    struct syc_syn syn;
    const char
        *layout;    /* the family whose options stand in this order; NULL: of several, or of none */
    bool stripped;  /* a middlebox wrote no-operations over its timestamps */
    uint32_t rank;  /* among all, by their octets; after syc_stacks_rank() */
    uint32_t print; /* equal for equal tcpfp */
    bool matched;
    struct syc_match match;
};

struct stacks {
    struct store *store;           /* whose budget counts */
    struct stack **list;           /* room of them */
    struct stack **order, **spare; /* by rank */
    uint32_t *slots;               /* 2 * room, STORE_NONE = empty */
    uint32_t count, room;
    size_t octets, limit;
    /* Where the last callers kept theirs: one comparison instead of a look-up. */
    struct {
        const struct syc_syn *at;
        uint32_t index;
        bool stays;
    } recent[STACKS_RECENT];
};

/* Empty; memory comes from the store. fini gives all of it back. */
void syc_stacks_init(struct stacks *s, struct store *store);
void syc_stacks_fini(struct stacks *s);

/*
 * Index of the signature that equals r->syn[side], a new one if need be.
 *
 * returns  STORE_NONE when there is none, or no room for it
 * cost     usually a comparison of addresses, or one memcmp: records of one maker share their
 *          signatures
 */
uint32_t syc_stacks_intern(struct stacks *s, const struct syc_record *r, int side);

/*
 * Its match against the signatures, made once: sources share stacks, and a flood asks for few of them.
 *
 * signatures  may be NULL: then nothing matches
 */
const struct syc_match *syc_stack_match(struct stack *stack,
                                        const struct syc_signatures *signatures);

/*
 * The system family that sent it (linux windows apple ...), as far as its signature fits; NULL when none does, and for
 * tools that write their own packets: they say nothing of the system they run on.
 */
const char *syc_stack_family(struct stack *stack, const struct syc_signatures *signatures);

/*
 * The same by the layout of its options, where that is one family's: it tells the system also where no signature fits,
 * because of the very field that contradicts.
 */
const char *syc_stack_shown_family(struct stack *stack, const struct syc_signatures *signatures);

/* Number them in the order of their octets. Call before facts are computed. */
void syc_stacks_rank(struct stacks *s);

#endif
