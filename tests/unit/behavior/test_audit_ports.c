/* Ports: occupancy, capacity, forecasts (lifecycle reference 2.2). The kernel's allocation is imitated here. */

#include "behavior/audit_range.h"
#include "tests/unit/behavior/audited.h"
#include "tests/unit/behavior/groups.h"

#include <math.h>
#include <string.h>

enum { MANY = 4000, RANGE_MOST = 2000 };

static struct made made[MANY];

/* A client of a range of ports, as Linux gives them out: one parity while there are any, small steps, around at the top. */
struct drawer {
    int32_t low, size, at; /* at: offset of the last port */
    double reuse_after;    /* seconds until a port comes back */
    double free_at[RANGE_MOST];
};

static bool
draw(struct drawer *d, double now, uint16_t *port)
{
    for (int32_t half = 0; half < 2; half++) {
        for (int32_t i = 0; i < d->size; i += 2) {
            int32_t at = ((d->at & ~1) + 6 + i) % (d->size & ~1);
            at += half;
            if (d->free_at[at] <= now) {
                d->at = at;
                d->free_at[at] = now + d->reuse_after;
                *port = (uint16_t)(d->low + at);
                return true;
            }
        }
    }
    return false;
}

/* Connections at a rate that begins with `rate` and grows by `rise` a second, until `end`; held 40 ms, the client closes. */
struct load {
    double rate, rise, end;
    int server;
};

static size_t
make_load(struct drawer *d, const struct load *l, size_t from, double *failed)
{
    size_t n = from;
    double at = 0;

    *failed = NAN;
    for (size_t k = 0; at < l->end && n < MANY; k++) {
        uint16_t port = 0;
        if (draw(d, at, &port)) {
            audited_open(&made[n], port, at);
            made[n].r.isn += (int64_t)(100 * n);
            made[n].r.key.server[15] = (uint8_t)l->server;
            audited_closed(&made[n++], SYC_TOSERVER, 0.061);
        } else if (isnan(*failed)) {
            *failed = at;
        }
        /* The next is due when rate * t + rise * t^2 / 2 = k + 1. */
        at = l->rise > 0
                 ? (sqrt(l->rate * l->rate + 2 * l->rise * (double)(k + 1)) - l->rate) / l->rise
                 : (double)(k + 1) / l->rate;
    }
    return n;
}

static struct drawer
drawer_of(int32_t low, int32_t size)
{
    struct drawer d = {.low = low, .size = size, .at = size / 2, .reuse_after = 60.061};

    return d;
}

/* 1000 ports at 23.25/s: the first connect() fails at 1000 / 23.25 = 43.01 s, as the kernel's did (ports-1000-43s). */
static void
exhaustion_is_forecast_from_ten_seconds(void **state)
{
    const struct load load = {23.25, 0, 44, HOST_SERVER};
    struct drawer d = drawer_of(42000, 1000);
    double failed;
    size_t n = make_load(&d, &load, 0, &failed);
    static const double moments[] = {10, 20, 21.7, 32, 42};

    (void)state;
    assert_near(failed, 43.01, 0.001);
    for (size_t i = 0; i < sizeof(moments) / sizeof(moments[0]); i++) {
        const struct syc_audit_ports *p = &audited_at(moments[i], made, n)->pairs[0].ports;
        assert_near((double)p->exhaust_at_us / 1e6, 43.01, 0.02 * 43.01);
        assert_int_equal(p->starved_from_us, SYC_NONE);
    }
    /* Before the ports have gone around once there is no capacity, and nothing is forecast. */
    assert_int_equal(audited_at(2, made, n)->pairs[0].ports.capacity, SYC_NONE);
    assert_int_equal(audited_at(2, made, n)->pairs[0].ports.exhaust_at_us, SYC_NONE);
}

