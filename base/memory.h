#ifndef SYC_BASE_MEMORY_H
#define SYC_BASE_MEMORY_H

/*
 * Purpose           the only home of malloc: checked allocation, arenas for what lives as long as a load,
 *                   budgets that tables count against
 * Input and output  sizes in octets
 * Ownership         an arena frees all it gave at once; everything else is freed by who asked for it
 * Limits            products that overflow size_t are refused as SYC_NO_MEMORY (NULL)
 * Not here          the tables themselves; how --memory is split (engine/)
 *
 * Why one home: an allocation that nobody checks, or whose size wrapped, cannot be written by accident elsewhere (the
 * tree's own check looks for malloc and its kin), and tests fail the k-th allocation for every k at this one place.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Zeroed memory for count objects of size octets.
 *
 * returns  NULL when memory is short or the product does not fit size_t; the caller answers SYC_NO_MEMORY or
 *          counts what it lost. A request for nothing gives a pointer of its own, so NULL means one thing only
 * cost     large ones are fresh pages, whose zeros cost nothing until they are touched
 */
void *syc_alloc(size_t count, size_t size) __attribute__((malloc, warn_unused_result));

/*
 * As realloc(old, count * size), overflow-checked. New octets are not cleared: with old = NULL it is how buffers
 * that are filled at once are taken.
 *
 * old      NULL, or what was given here and not freed
 * returns  NULL when it cannot be had; then old is as it was and still the caller's to free
 */
void *syc_resize(void *old, size_t count, size_t size) __attribute__((warn_unused_result));

/* Free what the two above gave; NULL is fine. */
void syc_free(void *p);

/*
 * A zero-terminated copy of text, which ends at its zero or after n octets; the caller's to free.
 * NULL: memory is short.
 */
char *syc_copy_text(const char *text, size_t n) __attribute__((malloc, warn_unused_result));

/*
 * What a table may use, uses, has used at most, and how often it was refused. All in octets but denied.
 *
 *     0 ........ used ........ peak ........ limit
 *
 * A budget is an account, not an allocator: a table takes before it grows and gives when it shrinks, so `used` is
 * what --memory promises. Every refusal is counted, and what was lost by it is told in the output: nothing is
 * dropped silently.
 */
struct syc_budget {
    size_t limit;
    size_t used;
    size_t peak;
    uint64_t denied;
};

/* Take n octets from the budget; false (and counted in denied) when they are not left. No sum of it can wrap. */
bool syc_budget_take(struct syc_budget *b, size_t n);

/*
 * Give n octets back; n was taken before (more than is in use leaves 0: no wrap that would look
 * like an empty account).
 */
void syc_budget_give(struct syc_budget *b, size_t n);

/*
 * Many small objects of one lifetime. Zero-initialize before use; syc_arena_fini() frees everything.
 *
 *     head -> [ used ......... | room ]     the block that small objects are carved from
 *               next -> [ one large object ]
 *               next -> [ full            ] -> NULL
 *
 * Nothing is freed singly, so a load that fails half-way is undone by one call, and no object of a load can outlive
 * another. `used` counts what objects took, with alignment; what blocks have left over is not in it.
 */
struct syc_arena {
    struct syc_arena_block *head;
    size_t used;
};

/*
 * An object of size octets, zeroed and aligned for any type, that lives as long as the arena.
 *
 * size     0 is as good as 1: the pointer is the object's own
 * returns  NULL when memory is short; the arena is as it was
 * cost     a bump of a pointer and the clearing; one allocation for 64 KiB of small objects
 */
void *syc_arena_alloc(struct syc_arena *a, size_t size) __attribute__((warn_unused_result));

/* A zero-terminated copy of n octets of text in the arena, or NULL when memory is short. */
char *syc_arena_text(struct syc_arena *a, const char *text, size_t n)
    __attribute__((warn_unused_result));

/*
 * Take back all that the arena gave, and keep one block of it for what comes next: for arenas
 * filled again and again.
 */
void syc_arena_reset(struct syc_arena *a);

/* Free all that the arena gave; it may be used anew. */
void syc_arena_fini(struct syc_arena *a);

#endif
