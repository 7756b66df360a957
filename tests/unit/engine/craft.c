#include "tests/unit/engine/craft.h"
#include "tests/unit/engine/groups.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define EPOCH_S INT64_C(1767225600) /* date -u -d 2026-01-01 +%s */

enum { IP_HEADER = 20, TCP_HEADER = 20, SERVER_PORT = 80 };

static void
put(struct craft *c, const void *octets, size_t n)
{
    assert_true(c->n + n <= sizeof(c->octets));
    memcpy(c->octets + c->n, octets, n);
    c->n += n;
}

static void
put_be16(uint8_t *p, unsigned v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

static void
put_be32(uint8_t *p, uint32_t v)
{
    put_be16(p, v >> 16);
    put_be16(p + 2, v & 0xffff);
}

void
craft_begin(struct craft *c)
{
    /* magic, version 2.4, zone, accuracy, snaplen, link type: this machine's order, which the magic tells */
    const uint32_t head[6] = {0xa1b2c3d4, 2 | (4 << 16), 0, 0, 65535, 101};

    c->n = 0;
    c->frames = 0;
    c->request = 100;
    put(c, head, sizeof(head));
}

static void
put_frame(struct craft *c, int64_t at_us, const uint8_t *packet, uint32_t n)
{
    const uint32_t head[4] = {(uint32_t)(EPOCH_S + at_us / 1000000), (uint32_t)(at_us % 1000000), n,
                              n};

    put(c, head, sizeof(head));
    put(c, packet, n);
    c->frames++;
}

/* RFC 791 3.1, without options; the checksum stays zero, which nobody asks for. */
static void
ip_header(uint8_t *p, unsigned length, uint8_t protocol, const uint8_t src[4], const uint8_t dst[4])
{
    memset(p, 0, IP_HEADER);
    p[0] = 0x45;
    put_be16(p + 2, length);
    put_be16(p + 6, 0x4000); /* DF */
    p[8] = 64;
    p[9] = protocol;
    memcpy(p + 12, src, 4);
    memcpy(p + 16, dst, 4);
}

/* RFC 9293 3.1, without options. Returns the packet's length. */
static unsigned
tcp_packet(uint8_t *p, const struct craft_segment *s)
{
    const uint8_t client[4] = {192, 0, 2, s->client};
    const uint8_t server[4] = {198, 51, 100, s->server};
    unsigned length = IP_HEADER + TCP_HEADER + s->payload;
    uint8_t *tcp = p + IP_HEADER;

    ip_header(p, length, 6, s->from_server ? server : client, s->from_server ? client : server);
    memset(tcp, 0, TCP_HEADER);
    put_be16(tcp, s->from_server ? SERVER_PORT : s->client_port);
    put_be16(tcp + 2, s->from_server ? s->client_port : SERVER_PORT);
    put_be32(tcp + 4, s->seq);
    put_be32(tcp + 8, s->ack);
    tcp[12] = 5 << 4;
    tcp[13] = (uint8_t)s->flags;
    put_be16(tcp + 14, 64240);
    memset(tcp + TCP_HEADER, 'x', s->payload);
    return length;
}

void
craft_segment(struct craft *c, const struct craft_segment *s)
{
    uint8_t packet[2048];

    assert_true(s->payload < 1500);
    put_frame(c, s->at_us, packet, tcp_packet(packet, s));
}

/* RFC 792: type 3 code 3, unused word, then the IP header and 8 octets of what could not be delivered. */
void
craft_unreachable(struct craft *c, const struct craft_segment *quoted)
{
    const uint8_t router[4] = {198, 51, 100, 254};
    const uint8_t client[4] = {192, 0, 2, quoted->client};
    uint8_t packet[IP_HEADER + 8 + 64] = {0};
    const unsigned length = IP_HEADER + 8 + IP_HEADER + 8;

    ip_header(packet, length, 1, router, client);
    packet[IP_HEADER] = 3;
    packet[IP_HEADER + 1] = 3;
    (void)tcp_packet(packet + IP_HEADER + 8, quoted);
    put_frame(c, quoted->at_us, packet, length);
}

void
craft_udp(struct craft *c, int64_t at_us)
{
    const uint8_t a[4] = {192, 0, 2, 1};
    const uint8_t b[4] = {198, 51, 100, 1};
    uint8_t packet[IP_HEADER + 8] = {0};

    ip_header(packet, sizeof(packet), 17, a, b);
    put_be16(packet + IP_HEADER + 4, 8);
    put_frame(c, at_us, packet, sizeof(packet));
}

void
craft_talk_part(struct craft *c, int64_t at_us, uint8_t client, uint8_t server, uint16_t port,
                int segments)
{
    const uint32_t x = 1000 + port; /* the client's ISN, then the server's */
    const uint32_t y = 900000;
    const uint32_t z = x + 1 + c->request; /* behind the request */
    const struct {
        bool from_server;
        uint16_t flags;
        uint32_t seq, ack;
        uint16_t payload;
    } steps[CRAFT_TALK_SEGMENTS] = {
        {false, SYC_SYN, x, 0, 0},
        {true, SYC_SYN | SYC_ACK, y, x + 1, 0},
        {false, SYC_ACK, x + 1, y + 1, 0},
        {false, SYC_ACK | SYC_PSH, x + 1, y + 1, c->request},
        {true, SYC_ACK, y + 1, z, 0},
        {true, SYC_ACK | SYC_PSH, y + 1, z, 300},
        {false, SYC_ACK, z, y + 301, 0},
        {false, SYC_ACK | SYC_FIN, z, y + 301, 0},
        {true, SYC_ACK | SYC_FIN, y + 301, z + 1, 0},
        {false, SYC_ACK, z + 1, y + 302, 0},
    };

    for (int i = 0; i < segments; i++) {
        const struct craft_segment s = {.at_us = at_us + i * 5000,
                                        .client = client,
                                        .server = server,
                                        .client_port = port,
                                        .from_server = steps[i].from_server,
                                        .flags = steps[i].flags,
                                        .seq = steps[i].seq,
                                        .ack = steps[i].ack,
                                        .payload = steps[i].payload};
        craft_segment(c, &s);
    }
}

void
craft_talk(struct craft *c, int64_t at_us, uint8_t client, uint8_t server, uint16_t port)
{
    craft_talk_part(c, at_us, client, server, port, CRAFT_TALK_SEGMENTS);
}

/* ------------------------------------------------------------ files */

void
craft_file(const void *octets, size_t n, const char *suffix, char path[CRAFT_PATH])
{
    int fd;

    snprintf(path, CRAFT_PATH, "/tmp/syc_test_XXXXXX%s", suffix);
    fd = mkstemps(path, (int)strlen(suffix));
    assert_true(fd >= 0);
    assert_int_equal(write(fd, octets, n), (ssize_t)n);
    close(fd);
}

void
craft_save(const struct craft *c, char path[CRAFT_PATH])
{
    craft_file(c->octets, c->n, ".pcap", path);
}

void
craft_remove(const char *path)
{
    assert_int_equal(unlink(path), 0);
}

/* ------------------------------------------------------------ runs */

void
craft_run_begin(struct craft_run *r, const struct syc_engine_config *config, unsigned events)
{
    struct syc_engine_config mine = *config;
    struct syc_error err = {0};

    *r = (struct craft_run){.fd = memfd_create("events", 0)};
    assert_true(r->fd >= 0);
    assert_int_equal(syc_output_init(&r->output, r->fd), SYC_OK);
    mine.output = &r->output;
    mine.events = events;
    if (syc_engine_new(&r->engine, &mine, &err) != SYC_OK) {
        fail_msg("%s:%u:%u: %s", err.file, err.line, err.column, err.text);
    }
}

enum syc_status
craft_run_file(struct craft_run *r, const char *path)
{
    const struct syc_capture_options options = {.path = path};

    return syc_engine_capture(r->engine, &options, NULL);
}

char *
craft_run_end(struct craft_run *r)
{
    char *text;
    off_t n;

    assert_int_equal(syc_engine_finish(r->engine), SYC_OK);
    syc_engine_free(r->engine);
    assert_int_equal(syc_output_fini(&r->output), SYC_OK);
    n = lseek(r->fd, 0, SEEK_END);
    text = calloc(1, (size_t)n + 1);
    assert_non_null(text);
    assert_int_equal(pread(r->fd, text, (size_t)n, 0), n);
    close(r->fd);
    return text;
}

void
craft_free(char *text)
{
    free(text);
}

char *
craft_analyze(const char *path, unsigned events)
{
    struct craft_run r;

    craft_run_begin(&r, &(struct syc_engine_config){0}, events);
    assert_int_equal(craft_run_file(&r, path), SYC_OK);
    return craft_run_end(&r);
}

size_t
craft_lines(char *text, char **lines, size_t max)
{
    size_t n = 0;

    for (char *end; (end = strchr(text, '\n')) != NULL; text = end + 1) {
        assert_true(n < max);
        *end = 0;
        lines[n++] = text;
    }
    assert_int_equal(*text, 0); /* every line has its newline */
    return n;
}
