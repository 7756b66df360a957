#ifndef SYC_TESTS_UNIT_ENGINE_CRAFT_H
#define SYC_TESTS_UNIT_ENGINE_CRAFT_H

/*
 * Purpose           captures, texts and runs made by hand for the engine's tests
 * Input and output  conversations in, octets of a pcap file in a temporary file out; an engine's output as text
 * Ownership         files are removed by who made them (craft_remove); texts are freed by craft_free
 * Limits            2 MiB a capture; link type 101 (an IPv4 packet is the frame), microseconds
 * Not here          the tests
 */

#include "engine/engine.h"

enum { CRAFT_ROOM = 2 << 20 };

struct craft {
    uint8_t octets[CRAFT_ROOM];
    size_t n;
    size_t frames;
    uint16_t request; /* octets of the request of each craft_talk(): 100 after craft_begin() */
};

/* One TCP segment between hosts 192.0.2.<client> and 198.51.100.<server>, port <client_port> to 80. */
struct craft_segment {
    int64_t at_us; /* since 2026-01-01T00:00:00Z */
    uint8_t client, server;
    uint16_t client_port;
    bool from_server;
    uint16_t flags;
    uint32_t seq, ack;
    uint16_t payload; /* octets of it, all 'x' */
};

/* The file header. */
void craft_begin(struct craft *c);
void craft_segment(struct craft *c, const struct craft_segment *s);

/* ICMP port unreachable from the server's router, quoting a SYN of that tuple. */
void craft_unreachable(struct craft *c, const struct craft_segment *quoted);

/* A UDP packet: a frame that is no TCP. */
void craft_udp(struct craft *c, int64_t at_us);

/* A whole connection of one request: 10 segments, 5 ms apart, closed by the client. */
enum { CRAFT_TALK_SEGMENTS = 10, CRAFT_TALK_US = 9 * 5000 };
void craft_talk(struct craft *c, int64_t at_us, uint8_t client, uint8_t server, uint16_t port);

/* The first `segments` segments of the same. */
void craft_talk_part(struct craft *c, int64_t at_us, uint8_t client, uint8_t server, uint16_t port,
                     int segments);

/* Octets as a temporary file; its name is written to path. */
enum { CRAFT_PATH = 64 };
void craft_file(const void *octets, size_t n, const char *suffix, char path[CRAFT_PATH]);
void craft_save(const struct craft *c, char path[CRAFT_PATH]);
void craft_remove(const char *path);

/* An engine whose events go to memory. */
struct craft_run {
    struct syc_output output;
    struct syc_engine *engine;
    int fd;
};

/* config's output, events and key are set here; the rest is the test's. */
void craft_run_begin(struct craft_run *r, const struct syc_engine_config *config, unsigned events);
enum syc_status craft_run_file(struct craft_run *r, const char *path);
/* Finish and free the engine; the output as zero-terminated text. */
char *craft_run_end(struct craft_run *r);
void craft_free(char *text);

/* The output of one run over one file, with the shipped rules. */
char *craft_analyze(const char *path, unsigned events);

/* Lines of a text as their starts (the text is cut at its newlines); at most max. */
size_t craft_lines(char *text, char **lines, size_t max);

#endif
