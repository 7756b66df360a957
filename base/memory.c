#include "base/memory.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

/* Octets of an arena block: large enough that rules and signatures take few, small enough to waste little. */
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

/* A block with room for `octets` in front of the chain; objects over a quarter block get one to themselves. */
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

void *
syc_arena_alloc(struct syc_arena *a, size_t size)
{
    const size_t align = alignof(max_align_t);
    struct syc_arena_block *block = a->head;
    void *p;

    if (size > PTRDIFF_MAX - align - sizeof *block) {
        return NULL; /* no object can be that large (C 6.5.6), and the sums below cannot overflow */
    }
    size = (size + align - 1) / align * align;
    size = size == 0 ? align : size;
    if (block == NULL || block->size - block->used < size) {
        block = add_block(a, size);
        if (block == NULL) {
            return NULL;
        }
    }
    p = block->data + block->used;
    block->used += size;
    a->used += size;
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
