/* Expectations are counted by hand from draft-ietf-opsawg-pcapng, sections 3 and 4. */

#include "tests/unit/capture/files.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static uint32_t
sum_of(const char *text)
{
    uint32_t sum = 0;

    for (; *text != 0; text++) {
        sum = sum * 31 + (uint8_t)*text;
    }
    return sum;
}

static void
assert_frame(const struct reading *r, size_t i, int64_t time_ns, uint16_t link, const char *octets,
             uint32_t length)
{
    assert_true(i < r->n);
    assert_int_equal(r->frames[i].number, i + 1);
    assert_int_equal(r->frames[i].time_ns, time_ns);
    assert_int_equal(r->frames[i].link, link);
    assert_int_equal(r->frames[i].captured, strlen(octets));
    assert_int_equal(r->frames[i].length, length);
    assert_int_equal(r->frames[i].file, 5);
    assert_int_equal(r->sums[i], sum_of(octets));
}

static void
sections_have_their_own_byte_order_and_interfaces(void **state)
{
    struct octets o = {.n = 0};
    struct reading r;

    add_section_of(&o, true);
    add_interface(&o, true, LINK_RAW, 0, "", 0);
    add_interface(&o, true, LINK_SLL, 0, "", 0);
    add_enhanced(&o, true, 1, 1000000, "one", 3, 1500);
    add_enhanced(&o, true, 0, 2000000, "two!", 4, 4);
    add_section_of(&o, false);
    add_interface(&o, false, LINK_ETHERNET, 0, "", 0);
    add_enhanced(&o, false, 0, 0x100000000, "three", 5, 5);
    add_section_of(&o, true);
    add_interface(&o, true, LINK_NULL, 0, "", 0);
    add_enhanced(&o, true, 0, 3, "", 0, 60);
    read_file(&o, NULL, SYC_BATCH, &r);
    assert_int_equal(r.ended, SYC_END);
    assert_int_equal(r.n, 4);
    assert_frame(&r, 0, 1000000000, LINK_SLL, "one", 1500);
    assert_frame(&r, 1, 2000000000, LINK_RAW, "two!", 4);
    assert_frame(&r, 2, 4294967296000, LINK_ETHERNET, "three", 5); /* 2^32 microseconds */
    assert_frame(&r, 3, 3000, LINK_NULL, "", 60);
}

/* if_tsresol and if_tsoffset as options, little-endian; the times of a count of ticks. */
static void
clocks_of_every_resolution_are_read(void **state)
{
    static const struct {
        const char *options;
        size_t n;
        uint64_t ticks;
        int64_t time_ns;
    } rows[] = {
        {"", 0, 1700000000123456, 1700000000123456000}, /* default: 10^-6 */
        {"\x09\0\x01\0\x03\0\0\0", 8, 1700000000123, 1700000000123000000},
        {"\x09\0\x01\0\x00\0\0\0", 8, 1700000000, 1700000000000000000},
        {"\x09\0\x01\0\x09\0\0\0", 8, 1700000000123456789, 1700000000123456789},
        {"\x09\0\x01\0\x0c\0\0\0", 8, 1700000000123456789, 1700000000123456}, /* 10^-12: / 1000 */
        {"\x09\0\x01\0\x1d\0\0\0", 8, UINT64_MAX, 0},              /* 10^-29: 1.8e19 / 1e20 */
        {"\x09\0\x01\0\x7f\0\0\0", 8, UINT64_MAX, 0},              /* 10^-127 */
        {"\x09\0\x01\0\x8a\0\0\0", 8, 1024 * 5 + 512, 5500000000}, /* 2^-10: 5.5 s */
        {"\x09\0\x01\0\xa0\0\0\0", 8, (UINT64_C(1700000000) << 32) + (UINT64_C(1) << 31),
         1700000000500000000},
        {"\x09\0\x01\0\xbf\0\0\0", 8, (UINT64_C(1) << 63) - 1,
         999999999},                                                    /* 2^-63: just below 1 s */
        {"\x09\0\x01\0\xff\0\0\0", 8, UINT64_MAX, 0},                   /* 2^-127 */
        {"\x09\0\x01\0\x80\0\0\0", 8, 1700000000, 1700000000000000000}, /* 2^0 */
        /* if_tsoffset 1,700,000,000 s = 0x6553f100; -1 s; two options, a comment between them */
        {"\x0e\0\x08\0\x00\xf1\x53\x65\0\0\0\0", 12, 250000, 1700000000250000000},
        {"\x0e\0\x08\0\xff\xff\xff\xff\xff\xff\xff\xff", 12, 250000, -750000000},
        {"\x0e\0\x08\0\x01\0\0\0\0\0\0\0\x01\0\x05\0hello\0\0\0\x09\0\x01\0\x09\0\0\0", 32, 7,
         1000000007},
        /* behind the end of options nothing counts; wrong lengths and cut options are as if absent */
        {"\0\0\0\0\x09\0\x01\0\x09\0\0\0", 12, 5, 5000},
        {"\x09\0\x02\0\x09\x09\0\0", 8, 5, 5000},
        {"\x09\0\x40\0\x09\0\0\0", 8, 5, 5000},
        {"\x0e\0\x04\0\x01\0\0\0", 8, 5, 5000},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct octets o = {.n = 0};
        struct reading r;

        add_section_of(&o, false);
        add_interface(&o, false, LINK_ETHERNET, 0, rows[i].options, rows[i].n);
        add_enhanced(&o, false, 0, rows[i].ticks, "x", 1, 1);
        read_file(&o, NULL, SYC_BATCH, &r);
        assert_int_equal(r.ended, SYC_END);
        assert_frame(&r, 0, rows[i].time_ns, LINK_ETHERNET, "x", 1);
    }
}

