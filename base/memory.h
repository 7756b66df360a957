#ifndef SYC_BASE_MEMORY_H
#define SYC_BASE_MEMORY_H

/*
 * Purpose           the only home of malloc: checked allocation, arenas for what lives as long as a load,
 *                   budgets that tables count against
 * Input and output  sizes in octets
 * Ownership         an arena frees all it gave at once; everything else is freed by who asked for it
 * Limits            products that overflow size_t are refused as SYC_NO_MEMORY (NULL)
 * Not here          the tables themselves; how --memory is split (engine/)
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zeroed memory for count objects of size octets, or NULL. count * size may be 0 (then non-NULL). */
void *syc_alloc(size_t count, size_t size) __attribute__((malloc, warn_unused_result));

/* As realloc(old, count * size), overflow-checked; new octets are not cleared; NULL leaves old as it was. */
void *syc_resize(void *old, size_t count, size_t size) __attribute__((warn_unused_result));

/* Free what the two above gave; NULL is fine. */
void syc_free(void *p);

/* A zero-terminated copy of text (at most n octets of it), or NULL when memory is short. */
char *syc_copy_text(const char *text, size_t n) __attribute__((malloc, warn_unused_result));

/* What a table may use, uses, has used at most, and how often it was refused. All in octets but denied. */
struct syc_budget {
    size_t limit;
    size_t used;
    size_t peak;
    uint64_t denied;
};

/* Take n octets from the budget; false (and counted in denied) when they are not left. */
bool syc_budget_take(struct syc_budget *b, size_t n);

/* Give n octets back; n was taken before. */
void syc_budget_give(struct syc_budget *b, size_t n);

/* Many small objects of one lifetime. Zero-initialise before use; syc_arena_fini() frees everything. */
struct syc_arena {
    struct syc_arena_block *head;
    size_t used;
};

/* Zeroed, aligned for any type, or NULL when memory is short. */
void *syc_arena_alloc(struct syc_arena *a, size_t size) __attribute__((warn_unused_result));

/* A zero-terminated copy of n octets of text in the arena, or NULL when memory is short. */
char *syc_arena_text(struct syc_arena *a, const char *text, size_t n)
    __attribute__((warn_unused_result));

/* Take back all that the arena gave, and keep one block of it for what comes next: for arenas filled again and again. */
void syc_arena_reset(struct syc_arena *a);

/* Free all that the arena gave; it may be used anew. */
void syc_arena_fini(struct syc_arena *a);

#endif