/* 500 even ports are taken after 500 / 23.25 = 21.505 s; the 501st is odd: there are 1000. */
static void
the_parity_flips_when_half_is_taken(void **state)
{
    const struct load load = {23.25, 0, 44, HOST_SERVER};
    struct drawer d = drawer_of(42000, 1000);
    double failed;
    size_t n = make_load(&d, &load, 0, &failed);
    const struct syc_audit_report *r = audited(made, n);
    const struct syc_audit_ports *p = &r->pairs[0].ports;

    (void)state;
    assert_int_equal(p->flip_after, 500);
    assert_near((double)p->flip_at_us / 1e6, 500 / 23.25, 0.001);
    assert_int_equal(p->capacity, 1000);
    assert_int_equal(p->capacity_from, SYC_RANGE_FLIP);
    assert_int_equal(r->range_from, SYC_RANGE_FLIP);
    assert_int_equal(p->occupied_peak, 1000);
    assert_near(p->occupied_ratio, 1, 1e-9);
    assert_int_equal(p->tw_reuse, 0);
    /* 1000 / (60 s + 61 ms - the last 0 ms of TIME_WAIT's own) */
    assert_near(p->sustainable_per_s, 1000 / 60.061, 0.01);
    assert_near(p->need, 23.25 * 60.061, 10);
    /* the last of the 1000 connections, at 999 / 23.25 s */
    assert_near((double)p->starved_from_us / 1e6, 999 / 23.25, 0.001);
    assert_int_equal(p->starved_to_us, SYC_NONE);
    assert_string_equal(r->hosts[0].parity, "even");
    assert_string_equal(r->hosts[0].candidates[0], "custom");
    assert_int_equal(r->hosts[0].port_min, 42000);
    assert_int_equal(r->hosts[0].port_max, 42999);
    assert_int_equal(r->hosts[0].port_distinct, 1000);
}

/* Three destinations at 5, 3 and 1 per s, 100 ports each: full at 20 and 33.3 s, and never (1/s needs 60). */
static void
each_destination_has_the_range_to_itself(void **state)
{
    static const struct load loads[] = {{5, 0, 36, 1}, {3, 0, 36, 2}, {1, 0, 36, 3}};
    static const double full[] = {20, 33.333, NAN};
    const struct syc_audit_report *r;
    double failed;
    size_t n = 0;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct drawer d = drawer_of(40000, 100);
        n = make_load(&d, &loads[i], n, &failed);
    }
    r = audited_at(11, made, n);
    assert_int_equal(r->pair_count, 3);
    for (size_t i = 0; i < 3; i++) {
        int64_t at = r->pairs[i].ports.exhaust_at_us;
        if (isnan(full[i])) {
            assert_int_equal(at, SYC_NONE);
        } else {
            assert_near((double)at / 1e6, full[i], 0.05 * full[i]);
        }
    }
    r = audited(made, n);
    assert_near((double)r->pairs[0].ports.starved_from_us / 1e6, 99 / 5.0, 0.01);
    assert_near((double)r->pairs[1].ports.starved_from_us / 1e6, 99 / 3.0, 0.01);
    assert_int_equal(r->pairs[2].ports.starved_from_us, SYC_NONE);
}

/* One more connection a second each second, 1000 ports: t^2 / 2 = 1000 at 44.72 s. By the rate of the moment: 60 s. */
static void
a_rising_rate_is_forecast_by_its_rise(void **state)
{
    const struct load load = {0.01, 1, 46, HOST_SERVER};
    struct drawer d = drawer_of(42000, 1000);
    double failed;
    size_t n = make_load(&d, &load, 0, &failed);

    (void)state;
    assert_near(failed, sqrt(2000), 0.1);
    for (double at = 20; at < 44; at += 6) {
        const struct syc_audit_ports *p = &audited_at(at, made, n)->pairs[0].ports;
        assert_near((double)p->exhaust_at_us / 1e6, sqrt(2000), 0.03 * sqrt(2000));
    }
}

/* The run ports-64-reuse1: ports come back after 1 s, so half of the range is ever used and nothing runs out. */
static void
own_reuse_needs_half_of_the_range(void **state)
{
    const struct load load = {8, 0, 20, HOST_SERVER};
    struct drawer d = drawer_of(40000, 64);
    const struct syc_audit_report *r;
    const struct syc_audit_ports *p;
    double failed;
    size_t n;

    (void)state;
    d.reuse_after = 1.1;
    n = make_load(&d, &load, 0, &failed);
    assert_true(isnan(failed));
    r = audited(made, n);
    p = &r->pairs[0].ports;
    assert_int_equal(p->tw_reuse, 1);
    assert_int_equal(r->hosts[0].tw_reuse, 1);
    assert_true(p->reuse_within_2msl >= 100);
    assert_true(p->occupied_peak <= 32);
    assert_int_equal(p->flip_after, SYC_NONE);
    assert_int_equal(p->starved_from_us, SYC_NONE);
    assert_int_equal(p->exhaust_at_us, SYC_NONE);
    assert_near(p->need, 8 * 1.061, 0.1);
}

