#include "tests/unit/capture/files.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

static const struct flavor flavors[] = {
    {false, false, 0xa1b2c3d4},
    {true, false, 0xa1b2c3d4},
    {false, true, 0xa1b23c4d},
    {true, true, 0xa1b23c4d},
};

/* Three records of 60, 0 and 7 octets: times 1, 2 and 3 s with fraction 500, lengths on the wire 1514, 0, 7. */
static void
add_three(struct octets *o, const struct flavor *f, uint32_t link)
{
    add_file_header(o, f, 65535, link);
    add_record(o, f, 1, 500, 60, 1514, 10);
    add_record(o, f, 2, 500, 0, 0, 0);
    add_record(o, f, 3, 500, 7, 7, 99);
}

static void
assert_three(const struct reading *r, int64_t fraction_ns)
{
    static const uint32_t captured[] = {60, 0, 7}, length[] = {1514, 0, 7};

    assert_int_equal(r->opened, SYC_OK);
    assert_int_equal(r->ended, SYC_END);
    assert_int_equal(r->n, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(r->frames[i].captured, captured[i]);
        assert_int_equal(r->frames[i].length, length[i]);
        assert_int_equal(r->frames[i].time_ns, ((int64_t)i + 1) * 1000000000 + fraction_ns);
        assert_int_equal(r->frames[i].number, i + 1);
        assert_int_equal(r->frames[i].file, 5);
        assert_int_equal(r->frames[i].link, LINK_ETHERNET);
    }
    assert_int_equal(r->stats.packets, 3);
    assert_int_equal(r->stats.octets, 1521);
    assert_int_equal(r->stats.kernel_drops, 0);
}

static void
both_byte_orders_and_resolutions_are_read(void **state)
{
    for (size_t i = 0; i < 4; i++) {
        struct octets o = {.n = 0};
        struct reading r;

        add_three(&o, &flavors[i], LINK_ETHERNET);
        read_file(&o, NULL, SYC_BATCH, &r);
        assert_three(&r, flavors[i].nano ? 500 : 500000);
    }
}

static void
a_pipe_gives_the_same_in_pieces_of_any_size(void **state)
{
    struct octets o = {.n = 0}, ng = {.n = 0};
    struct reading r;

    add_three(&o, &flavors[0], LINK_ETHERNET);
    for (size_t piece = 1; piece < 60; piece += 13) {
        read_pipe(&o, piece, &r);
        assert_three(&r, 500000);
    }
    add_section(&ng);
    add_packet(&ng, 1000000500, "abc", 3, 1514);
    read_pipe(&ng, 5, &r); /* libpcap reads this one, through octets already taken from the pipe */
    assert_int_equal(r.opened, SYC_OK);
    assert_int_equal(r.n, 1);
    assert_int_equal(r.frames[0].time_ns, 1000000500);
}

static void
standard_input_is_read_and_stays_open(void **state)
{
    struct octets o = {.n = 0};
    struct reading r;
    int ends[2], kept = dup(STDIN_FILENO);
    char rest;

    add_three(&o, &flavors[3], LINK_ETHERNET);
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], o.p, o.n), o.n);
    close(ends[1]);
    assert_int_equal(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
    read_path("-", NULL, SYC_BATCH, &r);
    assert_three(&r, 500);
    assert_int_equal(read(STDIN_FILENO, &rest, 1), 0); /* at its end, but not closed */
    dup2(kept, STDIN_FILENO);
    close(kept);
    close(ends[0]);
}

static void
libpcap_reads_pcapng(void **state)
{
    struct octets o = {.n = 0};
    struct reading r;

    add_section(&o);
    add_packet(&o, 1700000000123456789, "abc", 3, 1514);
    add_packet(&o, 1700000000123456790, "", 0, 0);
    read_file(&o, NULL, SYC_BATCH, &r);
    assert_int_equal(r.opened, SYC_OK);
    assert_int_equal(r.ended, SYC_END);
    assert_int_equal(r.n, 2);
    assert_int_equal(r.frames[0].time_ns, 1700000000123456789);
    assert_int_equal(r.frames[0].captured, 3);
    assert_int_equal(r.frames[0].length, 1514);
    assert_int_equal(r.sums[0], ('a' * 31 + 'b') * 31 + 'c');
    assert_int_equal(r.frames[1].number, 2);
    assert_int_equal(r.stats.octets, 1514);
}

static void
libpcap_reads_the_modified_format(void **state)
{
    /* Records of 24 octets: 8 more for interface, protocol, packet type and padding. */
    static const struct flavor modified = {false, false, 0xa1b2cd34};
    struct octets o = {.n = 0};
    struct reading r;

    add_file_header(&o, &modified, 65535, LINK_ETHERNET);
    add_record(&o, &modified, 4000000000, 7, 0, 3, 0); /* the year 2096 */
    o.p[24 + 8] = 3;
    ADD(&o, 1, 0, 0, 0, 8, 0, 0, 0, 'a', 'b', 'c');
    read_file(&o, NULL, SYC_BATCH, &r);
    assert_int_equal(r.opened, SYC_OK);
    assert_int_equal(r.n, 1);
    assert_int_equal(r.frames[0].time_ns, 4000000000000007000);
    assert_int_equal(r.frames[0].captured, 3);
    assert_int_equal(r.sums[0], ('a' * 31 + 'b') * 31 + 'c');
}

