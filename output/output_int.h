#ifndef SYC_OUTPUT_INT_H
#define SYC_OUTPUT_INT_H

/*
 * Purpose           what the files of output/ share: raw stores into the JSON text, members, the head of every event
 * Input and output  a struct syc_json with room in, text out
 * Ownership         nothing is kept
 * Limits            raw stores check nothing: syc_json_room() comes first
 * Not here          what events mean (event_*.c)
 *
 * Raw stores exist so that a connection event asks for room a few times and not for each member. Who uses them
 * asks for the longest case once, and says in a comment how that was added up.
 */

#include "output/output.h"

#include <string.h>

/* Longest int64_t in decimal: "-9223372036854775808". */
enum { SYC_INT_TEXT = 20 };

extern const uint64_t syc_powers_of_ten[20]; /* 10^0 .. 10^19 */

/* Make room for n more octets at text + n; false (and failed set) when memory is short. */
bool syc_json_room(struct syc_json *j, size_t n);

/* Decimal digits of v. source: bits * log10(2), 1233 / 4096, corrected by one comparison. */
static inline unsigned
syc_digit_count(uint64_t v)
{
    unsigned bits = 64 - (unsigned)__builtin_clzll(v | 1);
    unsigned guess = bits * 1233 >> 12;

    return guess + (v >= syc_powers_of_ten[guess]) + (v == 0);
}

/* v at p, two digits a step from the end; returns the octet after. At most SYC_INT_TEXT octets, no zero. */
static inline char *
syc_put_uint(char *p, uint64_t v)
{
    char *end, *at;
    uint32_t low;

    if (v < 10) { /* every second number of a record */
        *p = (char)('0' + v);
        return p + 1;
    }
    end = at = p + syc_digit_count(v);
    for (; v > UINT32_MAX; v /= 100) {
        at -= 2;
        memcpy(at, syc_digit_pairs + v % 100 * 2, 2);
    }
    for (low = (uint32_t)v; low >= 100; low /= 100) { /* half the instructions a pair */
        at -= 2;
        memcpy(at, syc_digit_pairs + (size_t)(low % 100) * 2, 2);
    }
    if (low >= 10) {
        memcpy(at - 2, syc_digit_pairs + (size_t)low * 2, 2);
    } else {
        at[-1] = (char)('0' + low);
    }
    return end;
}

/* The same with a sign. 0 - v in unsigned, because -INT64_MIN is no int64_t. */
static inline char *
syc_put_int(char *p, int64_t v)
{
    if (v < 0) {
        *p++ = '-';
        return syc_put_uint(p, UINT64_C(0) - (uint64_t)v);
    }
    return syc_put_uint(p, (uint64_t)v);
}

/* A string literal at p. */
#define SYC_PUT(p, literal)                                                                        \
    ((char *)memcpy((p), "" literal, sizeof(literal) - 1) + sizeof(literal) - 1)

/* ---- members ---- */

static inline void
syc_json_member_int(struct syc_json *j, const char *name, int64_t value)
{
    syc_json_key(j, name);
    syc_json_int(j, value);
}

/* Counters are unsigned here and signed in JSON's readers: more than INT64_MAX is told as that. */
static inline void
syc_json_member_count(struct syc_json *j, const char *name, uint64_t value)
{
    syc_json_member_int(j, name, value > INT64_MAX ? INT64_MAX : (int64_t)value);
}

static inline void
syc_json_member_bool(struct syc_json *j, const char *name, bool value)
{
    syc_json_key(j, name);
    syc_json_bool(j, value);
}

static inline void
syc_json_member_real(struct syc_json *j, const char *name, double value, int digits)
{
    syc_json_key(j, name);
    syc_json_real(j, value, digits);
}

/* Nothing for NULL and "": what is not known is absent. */
static inline void
syc_json_member_text(struct syc_json *j, const char *name, const char *value)
{
    if (value != NULL && value[0] != '\0') {
        syc_json_key(j, name);
        syc_json_text(j, value);
    }
}

static inline void
syc_json_member_open(struct syc_json *j, const char *name, char bracket)
{
    syc_json_key(j, name);
    syc_json_open(j, bracket);
}

/* A piece of a text that is put together while it is escaped, without a buffer of its own. */
struct syc_json_part {
    const char *text;
    size_t n;
};

/* One text out of several. */
void syc_json_text_parts(struct syc_json *j, const struct syc_json_part *parts, size_t count);

/* n octets that were written as one value before. */
void syc_json_again(struct syc_json *j, const char *value, size_t n);

/* microseconds since 1970 as RFC 3339 text */
void syc_json_member_time(struct syc_json *j, const char *name, int64_t us);

/* An address as syc_addr_format() writes it */
void syc_json_member_addr(struct syc_json *j, const char *name, const uint8_t addr[16], int ip_v);

/* A JSON value of any type but SYC_ABSENT. */
void syc_json_value(struct syc_json *j, const struct syc_value *value);

/* ---- what all events begin and end with ---- */

/* "{", v, timestamp, event_type, sensor. */
void syc_event_begin(struct syc_json *j, const char *type, int64_t time_us, const char *sensor);

/* flow_id, community_id, addresses, ports, proto. */
void syc_event_tuple(struct syc_json *j, const struct syc_key *key, int64_t flow_id);

/* vlan, tunnel; nothing when there are none. */
void syc_event_path(struct syc_json *j, const struct syc_path *path);

/* src_ip and, for pairs, dest_ip and dest_port; proto. */
void syc_event_subject(struct syc_json *j, const struct syc_subject *s);

/* Members of a subject that several events share. */
void syc_event_window(struct syc_json *j, const struct syc_subject *s);

/* `complete` and `degraded` where a part of the facts is missing, and the end of the event. */
void syc_event_end_subject(struct syc_json *j, const struct syc_subject *s);

/* "flow_ids": the subject's examples; nothing when there are none. */
void syc_event_flow_ids(struct syc_json *j, const struct syc_subject *s);

/* "degraded": the reasons, bit n = enum syc_degraded n. */
void syc_event_degraded(struct syc_json *j, uint32_t bits);

/*
 * The facts of a SYN as the members of an open object; facts may be NULL (only the numbers of own are written).
 *
 * stays  facts do not change while j is used: what they say is made once and then copied
 */
void syc_event_syn(struct syc_json *j, const struct syc_syn *facts, const struct syc_syn_own *own,
                   bool stays);

/* ---- conn.log (zeek.c) ---- */

/* The record as a line of conn.log; of a connection in parts when the final one comes. */
void syc_emit_zeek(struct syc_output *o, const struct syc_record *r);

/* Lines of the connections whose final part did not come. */
void syc_zeek_fini(struct syc_output *o);

/* ---- the sink ---- */

/*
 * The empty text of the next event, or NULL (counted lost) when nothing can be written anymore. One at a time: it
 * is the output's only text, until syc_output_end().
 */
struct syc_json *syc_output_begin(struct syc_output *o);

/* The text is whole: to the buffer with it and a newline. One that memory was short for is counted lost instead. */
void syc_output_end(struct syc_output *o);

/*
 * Write n octets, however many calls it takes; waits where a descriptor does not block by itself.
 *
 * written       how many octets went out, also on failure
 * error_number  errno of the failed call
 * returns       SYC_OK, SYC_CLOSED (the reader went away) or SYC_IO
 */
enum syc_status syc_write_all(int fd, const char *text, size_t n, size_t *written,
                              int *error_number) SYC_MUST_CHECK;

#endif