/* 1901-12-13 20:45:52 is -2^31 s, 2191-10-27 12:26:40 is 7 * 10^9 s. */
static void
times_out_of_range_are_moved_and_told(void **state)
{
    static const struct {
        const char *options;
        size_t n;
        uint64_t ticks;
        int64_t time_ns;
        bool odd;
    } rows[] = {
        {"", 0, 6999999999999999, 6999999999999999000, false},
        {"", 0, 7000000000000000, 7000000000000000000, false},
        {"", 0, 7000000000000001, 7000000000000000000, true},
        {"", 0, UINT64_MAX, 7000000000000000000, true},
        {"\x09\0\x01\0\x00\0\0\0", 8, UINT64_MAX, 7000000000000000000, true},
        {"\x09\0\x01\0\x80\0\0\0", 8, UINT64_MAX, 7000000000000000000, true},
        {"\x0e\0\x08\0\0\0\0\x80\xff\xff\xff\xff", 12, 0, INT64_C(-2147483648000000000), false},
        {"\x0e\0\x08\0\xff\xff\xff\x7f\xff\xff\xff\xff", 12, 999999, INT64_C(-2147483648000000000),
         true},
        {"\x0e\0\x08\0\xff\xff\xff\x7f\xff\xff\xff\xff", 12, 1000000, INT64_C(-2147483648000000000),
         false},
        {"\x0e\0\x08\0\0\0\0\0\0\0\0\x80", 12, 5, INT64_C(-2147483648000000000), true},
        {"\x0e\0\x08\0\xff\xff\xff\xff\xff\xff\xff\x7f", 12, UINT64_MAX, 7000000000000000000, true},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct octets o = {.n = 0};
        struct reading r;

        add_section_of(&o, false);
        add_interface(&o, false, LINK_ETHERNET, 0, rows[i].options, rows[i].n);
        add_enhanced(&o, false, 0, rows[i].ticks, "x", 1, 1);
        read_file(&o, NULL, SYC_BATCH, &r);
        assert_frame(&r, 0, rows[i].time_ns, LINK_ETHERNET, "x", 1);
        assert_int_equal(r.ended, rows[i].odd ? SYC_UNSUPPORTED : SYC_END);
        if (rows[i].odd) {
            assert_string_equal(r.err.text, "the times of 1 of 1 frames lie outside 1901 to 2191; "
                                            "the nearest was taken");
        }
    }
}

