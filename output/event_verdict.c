/* The verdict event: a label, and everything a person needs to redo the sum by hand. */

#include "output/output_int.h"

#include <stdio.h>

/* Points have one decimal (rules.h); four of the log-odds redo the score to less than a tenth of a point. */
enum { POINT_DIGITS = 2, ODDS_DIGITS = 4 };

/* "ip.addr in {10.0.0.7, 10.0.0.9}": as many members as are named. */
static void
format_members(const struct syc_subject *s, const char *field, char *out, size_t size)
{
    size_t n = (size_t)snprintf(out, size, "%s in {", field);

    for (int64_t i = 0; i < s->source_count && i < SYC_MEMBERS_MAX; i++) {
        char member[SYC_ADDR_TEXT];
        syc_addr_format(s->members[i], s->ip_v, member);
        n += (size_t)snprintf(out + n, size - n, "%s%s", i > 0 ? ", " : "", member);
    }
    snprintf(out + n, size - n, "}");
}

/*
 * "ip.addr == 10.0.0.7 && tcp.port == 443 && ip.addr == 192.0.2.1": what a person types into
 * Wireshark to see the subject's packets. At most eight addresses of 47 octets and 60 of words.
 */
static void
format_subject_filter(const struct syc_subject *s, char *out, size_t size)
{
    const char *field = s->ip_v == 4 ? "ip.addr" : "ipv6.addr";
    char source[SYC_ADDR_TEXT], dest[SYC_ADDR_TEXT];

    syc_addr_format(s->source, s->ip_v, source);
    syc_addr_format(s->dest, s->ip_v, dest);
    if (s->kind == SYC_SUBJECT_FLEET) {
        format_members(s, field, out, size);
    } else if (s->kind == SYC_SUBJECT_DESTINATION) {
        snprintf(out, size, "%s == %s && tcp.port == %u", field, dest, (unsigned)s->dest_port);
    } else if (s->kind == SYC_SUBJECT_PAIR) {
        snprintf(out, size, "%s == %s && tcp.port == %u && %s == %s", field, source,
                 (unsigned)s->dest_port, field, dest);
    } else if (s->kind == SYC_SUBJECT_SUBSTREAM) { /* its program has no field of its own */
        snprintf(out, size, "%s == %s && tcp.port == %u", field, source, (unsigned)s->dest_port);
    } else {
        snprintf(out, size, "%s == %s", field, source);
    }
}

/*
 * The subject's addresses, and of what they sent only what the rule is about. In parentheses: a
 * rule's filter may hold "or", which binds less than the "and" before it.
 */
static void
write_display_filter(struct syc_json *j, const struct syc_subject *s, const char *filter)
{
    char subject[512];
    struct syc_json_part parts[4] = {{subject, 0}, {" && (", 5}, {filter, 0}, {")", 1}};
    size_t count = 1;

    format_subject_filter(s, subject, sizeof subject);
    parts[0].n = strlen(subject);
    if (filter != NULL && filter[0] != '\0') {
        parts[2].n = strlen(filter);
        count = 4;
    }
    syc_json_key(j, "display_filter");
    syc_json_text_parts(j, parts, count);
}

/* Under the names of the schema, dots and all: here they are what the rule wrote, not a tree. */
static void
write_values(struct syc_json *j, const struct syc_evidence *e)
{
    syc_json_member_open(j, "values", '{');
    for (size_t i = 0; i < e->value_count; i++) {
        if (e->values[i].value->type != SYC_ABSENT) {
            syc_json_key(j, e->values[i].name);
            syc_json_value(j, e->values[i].value);
        }
    }
    syc_json_close(j, '}');
}

static void
write_texts(struct syc_json *j, const char *name, const char *const *texts, size_t count)
{
    syc_json_member_open(j, name, '[');
    for (size_t i = 0; i < count; i++) {
        syc_json_text(j, texts[i]);
    }
    syc_json_close(j, ']');
}

