/*
 * The only calls of malloc and its kin, arenas, and budgets.
 *
 * Invariants: no product or sum of sizes wraps (each is checked where it is formed); an arena's
 * objects are cleared when they are given and not when a block is taken, because a reset arena
 * gives octets that were used before; data + used of a block is always aligned for any type,
 * because sizes are rounded up to that alignment and data[] begins on it.
 */

#include "base/memory.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

/*
 * An arena's objects lie side by side, so a sanitizer does not see one run into the next: there the rest of each
 * block is marked as out of bounds, and a gap is left behind every object.
 */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1 /* gcc's name for it */
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
enum { GAP_OCTETS = 16 };
#else
#define ASAN_POISON_MEMORY_REGION(p, n)   ((void)(p), (void)(n))
#define ASAN_UNPOISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
enum { GAP_OCTETS = 0 };
#endif

/*
 * Octets of an arena block: large enough that rules and signatures take few, small enough to waste
 * little. Below malloc's threshold for mapped memory (128 KiB, mallopt(3)), so blocks are reused.
 */
enum { BLOCK_OCTETS = 64 * 1024 };

/* Blocks are chained newest first; objects are carved from data[], which malloc's alignment reaches. */
struct syc_arena_block {
    struct syc_arena_block *next;
    size_t size; /* octets of data */
    size_t used;
    alignas(max_align_t) unsigned char data[];
};

void *
syc_alloc(size_t count, size_t size)
{
    size_t octets;

    /* calloc would check too, but sanitizers take an overflow there for a bug of the caller. */
    if (__builtin_mul_overflow(count, size, &octets)) {
        return NULL;
    }
    return calloc(octets == 0 ? 1 : octets,
                  1); /* a request for nothing still gets a pointer of its own */
}

void *
syc_resize(void *old, size_t count, size_t size)
{
    size_t octets;

    if (__builtin_mul_overflow(count, size, &octets)) {
        return NULL;
    }
    return realloc(old, octets == 0 ? 1 : octets); /* realloc(p, 0) may free p: never asked for */
}

void
syc_free(void *p)
{
    free(p);
}

char *
syc_copy_text(const char *text, size_t n)
{
    size_t length = strnlen(text, n);
    char *copy = syc_alloc(length + 1, 1);

    if (copy != NULL) {
        memcpy(copy, text, length);
    }
    return copy;
}

bool
syc_budget_take(struct syc_budget *b, size_t n)
{
    if (b->used > b->limit || n > b->limit - b->used) {
        b->denied++;
        return false;
    }
    b->used += n;
    if (b->used > b->peak) {
        b->peak = b->used;
    }
    return true;
}

void
syc_budget_give(struct syc_budget *b, size_t n)
{
    b->used -= n < b->used ? n : b->used;
}

/*
 * A block with room for `octets` in front of the chain; objects over a quarter block get one to
 * themselves, so that at most a quarter of a block is left unused when the next one begins.
 */
static struct syc_arena_block *
add_block(struct syc_arena *a, size_t octets)
{
    size_t size = octets > BLOCK_OCTETS / 4 ? octets : BLOCK_OCTETS;
    struct syc_arena_block *block;

    block = syc_resize(NULL, 1, sizeof *block + size); /* objects are cleared as they are given */
    if (block == NULL) {
        return NULL;
    }
    block->size = size;
    block->used = 0;
    block->next = NULL;
    ASAN_POISON_MEMORY_REGION(block->data, size);
    if (size != BLOCK_OCTETS && a->head != NULL) {
        /* Behind the head, which still has room for small ones. */
        block->next = a->head->next;
        a->head->next = block;
    } else {
        block->next = a->head;
        a->head = block;
    }
    return block;
}

/*
 * The object goes into the head block or a new one; older blocks are not searched for room, which
 * bounds the cost of a call and wastes at most what add_block says.
 */
void *
syc_arena_alloc(struct syc_arena *a, size_t size)
{
    const size_t align = alignof(max_align_t);
    struct syc_arena_block *block = a->head;
    size_t taken;
    void *p;

    if (size > PTRDIFF_MAX - align - GAP_OCTETS - sizeof *block) {
        return NULL; /* no object can be that large (C 6.5.6), and the sums below cannot overflow */
    }
    taken = (size + align - 1) / align * align;
    taken = taken == 0 ? align : taken;
    if (block == NULL || block->size - block->used < taken + GAP_OCTETS) {
        block = add_block(a, taken + GAP_OCTETS);
        if (block == NULL) {
            return NULL;
        }
    }
    p = block->data + block->used;
    block->used += taken + GAP_OCTETS;
    a->used += taken;
    ASAN_UNPOISON_MEMORY_REGION(p, size);
    return memset(p, 0, size);
}

char *
syc_arena_text(struct syc_arena *a, const char *text, size_t n)
{
    char *copy;

    if (n == SIZE_MAX) {
        return NULL;
    }
    copy = syc_arena_alloc(a, n + 1);
    if (copy != NULL && n > 0) {
        memcpy(copy, text, n);
    }
    return copy;
}

/*
 * The head is kept whatever its size: arenas that are filled again and again with about as much
 * find their block again. Its old contents stay in it, uncleared, until they are given again.
 */
void
syc_arena_reset(struct syc_arena *a)
{
    struct syc_arena_block *kept = a->head;

    if (kept == NULL) {
        return;
    }
    a->head = kept->next;
    syc_arena_fini(a);
    kept->next = NULL;
    kept->used = 0;
    ASAN_POISON_MEMORY_REGION(kept->data, kept->size);
    *a = (struct syc_arena){kept, 0};
}

void
syc_arena_fini(struct syc_arena *a)
{
    struct syc_arena_block *block = a->head;

    while (block != NULL) {
        struct syc_arena_block *next = block->next;

        free(block);
        block = next;
    }
    *a = (struct syc_arena){NULL, 0};
}