static void
simple_and_obsolete_packets_are_read(void **state)
{
    struct octets o = {.n = 0};
    struct reading r;

    for (int big = 0; big < 2; big++) {
        add_section_of(&o, big);
        add_interface(&o, big, LINK_ETHERNET, 4, "", 0);
        add_interface(&o, big, LINK_RAW, 0, "", 0);
        /* 4.4: original length 6 of a snapshot length 4, then 3. */
        add_block(&o, big, 3, big ? "\0\0\0\x06wxyz" : "\x06\0\0\0wxyz", 8);
        /* appendix A: interface 1, 7 drops, time 2 s, captured 2 of 9. */
        add_block(&o, big, 2,
                  big ? "\0\x01\0\x07\0\0\0\0\0\x1e\x84\x80\0\0\0\x02\0\0\0\x09pq"
                      : "\x01\0\x07\0\0\0\0\0\x80\x84\x1e\0\x02\0\0\0\x09\0\0\0pq",
                  22);
        add_block(&o, big, 3,
                  big ? "\0\0\0\x03"
                        "abc"
                      : "\x03\0\0\0"
                        "abc",
                  7);
    }
    read_file(&o, NULL, SYC_BATCH, &r);
    assert_int_equal(r.n, 6);
    assert_frame(&r, 0, 0, LINK_ETHERNET, "wxyz", 6);
    assert_frame(&r, 1, 2000000000, LINK_RAW, "pq", 9);
    assert_frame(&r, 2, 2000000000, LINK_ETHERNET, "abc", 3);
    assert_frame(&r, 3, 2000000000, LINK_ETHERNET, "wxyz", 6);
    assert_frame(&r, 5, 2000000000, LINK_ETHERNET, "abc", 3);
    assert_int_equal(r.ended, SYC_UNSUPPORTED);
    assert_string_equal(r.err.text,
                        "4 of 6 frames have no time; that of the frame before was taken");
}

/* Blocks of 4.5 to 4.8 and two that do not exist, with and without a body; options behind a packet. */
static void
blocks_of_other_kinds_are_passed_over(void **state)
{
    static const uint32_t types[] = {4, 5, 10, 11, 0x7fffffff, 0xffffffff};
    struct octets o = {.n = 0}, body = {.n = 0};
    struct reading r;

    add_section(&o);
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        add_block(&o, false, types[i], "\0\0\0\x01\xff\xff\xff\xff", i % 2 * 8);
        add_packet(&o, i, "frame", 5, 5);
    }
    add_le32(&body, 0);
    add_le32(&body, 0);
    add_le32(&body, 6);
    add_le32(&body, 4);
    add_le32(&body, 4);
    octets_add(&body, "last\x01\0\x02\0hi\0\0\0\0\0\0", 16); /* a comment, end of options */
    add_block(&o, false, 6, body.p, body.n);
    read_file(&o, NULL, SYC_BATCH, &r);
    assert_int_equal(r.ended, SYC_END);
    assert_int_equal(r.n, 7);
    assert_frame(&r, 5, 5, LINK_ETHERNET, "frame", 5);
    assert_frame(&r, 6, 6, LINK_ETHERNET, "last", 4);
}

/*
 * tshark 4.0.17 of a file with one such block in front of a packet: the packet is frame 2 for these types, frame 1 for
 * those above.
 */
static void
blocks_that_wireshark_numbers_take_a_number(void **state)
{
    static const uint32_t types[] = {9, 0x204, 0x216, 0x221, 0xbad, 0x40000bad};
    struct octets o = {.n = 0};
    struct reading r;

    add_section(&o);
    for (size_t i = 0; i < 6; i++) {
        add_block(&o, false, types[i], "\xd9\x7e\0\0 of no interest here, only long enough", 40);
        add_packet(&o, i, "frame", 5, 5);
    }
    ADD(&o, 1);
    read_file(&o, NULL, SYC_BATCH, &r);
    assert_int_equal(r.n, 6);
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(r.frames[i].number, 2 * i + 2);
    }
    assert_int_equal(r.stats.packets, 6);
    assert_non_null(strstr(r.err.text, "; 6 frames before it were read"));
}