/* Examples: a correlation's own and when they were, else the subject's. */
static void
write_connections(struct syc_json *j, const struct syc_subject *s, const struct syc_evidence *e)
{
    if (e->correlated == NULL) {
        syc_event_flow_ids(j, s);
        return;
    }
    syc_json_member_open(j, "window", '{');
    syc_json_member_time(j, "start", e->correlated->start_us);
    syc_json_member_time(j, "end", e->correlated->end_us);
    syc_json_close(j, '}');
    syc_json_member_open(j, "flow_ids", '[');
    for (size_t i = 0; i < e->correlated->flow_id_count; i++) {
        syc_json_int(j, e->correlated->flow_ids[i]);
    }
    syc_json_close(j, ']');
}

/* Also what did not count: a reader who redoes the sum must see why it was left out. */
static void
write_evidence(struct syc_json *j, const struct syc_subject *s, const struct syc_evidence *e)
{
    syc_json_open(j, '{');
    syc_json_member_text(j, "rule", e->rule);
    syc_json_member_text(j, "rule_id", e->rule_id);
    syc_json_member_text(j, "title", e->title);
    syc_json_member_text(j, "group", e->group);
    syc_json_member_text(j, "level", e->level);
    syc_json_member_real(j, "points", e->points, POINT_DIGITS);
    syc_json_member_real(j, "log_odds", e->log_odds, ODDS_DIGITS);
    syc_json_member_bool(j, "hard", e->hard);
    syc_json_member_bool(j, "counted", e->counted);
    write_texts(j, "identifiers", e->identifiers, e->identifier_count);
    write_values(j, e);
    if (e->n != SYC_NONE) {
        syc_json_member_int(j, "n", e->n);
    }
    write_connections(j, s, e);
    write_display_filter(j, s, e->filter);
    syc_json_close(j, '}');
}

/*
 * ---- what is missing ----
 *
 *    missing[i] --rule's name, why, figures--> key --> place in the table --equal? copy the octets
 *                                                                        '--else write, and keep them there
 *
 * A place holds whoever came last: nothing is looked for elsewhere, nothing is ever full, and what was overwritten is
 * written again when it comes. What is copied is what would be written, so output does not depend on what came before.
 *
 * Tried before: the whole list, copied while it equals the last one. It served floods, whose sources are no longer judged
 * one by one; of other sources' lists ten of 2,549 equal the one before (3 M mixed packets).
 */

enum { LACK_BITS = 9, LACK_WORDS = 4, RULESET_OCTETS = 80 };

/* One entry of the list as it was written, and of what; words 0: none. */
struct lack {
    uint64_t key[LACK_WORDS];
    size_t words, n;
    char text[144];
};

/* Each in the place that its key chooses; all of one rule set, since a rule's name stands for its words. */
struct syc_missing_text {
    char ruleset[RULESET_OCTETS];
    struct lack lacks[1 << LACK_BITS];
};

static void
write_lack(struct syc_json *j, const struct syc_verdict *v, size_t i)
{
    char needs[SYC_NEEDS_TEXT];

    syc_missing_needs(v, i, needs);
    syc_json_open(j, '{');
    syc_json_member_text(j, "rule", v->missing[i].rule);
    syc_json_member_text(j, "needs", needs);
    syc_json_close(j, '}');
}

static struct lack *
lack_place(struct syc_missing_text *kept, const uint64_t *key, size_t words, const char *rule)
{
    uint64_t hash = (uint64_t)(uintptr_t)rule;

    for (size_t i = 0; i < words; i++) {
        hash = (hash ^ hash >> 32 ^ key[i]) * UINT64_C(0x9e3779b97f4a7c15);
    }
    return &kept->lacks[hash >>
                        (64 - LACK_BITS)]; /* whole figures differ in their upper bits only */
}

/* By name and not by address: another rule may stand there since. A name that JSON escapes is not found. */
static bool
is_kept(const struct lack *l, const uint64_t *key, size_t words, const char *rule)
{
    static const char before[] = "{\"rule\":\"";
    size_t n = strlen(rule);

    return l->words == words && memcmp(l->key, key, words * sizeof(*key)) == 0 &&
           sizeof(before) + n < l->n && memcmp(l->text + sizeof(before) - 1, rule, n) == 0 &&
           l->text[sizeof(before) - 1 + n] == '"';
}

