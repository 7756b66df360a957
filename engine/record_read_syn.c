/*
 * The objects `syn` and `syn_ack` of a connection event. Both have the same members, so both are read by one group;
 * rd->side says which it is. Every row's bound fits the member it is stored in, so store() cuts nothing off.
 */

#include "engine/record_read_int.h"

#include <string.h>

static const char *const objects[] = {"syn", "syn_ack"};

static bool
fail_syn(struct reading *rd, const char *name, const char *want)
{
    return record_fail_in(rd, objects[rd->side], name, want);
}

static struct syc_syn *
syn_of(struct reading *rd)
{
    return &rd->reader->syn[rd->side];
}

/* ------------------------------------------------------------ numbers */

/* A whole number of struct syc_syn. `otherwise` is what absence means; SYC_NONE: it must be there. */
struct syn_number {
    const char *name;
    uint16_t offset;
    uint8_t size;
    int64_t most, otherwise;
};

#define FIELD(member) offsetof(struct syc_syn, member), sizeof(((struct syc_syn *)NULL)->member)
static const struct syn_number syn_numbers[] = {
    {"ip_v", FIELD(ip_v), 6, SYC_NONE},
    {"ttl", FIELD(ttl), UINT8_MAX, SYC_NONE},
    {"ttl_initial", FIELD(ttl_initial), UINT8_MAX, SYC_NONE},
    {"distance", FIELD(distance), UINT8_MAX, SYC_NONE},
    {"ip_ecn", FIELD(ip_ecn), 3, SYC_NONE},
    {"ip_options_bytes", FIELD(ip_options_bytes), 40, 0},
    {"window", FIELD(window), UINT16_MAX, SYC_NONE},
    {"mss", FIELD(mss), UINT16_MAX, -1},
    {"wscale", FIELD(wscale), UINT8_MAX, -1},
    {"tcp_flags", FIELD(tcp_flags), 0xfff, SYC_NONE},
};

struct syn_text {
    const char *name;
    uint16_t offset, size;
};
static const struct syn_text syn_texts[] = {
    {"options", FIELD(options)},
    {"p0f", FIELD(p0f)},
    {"tcpfp", FIELD(tcpfp)},
    {"muonfp", FIELD(muonfp)},
};
#undef FIELD

struct own_number {
    const char *name;
    uint16_t offset;
};
static const struct own_number own_numbers[] = {
    {"ip_id", offsetof(struct syc_syn_own, ip_id)},
    {"flow_label", offsetof(struct syc_syn_own, flow_label)},
    {"ts_val", offsetof(struct syc_syn_own, ts_val)},
    {"ts_ecr", offsetof(struct syc_syn_own, ts_ecr)},
    {"payload_bytes", offsetof(struct syc_syn_own, payload_bytes)},
};

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* -1 is all ones in each of the three widths, so signed members need no case of their own. */
static void
store(struct syc_syn *syn, const struct syn_number *row, int64_t value)
{
    char *p = (char *)syn + row->offset;
    uint8_t v1 = (uint8_t)value;
    uint16_t v2 = (uint16_t)value;
    uint32_t v4 = (uint32_t)value;

    memcpy(p, row->size == 1 ? (void *)&v1 : row->size == 2 ? (void *)&v2 : (void *)&v4, row->size);
}

static bool
take_syn_number(struct reading *rd, const struct member *m)
{
    const struct syn_number *row = m->row;
    int64_t value;

    if (!record_int(rd, 0, row->most, &value)) {
        return fail_syn(rd, row->name, "a whole number of its range");
    }
    store(syn_of(rd), row, value);
    return true;
}

/* Numbers of one connection; SYC_NONE (set by syc_record_init) stays where the event has none. */
static bool
take_own(struct reading *rd, const struct member *m)
{
    const struct own_number *row = m->row;
    int64_t value;

    if (!record_int(rd, 0, UINT32_MAX, &value)) {
        return fail_syn(rd, row->name, "a number of 32 bits");
    }
    memcpy((char *)&rd->out->syn_own[rd->side] + row->offset, &value, sizeof value);
    return true;
}

/* ------------------------------------------------------------ words and texts */

static bool
take_kind(struct reading *rd, const struct member *m)
{
    static const char *const kinds[] = {"syn", "syn+ack", NULL};
    int64_t kind = record_word(rd, kinds);

    syn_of(rd)->kind = (uint8_t)kind;
    return kind >= 0 || fail_syn(rd, m->name, "a word of the contract");
}

static bool
take_df(struct reading *rd, const struct member *m)
{
    bool df;

    if (!record_bool(rd, &df)) {
        return fail_syn(rd, m->name, "true or false");
    }
    syn_of(rd)->df = df;
    return true;
}

/* At most one octet less than the member: so each stays zero-terminated. */
static bool
take_syn_text(struct reading *rd, const struct member *m)
{
    const struct syn_text *row = m->row;
    char text[SYC_P0F_TEXT];

    if (!record_plain_text(rd, text, row->size - 1U)) {
        return fail_syn(rd, row->name, "a short text of printable ASCII");
    }
    memcpy((char *)syn_of(rd) + row->offset, text, strlen(text)); /* the rest is zero, for memcmp */
    return true;
}

static bool
take_unit(struct reading *rd, const struct member *m)
{
    const char *words[SYC_WINDOW_FLOOR65535 + 2] = {NULL};
    int64_t unit;

    (void)m;
    for (unsigned u = SYC_WINDOW_VALUE; u <= SYC_WINDOW_FLOOR65535; u++) {
        words[u] = syc_window_unit_name((enum syc_window_unit)u);
    }
    unit = record_word(rd, words);
    syn_of(rd)->window_unit = (uint8_t)unit;
    return unit >= 0 || fail_syn(rd, "window_law.unit", "a word of the contract");
}

