#include "rules/score_int.h"
#include "rules/sigma_int.h"

#include <stdio.h>
#include <string.h>

/*
 * The `syncopate:` key of a rule.
 *
 *     syncopate:
 *         group: gap                   # within a group only the strongest counts; default: the rule's own name
 *         points: 85                   # 1..99; 50 = no evidence, above it for automation, below against
 *         ramp: {field: iat.cv, from: 0.3, to: 0.1, points: [60, 90]}    # instead of points
 *         needs: {iat.n: 10}           # below it the rule abstains, and says "7 of 10 gaps"
 *         kind: beacon                 # what sort of automation it shows
 *         subject: destination         # whom it is asked about, one or a list; default: source, pair and substream
 *         hard: true                   # never outweighed by evidence against
 *         filter: tcp.len > 0          # a display filter that shows the evidence, without the address part
 *
 * A word this file does not know is an error, not a warning as at Sigma's top level: a misspelled "needs" would make
 * a rule speak on two samples.
 */

enum { WORD_MAX = 32, FILTER_MAX = 1024 };

/* What a sample is called in "7 of 10 gaps" when the rule does not say. */
static const struct {
    const char *field, *unit;
} units[] = {
    {"iat.n", "gaps"},
    {"episode.n", "activity gaps"},
    {"heavy.n", "heavy episodes"},
    {"conn.count", "connections"},
    {"conn.turns", "requests"},
    {"conn.span_s", "seconds"},
    {"idle_close.n", "idle closes"},
    {"tls.full", "full TLS handshakes"},
    {"tls.resumed", "resumed TLS handshakes"},
    {"port.distinct", "source ports"},
    {"dest.addr_distinct", "destination addresses"},
    {"dest.port_distinct", "destination ports"},
    {"src.addr_distinct", "client addresses"},
    {"syn.retry_count", "SYN retries"},
};

/* One key being read; has_points tells plain points from those of a ramp, which may not stand together. */
struct key_reader {
    struct syc_sigma_reader *r;
    struct syc_score_key *key;
    const struct syc_sigma_rule *rule;
    bool has_points;
};

/* A text for as long as the set lives. */
static const char *
keep(struct syc_sigma_reader *r, const char *text, size_t n)
{
    const char *copy = syc_arena_text(r->arena, text, n);

    if (!copy) {
        r->status = SYC_NO_MEMORY;
    }
    return copy;
}

/* A figure between least and most, or a finding that says so; integers and fractions alike. */
static bool
read_figure(struct syc_sigma_reader *r, const struct syc_yaml_node *node, enum syc_sigma_code code,
            double least, double most, double *out)
{
    int64_t i = 0;
    double f = 0;
    enum syc_number number = syc_sigma_number(node, &i, &f);

    if ((number != SYC_NUMBER_INT && number != SYC_NUMBER_REAL) || f < least || f > most) {
        syc_sigma_report(r, code, node->at, NULL, "expected a number from %.15g to %.15g", least,
                         most);
        return false;
    }
    *out = f;
    return true;
}

/* 1..99: 0 and 100 would be certainty, whose log-odds are infinite. */
static bool
read_points(struct syc_sigma_reader *r, const struct syc_yaml_node *node, double *out)
{
    return read_figure(r, node, SYC_SIGMA_EXTRA_POINTS, 1, 99, out);
}

/* The index of a numeric field, or -1 with a finding: ramps and needs compare figures. */
static int
numeric_field(struct syc_sigma_reader *r, const struct syc_yaml_node *node)
{
    int field = syc_sigma_field(r, node->text, node->at);

    if (field >= 0 && r->schema->fields[field].type != SYC_INT &&
        r->schema->fields[field].type != SYC_REAL) {
        syc_sigma_report(r, SYC_SIGMA_EXTRA_FIELD_TYPE, node->at, NULL,
                         "field \"%s\" is not a number", r->schema->fields[field].name);
        return -1;
    }
    return field;
}

/* ---- the keys ---- */

/* group and kind end up in reports and in other systems' filters: words, not texts. */
static const char *
read_word(struct syc_sigma_reader *r, const struct syc_yaml_node *node)
{
    static const char *const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                       "0123456789_-";

    if (node->length == 0 || node->length > WORD_MAX ||
        node->text[strspn(node->text, letters)] != '\0') {
        syc_sigma_report(r, SYC_SIGMA_TYPE, node->at, NULL,
                         "\"%s\" must be a word of at most %d letters, digits, - and _",
                         node->key->text, WORD_MAX);
        return NULL;
    }
    return keep(r, node->text, node->length);
}

/* What may count once together. */
static void
read_group(struct key_reader *k, const struct syc_yaml_node *node)
{
    k->key->group = read_word(k->r, node);
}

