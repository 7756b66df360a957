/*
 * One capture under keys that are fixed here instead of random: octet for octet the same output, counts of memory
 * included. Every table's key comes from getrandom(2), which the linker sends here (--wrap), so no table is left out.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "tests/unit/engine/craft.h"

enum { KEYS = 16, S = 1000000, EVERY = SYC_EVENT_AUDIT * 2 - 1 };

/* Of sources as they come, and of the addresses that one of them asks: a table of groups, of sources, of services. */
static const char rules_text[] = "title: Steady\n"
                                 "id: 11111111-1111-4111-8111-111111111111\n"
                                 "logsource: {product: syncopate, category: source}\n"
                                 "detection: {a: {conn.count|gte: 5}, condition: a}\n"
                                 "syncopate: {group: gap, points: 40}\n"
                                 "---\n"
                                 "title: Unanswered\n"
                                 "id: 22222222-2222-4222-8222-222222222222\n"
                                 "name: unanswered\n"
                                 "logsource: {product: syncopate, category: connection}\n"
                                 "detection: {a: {flow.state: S0}, condition: a}\n"
                                 "---\n"
                                 "title: Many\n"
                                 "id: 33333333-3333-4333-8333-333333333333\n"
                                 "correlation: {type: event_count, rules: [unanswered], group-by: "
                                 "[src_ip, dest_ip], timespan: 10m, "
                                 "condition: {gte: 3}}\n"
                                 "syncopate: {group: probes, points: 30}\n";

static uint64_t seed; /* of what comes from getrandom() next; never 0 while a run goes on */
static size_t asked;

ssize_t __wrap_getrandom(void *out, size_t n, unsigned flags);

/* SplitMix64. */
ssize_t
__wrap_getrandom(void *out, size_t n, unsigned flags)
{
    uint8_t *p = out;

    (void)flags;
    asked++;
    for (size_t i = 0; i < n; i += sizeof(uint64_t)) {
        uint64_t z = seed += UINT64_C(0x9e3779b97f4a7c15);

        z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
        z ^= z >> 31;
        memcpy(p + i, &z, n - i < sizeof(z) ? n - i : sizeof(z));
    }
    return (ssize_t)n;
}

/* 60 clients that talk, each in its own rhythm, and ask three servers in vain; then SYNs from everywhere that nobody answers. */
static void
fill(struct craft *c)
{
    craft_begin(c);
    for (uint8_t round = 0; round < 8; round++) {
        for (uint8_t who = 1; who <= 60; who++) {
            int64_t at = (int64_t)round * (5 + who % 7) * S + who * 10000;
            uint16_t port = (uint16_t)(20000 + round * 100);

            craft_talk(c, at, who, (uint8_t)(1 + who % 5), port);
            craft_talk_part(c, at + 1000, who, (uint8_t)(101 + round % 3), (uint16_t)(port + 1), 1);
        }
    }
    for (uint16_t n = 0; n < 4000; n++) {
        craft_segment(c, &(struct craft_segment){.at_us = 100 * S + n * 100,
                                                 .client = (uint8_t)(61 + n % 190),
                                                 .server = 200,
                                                 .client_port = (uint16_t)(1024 + n),
                                                 .flags = SYC_SYN,
                                                 .seq = n * 1000U});
    }
}

static char *
run(const char *capture, const char *rules, uint64_t key)
{
    const char *const paths[] = {rules};
    const struct syc_engine_config config = {.rules = paths,
                                             .rule_count = 1,
                                             .memory_octets = 64 << 20};
    struct craft_run r;

    seed = key;
    asked = 0;
    craft_run_begin(&r, &config, EVERY);
    assert_int_equal(craft_run_file(&r, capture), SYC_OK);
    return craft_run_end(&r);
}

static void
sixteen_keys_give_the_same_octets(void **state)
{
    static struct craft c;
    char capture[CRAFT_PATH], rules[CRAFT_PATH];
    char *first, *other;

    (void)state;
    fill(&c);
    craft_save(&c, capture);
    craft_file(rules_text, sizeof(rules_text) - 1, ".yml", rules);
    first = run(capture, rules, 1);
    assert_in_range(asked, 4, 8); /* connections, sources, correlations, audit */
    assert_non_null(strstr(first, "\"event_type\":\"stats\""));
    assert_non_null(strstr(first, "\"title\":\"Many\""));
    for (uint64_t key = 2; key <= KEYS; key++) {
        other = run(capture, rules, key);
        assert_string_equal(other, first);
        craft_free(other);
    }
    craft_free(first);
    craft_remove(capture);
    craft_remove(rules);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sixteen_keys_give_the_same_octets),
    };

    return cmocka_run_group_tests_name("keys", tests, NULL, NULL);
}