/* 23.25/s for 25 s, then 5/s: 5 * 60 = 300 of 1000 ports. The forecast of the first 25 s stands no more. */
static void
a_forecast_is_withdrawn_when_the_rate_falls(void **state)
{
    const struct load load = {23.25, 0, 25, HOST_SERVER};
    struct drawer d = drawer_of(42000, 1000);
    const struct syc_audit_ports *p;
    double failed;
    size_t n = make_load(&d, &load, 0, &failed);

    (void)state;
    for (double at = 25; at < 50; at += 0.2) {
        uint16_t port = 0;
        assert_true(draw(&d, at, &port));
        audited_open(&made[n], port, at);
        audited_closed(&made[n++], SYC_TOSERVER, 0.061);
    }
    p = &audited(made, n)->pairs[0].ports;
    assert_int_equal(p->exhaust_at_us, SYC_NONE);
    assert_true(p->warned_at_us > SECONDS(2) && p->warned_at_us < SECONDS(15));
    /* the trailing 10 s fall under 1000 / 60.06 = 16.6/s when (10 - x) * 23.25 + x * 5 = 166: x = 3.6 s */
    assert_near((double)p->resolved_at_us / 1e6, 28.6, 0.5);
    assert_near((double)p->forecast_us / 1e6, 48, 5);
}

/* SYNs stop with all ports taken and come back 2MSL after the first close: 8/s, 64 ports, 60 s. */
static void
starvation_ends_when_ports_come_back(void **state)
{
    const struct load load = {8, 0, 66, HOST_SERVER};
    struct drawer d = drawer_of(40000, 64);
    const struct syc_audit_ports *p;
    double failed;
    size_t n = make_load(&d, &load, 0, &failed);

    (void)state;
    p = &audited(made, n)->pairs[0].ports;
    assert_int_equal(p->flip_after, 32);
    assert_near((double)p->starved_from_us / 1e6, 63 / 8.0, 0.001);
    assert_near((double)p->starved_to_us / 1e6, 60.125, 0.001);
}

/*
 * The server closes after 100 s: no TIME_WAIT at the client. 300 ports; 2/s hold 200 of them, 4/s from 150 s on would need
 * 400. Two more each second than close: 100 more are taken 50 s after the change, when no more than 4/s has closed.
 */
static void
open_connections_alone_can_use_up_the_ports(void **state)
{
    struct drawer d = drawer_of(40000, 300);
    const struct syc_audit_ports *p;
    size_t n = 0;

    (void)state;
    d.reuse_after = 100;
    for (double at = 0; at < 190; at += at < 150 ? 0.5 : 0.25) {
        uint16_t port = 0;
        assert_true(draw(&d, at, &port));
        audited_open(&made[n], port, at);
        made[n].r.isn += (int64_t)(1000 * n);
        audited_closed(&made[n++], SYC_TOCLIENT, 100.02);
    }
    p = &audited_at(140, made, n)->pairs[0].ports;
    assert_near(p->need, 200, 2);
    assert_int_equal(p->capacity, 300);
    assert_int_equal(p->exhaust_at_us, SYC_NONE);
    p = &audited_at(165, made, n)->pairs[0].ports;
    assert_near(p->need, 400, 4);
    assert_near((double)p->exhaust_at_us / 1e6, 200, 3);
}

/* Where SYNs may have been lost, their silence proves nothing. */
static void
silence_of_a_capture_with_losses_is_no_starvation(void **state)
{
    const struct load load = {8, 0, 30, HOST_SERVER};
    struct drawer d = drawer_of(40000, 64);
    double failed;
    size_t n = make_load(&d, &load, 0, &failed);

    (void)state;
    assert_int_equal(n, 64);
    /* another destination shows that the capture goes on */
    audited_open(&made[n], 40000, 29);
    made[n].r.key.server[15] = 99;
    assert_true(audited(made, n + 1)->pairs[0].ports.starved_from_us != SYC_NONE);
    made[7].r.degraded = 1U << SYC_DEGRADED_KERNEL_DROPS;
    assert_int_equal(audited(made, n + 1)->pairs[0].ports.starved_from_us, SYC_NONE);
    assert_int_equal(audited(made, n + 1)->pairs[0].ports.occupied_peak, 64);
}

/* A server that closes first leaves the ports free: 100/s through a 50 ms hold need 5. */
static void
the_servers_time_wait_costs_the_client_no_port(void **state)
{
    const struct syc_audit_report *r;

    (void)state;
    for (size_t i = 0; i < 600; i++) {
        audited_open(&made[i], (uint16_t)(34000 + 8 * i), 0.01 * (double)i);
        audited_closed(&made[i], SYC_TOCLIENT, 0.05);
    }
    r = audited(made, 600);
    assert_int_equal(r->pairs[0].ports.occupied_peak, 5);
    assert_near(r->pairs[0].ports.need, 5, 0.1);
    assert_int_equal(r->pairs[0].time_wait_peak, 600);
}

