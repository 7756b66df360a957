/*
 * A connection event back into the record it was made from, number for number, in one pass over the line and without
 * a tree. The tables of numbers and texts drive it as they drive the writer. Members that are not known here are
 * passed over (the contract only grows); known ones of a wrong type, range or length are an error that names them:
 * lines may come from anywhere, and nothing behind the reader checks a record again.
 *
 * Invariants, which the code right of the waist relies on:
 *     numbers       SYC_NONE, or within +-2^55: sums of a hundred of them cannot overflow
 *     words         an index of their own list, so arrays of names may be indexed by them
 *     texts         printable ASCII of at most 4096 octets: safe for a terminal
 *     counts        never more than the arrays of struct syc_record hold
 *     degraded      not 0 where `complete` is false: a partial record cannot pass for a whole one
 *
 * What a line is, is decided in this order, whatever stands first in it: no JSON; another event; a connection event
 * with a fault (the first); a record.
 */

#include "engine/record_read_int.h"

#include <string.h>

bool
record_fail(struct reading *rd, const char *path, const char *want)
{
    if (rd->status == SYC_OK && rd->json.fault == NULL) {
        rd->status = syc_error_set(&rd->err, SYC_SYNTAX, "%s: %s expected", path, want);
    }
    return false;
}

bool
record_fail_at(struct reading *rd, const char *list, size_t i, const char *want)
{
    if (rd->status == SYC_OK && rd->json.fault == NULL) {
        rd->status = syc_error_set(&rd->err, SYC_SYNTAX, "%s[%zu]: %s expected", list, i, want);
    }
    return false;
}

bool
record_fail_in(struct reading *rd, const char *object, const char *name, const char *want)
{
    if (rd->status == SYC_OK && rd->json.fault == NULL) {
        rd->status = syc_error_set(&rd->err, SYC_SYNTAX, "%s.%s: %s expected", object, name, want);
    }
    return false;
}

/* ------------------------------------------------------------ values */

bool
record_int(struct reading *rd, int64_t least, int64_t most, int64_t *out)
{
    return syc_pull_int(&rd->json, out) && *out >= least && *out <= most;
}

bool
record_bool(struct reading *rd, bool *out)
{
    *out = syc_pull_word(&rd->json, "true", 4);
    return *out || syc_pull_word(&rd->json, "false", 5);
}

const char *
record_octets(struct reading *rd, size_t *n)
{
    struct syc_pull_text text;

    if (!syc_pull_text(&rd->json, &text)) {
        return NULL;
    }
    *n = text.n;
    if (!text.escaped) {
        return text.at;
    }
    *n = syc_pull_unescape(&text, rd->octets, sizeof rd->octets);
    return *n != SIZE_MAX ? rd->octets : NULL;
}

int64_t
record_word(struct reading *rd, const char *const *words)
{
    size_t n;
    const char *text = record_octets(rd, &n);

    for (int64_t i = 0; text != NULL && words[i] != NULL; i++) {
        if (strlen(words[i]) == n && memcmp(words[i], text, n) == 0) { /* text may hold a NUL */
            return i;
        }
    }
    return -1;
}

bool
record_plain_text(struct reading *rd, char *out, size_t most)
{
    size_t n;
    const char *text = record_octets(rd, &n);

    if (text == NULL || n == 0 || n > most) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        if (text[i] < 0x20 || text[i] > 0x7e) {
            return false;
        }
        out[i] = text[i];
    }
    out[n] = '\0';
    return true;
}

int
record_cells(struct reading *rd, int64_t *cells, int least, int most)
{
    bool first = true;
    int n = 0;

    if (!syc_pull_is(&rd->json, '[')) {
        return -1;
    }
    while (syc_pull_element(&rd->json, &first)) {
        if (n == most || !record_int(rd, -NUMBER_MAX, NUMBER_MAX, &cells[n])) {
            return -1;
        }
        n++;
    }
    return rd->json.fault == NULL && n >= least ? n : -1;
}

/* ------------------------------------------------------------ the table of members */

/* Mixed so that names of one length and like ends differ; quality matters little, the names are 200 and ours. */
static size_t
slot_of(enum group group, const char *name, size_t n)
{
    uint64_t h = ((uint64_t)group << 8 | n) * UINT64_C(0x9e3779b97f4a7c15);

    for (size_t i = 0; i < n; i += 8) {
        uint64_t v = 0;

        memcpy(&v, name + i, n - i < 8 ? n - i : 8);
        h = (h ^ v) * UINT64_C(0x9e3779b97f4a7c15);
        h ^= h >> 29;
    }
    return (size_t)(h % SLOTS);
}

