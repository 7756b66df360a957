#include "fingerprint/signature_int.h"

#include <string.h>
#include <strings.h>

/*
 * The set: an array in file order, since the order decides between signatures that both fit, and a
 * table of chains by option layout, since a layout that is not in the file is the usual case and
 * must cost one look. Signatures are never removed one by one; a reload builds a new set.
 */

#define COUNT(a) (sizeof(a) / sizeof *(a))

struct syc_signatures *
syc_signatures_new(void)
{
    return syc_alloc(1, sizeof(struct syc_signatures));
}

void
syc_signatures_free(struct syc_signatures *set)
{
    if (set == NULL) {
        return;
    }
    syc_arena_fini(&set->arena);
    syc_free(set->items);
    syc_free(set->heads);
    syc_free(set->links);
    syc_free(set->remarks);
    syc_free(set);
}

/* By 64 bits of a hash: whoever writes the files has nothing to win by a collision. */
bool
syc_signatures_same(const struct syc_signatures *a, const struct syc_signatures *b)
{
    return a->texts_sum == b->texts_sum;
}

size_t
syc_signatures_count(const struct syc_signatures *set)
{
    return set->count;
}

const char *
syc_quality_name(enum syc_quality q)
{
    static const char *const names[] = {"none", "fuzzy", "generic", "exact"};

    return (unsigned)q < COUNT(names) ? names[q] : "?";
}

const char *
syc_sig_field_name(unsigned field)
{
    static const char *const names[] = {
#define X(name, word) [SYC_SIG_FIELD_##name] = (word),
        SYC_SIG_FIELD_LIST(X)
#undef X
    };

    return field < COUNT(names) ? names[field] : "?";
}

const char *
syc_aside_name(unsigned aside)
{
    static const char *const names[] = {
#define X(name, word) [SYC_ASIDE_##name] = (word),
        SYC_ASIDE_LIST(X)
#undef X
    };

    return aside < COUNT(names) ? names[aside] : "?";
}

/*
 * FNV-1a. Not keyed: only the loader puts anything into the table, so traffic cannot lengthen a
 * chain.
 */
static size_t
layout_hash(bool response, bool native, const uint8_t *kinds, size_t count)
{
    uint32_t hash = UINT32_C(2166136261) ^ (uint32_t)response ^ (uint32_t)native << 1;

    for (size_t i = 0; i < count; i++) {
        hash = (hash ^ kinds[i]) * UINT32_C(16777619);
    }
    return hash ^ hash >> 16;
}

unsigned
syc_signatures_chain(const struct syc_signatures *set, bool response, bool native,
                     const uint8_t *kinds, size_t count)
{
    if (set->head_count == 0) {
        return SYC_NO_SIGNATURE;
    }
    return set->heads[layout_hash(response, native, kinds, count) & (set->head_count - 1)];
}

_Static_assert(SYC_SIGNATURES_MAX < SYC_NO_SIGNATURE, "an index of every signature fits");

/*
 * Last signature first, so that each chain comes out in file order. All chains are made anew: a
 * load happens at start and on reload, and costs one hash a signature.
 */
static void
link_all(struct syc_signatures *set)
{
    memset(set->heads, 0xff, set->head_count * sizeof *set->heads);
    for (size_t i = set->count; i-- > 0;) {
        struct syc_signature *it = &set->items[i];
        size_t at = layout_hash(it->response, it->native, it->sig.kinds, it->sig.count);
        uint16_t *head = &set->heads[at & (set->head_count - 1)];

        it->next = *head;
        *head = (uint16_t)i;
    }
}

/*
 * Chains average at most one signature a head: twice as many heads as signatures, a power of two.
 */
enum syc_status
syc_signatures_index(struct syc_signatures *set)
{
    size_t want = 16;

    while (want < set->count * 2) {
        want *= 2;
    }
    if (want > set->head_count) {
        uint16_t *heads = syc_resize(set->heads, want, sizeof *heads);

        if (heads == NULL) {
            return SYC_NO_MEMORY;
        }
        set->heads = heads;
        set->head_count = want;
    }
    link_all(set);
    return SYC_OK;
}

/* Doubling keeps the cost of a file linear; the limit keeps indexes within 16 bits. */
enum syc_status
syc_signatures_add(struct syc_signatures *set, const struct syc_signature *it)
{
    if (set->count == SYC_SIGNATURES_MAX) {
        return SYC_LIMIT;
    }
    if (set->count == set->room) {
        size_t room = set->room == 0 ? 64 : set->room * 2;
        struct syc_signature *items = syc_resize(set->items, room, sizeof *items);

        if (items == NULL) {
            return SYC_NO_MEMORY;
        }
        set->items = items;
        set->room = room;
    }
    set->items[set->count++] = *it;
    return SYC_OK;
}

/* In any case of ASCII letters: names are checked for their characters when they are read. */
static bool
contains(const char *text, const char *word)
{
    size_t n = strlen(word);

    for (; *text != '\0'; text++) {
        if (strncasecmp(text, word, n) == 0) {
            return true;
        }
    }
    return false;
}

const char *
syc_os_family(const char *os)
{
    /*
     * First hit wins; the words are the usual names of systems, in p0f.fp's spelling and in ours.
     */
    static const char *const families[][2] = {
        {"linux", "linux"},   {"android", "linux"},   {"chrome", "linux"},  {"windows", "windows"},
        {"mac os", "apple"},  {"macos", "apple"},     {"iphone", "apple"},  {"ipad", "apple"},
        {"darwin", "apple"},  {"bsd", "bsd"},         {"dragonfly", "bsd"}, {"solaris", "solaris"},
        {"sunos", "solaris"}, {"illumos", "solaris"},
    };

    if (strstr(os, "iOS") != NULL) { /* in this spelling only: Cisco's is IOS */
        return "apple";
    }
    for (size_t i = 0; i < COUNT(families); i++) {
        if (contains(os, families[i][0])) {
            return families[i][1];
        }
    }
    return NULL;
}