static void
read_kind(struct key_reader *k, const struct syc_yaml_node *node)
{
    k->key->kind = read_word(k->r, node);
}

/* Kept as written: whether it parses, only Wireshark knows. One line, because tables and reports show it in one. */
static void
read_filter(struct key_reader *k, const struct syc_yaml_node *node)
{
    if (node->kind != SYC_YAML_SCALAR || node->length == 0 || node->length > FILTER_MAX ||
        strpbrk(node->text, "\r\n")) {
        syc_sigma_report(k->r, SYC_SIGMA_TYPE, node->at, NULL,
                         "\"filter\" must be one line of a display filter");
        return;
    }
    k->key->filter = keep(k->r, node->text, node->length);
}

/* One of the kinds, or -1 with a finding. */
static int
subject_of(struct syc_sigma_reader *r, const struct syc_yaml_node *node)
{
    const char *names[SYC_SUBJECT_COUNT + 1] = {NULL};
    char quoted[SYC_SIGMA_QUOTE], hint[SYC_SIGMA_QUOTE + 32];

    for (int i = 0; i < SYC_SUBJECT_COUNT; i++) {
        names[i] = syc_subject_name((enum syc_subject_kind)i);
        if (node->kind == SYC_YAML_SCALAR && strcmp(names[i], node->text) == 0) {
            return i;
        }
    }
    syc_sigma_report(r, SYC_SIGMA_TYPE, node->at,
                     node->kind == SYC_YAML_SCALAR
                         ? syc_sigma_suggest(syc_sigma_nearest(names, node->text), hint)
                         : NULL,
                     "%s is no kind of subject", syc_sigma_quote(node, quoted));
    return -1;
}

/* A word, or a list of words; an empty list would be a rule that nobody ever asks. */
static void
read_subject(struct key_reader *k, const struct syc_yaml_node *node)
{
    bool list = node->kind == SYC_YAML_LIST;
    unsigned subjects = 0;

    for (const struct syc_yaml_node *at = list ? node->first : node; at;
         at = list ? at->next : NULL) {
        int kind = subject_of(k->r, at);
        subjects |= kind >= 0 ? 1U << kind : 0;
    }
    if (list && !node->first) {
        syc_sigma_report(k->r, SYC_SIGMA_TYPE, node->at, NULL, "\"subject\" must name one");
    }
    k->key->subjects = subjects;
}

static void
read_hard(struct key_reader *k, const struct syc_yaml_node *node)
{
    if (!syc_sigma_bool(node, &k->key->hard)) {
        syc_sigma_report(k->r, SYC_SIGMA_TYPE, node->at, NULL, "\"hard\" takes true or false");
    }
}

/* Plain points are a ramp that is level. */
static void
read_plain_points(struct key_reader *k, const struct syc_yaml_node *node)
{
    k->has_points = true;
    k->key->scores = true;
    if (read_points(k->r, node, &k->key->points[0])) {
        k->key->points[1] = k->key->points[0];
    }
}

/* Two, in the order of from and to: a ramp may rise or fall in points as in figures. */
static void
read_ramp_points(struct key_reader *k, const struct syc_yaml_node *node)
{
    if (node->kind != SYC_YAML_LIST || node->count != 2) {
        syc_sigma_report(k->r, SYC_SIGMA_EXTRA_RAMP, node->at, NULL,
                         "\"points\" of a ramp are two: [at from, at to]");
        return;
    }
    if (read_points(k->r, node->first, &k->key->points[0])) {
        (void)!read_points(k->r, node->last, &k->key->points[1]);
    }
}

/*
 * `from` may be the larger figure (a ramp that falls). The two must differ: the slope is divided by
 * their distance.
 */
static void
read_ramp(struct key_reader *k, const struct syc_yaml_node *node)
{
    const struct syc_yaml_node *field = syc_yaml_find(node, "field");
    const struct syc_yaml_node *from = syc_yaml_find(node, "from");
    const struct syc_yaml_node *to = syc_yaml_find(node, "to");
    const struct syc_yaml_node *points = syc_yaml_find(node, "points");
    struct syc_score_key *key = k->key;

    key->scores = true;
    key->has_ramp = true;
    if (!field || !from || !to || !points || node->count != 4 || field->kind != SYC_YAML_SCALAR) {
        syc_sigma_report(k->r, SYC_SIGMA_EXTRA_RAMP, node->at, NULL,
                         "a ramp has exactly: field, from, to, points");
        return;
    }
    int index = numeric_field(k->r, field);

    key->ramp_field = index < 0 ? 0 : (uint16_t)index;
    if (read_figure(k->r, from, SYC_SIGMA_EXTRA_RAMP, -1e15, 1e15, &key->from) &&
        read_figure(k->r, to, SYC_SIGMA_EXTRA_RAMP, -1e15, 1e15, &key->to) &&
        key->from == key->to) {
        syc_sigma_report(k->r, SYC_SIGMA_EXTRA_RAMP, to->at, NULL,
                         "a ramp from a figure to itself has no slope; use plain points");
    }
    read_ramp_points(k, points);
}