void
record_add(struct members *t, struct member m)
{
    uint16_t index = (uint16_t)t->count;
    size_t slot;

    if (t->count ==
        MEMBERS_MAX) { /* a table of ours that has grown past its bound: found by the first test */
        return;
    }
    m.length = (uint8_t)strlen(m.name);
    m.next = NO_MEMBER;
    t->list[index] = m;
    t->of_group[m.group][index / 64] |= UINT64_C(1) << index % 64;
    if (t->last[m.group] != NO_MEMBER) {
        t->list[t->last[m.group]].next = index;
    } else {
        t->first[m.group] = index;
    }
    t->last[m.group] = index;
    for (slot = slot_of(m.group, m.name, m.length); t->slots[slot] != NO_MEMBER;) {
        slot = (slot + 1) % SLOTS;
    }
    t->slots[slot] = index;
    t->count++;
}

static bool
is_named(const struct member *m, enum group group, const char *name, size_t n)
{
    return m->group == group && m->length == n && memcmp(m->name, name, n) == 0;
}

/* The member of this name, NO_MEMBER for none. A quarter of the slots is taken, so the search ends soon at a free one. */
static uint16_t
find(struct reading *rd, enum group group, const struct syc_pull_text *key, uint16_t expected)
{
    const struct members *t = &rd->reader->members;
    char octets[NAME_MAX_OCTETS];
    const char *name = key->at;
    size_t n = key->n;

    if (key->escaped) {
        n = syc_pull_unescape(key, octets, sizeof octets);
        name = octets;
    }
    if (n > NAME_MAX_OCTETS) {
        return NO_MEMBER;
    }
    if (expected != NO_MEMBER && is_named(&t->list[expected], group, name, n)) {
        return expected;
    }
    for (size_t slot = slot_of(group, name, n); t->slots[slot] != NO_MEMBER;
         slot = (slot + 1) % SLOTS) {
        if (is_named(&t->list[t->slots[slot]], group, name, n)) {
            return t->slots[slot];
        }
    }
    return NO_MEMBER;
}

const struct member *
record_lacks(const struct reading *rd, enum group group)
{
    const struct members *t = &rd->reader->members;

    for (uint16_t i = t->first[group]; i != NO_MEMBER; i = t->list[i].next) {
        if (t->list[i].required && (rd->seen[i / 64] >> i % 64 & 1) == 0) {
            return &t->list[i];
        }
    }
    return NULL;
}

/* ------------------------------------------------------------ the walk */

static bool take_type(struct reading *rd, const struct member *m);

/*
 * A member of a known name. Of two of one name readers disagree which one counts (RFC 8259 4), so the second is a
 * fault. After a fault, and of another event, only the type is still of interest.
 */
static bool
take_member(struct reading *rd, uint16_t index)
{
    const struct member *m = &rd->reader->members.list[index];
    uint64_t bit = UINT64_C(1) << index % 64;
    const char *value = rd->json.p;
    bool wanted =
        m->take == take_type || (rd->status == SYC_OK && (!rd->has_type || rd->is_connection));

    if ((rd->seen[index / 64] & bit) != 0) {
        record_fail(rd, m->name, "no duplicate");
        wanted = false;
        rd->is_connection |= m->take == take_type; /* who knows: the fault is told */
    }
    rd->seen[index / 64] |= bit;
    if (wanted && m->take(rd, m)) {
        return true;
    }
    if (rd->json.fault != NULL) {
        return false;
    }
    rd->json.p = value; /* once a member, so the line is read twice at most */
    return syc_pull_skip(&rd->json);
}

bool
record_object(struct reading *rd, enum group group, const char *path)
{
    const struct members *t = &rd->reader->members;
    uint16_t expected = t->first[group];
    struct syc_pull_text key;
    bool first = true;

    if (!syc_pull_is(&rd->json, '{')) {
        return record_fail(rd, path, "an object");
    }
    for (size_t i = 0; i < MEMBERS_MAX / 64; i++) {
        rd->seen[i] &= ~t->of_group[group][i];
    }
    while (syc_pull_member(&rd->json, &first, &key)) {
        uint16_t index = find(rd, group, &key, expected);
        bool whole = index != NO_MEMBER ? take_member(rd, index) : syc_pull_skip(&rd->json);

        if (!whole || rd->status == SYC_NO_MEMORY) {
            return false;
        }
        if (index != NO_MEMBER) {
            expected = t->list[index].next;
        }
    }
    return rd->json.fault == NULL;
}

