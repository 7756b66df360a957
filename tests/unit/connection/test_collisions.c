/*
 * Who chooses addresses and ports chooses the keys of the index. Tuples that share one home under a key that is known make
 * every look-up walk through all of them; under keys that are not known the same tuples are like any others. The first
 * half shows that the attack is real and would be seen here, the second that it needs the key (reliability 4.6).
 */

#include "connection/table_int.h"
#include "tests/unit/connection/talk.h"

#include <string.h>

/* Tuples, the slots of an index that holds them at its load, and keys that the attacker did not know. */
enum { CHOSEN = 2000, SLOTS = 4096, KEYS = 64 };

static const struct syc_hash_key known = {1, 2};

static struct syc_table *
table_new(struct syc_hash_key key)
{
    struct syc_table_config config = {.connection_octets = 1 << 20,
                                      .half_open_octets = 1 << 20,
                                      .key = key};
    struct syc_table *t = syc_table_new(&config, &(struct syc_table_sink){0});

    assert_non_null(t);
    return t;
}

/* The n-th tuple that an attacker may send: forged source addresses, any port. */
static struct syc_segment
forged(uint32_t n)
{
    struct syc_segment s = {
        .ip_v = 4, .flags = SYC_SYN, .ttl = 64, .window = 1024, .ip_octets = 40};
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

    memcpy(s.src, mapped, sizeof(mapped));
    memcpy(s.dst, mapped, sizeof(mapped));
    s.src[12] = 10;
    s.src[13] = (uint8_t)(n >> 24);
    s.src[14] = (uint8_t)(n >> 16);
    s.src[15] = (uint8_t)(n >> 8);
    s.dst[12] = 192;
    s.dst[15] = 1;
    s.src_port = (uint16_t)(1024 + (n & 0xff));
    s.dst_port = 80;
    return s;
}

/* Slots that looking up each of the tuples visits, in all, when an index of SLOTS holds them. */
static uint64_t
walk(const uint32_t *tags)
{
    struct index x;
    uint64_t visits = 0;

    assert_true(index_init(&x));
    for (uint32_t i = 0; i < CHOSEN; i++) {
        assert_true(index_reserve(&x));
        index_add(&x, tags[i], i + 1);
    }
    assert_int_equal(x.count, SLOTS);
    for (uint32_t i = 0; i < CHOSEN; i++) {
        uint32_t at = tags[i] & (x.count - 1);
        for (visits++; x.slots[at].ref != i + 1; visits++) {
            at = (at + 1) & (x.count - 1);
        }
    }
    syc_free(x.slots);
    return visits;
}

static uint64_t
walk_under(struct syc_hash_key key, const uint32_t *numbers)
{
    struct syc_table *t = table_new(key);
    uint32_t tags[CHOSEN];
    uint64_t visits;

    for (size_t i = 0; i < CHOSEN; i++) {
        struct syc_segment s = forged(numbers[i]);
        tags[i] = table_tag(t, &s, 0);
    }
    visits = walk(tags);
    syc_table_free(t);
    return visits;
}

static void
choose(uint32_t *numbers)
{
    struct syc_table *t = table_new(known);
    size_t found = 0;

    for (uint32_t n = 0; found < CHOSEN; n++) {
        struct syc_segment s = forged(n);
        if ((table_tag(t, &s, 0) & (SLOTS - 1)) == 0) {
            numbers[found++] = n;
        }
    }
    syc_table_free(t);
}

/*
 * Knuth 6.4: at this load a look-up that finds visits some 1.5 slots; in one run of all, half of them. Fifty times is
 * far from both.
 */
static void
colliding_tuples_need_the_key(void **state)
{
    uint32_t numbers[CHOSEN];
    uint64_t attacked, worst = 0;

    choose(numbers);
    attacked = walk_under(known, numbers);
    for (uint64_t k = 0; k < KEYS; k++) {
        uint64_t visits = walk_under((struct syc_hash_key){3 + k, ~k}, numbers);
        worst = visits > worst ? visits : worst;
    }
    assert_true(attacked > 50 * worst);
    assert_true(worst < 3 * CHOSEN);
}

int
test_collisions_group(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(colliding_tuples_need_the_key)};

    return cmocka_run_group_tests_name("collisions", tests, NULL, NULL);
}
