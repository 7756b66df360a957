#ifndef SYC_ENGINE_RECORD_READ_INT_H
#define SYC_ENGINE_RECORD_READ_INT_H

/*
 * Purpose           what the files that read an event share: the table of members, and an event being read
 * Input and output  record_read.c: the walk, identity, numbers, texts; record_read_lists.c: lists; record_read_syn.c
 * Ownership         a reader owns its table, lists and texts; a record that was read points into it
 * Limits            see the enum
 * Not here          JSON's grammar (pull.h)
 *
 * The contract's members are one flat table; an object is a group of them:
 *
 *     group ROOT   v -> timestamp -> event_type -> ... -> flow -> tcp -> ...       each names the one that usually follows
 *                                                          |       '-> group TCP   isn -> base_toserver -> ...
 *                                                          '-> group FLOW          start -> end -> dur_us -> ...
 *
 * A name is first compared with the one expected; only where the writer left a member out, or is another's, is it
 * looked for in a hash of all names. The hash has no key: its names are ours, and a look-up costs as much for any other.
 */

#include "engine/engine.h"
#include "engine/pull.h"

/*
 * Bound of every number that has no narrower one: twice what separates two times of 64 bits of nanoseconds, in
 * microseconds, and few enough bits that sums of records do not overflow.
 */
#define NUMBER_MAX  (INT64_C(1) << 55)
#define FLOW_ID_MAX ((INT64_C(1) << 53) - 1)

enum {
    /* The longest text is a User-Agent: 256 octets, 4 letters each when escaped; four times that is room. */
    TEXT_MAX = 4096,
    TEXTS = 10,
    MEMBERS_MAX = 256,
    SLOTS = 1024, /* of the hash: a power of 2, four times as many */
    NAME_MAX_OCTETS = 63,
    NO_MEMBER = 0xffff,
};

/* clang-format off */
/* Objects of the contract: X(ID, "path") */
#define GROUP_LIST(X) \
    X(ROOT, "") X(FLOW, "flow") X(TCP, "tcp") \
    X(TS_LAST_0, "tcp.ts_last_toserver") X(TS_LAST_1, "tcp.ts_last_toclient") \
    X(RETRANS_0, "tcp.retrans_toserver") X(RETRANS_1, "tcp.retrans_toclient") \
    X(NEVER_ACKED, "tcp.never_acked_toserver") X(UNREACHABLE, "tcp.unreachable") \
    X(APP, "app") X(HTTP, "http") X(TLS, "tls") \
    X(EXCHANGES_CUT, "exchanges_cut") X(FLIGHTS_CUT, "flights_cut") \
    X(CLOSE, "close") X(RST, "close.rst")
#define X(id, path) GROUP_##id,
/* The last three are elements of a list, the object of both syn and syn_ack, and one inside it. */
enum group { GROUP_LIST(X) GROUP_PATHS, GROUP_WAIT = GROUP_PATHS, GROUP_SYN, GROUP_WINDOW_LAW, GROUPS };
#undef X
/* clang-format on */

struct reading;

struct member {
    const char *name;
    /*
     * Read the value at p: true past it; false when it is not what it should be (rd->status says so), and then it
     * does not matter where p is.
     */
    bool (*take)(struct reading *rd, const struct member *m);
    const void *row; /* of the table it comes from */
    uint16_t next;   /* usually */
    uint8_t length;
    uint8_t group;
    uint8_t inner; /* of an object: its group */
    bool required;
};

struct members {
    struct member list[MEMBERS_MAX];
    uint16_t first[GROUPS], last[GROUPS];
    uint64_t of_group[GROUPS][MEMBERS_MAX / 64]; /* bits: its members */
    uint16_t slots[SLOTS];
    size_t count;
};

/*
 * What a record points to: its lists grow to the longest that was read and are used again, so that a million
 * lines cost a few allocations.
 */
struct syc_record_reader {
    struct syc_exchange *exchanges;
    size_t exchange_room;
    struct syc_flight *flights;
    size_t flight_room;
    struct syc_syn syn[2];
    struct members members;
    char texts[TEXTS][TEXT_MAX + 1];
};

/* One event being read. The first fault of meaning stays in status and *err; the walk then only holds on to the grammar. */
struct reading {
    struct syc_pull json;
    struct syc_record_reader *reader;
    struct syc_record *out;
    struct syc_error err;
    enum syc_status status;
    bool has_type, is_connection;
    bool has_start, has_end, has_complete, complete;
    int64_t ip_v; /* 0 = not said */
    int client_v, server_v;
    int64_t end_us;
    int side;    /* of the SYN being read */
    size_t wait; /* index of the stay in TIME-WAIT being read */
    uint64_t seen[MEMBERS_MAX / 64];
    char octets[TEXT_MAX + 1]; /* of a text with escapes */
};

/* The first fault of an event counts; its path is from our own tables, never from the line. Always false. */
bool record_fail(struct reading *rd, const char *path, const char *want);

/* The same of one element of a list, and of a member of a list's element or of a SYN. */
bool record_fail_at(struct reading *rd, const char *list, size_t i, const char *want);
bool record_fail_in(struct reading *rd, const char *object, const char *name, const char *want);

/* A whole number between both; false for anything else. */
bool record_int(struct reading *rd, int64_t least, int64_t most, int64_t *out);

/* The text at p with its escapes undone, not zero-terminated; NULL when there is none, or one of other than ASCII. */
const char *record_octets(struct reading *rd, size_t *n);

/* The index of the text at p in a NULL-terminated list; -1 if it is none of them. */
int64_t record_word(struct reading *rd, const char *const *words);

/*
 * A text as the writer leaves it: escaped, so printable ASCII, of 1 to `most` octets. Anything else could reach a
 * terminal as it is.
 *
 * out      most + 1 octets, zero-terminated
 */
bool record_plain_text(struct reading *rd, char *out, size_t most);

/* true or false; false when it is neither. */
bool record_bool(struct reading *rd, bool *out);

/* Members of the object at p; unknown ones are passed over. False for what is no object, with that fault. */
bool record_object(struct reading *rd, enum group group, const char *path);

/* The first member of the group that must be there and was not; NULL when all were. */
const struct member *record_lacks(const struct reading *rd, enum group group);

/* Between `least` and `most` whole numbers of the array at p; their count, or -1. cells has room for `most`. */
int record_cells(struct reading *rd, int64_t *cells, int least, int most);

/* Add a member to a group; m->next and the hash are seen to. */
void record_add(struct members *t, struct member m);

/* The members of lists and of SYNs. */
void record_add_lists(struct members *t);
void record_add_syns(struct members *t);

#endif