/* What a sample counts, by its field; the field's own name where no word is known. */
static const char *
default_unit(const char *field)
{
    for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
        if (strcmp(units[i].field, field) == 0) {
            return units[i].unit;
        }
    }
    return field;
}

/* " of 10 gaps", and whether its fact counts a sample. */
static void
word_need(struct key_reader *k, struct syc_need *need)
{
    const char *name = k->r->schema->fields[need->field].name;
    size_t n = strlen(name);
    char least[SYC_FIGURE_TEXT];
    char text[SYC_NEEDS_TEXT]; /* more of it is never said */

    need->sample = n > 2 && strcmp(name + n - 2, ".n") == 0;
    syc_score_figure(need->least, least);
    snprintf(text, sizeof(text), " of %s %s", least, need->unit);
    need->of = keep(k->r, text, strlen(text));
}

/* "10" or "10 heavy episodes": a figure, then what it counts, if the usual word does not fit. */
static void
read_need(struct key_reader *k, const struct syc_yaml_node *node)
{
    struct syc_score_key *key = k->key;
    char figure[32] = "";
    size_t n = strcspn(node->text, " ");
    struct syc_yaml_node number = *node;
    const char *unit = node->text + n + strspn(node->text + n, " ");
    struct syc_need *need = &key->needs[key->need_count];
    int field = numeric_field(k->r, node->key);

    if (node->kind != SYC_YAML_SCALAR || n >= sizeof(figure) || strlen(unit) > WORD_MAX) {
        syc_sigma_report(k->r, SYC_SIGMA_EXTRA_NEEDS, node->at, NULL,
                         "a need is a figure, or a figure and what it counts: 10 gaps");
        return;
    }
    memcpy(figure, node->text, n);
    number.text = figure;
    if (!read_figure(k->r, &number, SYC_SIGMA_EXTRA_NEEDS, 0, 1e15, &need->least)) {
        return;
    }
    if (field < 0) {
        key->need_count += k->rule->correlation != NULL; /* for check_whole() to refuse */
        return;
    }
    need->field = (uint16_t)field;
    need->unit =
        *unit ? keep(k->r, unit, strlen(unit)) : default_unit(k->r->schema->fields[field].name);
    if (need->unit != NULL) {
        word_need(k, need);
    }
    key->need_count++;
}

/* The same field twice cannot come: keys of a map are unique (sigma_yaml.c). */
static void
read_needs(struct key_reader *k, const struct syc_yaml_node *node)
{
    if (node->kind != SYC_YAML_MAP || node->count == 0 || node->count > SYC_NEEDS_MAX) {
        syc_sigma_report(k->r, SYC_SIGMA_EXTRA_NEEDS, node->at, NULL,
                         "\"needs\" must be a map of 1 to %d fields to their least figures",
                         SYC_NEEDS_MAX);
        return;
    }
    for (const struct syc_yaml_node *need = node->first; need; need = need->next) {
        read_need(k, need);
    }
}

static const struct {
    const char *name;
    void (*read)(struct key_reader *k, const struct syc_yaml_node *node);
} readers[] = {
    {"group", read_group},   {"points", read_plain_points}, {"ramp", read_ramp},
    {"needs", read_needs},   {"kind", read_kind},           {"hard", read_hard},
    {"filter", read_filter}, {"subject", read_subject},
};
enum { READERS = sizeof(readers) / sizeof(*readers) };

/* Unlike at the top level of a rule, an unknown key is an error here: it would be a score that was meant and lost. */
static void
read_entry(struct key_reader *k, const struct syc_yaml_node *node)
{
    const char *names[READERS + 1] = {NULL};
    char quoted[SYC_SIGMA_QUOTE], hint[SYC_SIGMA_QUOTE + 32];

    for (size_t i = 0; i < READERS; i++) {
        if (strcmp(readers[i].name, node->key->text) == 0) {
            readers[i].read(k, node);
            return;
        }
        names[i] = readers[i].name;
    }
    syc_sigma_report(k->r, SYC_SIGMA_EXTRA_KEY, node->key->at,
                     syc_sigma_suggest(syc_sigma_nearest(names, node->key->text), hint),
                     "unknown key %s under \"syncopate\"", syc_sigma_quote(node->key, quoted));
}