/* A block of 3,000,000 octets is larger than the buffer and lies before and behind packets. */
static void
large_unknown_blocks_are_passed_over(void **state)
{
    enum { LARGE = 3000000 };
    static uint8_t large[LARGE];
    struct octets o = {.n = 0}, tail = {.n = 0};
    char path[PATH_ROOM];
    struct reading r;
    FILE *f;

    add_section(&o);
    add_packet(&o, 1, "before", 6, 6);
    add_le32(&o, 0xbad);
    add_le32(&o, LARGE + 12);
    add_le32(&tail, LARGE + 12);
    add_packet(&tail, 2, "behind", 6, 6);
    for (int cut = 0; cut < 3; cut++) {
        save(o.p, o.n, path);
        f = fopen(path, "ab");
        fwrite(large, 1, cut == 1 ? LARGE - 1 : LARGE, f);
        fwrite(tail.p, 1, cut == 0 ? tail.n : cut == 1 ? 0 : 3, f);
        fclose(f);
        read_path(path, NULL, SYC_BATCH, &r);
        unlink(path);
        assert_int_equal(r.n, cut == 0 ? 2 : 1);
        assert_frame(&r, 0, 1, LINK_ETHERNET, "before", 6);
        assert_int_equal(r.ended, cut == 0 ? SYC_END : SYC_TRUNCATED);
        if (cut > 0) { /* 60 octets of section and interface, 32 + 8 of the packet */
            assert_string_equal(r.err.text,
                                "cut inside the block at octet 100; 1 frame before it was read");
        }
    }
}