/*
 * Rules lack the same few counts again and again, source for source: of 52,000 entries over 3 M mixed packets 278 differ,
 * and writing each was two thirds of a verdict's cost (callgrind).
 */
static void
repeat_lack(struct syc_json *j, const struct syc_verdict *v, size_t i)
{
    uint64_t key[LACK_WORDS];
    const char *rule = v->missing[i].rule;
    size_t words = j->missing != NULL ? syc_missing_key(v, i, key, LACK_WORDS) : 0;
    struct lack *kept = words > 0 ? lack_place(j->missing, key, words, rule) : NULL;
    size_t from = j->n + j->comma;

    if (kept != NULL && is_kept(kept, key, words, rule)) {
        syc_json_again(j, kept->text, kept->n);
        return;
    }
    write_lack(j, v, i);
    if (kept != NULL && !j->failed && j->n - from <= sizeof(kept->text)) {
        kept->words = words;
        kept->n = j->n - from;
        memcpy(kept->key, key, words * sizeof(*key));
        memcpy(kept->text, j->text + from, kept->n);
    }
}

/* What was kept is of this rule set, or nothing is kept; without memory each entry is written. */
static void
keep_for(struct syc_json *j, const char *ruleset)
{
    if (j->missing != NULL && strcmp(j->missing->ruleset, ruleset) != 0) {
        syc_free(j->missing);
        j->missing = NULL;
    }
    if (j->missing == NULL && strlen(ruleset) < RULESET_OCTETS) {
        j->missing = syc_alloc(1, sizeof(*j->missing));
        if (j->missing != NULL) {
            memcpy(j->missing->ruleset, ruleset, strlen(ruleset));
        }
    }
}

/* An empty list is written, too: nothing was missing, which is not the same as nothing said. */
static void
write_missing(struct syc_json *j, const struct syc_verdict *v, const char *ruleset)
{
    keep_for(j, ruleset != NULL ? ruleset : "");
    syc_json_member_open(j, "missing", '[');
    for (size_t i = 0; i < v->missing_count; i++) {
        repeat_lack(j, v, i);
    }
    syc_json_close(j, ']');
}

static void
write_verdict(struct syc_json *j, const struct syc_verdict *v, const char *ruleset, bool final)
{
    syc_json_member_text(j, "subject", syc_subject_name(v->subject->kind));
    syc_json_member_text(j, "label", syc_label_name(v->label));
    syc_json_member_int(j, "score", v->score);
    syc_json_member_real(j, "log_odds", v->log_odds, ODDS_DIGITS);
    syc_json_member_real(j, "prior", v->prior, ODDS_DIGITS);
    write_texts(j, "kinds", v->kinds, v->kind_count);
    syc_event_window(j, v->subject);
    syc_json_member_bool(j, "final", final);
    syc_json_member_int(j, "conn_count", v->subject->conn_count);
    syc_json_member_text(j, "ruleset", ruleset);
    syc_json_member_open(j, "evidence", '[');
    for (size_t i = 0; i < v->evidence_count; i++) {
        write_evidence(j, v->subject, &v->evidence[i]);
    }
    syc_json_close(j, ']');
    write_missing(j, v, ruleset);
}

void
syc_emit_verdict(struct syc_output *o, const struct syc_verdict *v, const char *ruleset, bool final)
{
    struct syc_json *j = syc_output_begin(o);

    if (j == NULL) {
        return;
    }
    syc_event_begin(j, "verdict", v->subject->window_end_us, o->sensor);
    syc_event_subject(j, v->subject);
    syc_json_member_open(j, "verdict", '{');
    write_verdict(j, v, ruleset, final);
    syc_json_close(j, '}');
    syc_event_end_subject(j, v->subject);
    syc_output_end(o);
}