static const char *const group_paths[] = {
#define X(id, path) path,
    GROUP_LIST(X)
#undef X
};

static bool
take_object(struct reading *rd, const struct member *m)
{
    return record_object(rd, m->inner, group_paths[m->inner]);
}

static bool
pass_over(struct reading *rd, const struct member *m)
{
    (void)m;
    return syc_pull_skip(&rd->json);
}

/* ------------------------------------------------------------ numbers and texts */

/* What a row of the table allows, and nothing wider, goes into the record. */
static bool
take_number(struct reading *rd, const struct member *m)
{
    const struct syc_record_number *row = m->row;
    int64_t value = 0;
    bool flag;

    switch ((enum syc_number_kind)row->kind) {
    case SYC_NUMBER:
        if (!record_int(rd, -NUMBER_MAX, NUMBER_MAX, &value)) {
            return record_fail(rd, row->path, "a whole number (at most 2^55)");
        }
        break;
    case SYC_NUMBER_BOOL:
        if (!record_bool(rd, &flag)) {
            return record_fail(rd, row->path, "true or false");
        }
        value = flag;
        break;
    case SYC_NUMBER_WORD:
        value = record_word(rd, row->words);
        if (value < 0) {
            return record_fail(rd, row->path, "a word of the contract");
        }
        break;
    }
    syc_record_set(rd->out, row, value);
    return true;
}

/*
 * A list of words as the record has it, with commas between them: so none may have one in it. Words
 * may be empty, as the writer splits at every comma.
 */
static bool
read_words(struct reading *rd, char *out)
{
    bool first = true;
    size_t used = 0;

    if (!syc_pull_is(&rd->json, '[')) {
        return false;
    }
    for (size_t i = 0; syc_pull_element(&rd->json, &first); i++) {
        size_t n;
        const char *word = record_octets(rd, &n);

        if (word == NULL || used + n + 1 > TEXT_MAX) {
            return false;
        }
        if (i > 0) {
            out[used++] = ',';
        }
        for (size_t k = 0; k < n; k++) {
            if (word[k] < 0x20 || word[k] > 0x7e || word[k] == ',') {
                return false;
            }
            out[used++] = word[k];
        }
    }
    out[used] = '\0';
    return rd->json.fault == NULL;
}

static bool
take_text(struct reading *rd, const struct member *m)
{
    const struct syc_record_text *row = m->row;
    char *text = rd->reader->texts[row - syc_record_texts];

    if (row->list && !read_words(rd, text)) {
        return record_fail(rd, row->path,
                           "words of printable ASCII without a comma (at most 4096)");
    }
    if (!row->list && !record_plain_text(rd, text, TEXT_MAX)) {
        return record_fail(rd, row->path, "a text of printable ASCII (at most 4096)");
    }
    /* an empty list says no more than none */
    *(const char **)(void *)((char *)rd->out + row->offset) = text[0] != '\0' ? text : NULL;
    return true;
}

/* ------------------------------------------------------------ identity */

static bool
take_type(struct reading *rd, const struct member *m)
{
    static const char *const words[] = {"connection", NULL};

    rd->has_type = syc_pull_is(&rd->json, '"');
    rd->is_connection = record_word(rd, words) == 0;
    return rd->has_type || record_fail(rd, m->name, "a word");
}

static bool
take_version(struct reading *rd, const struct member *m)
{
    int64_t v;

    return record_int(rd, 1, 1, &v) || record_fail(rd, m->name, "version 1");
}

/* Only forms that inet_pton(3) takes; the writer's are among them. */
static bool
take_addr(struct reading *rd, const struct member *m)
{
    struct syc_key *key = &rd->out->key;
    bool client = m->name[0] == 's';
    char text[SYC_ADDR_TEXT];

    return (record_plain_text(rd, text, sizeof text - 1) &&
            syc_addr_parse(text, client ? key->client : key->server,
                           client ? &rd->client_v : &rd->server_v)) ||
           record_fail(rd, m->name, "an address");
}

static bool
take_port(struct reading *rd, const struct member *m)
{
    struct syc_key *key = &rd->out->key;
    int64_t port = 0;
    bool good = record_int(rd, 0, UINT16_MAX, &port);

    *(m->name[0] == 's' ? &key->client_port : &key->server_port) = (uint16_t)port;
    return good || record_fail(rd, m->name, "a port");
}

static bool
take_proto(struct reading *rd, const struct member *m)
{
    static const char *const words[] = {"TCP", NULL};

    return record_word(rd, words) == 0 || record_fail(rd, m->name, "\"TCP\"");
}