/* Blocks that cannot be: what is said of them, and that the frame before them came. */
static void
damaged_blocks_are_told_with_octet_and_frame(void **state)
{
    static const struct {
        const char *octets;
        size_t n;
        const char *words;
    } rows[] = {
        {"\x04\0\0\0\x08\0\0\0\x08\0\0\0", 12, "has a length of 8"},
        {"\x04\0\0\0\0\0\0\0\0\0\0\0", 12, "has a length of 0"},
        {"\x04\0\0\0\x0c\0\0\0\x10\0\0\0", 12, "begins with length 12 and ends with 16"},
        {"\x06\0\0\0\x1c\0\0\0\0\0\0\0", 12, "is a packet, but has a length of 28"},
        {"\x06\0\0\0\xff\xff\xff\xff\0\0\0\0", 12, "claims 4294967295 octets, more than 17039360"},
        {"\x01\0\0\0\xff\xff\xff\x7f\0\0\0\0", 12, "claims 2147483647 octets, more than 17039360"},
        {"\x01\0\0\0\x10\0\0\0\x01\0\0\0\x10\0\0\0", 16,
         "describes an interface, but has a length of 16"},
        {"\x03\0\0\0\x0c\0\0\0\x0c\0\0\0", 12, "is a packet, but has a length of 12"},
        {"\x06\0\0\0\x20\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x20\0\0\0", 32,
         "is of interface 1, where the section has 1"},
        {"\x06\0\0\0\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\0\0\0\x01\0\0\0\x20\0\0\0", 32,
         "of 32 octets holds a frame of 1"},
        {"\x06\0\0\0\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xff\xff\xff\xff\x01\0\0\0\x20\0\0\0", 32,
         "of 32 octets holds a frame of 4294967295"},
        {"\x06\0\0\0\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x24\0\0\0", 32,
         "begins with length 32 and ends with 36"},
        {"\x03\0\0\0\x10\0\0\0\x01\0\0\0\x10\0\0\0", 16, "of 16 octets holds a frame of 1"},
        {"\x0a\x0d\x0d\x0a\x1c\0\0\0\x4d\x3c\x2b\x1b\x01\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\x1c"
         "\0"
         "\0\0",
         28, "begins a section without a byte-order magic (4d3c2b1b)"},
        {"\x0a\x0d\x0d\x0a\x1c\0\0\0\x4d\x3c\x2b\x1a\x02\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\x1c"
         "\0"
         "\0\0",
         28, "begins a section of version 2; 1 is known"},
        {"\x0a\x0d\x0d\x0a\x18\0\0\0\x4d\x3c\x2b\x1a\x01\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\x1c"
         "\0"
         "\0\0",
         28, "begins a section, but has a length of 24"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct octets o = {.n = 0};
        struct reading r;
        char want[200];

        add_section(&o);
        add_packet(&o, 1, "good", 4, 4); /* 28 + 32 + 36 */
        octets_add(&o, rows[i].octets, rows[i].n);
        read_file(&o, NULL, SYC_BATCH, &r);
        assert_int_equal(r.n, 1);
        assert_int_equal(r.ended, SYC_TRUNCATED);
        snprintf(want, sizeof want, "damaged: block at octet 96 %s; 1 frame before it was read",
                 rows[i].words);
        assert_string_equal(r.err.text, want);
    }
}

static void
a_packet_before_its_interface_is_damage(void **state)
{
    struct octets o = {.n = 0}, simple = {.n = 0};
    struct reading r;

    add_section_of(&o, true);
    add_enhanced(&o, true, 0, 0, "x", 1, 1);
    read_file(&o, NULL, SYC_BATCH, &r);
    assert_int_equal(r.ended, SYC_TRUNCATED);
    assert_string_equal(r.err.text, "damaged: block at octet 28 is of interface 0, where the "
                                    "section has 0; 0 frames before it were read");
    add_section_of(&simple, false);
    add_block(&simple, false, 3, "\x01\0\0\0x", 5);
    read_file(&simple, NULL, SYC_BATCH, &r);
    assert_int_equal(r.ended, SYC_TRUNCATED);
    assert_non_null(strstr(r.err.text, "is a packet before any interface"));
}

/* Some writers leave the padding out of both lengths; the next block still begins at a multiple of 4. */
static void
a_length_without_its_padding_is_read(void **state)
{
    struct octets o = {.n = 0};
    struct reading r;

    add_section(&o);
    add_packet(&o, 1, "abcde", 5, 5);
    o.p[60 + 4] = 37; /* 32 + 5 instead of 40 */
    o.p[60 + 36] = 37;
    add_packet(&o, 2, "next", 4, 4);
    read_file(&o, NULL, SYC_BATCH, &r);
    assert_int_equal(r.ended, SYC_END);
    assert_int_equal(r.n, 2);
    assert_frame(&r, 0, 1, LINK_ETHERNET, "abcde", 5);
    assert_frame(&r, 1, 2, LINK_ETHERNET, "next", 4);
}

/* 65,536 interfaces of 20 octets each are read, one more is not. */
static void
the_number_of_interfaces_is_bounded(void **state)
{
    struct octets o = {.n = 0}, one = {.n = 0}, packet = {.n = 0};
    char path[PATH_ROOM];
    struct reading r;

    add_section_of(&o, false);
    add_interface(&one, false, LINK_RAW, 0, "", 0);
    add_enhanced(&packet, false, 65535, 9, "last", 4, 4);
    for (int more = 0; more < 2; more++) {
        FILE *f;

        save(o.p, o.n, path);
        f = fopen(path, "ab");
        for (int i = 0; i < 65536 + more; i++) {
            fwrite(one.p, 1, one.n, f);
        }
        fwrite(packet.p, 1, packet.n, f);
        fclose(f);
        read_path(path, NULL, SYC_BATCH, &r);
        unlink(path);
        assert_int_equal(r.ended, more ? SYC_TRUNCATED : SYC_END);
        assert_int_equal(r.n, more ? 0 : 1);
    }
    assert_non_null(strstr(r.err.text, "describes one interface more than 65536"));
}

/* TCP to port 80 behind Ethernet, raw IP and a family in the order of a big-endian writer; the filter fits all. */
static void
a_filter_is_compiled_for_each_link_type(void **state)
{
    static const unsigned links[] = {LINK_ETHERNET, LINK_RAW, LINK_NULL, LINK_LOOP};
    struct octets o = {.n = 0};
    struct reading r;

    add_section_of(&o, true);
    for (size_t i = 0; i < 4; i++) {
        add_interface(&o, true, links[i], 0, "", 0);
    }
    for (unsigned i = 0; i < 8; i++) {
        struct octets frame = {.n = 0};

        if (links[i % 4] == LINK_ETHERNET) {
            add_ethernet(&frame, 0x0800);
        } else if (links[i % 4] != LINK_RAW) {
            add32(&frame, 2);
        }
        add_ip4(&frame, i < 4 ? 6 : 17, TCP_DATA_OCTETS);
        add_tcp_data(&frame);
        add_enhanced(&o, true, i % 4, i, frame.p, frame.n, (uint32_t)frame.n);
    }
    read_file(&o, "tcp port 80", SYC_BATCH, &r);
    assert_int_equal(r.ended, SYC_END);
    assert_int_equal(r.n, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(r.frames[i].number, i + 1);
        assert_int_equal(r.frames[i].link, links[i]);
    }
    /* macOS and Linux give IPv6 different families: the filter looks at the packet. */
    read_file(&o, "ip6", SYC_BATCH, &r);
    assert_int_equal(r.n, 0);
    assert_int_equal(r.ended, SYC_END);
}

/* "ether host" means nothing on raw IP: those frames are left out, and that is said; the others are read. */
static void
frames_that_a_filter_does_not_fit_are_left_out_and_told(void **state)
{
    struct octets o = {.n = 0}, frame = {.n = 0}, raw = {.n = 0};
    struct reading r;

    add_ethernet(&frame, 0x0800);
    add_ip4(&frame, 6, TCP_DATA_OCTETS);
    add_tcp_data(&frame);
    add_section_of(&o, false);
    add_interface(&o, false, LINK_RAW, 0, "", 0);
    add_interface(&o, false, LINK_ETHERNET, 0, "", 0);
    add_enhanced(&o, false, 0, 1, frame.p + 14, frame.n - 14, (uint32_t)frame.n - 14);
    add_enhanced(&o, false, 1, 2, frame.p, frame.n, (uint32_t)frame.n);
    add_enhanced(&o, false, 0, 3, frame.p + 14, frame.n - 14, (uint32_t)frame.n - 14);
    read_file(&o, "ether src 02:00:00:00:00:01 or ether dst 02:00:00:00:00:01", SYC_BATCH, &r);
    assert_int_equal(r.n, 1);
    assert_int_equal(r.frames[0].number, 2);
    assert_int_equal(r.ended, SYC_UNSUPPORTED);
    assert_true(strncmp(r.err.text, "filter: ", 8) == 0);
    assert_non_null(
        strstr(r.err.text, "; 2 of 3 frames, of interfaces it does not fit, were left out"));
    /* a classic file is of one link type: there it is the whole file */
    add_file_header(&raw, &(struct flavor){false, false, 0xa1b2c3d4}, 65535, LINK_RAW);
    read_file(&raw, "ether host 02:00:00:00:00:01", SYC_BATCH, &r);
    assert_int_equal(r.opened, SYC_UNSUPPORTED);
    assert_true(strncmp(r.err.text, "filter: ", 8) == 0);
}

static void
batches_hold_what_was_asked_for(void **state)
{
    struct octets o = {.n = 0};
    struct reading r;

    add_section(&o);
    for (uint8_t i = 0; i < 90; i++) {
        add_packet(&o, i, "abcdef", 6, 6);
    }
    for (size_t max = 1; max <= SYC_BATCH; max += 7) {
        read_file(&o, NULL, max, &r);
        assert_int_equal(r.ended, SYC_END);
        assert_int_equal(r.n, 90);
        assert_int_equal(r.batches, (90 + max - 1) / max);
    }
}

static void
a_pipe_of_any_piece_gives_the_same(void **state)
{
    struct octets o = {.n = 0};
    struct reading r;

    add_section(&o);
    add_block(&o, false, 5, "passed over", 11);
    add_packet(&o, 1, "one", 3, 3);
    add_section_of(&o, true);
    add_interface(&o, true, LINK_RAW, 0, "", 0);
    add_enhanced(&o, true, 0, 2, "two", 3, 3);
    for (size_t piece = 1; piece < 40; piece += 3) {
        read_pipe(&o, piece, &r);
        assert_int_equal(r.ended, SYC_END);
        assert_int_equal(r.n, 2);
        assert_frame(&r, 0, 1, LINK_ETHERNET, "one", 3);
        assert_frame(&r, 1, 2000, LINK_RAW, "two", 3);
    }
}

int
test_pcapng_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sections_have_their_own_byte_order_and_interfaces),
        cmocka_unit_test(clocks_of_every_resolution_are_read),
        cmocka_unit_test(times_out_of_range_are_moved_and_told),
        cmocka_unit_test(simple_and_obsolete_packets_are_read),
        cmocka_unit_test(blocks_of_other_kinds_are_passed_over),
        cmocka_unit_test(blocks_that_wireshark_numbers_take_a_number),
        cmocka_unit_test(large_unknown_blocks_are_passed_over),
        cmocka_unit_test(damaged_blocks_are_told_with_octet_and_frame),
        cmocka_unit_test(a_packet_before_its_interface_is_damage),
        cmocka_unit_test(a_length_without_its_padding_is_read),
        cmocka_unit_test(the_number_of_interfaces_is_bounded),
        cmocka_unit_test(a_filter_is_compiled_for_each_link_type),
        cmocka_unit_test(frames_that_a_filter_does_not_fit_are_left_out_and_told),
        cmocka_unit_test(batches_hold_what_was_asked_for),
        cmocka_unit_test(a_pipe_of_any_piece_gives_the_same),
    };

    return cmocka_run_group_tests_name("capture/pcapng", tests, NULL, NULL);
}