/* Under 20 connections a range is a guess; 24 of random parity are no flip either. */
static void
few_or_mixed_ports_tell_no_capacity(void **state)
{
    const struct load load = {2, 0, 9, HOST_SERVER};
    struct drawer d = drawer_of(40000, 16);
    const struct syc_audit_report *r;
    uint64_t seed = 3;
    double failed;
    size_t n = make_load(&d, &load, 0, &failed);

    (void)state;
    assert_int_equal(n, 16);
    r = audited(made, n);
    assert_int_equal(r->pairs[0].ports.capacity, SYC_NONE);
    assert_null(r->hosts[0].parity);
    for (size_t i = 0; i < 200; i++) {
        audited_open(&made[i], (uint16_t)(49152 + random_bits(&seed) % 16384), (double)i / 10);
        audited_closed(&made[i], SYC_TOSERVER, 0.05);
    }
    r = audited(made, 200);
    assert_int_equal(r->pairs[0].ports.capacity, SYC_NONE);
    assert_string_equal(r->hosts[0].parity, "mixed");
}

/* 60 even ports of a large range, then bound sockets of odd ones: half of what lies between was never held. */
static void
bound_sockets_are_no_flip(void **state)
{
    const struct syc_audit_report *r;

    (void)state;
    for (size_t i = 0; i < 64; i++) {
        audited_open(&made[i], (uint16_t)(i < 60 ? 33000 + 8 * i : 45001 + 2 * i), (double)i / 10);
        audited_closed(&made[i], SYC_TOSERVER, 0.05);
    }
    r = audited(made, 64);
    assert_int_equal(r->pairs[0].ports.flip_after, SYC_NONE);
    assert_int_equal(r->pairs[0].ports.capacity, SYC_NONE);
}

static void
check_candidates(int64_t low, int64_t high, int64_t capacity, enum audit_stack stack,
                 const char *expected)
{
    const char *names[8];
    size_t n = audit_range_candidates(low, high, capacity, stack, names);
    char text[200] = "";

    for (size_t i = 0; i < n; i++) {
        strcat(strcat(text, i > 0 ? " " : ""), names[i]);
    }
    assert_string_equal(text, expected);
}

/* 2.2.1: what does not hold the ports is out; the stack's own first, then the smallest. */
static void
known_ranges_are_ranked(void **state)
{
    (void)state;
    check_candidates(33000, 60998, SYC_NONE, STACK_UNKNOWN, "linux linux-before-4.2 freebsd all");
    check_candidates(55530, 56824, SYC_NONE, STACK_UNKNOWN,
                     "iana linux linux-before-4.2 freebsd all");
    check_candidates(55530, 56824, SYC_NONE, STACK_LINUX,
                     "linux linux-before-4.2 iana freebsd all");
    check_candidates(50000, 65500, SYC_NONE, STACK_FREEBSD, "freebsd iana all");
    check_candidates(1030, 4999, SYC_NONE, STACK_UNKNOWN, "windows-before-vista all");
    check_candidates(42000, 42999, 1000, STACK_LINUX, "custom");
    check_candidates(32768, 60999, 28000, STACK_LINUX, "linux linux-before-4.2");
    check_candidates(80, 60999, SYC_NONE, STACK_LINUX, "custom");
}

int
test_audit_ports_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exhaustion_is_forecast_from_ten_seconds),
        cmocka_unit_test(the_parity_flips_when_half_is_taken),
        cmocka_unit_test(each_destination_has_the_range_to_itself),
        cmocka_unit_test(a_rising_rate_is_forecast_by_its_rise),
        cmocka_unit_test(own_reuse_needs_half_of_the_range),
        cmocka_unit_test(a_forecast_is_withdrawn_when_the_rate_falls),
        cmocka_unit_test(starvation_ends_when_ports_come_back),
        cmocka_unit_test(open_connections_alone_can_use_up_the_ports),
        cmocka_unit_test(silence_of_a_capture_with_losses_is_no_starvation),
        cmocka_unit_test(the_servers_time_wait_costs_the_client_no_port),
        cmocka_unit_test(few_or_mixed_ports_tell_no_capacity),
        cmocka_unit_test(bound_sockets_are_no_flip),
        cmocka_unit_test(known_ranges_are_ranked),
    };
    int failed = cmocka_run_group_tests_name("audit: ports", tests, NULL, NULL);

    audited_end();
    return failed;
}