static bool
take_ip_v(struct reading *rd, const struct member *m)
{
    return record_int(rd, 4, 6, &rd->ip_v) ||
           record_fail(rd, m->name, "the version of both addresses");
}

static bool
take_flow_id(struct reading *rd, const struct member *m)
{
    return record_int(rd, 0, FLOW_ID_MAX, &rd->out->flow_id) ||
           record_fail(rd, m->name, "a whole number below 2^53");
}

static bool
take_complete(struct reading *rd, const struct member *m)
{
    rd->has_complete = true;
    return record_bool(rd, &rd->complete) || record_fail(rd, m->name, "true or false");
}

static bool
read_time(struct reading *rd, int64_t *us, const char *path)
{
    size_t n;
    const char *text = record_octets(rd, &n);

    return (text != NULL && syc_time_parse(text, n, us)) ||
           record_fail(rd, path, "a time (2026-11-22T06:40:06.123456Z)");
}

static bool
take_start(struct reading *rd, const struct member *m)
{
    (void)m;
    rd->has_start = true;
    return read_time(rd, &rd->out->start_us, "flow.start");
}

static bool
take_end(struct reading *rd, const struct member *m)
{
    (void)m;
    rd->has_end = true;
    return read_time(rd, &rd->end_us, "flow.end");
}

/* ------------------------------------------------------------ the table, filled */

/* In the writer's order, as far as it is not that of the tables. */
static const struct member specials[] = {
    {.name = "v", .group = GROUP_ROOT, .take = take_version},
    {.name = "timestamp", .group = GROUP_ROOT, .take = pass_over},
    {.name = "event_type", .group = GROUP_ROOT, .take = take_type, .required = true},
    {.name = "sensor", .group = GROUP_ROOT, .take = pass_over},
    {.name = "flow_id", .group = GROUP_ROOT, .take = take_flow_id},
    {.name = "community_id", .group = GROUP_ROOT, .take = pass_over},
    {.name = "src_ip", .group = GROUP_ROOT, .take = take_addr, .required = true},
    {.name = "src_port", .group = GROUP_ROOT, .take = take_port, .required = true},
    {.name = "dest_ip", .group = GROUP_ROOT, .take = take_addr, .required = true},
    {.name = "dest_port", .group = GROUP_ROOT, .take = take_port, .required = true},
    {.name = "proto", .group = GROUP_ROOT, .take = take_proto},
    {.name = "ip_v", .group = GROUP_ROOT, .take = take_ip_v},
    {.name = "flow", .group = GROUP_ROOT, .inner = GROUP_FLOW, .take = take_object},
    {.name = "start", .group = GROUP_FLOW, .take = take_start},
    {.name = "end", .group = GROUP_FLOW, .take = take_end},
    {.name = "tcp", .group = GROUP_ROOT, .inner = GROUP_TCP, .take = take_object},
};

/* The group of a dotted path's object; the object's own member, and those around it, are added if they are new. */
static uint8_t
ensure_group(struct members *t, const char *path)
{
    const char *dot = strrchr(path, '.');
    size_t n = dot != NULL ? (size_t)(dot - path) : 0;

    for (uint8_t g = 0; g < GROUP_PATHS; g++) {
        const char *own = group_paths[g];
        const char *inside = strrchr(own, '.');
        bool known = false;

        if (strlen(own) != n || memcmp(own, path, n) != 0) {
            continue;
        }
        for (size_t i = 0; i < t->count; i++) {
            known |= t->list[i].inner == g && t->list[i].take == take_object;
        }
        if (g != GROUP_ROOT && !known) {
            record_add(t, (struct member){.name = inside != NULL ? inside + 1 : own,
                                          .group = ensure_group(t, own),
                                          .inner = g,
                                          .take = take_object});
        }
        return g;
    }
    return GROUPS; /* a path that GROUP_LIST lacks */
}

static void
add_path(struct members *t, const char *path, const void *row,
         bool (*take)(struct reading *, const struct member *))
{
    const char *dot = strrchr(path, '.');
    uint8_t group = ensure_group(t, path);

    if (group < GROUPS) {
        record_add(t, (struct member){.name = dot != NULL ? dot + 1 : path,
                                      .group = group,
                                      .row = row,
                                      .take = take});
    }
}

