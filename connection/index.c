/*
 * The index: 8-octet slots, linear probing, deletion by moving back. A slot's home is its tag, so
 * growing and deleting need neither the key nor the connection. 8 octets a slot over dense records
 * was the least memory and, with prefetching, the quickest of the layouts measured (performance 3).
 *
 *    slot        3     4     5     6     7     8
 *    home of it        4     4     5     6              a run: entries pushed on by those before them
 *    remove 4:         4     5     6                    each moves back, none past its home
 *
 * Invariant: every entry is reached from its home without passing a free slot. Deletion by moving
 * back keeps it without tombstones, which a flood of short connections would pile up. Tags are
 * keyed hashes, so nobody outside can aim at one run.
 */

#include "connection/table_int.h"

enum { SLOTS_START = 1024 };

bool
index_init(struct index *x)
{
    x->slots = syc_alloc(SLOTS_START, sizeof(*x->slots));
    x->count = SLOTS_START;
    x->used = 0;
    return x->slots != NULL;
}

/* Ends: the load is below 1, see index_reserve(). */
static void
put(struct slot *slots, uint32_t count, struct slot slot)
{
    uint32_t at = slot.tag & (count - 1);

    while (slots[at].ref != 0) {
        at = (at + 1) & (count - 1);
    }
    slots[at] = slot;
}

/*
 * When there is no memory to grow, the load may rise until one slot is free, which is what ends
 * every search.
 */
bool
index_grow(struct index *x)
{
    uint32_t count = x->count * 2;
    struct slot *slots = syc_alloc(count, sizeof(*slots));

    if (slots == NULL) {
        return x->used + 1 < x->count;
    }
    for (uint32_t i = 0; i < x->count; i++) {
        if (x->slots[i].ref != 0) {
            put(slots, count, x->slots[i]);
        }
    }
    syc_free(x->slots);
    x->slots = slots;
    x->count = count;
    return true;
}

void
index_add(struct index *x, uint32_t tag, uint32_t ref)
{
    put(x->slots, x->count, (struct slot){tag, ref});
    x->used++;
}

/*
 * Position of an entry that is there: asked for by tag and reference, never by tuple, so no connection is touched. By
 * both: while a ring moves into a larger one, an entry that has moved may bear the reference that one of the same run
 * still has. With equal tags the two may be taken for each other, for then nothing else tells them apart.
 */
static uint32_t
locate(const struct index *x, uint32_t tag, uint32_t ref)
{
    uint32_t at = tag & (x->count - 1);

    while (x->slots[at].ref != ref || x->slots[at].tag != tag) {
        at = (at + 1) & (x->count - 1);
    }
    return at;
}

void
index_move(struct index *x, uint32_t tag, uint32_t from, uint32_t to)
{
    x->slots[locate(x, tag, from)].ref = to;
}

/*
 * Close the hole: an entry after it moves back unless its home lies between the hole and itself
 * (Knuth 6.4, algorithm R).
 */
void
index_remove(struct index *x, uint32_t tag, uint32_t ref)
{
    uint32_t mask = x->count - 1;
    uint32_t hole = locate(x, tag, ref);

    for (uint32_t at = (hole + 1) & mask; x->slots[at].ref != 0; at = (at + 1) & mask) {
        uint32_t home = x->slots[at].tag & mask;
        if (((at - home) & mask) >= ((at - hole) & mask)) {
            x->slots[hole] = x->slots[at];
            hole = at;
        }
    }
    x->slots[hole] = (struct slot){0, 0};
    x->used--;
}
