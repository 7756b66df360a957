/* The log of a connection: what is appended is read back, wherever chunks end, packed or not. */

#include "connection/connection_int.h"
#include "tests/unit/connection/talk.h"

#include <stdlib.h>

enum { ENTRIES = 3000 };

/* xorshift64*: the same entries on every machine. */
static uint64_t
draw(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * UINT64_C(0x2545f4914f6cdd1d);
}

/* Any tag, 0 to LOG_VALUES values of 0 to 64 bits: values[0] is the tag. Returns how many, the tag included. */
static size_t
draw_entry(uint64_t *state, int64_t entry[1 + LOG_VALUES])
{
    size_t values = draw(state) % (LOG_VALUES + 1);

    entry[0] = (int64_t)(draw(state) % (LOG_RESTART + 1));
    for (size_t i = 1; i <= values; i++) {
        unsigned bits = (unsigned)(draw(state) % 65);
        entry[i] = bits == 0 ? 0 : (int64_t)(draw(state) >> (64 - bits));
    }
    return 1 + values;
}

/* The reader gives the entries that the same seed draws, and then no more. */
static void
assert_entries(const struct log *log, uint64_t seed, size_t count)
{
    struct log_reader r;
    int64_t want[1 + LOG_VALUES], values[LOG_VALUES];
    enum log_tag tag;

    log_read_start(&r, log);
    for (size_t i = 0; i < count; i++) {
        size_t n = draw_entry(&seed, want);
        assert_true(r.left > 0);
        assert_true(log_read(&r, &tag, values));
        assert_int_equal(tag, want[0]);
        assert_memory_equal(values, want + 1, (n - 1) * sizeof(*values));
    }
    assert_int_equal(r.left, 0);
}

static void
entries_come_back_across_chunks(void **state)
{
    struct store store = {.budget = {.limit = 1 << 20}};
    static struct conn c;
    uint64_t seed = 7;
    int64_t entry[1 + LOG_VALUES];

    for (size_t i = 0; i < ENTRIES; i++) {
        log_append(&store, &c, entry, draw_entry(&seed, entry));
    }
    assert_int_equal(c.log.lost, 0);
    assert_entries(&c.log, 7, ENTRIES);
    log_free(&store, &c.log);
    syc_arena_fini(&store.arena);
}

/* Half of them lie flat in a place that has not an octet more, as those of a packed connection may. */
static void
entries_come_back_from_a_flat_copy_and_what_follows(void **state)
{
    struct store store = {.budget = {.limit = 1 << 20}};
    static struct conn c;
    uint64_t seed = 9;
    int64_t entry[1 + LOG_VALUES];
    uint32_t n;
    uint8_t *flat;

    for (size_t i = 0; i < ENTRIES / 2; i++) {
        log_append(&store, &c, entry, draw_entry(&seed, entry));
    }
    flat = malloc(c.log.octets);
    assert_non_null(flat);
    log_copy(&c.log, flat);
    n = c.log.octets;
    log_free(&store, &c.log);
    c.log.flat = flat;
    c.log.flat_octets = n;
    for (size_t i = ENTRIES / 2; i < ENTRIES; i++) {
        log_append(&store, &c, entry, draw_entry(&seed, entry));
    }
    assert_entries(&c.log, 9, ENTRIES);
    log_free(&store, &c.log);
    syc_arena_fini(&store.arena);
    free(flat);
}

/* -2^62 .. 2^62 - 1: twice the widest difference of two times. */
static void
differences_fold_and_unfold(void **state)
{
    static const int64_t differences[] = {0, -1, 1, -64, 63, INT64_MIN / 2, INT64_MAX / 2};

    for (size_t i = 0; i < sizeof(differences) / sizeof(differences[0]); i++) {
        assert_int_equal(log_unfold(log_fold(differences[i])), differences[i]);
    }
    assert_int_equal(log_fold(-1), 1);
    assert_int_equal(log_fold(1), 2);
}

int
test_log_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_come_back_across_chunks),
        cmocka_unit_test(entries_come_back_from_a_flat_copy_and_what_follows),
        cmocka_unit_test(differences_fold_and_unfold),
    };

    return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