static void
odd_but_readable_records_are_taken_as_they_are(void **state)
{
    struct octets o = {.n = 0};
    struct reading r;

    add_file_header(&o, &flavors[0], 65535, 0xf4000001);      /* FCS bits above the link type */
    add_record(&o, &flavors[0], 0xffffffff, 999999, 4, 2, 0); /* 2106; more captured than sent */
    add_record(&o, &flavors[0], 1, 2500000, 1, 1, 0); /* two and a half million microseconds */
    read_file(&o, NULL, SYC_BATCH, &r);
    assert_int_equal(r.n, 2);
    assert_int_equal(r.frames[0].link, LINK_ETHERNET);
    assert_int_equal(r.frames[0].time_ns, 4294967295999999000);
    assert_int_equal(r.frames[0].captured, 4);
    assert_int_equal(r.frames[0].length, 2);
    assert_int_equal(r.frames[1].time_ns, 3500000000);
}

static void
batches_hold_what_was_asked_for(void **state)
{
    struct octets o = {.n = 0};
    struct reading r;

    add_file_header(&o, &flavors[0], 65535, LINK_ETHERNET);
    for (uint8_t i = 0; i < 100; i++) {
        add_record(&o, &flavors[0], i, 0, 5, 5, i);
    }
    for (size_t max = 1; max <= SYC_BATCH; max += 7) {
        read_file(&o, NULL, max, &r);
        assert_int_equal(r.ended, SYC_END);
        assert_int_equal(r.n, 100);
        assert_int_equal(r.batches, (100 + max - 1) / max);
        for (size_t i = 0; i < 100; i++) {
            uint32_t sum = 0;

            for (size_t j = 0; j < 5; j++) {
                sum = sum * 31 + (uint8_t)(i + j);
            }
            assert_int_equal(r.frames[i].number, i + 1);
            assert_int_equal(r.sums[i], sum);
        }
    }
}

/* A file of 600 records of up to 9000 octets and one of 300,000, far more than a reader's buffer. */
static void
records_cross_the_buffers_end_and_may_exceed_it(void **state)
{
    static uint8_t large[300000];
    char path[] = "/tmp/syc-capture-XXXXXX";
    struct octets header = {.n = 0};
    FILE *file = fdopen(mkstemp(path), "wb");
    struct reading r;
    uint64_t octets = 0;

    assert_non_null(file);
    add_file_header(&header, &flavors[0], 1000000, LINK_ETHERNET);
    fwrite(header.p, 1, header.n, file);
    for (uint32_t i = 0; i < 500; i++) {
        struct octets o = {.n = 0};
        uint32_t n = i == 250 ? sizeof large : i * 7919 % 9000;

        memset(large, (int)(i & 255), n);
        add_record(&o, &flavors[0], i, 0, 0, n, 0);
        o.p[8] = (uint8_t)n;
        o.p[9] = (uint8_t)(n >> 8);
        o.p[10] = (uint8_t)(n >> 16);
        fwrite(o.p, 1, o.n, file);
        fwrite(large, 1, n, file);
        octets += n;
    }
    fclose(file);
    read_path(path, NULL, SYC_BATCH, &r);
    unlink(path);
    assert_int_equal(r.ended, SYC_END);
    assert_int_equal(r.n, 500);
    assert_int_equal(r.stats.octets, octets);
    for (uint32_t i = 0; i < 500; i++) {
        uint32_t n = i == 250 ? sizeof large : i * 7919 % 9000, sum = 0;

        for (uint32_t j = 0; j < n; j++) {
            sum = sum * 31 + (i & 255);
        }
        assert_int_equal(r.frames[i].captured, n);
        assert_int_equal(r.sums[i], sum);
    }
}

/* Records 1..6: TCP to port 80 in 2 and 5, to 8080 in 3, UDP in the others. */
static void
add_mixed(struct octets *o, const struct flavor *f, uint32_t link)
{
    add_file_header(o, f, 65535, link);
    for (int i = 1; i <= 6; i++) {
        struct octets frame = {.n = 0};
        bool tcp = i == 2 || i == 3 || i == 5;

        if (link == LINK_ETHERNET) {
            add_ethernet(&frame, 0x0800);
        } else if (link == LINK_NULL) {
            ADD(&frame, f->big ? 0 : 2, 0, 0, f->big ? 2 : 0);
        }
        add_ip4(&frame, tcp ? 6 : 17, TCP_DATA_OCTETS);
        add_tcp_data(&frame);
        if (i == 3) {
            frame.p[frame.n - 22] = 8080 >> 8;
            frame.p[frame.n - 21] = 8080 & 255;
        }
        add_record(o, f, (uint32_t)i, 0, 0, (uint32_t)frame.n, 0);
        o->p[o->n - (f->big ? 5 : 8)] = (uint8_t)frame.n;
        octets_add(o, frame.p, frame.n);
    }
}