static bool
take_n(struct reading *rd, const struct member *m)
{
    int64_t n;

    (void)m;
    if (!record_int(rd, 0, UINT32_MAX, &n)) {
        return fail_syn(rd, "window_law.n", "a number of 32 bits");
    }
    syn_of(rd)->window_n = (uint32_t)n;
    return true;
}

static bool
take_window_law(struct reading *rd, const struct member *m)
{
    if (!syc_pull_is(&rd->json, '{')) {
        return fail_syn(rd, m->name, "an object");
    }
    return record_object(rd, GROUP_WINDOW_LAW, m->name) &&
           (record_lacks(rd, GROUP_WINDOW_LAW) == NULL || fail_syn(rd, m->name, "unit and n"));
}

/* option_count is 0 before and counts up to the array's size at most. */
static bool
take_option_kinds(struct reading *rd, const struct member *m)
{
    struct syc_syn *syn = syn_of(rd);
    bool first = true;
    int64_t kind;

    if (!syc_pull_is(&rd->json, '[')) {
        return fail_syn(rd, m->name, "a list of at most 40");
    }
    while (syc_pull_element(&rd->json, &first)) {
        if (syn->option_count == sizeof syn->option_kinds) {
            return fail_syn(rd, m->name, "a list of at most 40");
        }
        if (!record_int(rd, 0, UINT8_MAX, &kind)) {
            return fail_syn(rd, m->name, "numbers of 0 to 255");
        }
        syn->option_kinds[syn->option_count++] = (uint8_t)kind;
    }
    return rd->json.fault == NULL;
}

/* A quirk's bit is an index of the list. */
static bool
take_quirks(struct reading *rd, const struct member *m)
{
#define X(name, word) word,
    static const char *const words[] = {SYC_QUIRK_LIST(X) NULL};
#undef X
    bool first = true;

    if (!syc_pull_is(&rd->json, '[')) {
        return fail_syn(rd, m->name, "a list");
    }
    while (syc_pull_element(&rd->json, &first)) {
        int64_t bit = record_word(rd, words);

        if (bit < 0) {
            return fail_syn(rd, m->name, "words of the contract");
        }
        syn_of(rd)->quirks |= UINT32_C(1) << bit;
    }
    return rd->json.fault == NULL;
}

/* ------------------------------------------------------------ the object */

/* Without `kind` the object holds only the connection's own numbers: the facts had found no room. */
static bool
take_syn(struct reading *rd, const struct member *m)
{
    const struct member *lacking;
    struct syc_syn *syn;

    rd->side = strcmp(m->name, objects[SYC_TOCLIENT]) == 0 ? SYC_TOCLIENT : SYC_TOSERVER;
    syn = syn_of(rd);
    memset(syn, 0, sizeof *syn);
    syn->kind = UINT8_MAX;
    for (size_t i = 0; i < COUNT(syn_numbers); i++) {
        store(syn, &syn_numbers[i],
              syn_numbers[i].otherwise != SYC_NONE ? syn_numbers[i].otherwise : 0);
    }
    if (!record_object(rd, GROUP_SYN, m->name)) {
        return false;
    }
    if (syn->kind == UINT8_MAX || rd->status != SYC_OK) {
        return true;
    }
    lacking = record_lacks(rd, GROUP_SYN);
    if (lacking != NULL) {
        return fail_syn(rd, lacking->name, "a value");
    }
    syn->has_payload = rd->out->syn_own[rd->side].payload_bytes > 0;
    rd->out->syn[rd->side] = syn;
    return true;
}

static const struct member syn_members[] = {
    {.name = "syn", .group = GROUP_ROOT, .take = take_syn},
    {.name = "syn_ack", .group = GROUP_ROOT, .take = take_syn},
    {.name = "kind", .group = GROUP_SYN, .take = take_kind},
    {.name = "df", .group = GROUP_SYN, .take = take_df},
    {.name = "window_law", .group = GROUP_SYN, .take = take_window_law, .required = true},
    {.name = "unit", .group = GROUP_WINDOW_LAW, .take = take_unit, .required = true},
    {.name = "n", .group = GROUP_WINDOW_LAW, .take = take_n, .required = true},
    {.name = "option_kinds", .group = GROUP_SYN, .take = take_option_kinds, .required = true},
    {.name = "quirks", .group = GROUP_SYN, .take = take_quirks, .required = true},
};

void
record_add_syns(struct members *t)
{
    for (size_t i = 0; i < COUNT(syn_members); i++) {
        record_add(t, syn_members[i]);
    }
    for (size_t i = 0; i < COUNT(syn_numbers); i++) {
        const struct syn_number *row = &syn_numbers[i];

        record_add(t, (struct member){.name = row->name,
                                      .group = GROUP_SYN,
                                      .row = row,
                                      .take = take_syn_number,
                                      .required = row->otherwise == SYC_NONE});
    }
    for (size_t i = 0; i < COUNT(syn_texts); i++) {
        record_add(t, (struct member){.name = syn_texts[i].name,
                                      .group = GROUP_SYN,
                                      .row = &syn_texts[i],
                                      .take = take_syn_text});
    }
    for (size_t i = 0; i < COUNT(own_numbers); i++) {
        record_add(t, (struct member){.name = own_numbers[i].name,
                                      .group = GROUP_SYN,
                                      .row = &own_numbers[i],
                                      .take = take_own});
    }
}