static void
fill_members(struct members *t)
{
    memset(t->slots, 0xff, sizeof t->slots);
    memset(t->first, 0xff, sizeof t->first);
    memset(t->last, 0xff, sizeof t->last);
    for (size_t i = 0; i < sizeof specials / sizeof specials[0]; i++) {
        record_add(t, specials[i]);
    }
    for (size_t i = 0; i < syc_record_number_count; i++) {
        add_path(t, syc_record_numbers[i].path, &syc_record_numbers[i], take_number);
    }
    for (size_t i = 0; i < syc_record_text_count; i++) {
        add_path(t, syc_record_texts[i].path, &syc_record_texts[i], take_text);
    }
    record_add_lists(t);
    record_add_syns(t);
    record_add(t, (struct member){.name = "complete", .take = take_complete});
}

/* cost: 200 members into a hash, so one reader serves a run. */
struct syc_record_reader *
syc_record_reader_new(void)
{
    struct syc_record_reader *r = syc_alloc(1, sizeof(struct syc_record_reader));

    if (r != NULL) {
        fill_members(&r->members);
    }
    return r;
}

void
syc_record_reader_free(struct syc_record_reader *r)
{
    if (r != NULL) {
        syc_free(r->exchanges);
        syc_free(r->flights);
        syc_free(r);
    }
}

/* ------------------------------------------------------------ the event */

/* Both ends in one version and TCP: a record with two versions would have a key that no packet can have. */
static bool
end_identity(struct reading *rd)
{
    const struct member *lacking = record_lacks(rd, GROUP_ROOT);

    if (lacking != NULL) {
        return record_fail(rd, lacking->name, "a value");
    }
    if (!rd->has_start) {
        return record_fail(rd, "flow.start", "a time");
    }
    if (rd->client_v != rd->server_v) {
        return record_fail(rd, "dest_ip", "an address of src_ip's version");
    }
    if (rd->ip_v != 0 && rd->ip_v != rd->client_v) {
        return record_fail(rd, "ip_v", "the version of both addresses");
    }
    rd->out->key.ip_v = (uint8_t)rd->client_v;
    return true;
}

/* What a writer may leave out since it is derived (spec of the record) is derived again. */
static bool
end_event(struct reading *rd)
{
    struct syc_record *out = rd->out;

    if (out->client_known == SYC_NONE) {
        out->client_known = 1; /* only a guess is told */
    }
    if (rd->has_end && out->dur_us == SYC_NONE) {
        out->dur_us = rd->end_us - out->start_us;
        if (out->dur_us < 0 || out->dur_us > NUMBER_MAX) {
            return record_fail(rd, "flow.end", "a time after flow.start");
        }
    }
    if (out->flow_id == SYC_NONE) {
        out->flow_id = syc_record_flow_id(&out->key, out->isn, out->start_us);
    }
    /* An incomplete record without a reason would pass for a complete one. */
    return !rd->has_complete || rd->complete == (out->degraded == 0) ||
           record_fail(rd, "complete", "false with the reasons in degraded, or true without,");
}

static enum syc_status
not_json(struct reading *rd, struct syc_error *err)
{
    if (err != NULL) {
        err->column = (unsigned)(rd->json.p - rd->json.begin) + 1;
    }
    return syc_error_set(err, SYC_SYNTAX, "not JSON: %s", rd->json.fault);
}

/* The order of the questions is that of the file's head. */
static enum syc_status
read_line(struct reading *rd, struct syc_error *err)
{
    if (syc_pull_space(&rd->json) && *rd->json.p != '{' && syc_pull_skip(&rd->json) &&
        syc_pull_end(&rd->json)) {
        return syc_error_set(err, SYC_SYNTAX, "line: one JSON object expected");
    }
    if (rd->json.fault == NULL && record_object(rd, GROUP_ROOT, "line")) {
        syc_pull_end(&rd->json);
    }
    if (rd->json.fault != NULL) {
        return not_json(rd, err);
    }
    if (rd->has_type && !rd->is_connection) {
        return SYC_NOT_FOUND;
    }
    if (rd->status == SYC_OK && end_identity(rd)) {
        end_event(rd);
    }
    return rd->status != SYC_OK ? syc_error_set(err, rd->status, "%s", rd->err.text) : SYC_OK;
}

enum syc_status
syc_record_read(struct syc_record_reader *reader, const char *line, size_t n,
                struct syc_record *out, struct syc_error *err)
{
    struct reading rd;

    memset(&rd, 0, offsetof(struct reading, octets));
    rd.json = (struct syc_pull){.begin = line, .p = line, .end = line + n};
    rd.reader = reader;
    rd.out = out;
    syc_record_init(out);
    out->flow_id = SYC_NONE;
    return read_line(&rd, err);
}