static void
filtered_frames_keep_their_numbers(void **state)
{
    static const uint32_t links[] = {LINK_ETHERNET, LINK_RAW, LINK_NULL};

    for (size_t i = 0; i < 6; i++) {
        struct octets o = {.n = 0};
        struct reading r;

        add_mixed(&o, &flavors[i % 2], links[i / 2]);
        read_file(&o, "tcp port 80", SYC_BATCH, &r);
        assert_int_equal(r.opened, SYC_OK);
        assert_int_equal(r.ended, SYC_END);
        assert_int_equal(r.n, 2);
        assert_int_equal(r.frames[0].number, 2);
        assert_int_equal(r.frames[1].number, 5);
        assert_int_equal(r.stats.packets, 2);
        read_file(&o, "tcp port 443", SYC_BATCH, &r);
        assert_int_equal(r.ended, SYC_END);
        assert_int_equal(r.n, 0);
    }
}

static void
pcapng_is_filtered_alike(void **state)
{
    struct octets o = {.n = 0};
    struct reading r;

    add_section(&o);
    for (int i = 1; i <= 4; i++) {
        struct octets frame = {.n = 0};

        add_ethernet(&frame, 0x0800);
        add_ip4(&frame, i == 3 ? 6 : 17, TCP_DATA_OCTETS);
        add_tcp_data(&frame);
        add_packet(&o, (uint64_t)i, frame.p, frame.n, (uint32_t)frame.n);
    }
    read_file(&o, "tcp", SYC_BATCH, &r);
    assert_int_equal(r.ended, SYC_END);
    assert_int_equal(r.n, 1);
    assert_int_equal(r.frames[0].number, 3);
    assert_int_equal(r.frames[0].time_ns, 3);
}

static void
on_alarm(int number)
{
}

static void
a_signal_gives_an_empty_batch_and_loses_nothing(void **state)
{
    struct sigaction action = {.sa_handler = on_alarm}, before; /* without SA_RESTART */
    struct itimerval soon = {.it_value = {.tv_usec = 20000}};
    struct syc_capture_options options = {.file = 5};
    struct syc_capture *c;
    struct syc_frame frames[SYC_BATCH];
    struct octets o = {.n = 0};
    struct syc_error err;
    char path[32];
    size_t count;
    int ends[2];

    add_three(&o, &flavors[0], LINK_ETHERNET);
    assert_int_equal(pipe(ends), 0);
    snprintf(path, sizeof path, "/dev/fd/%d", ends[0]);
    options.path = path;
    assert_int_equal(write(ends[1], o.p, 30), 30);
    assert_int_equal(syc_capture_open(&c, &options, &err), SYC_OK);
    sigaction(SIGALRM, &action, &before);
    setitimer(ITIMER_REAL, &soon, NULL);
    do { /* the 6 octets behind the header first, then the wait that the signal ends */
        assert_int_equal(syc_capture_next(c, frames, SYC_BATCH, &count, &err), SYC_OK);
        getitimer(ITIMER_REAL, &soon);
    } while (soon.it_value.tv_usec > 0);
    assert_int_equal(count, 0);
    sigaction(SIGALRM, &before, NULL);
    assert_int_equal(write(ends[1], o.p + 30, o.n - 30), o.n - 30);
    close(ends[1]);
    assert_int_equal(syc_capture_next(c, frames, SYC_BATCH, &count, &err), SYC_OK);
    assert_int_equal(count, 3);
    assert_int_equal(syc_capture_next(c, frames, SYC_BATCH, &count, &err), SYC_END);
    syc_capture_close(c);
    close(ends[0]);
}

int
test_file_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_byte_orders_and_resolutions_are_read),
        cmocka_unit_test(a_pipe_gives_the_same_in_pieces_of_any_size),
        cmocka_unit_test(standard_input_is_read_and_stays_open),
        cmocka_unit_test(libpcap_reads_pcapng),
        cmocka_unit_test(libpcap_reads_the_modified_format),
        cmocka_unit_test(odd_but_readable_records_are_taken_as_they_are),
        cmocka_unit_test(batches_hold_what_was_asked_for),
        cmocka_unit_test(records_cross_the_buffers_end_and_may_exceed_it),
        cmocka_unit_test(filtered_frames_keep_their_numbers),
        cmocka_unit_test(pcapng_is_filtered_alike),
        cmocka_unit_test(a_signal_gives_an_empty_batch_and_loses_nothing),
    };

    return cmocka_run_group_tests_name("capture/file", tests, NULL, NULL);
}