/* ---- the whole ---- */

/* What only shows when all is read. After an error above, silence: these would be its echo. */
static void
check_whole(struct key_reader *k, const struct syc_yaml_node *node)
{
    const struct syc_score_key *key = k->key;

    if (k->rule->correlation && (key->has_ramp || key->need_count > 0)) {
        syc_sigma_report(
            k->r, SYC_SIGMA_EXTRA_CORRELATION, node->at, NULL,
            "a correlation has plain \"points\" alone: it reads no facts for a ramp or "
            "needs");
    }
    if (k->rule->correlation && key->subjects != SYC_SUBJECTS_DEFAULT) {
        syc_sigma_report(k->r, SYC_SIGMA_EXTRA_CORRELATION, node->at, NULL,
                         "a correlation has no \"subject\": it is evidence about the sources and "
                         "pairs of its connections");
    }
    if (k->has_points && key->has_ramp) {
        syc_sigma_report(k->r, SYC_SIGMA_EXTRA_BOTH, node->at, NULL,
                         "a rule has \"points\" or a \"ramp\", not both");
    }
    if (key->hard && (!key->scores || key->points[0] <= 50 || key->points[1] <= 50)) {
        syc_sigma_report(k->r, SYC_SIGMA_EXTRA_HARD, node->at, NULL,
                         "a hard rule speaks for automation: its points must be over 50");
    }
    if (!key->scores) {
        syc_sigma_report(k->r, SYC_SIGMA_EXTRA_SILENT, node->at, NULL,
                         "without \"points\" or a \"ramp\" the rule scores nothing");
    } else if (!key->group) {
        syc_sigma_report(k->r, SYC_SIGMA_EXTRA_GROUP, node->at, NULL,
                         "no \"group\": the rule adds to whatever else fires");
    }
}

/* Into a sorted list without doubles. */
static size_t
insert(uint16_t *fields, size_t n, uint16_t field)
{
    size_t at = 0;

    while (at < n && fields[at] < field) {
        at++;
    }
    if (at < n && fields[at] == field) {
        return n;
    }
    memmove(fields + at + 1, fields + at, (n - at) * sizeof(*fields));
    fields[at] = field;
    return n + 1;
}

/*
 * Every field a reader of the evidence needs to redo it: what the condition reads, the ramp, and the samples. The
 * room is that of all of them without doubles.
 */
static void
collect_fields(struct syc_sigma_reader *r, const struct syc_yaml_node *node,
               const struct syc_sigma_rule *rule, struct syc_score_key *key)
{
    const uint16_t *read;
    size_t n = syc_sigma_fields(rule, &read);
    uint16_t *all = syc_arena_alloc(r->arena, (n + SYC_NEEDS_MAX + 1) * sizeof(*all));

    if (!all) {
        r->status = SYC_NO_MEMORY;
        return;
    }
    memcpy(all, read, n * sizeof(*all));
    if (key->has_ramp) {
        n = insert(all, n, key->ramp_field);
    }
    for (size_t i = 0; i < key->need_count; i++) {
        n = insert(all, n, key->needs[i].field);
    }
    key->fields = all;
    key->field_count = n;
    if (n > SYC_EVIDENCE_VALUES) {
        syc_sigma_report(r, SYC_SIGMA_EXTRA_WIDE, node->at, NULL,
                         "the rule reads %zu fields; its evidence shows the first %d", n,
                         SYC_EVIDENCE_VALUES);
    }
}

/* The extension's reader (sigma.h): makes rule->extra, in the set's arena. */
static enum syc_status
read_key(struct syc_sigma_reader *r, const struct syc_yaml_node *node,
         const struct syc_sigma_rule *rule, const void **extra)
{
    struct syc_score_key *key = syc_arena_alloc(r->arena, sizeof(*key));
    struct key_reader k = {.r = r, .key = key, .rule = rule};

    if (!key) {
        return SYC_NO_MEMORY;
    }
    *key = (struct syc_score_key){.points = {50, 50}, .subjects = SYC_SUBJECTS_DEFAULT};
    if (node->kind != SYC_YAML_MAP) {
        syc_sigma_report(r, SYC_SIGMA_TYPE, node->at, NULL, "\"syncopate\" must be a map");
        return r->status;
    }
    for (const struct syc_yaml_node *entry = node->first; entry; entry = entry->next) {
        read_entry(&k, entry);
    }
    if (!r->refused) {
        check_whole(&k, node->key);
    }
    collect_fields(r, node, rule, key);
    if (!key->group) {
        key->group = rule->name;
    }
    *extra = key;
    return r->status;
}

const struct syc_sigma_extension syc_score_extension = {"syncopate", read_key};
