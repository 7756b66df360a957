#include "tests/unit/capture/files.h"
#include "tests/unit/failing.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct flavor usual = {false, false, 0xa1b2c3d4};

static void
what_cannot_be_opened_is_an_io_error_with_its_name(void **state)
{
    struct reading r;

    read_path("/nonexistent/x.pcap", NULL, SYC_BATCH, &r);
    assert_int_equal(r.opened, SYC_IO);
    assert_string_equal(r.err.file, "/nonexistent/x.pcap");
    assert_string_equal(r.err.text, "cannot open: No such file or directory");
    read_path("/tmp", NULL, SYC_BATCH, &r);
    assert_int_equal(r.opened, SYC_IO);
    assert_string_equal(r.err.text, "is a directory; expected a capture file");
}

static void
what_is_no_capture_is_said_to_be_none(void **state)
{
    static const struct {
        const char *octets;
        size_t n;
        const char *words;
    } rows[] = {
        {"", 0, "empty (0 octets); expected a pcap or pcapng capture"},
        {"ab", 2, "2 octets are no capture; expected pcap or pcapng"},
        {"{\"event\":\"flow\"}         ", 25,
         "no capture: begins with 7b 22 65 76; expected pcap or pcapng"},
        {"\xfd"
         "7zXZ\0",
         6, "packed by xz; pipe it: xzcat FILE | syncopate -"},
        {"\x04\x22\x4d\x18", 4, "packed by lz4; pipe it: lz4cat FILE | syncopate -"},
        {"BZh9", 4, "packed by bzip2; pipe it: bzcat FILE | syncopate -"},
        {"snoop\0\0\0", 8, "a snoop capture; convert it: editcap FILE FILE.pcap"},
        {"GMBU", 4, "a Network Monitor capture; convert it: editcap FILE FILE.pcap"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct octets o = {.n = 0};
        struct reading r;

        octets_add(&o, rows[i].octets, rows[i].n);
        read_file(&o, NULL, SYC_BATCH, &r);
        assert_int_equal(r.opened, SYC_FORMAT);
        assert_string_equal(r.err.text, rows[i].words);
        assert_true(strncmp(r.err.file, "/tmp/syc-capture-", 17) == 0);
    }
}

static void
exactly_one_input_is_needed(void **state)
{
    struct syc_capture_options none = {0}, both = {.path = "x", .interface = "lo"};
    struct syc_capture *c;
    struct syc_error err;

    assert_int_equal(syc_capture_open(&c, &none, &err), SYC_USAGE);
    assert_int_equal(syc_capture_open(&c, &both, &err), SYC_USAGE);
    assert_null(c);
    syc_capture_close(NULL);
}

static void
a_capture_cut_at_every_octet_gives_its_whole_frames(void **state)
{
    /* Header 24, records of 16 + 10, 16 + 0, 16 + 3: whole at 24, 50, 66, 85. */
    static const size_t ends[] = {24, 50, 66, 85};
    struct octets o = {.n = 0};
    struct reading r;

    add_file_header(&o, &usual, 65535, LINK_ETHERNET);
    add_record(&o, &usual, 1, 0, 10, 10, 0);
    add_record(&o, &usual, 2, 0, 0, 0, 0);
    add_record(&o, &usual, 3, 0, 3, 3, 0);
    assert_int_equal(o.n, 85);
    for (o.n = 0; o.n <= 85; o.n++) {
        size_t whole = 0;

        while (whole < 3 && ends[whole + 1] <= o.n) {
            whole++;
        }
        read_file(&o, NULL, SYC_BATCH, &r);
        if (o.n < 24) {
            assert_int_equal(r.opened, o.n < 4 ? SYC_FORMAT : SYC_TRUNCATED);
            continue;
        }
        assert_int_equal(r.opened, SYC_OK);
        assert_int_equal(r.n, whole);
        assert_int_equal(r.ended, o.n == ends[whole] ? SYC_END : SYC_TRUNCATED);
    }
}

static void
a_cut_is_told_with_octet_and_frame(void **state)
{
    struct octets o = {.n = 0};
    struct reading r;

    add_file_header(&o, &usual, 65535, LINK_ETHERNET);
    add_record(&o, &usual, 1, 0, 10, 10, 0); /* ends at 50 */
    add_record(&o, &usual, 2, 0, 9, 9, 0);
    o.n -= 1;
    read_file(&o, NULL, SYC_BATCH, &r);
    assert_int_equal(r.n, 1);
    assert_string_equal(r.err.text, "cut inside record 2 at octet 50; 1 frame before it was read");
    assert_true(strncmp(r.err.file, "/tmp/syc-capture-", 17) == 0);
    o.n = 50 + 15;
    read_file(&o, NULL, SYC_BATCH, &r);
    assert_string_equal(
        r.err.text, "cut inside the header of record 2 at octet 50; 1 frame before it was read");
    o.n = 11;
    read_file(&o, NULL, SYC_BATCH, &r);
    assert_string_equal(r.err.text, "cut inside the pcap header: 11 octets, of at least 24");
}

static void
absurd_record_lengths_are_damage(void **state)
{
    static const struct {
        uint32_t snaplen, length;
        bool damaged; /* else merely cut: the file is short */
    } rows[] = {
        {65535, 0xdeadbeef, true},  {65535, 262145, true},    {65535, 262144, false},
        {1000000, 1000000, false},  {1000000, 1000001, true}, {0, 262145, true},
        {0xffffffff, 262145, true},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct octets o = {.n = 0};
        struct reading r;

        add_file_header(&o, &usual, rows[i].snaplen, LINK_ETHERNET);
        add_record(&o, &usual, 1, 0, 10, 10, 0);
        add_le32(&o, 2);
        add_le32(&o, 0);
        add_le32(&o, rows[i].length);
        add_le32(&o, rows[i].length);
        ADD(&o, 1, 2, 3);
        read_file(&o, NULL, SYC_BATCH, &r);
        assert_int_equal(r.n, 1);
        assert_int_equal(r.ended, SYC_TRUNCATED);
        assert_int_equal(strncmp(r.err.text, "damaged", 7) == 0, rows[i].damaged);
        if (rows[i].length == 0xdeadbeef) {
            assert_string_equal(r.err.text,
                                "damaged: record 2 at octet 50 claims 3735928559 octets, more than "
                                "262144; 1 frame before it was read");
        }
    }
}

static void
a_cut_pcapng_gives_its_whole_frames(void **state)
{
    struct octets o = {.n = 0};
    struct reading r;

    /* Section 28 + interface 32 = 60; packets of 32 + 4 and 32 + 8: whole at 96 and 136. */
    add_section(&o);
    add_packet(&o, 1, "abcd", 4, 4);
    add_packet(&o, 2, "abcdefgh", 8, 8);
    assert_int_equal(o.n, 136);
    for (o.n = 0; o.n <= 136; o.n++) {
        read_file(&o, NULL, SYC_BATCH, &r);
        if (o.n < 28) {
            assert_int_equal(r.opened, o.n < 4 ? SYC_FORMAT : SYC_TRUNCATED);
            continue;
        }
        assert_int_equal(r.opened, SYC_OK);
        assert_int_equal(r.n, (o.n >= 96) + (o.n >= 136));
        assert_int_equal(r.ended, o.n == 28 || o.n == 60 || o.n == 96 || o.n == 136
                                      ? SYC_END
                                      : SYC_TRUNCATED);
    }
    o.n = 100;
    read_file(&o, NULL, SYC_BATCH, &r);
    assert_string_equal(r.err.text, "cut inside the block at octet 96; 1 frame before it was read");
    o.n = 27;
    read_file(&o, NULL, SYC_BATCH, &r);
    assert_string_equal(r.err.text, "cut inside the pcapng header: 27 octets, of at least 28");
}

static void
a_filter_that_does_not_compile_is_a_syntax_error(void **state)
{
    struct octets o = {.n = 0}, ng = {.n = 0};
    struct reading r;

    add_file_header(&o, &usual, 65535, LINK_ETHERNET);
    read_file(&o, "tcp prot 80", SYC_BATCH, &r);
    assert_int_equal(r.opened, SYC_SYNTAX);
    assert_non_null(strstr(r.err.text, "syntax error")); /* libpcap's own words */
    add_section(&ng);
    read_file(&ng, "tcp prot 80", SYC_BATCH, &r);
    assert_int_equal(r.opened, SYC_SYNTAX);
    assert_non_null(strstr(r.err.text, "syntax error"));
}

static void
a_missing_interface_is_an_io_error(void **state)
{
    struct syc_capture_options options = {.interface = "syc-no-such-0"};
    struct syc_capture *c;
    struct syc_error err;

    assert_int_equal(syc_capture_open(&c, &options, &err), SYC_IO);
    assert_null(c);
    assert_string_equal(err.file, "syc-no-such-0");
    assert_true(strncmp(err.text, "cannot capture: ", 16) == 0);
}

/*
 * Fail allocation 1, 2, ... of a whole reading until it succeeds; returns how many that took. `twice` reads it as two
 * files, one of which may be left out: then the fault is said once and the other is whole.
 */
static unsigned
fail_each_allocation(const struct octets *o, const char *filter, size_t frames, bool twice)
{
    char path[PATH_ROOM];
    const char *const paths[] = {path, path};

    save(o->p, o->n, path);
    for (unsigned k = 1;; k++) {
        struct reading r;
        size_t faults = 0;
        bool met;

        fail_at = k;
        if (twice) {
            read_paths(paths, 2, filter, SYC_BATCH, &r);
        } else {
            read_path(path, filter, SYC_BATCH, &r);
        }
        met = fail_at == 0;
        fail_at = 0;
        for (size_t i = 0; i < r.overs; i++) {
            assert_true(r.over[i].status == SYC_END || r.over[i].status == SYC_NO_MEMORY);
            assert_true(r.over[i].status == SYC_END || strlen(r.over[i].text) > 0);
            faults += r.over[i].status != SYC_END;
        }
        faults += r.opened == SYC_NO_MEMORY;
        assert_int_equal(faults, met ? 1 : 0);
        assert_int_equal(r.opened == SYC_OK ? r.overs : 0,
                         r.opened == SYC_OK ? (twice ? 2 : 1) : 0);
        if (r.opened == SYC_OK && twice) {
            assert_true(r.n >= frames && r.n <= 2 * frames);
        }
        if (!met) {
            assert_int_equal(r.n, twice ? 2 * frames : frames);
            unlink(path);
            return k - 1;
        }
    }
}

static void
every_failed_allocation_is_reported(void **state)
{
    struct octets o = {.n = 0}, ng = {.n = 0}, modified = {.n = 0};

    add_file_header(&o, &usual, 65535, LINK_ETHERNET);
    add_record(&o, &usual, 1, 0, 10, 10, 0);
    assert_int_equal(fail_each_allocation(&o, NULL, 1, false), 3);  /* capture, buffer, reader */
    assert_int_equal(fail_each_allocation(&o, "tcp", 0, false), 4); /* the filter */
    add_section(&ng);
    add_packet(&ng, 1, "abcd", 4, 4);
    assert_int_equal(fail_each_allocation(&ng, NULL, 1, false), 4); /* the interfaces */
    add_file_header(&modified, &(struct flavor){false, false, 0xa1b2cd34}, 65535, LINK_ETHERNET);
    assert_int_equal(fail_each_allocation(&modified, NULL, 0, false), 4); /* a buffer of its own */
    /* stream, merge, files, heap; for each file and for each look at it: file, capture, buffer, reader */
    assert_int_equal(fail_each_allocation(&o, NULL, 1, true), 4 + 16);
    assert_int_equal(fail_each_allocation(&ng, NULL, 1, true), 4 + 20);
}

/* A record beyond the buffer needs a larger one: frames before it must still come out. */
static void
a_record_without_memory_ends_the_reading_after_its_predecessors(void **state)
{
    struct octets o = {.n = 0};
    struct reading r;

    add_file_header(&o, &usual, 1000000, LINK_ETHERNET);
    add_record(&o, &usual, 1, 0, 10, 10, 0);
    add_le32(&o, 2);
    add_le32(&o, 0);
    add_le32(&o, 300000);
    add_le32(&o, 300000);
    fail_at = 4;
    read_file(&o, NULL, SYC_BATCH, &r);
    assert_int_equal(fail_at, 0);
    assert_int_equal(r.n, 1);
    assert_int_equal(r.ended, SYC_NO_MEMORY);
    assert_string_equal(r.err.text, "no memory for record 2 of 300016 octets");
}

int
test_fault_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_cannot_be_opened_is_an_io_error_with_its_name),
        cmocka_unit_test(what_is_no_capture_is_said_to_be_none),
        cmocka_unit_test(exactly_one_input_is_needed),
        cmocka_unit_test(a_capture_cut_at_every_octet_gives_its_whole_frames),
        cmocka_unit_test(a_cut_is_told_with_octet_and_frame),
        cmocka_unit_test(absurd_record_lengths_are_damage),
        cmocka_unit_test(a_cut_pcapng_gives_its_whole_frames),
        cmocka_unit_test(a_filter_that_does_not_compile_is_a_syntax_error),
        cmocka_unit_test(a_missing_interface_is_an_io_error),
        cmocka_unit_test(every_failed_allocation_is_reported),
        cmocka_unit_test(a_record_without_memory_ends_the_reading_after_its_predecessors),
    };

    return cmocka_run_group_tests_name("capture/fault", tests, NULL, NULL);
}
