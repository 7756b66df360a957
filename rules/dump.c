#include "rules/rules.h"
#include "rules/score_int.h"
#include "rules/sigma_correlation.h"
#include "rules/sigma_say.h"

#include <stdio.h>
#include <string.h>

/*
 * A loaded rule as a document again: normalized, so that what a run really asks can be read, compared and loaded.
 *
 * Written from the program, not from the text: aliases are fields, contains and its kin are patterns or what is left of
 * them, defaults stand where nothing was written. What loads from a dump asks the same.
 */

/* libyaml's emitter; once it has failed it takes nothing more. */
struct dump {
    yaml_emitter_t emitter;
    bool failed, no_memory;
};

static void
emit(struct dump *d, yaml_event_t *event, int made)
{
    if (d->failed || !made) {
        d->failed = true;
        return;
    }
    d->failed = !yaml_emitter_emit(&d->emitter, event);
}

/* Texts are quoted where they would read as something else; numbers and truth values stand plain. */
static void
scalar(struct dump *d, const char *text, bool quoted)
{
    yaml_event_t e;

    emit(d, &e,
         yaml_scalar_event_initialize(&e, NULL, NULL, (const yaml_char_t *)text, (int)strlen(text),
                                      1, 1,
                                      quoted ? YAML_SINGLE_QUOTED_SCALAR_STYLE
                                             : YAML_PLAIN_SCALAR_STYLE));
}

static void
open_map(struct dump *d)
{
    yaml_event_t e;

    emit(d, &e, yaml_mapping_start_event_initialize(&e, NULL, NULL, 1, YAML_BLOCK_MAPPING_STYLE));
}

static void
close_map(struct dump *d)
{
    yaml_event_t e;

    emit(d, &e, yaml_mapping_end_event_initialize(&e));
}

static void
open_list(struct dump *d)
{
    yaml_event_t e;

    emit(d, &e, yaml_sequence_start_event_initialize(&e, NULL, NULL, 1, YAML_FLOW_SEQUENCE_STYLE));
}

static void
close_list(struct dump *d)
{
    yaml_event_t e;

    emit(d, &e, yaml_sequence_end_event_initialize(&e));
}

/* Nothing for a text that is not there. */
static void
member(struct dump *d, const char *key, const char *text)
{
    if (text) {
        scalar(d, key, false);
        scalar(d, text, true);
    }
}

static void
number(struct dump *d, double f)
{
    char text[SYC_SIGMA_NUMBER];

    syc_sigma_say_number(f, text);
    scalar(d, text, false);
}

static void
member_number(struct dump *d, const char *key, double f)
{
    scalar(d, key, false);
    number(d, f);
}

static void
member_texts(struct dump *d, const char *key, const struct syc_sigma_texts *texts)
{
    if (texts->count > 0) {
        scalar(d, key, false);
        open_list(d);
        for (size_t i = 0; i < texts->count; i++) {
            scalar(d, texts->items[i], true);
        }
        close_list(d);
    }
}

/* ---- detection ---- */

/* A text of any length is written whole: cut off it would be another rule. */
static void
write_pattern(struct dump *d, const struct syc_operand *o)
{
    size_t room = 2 * o->u.text.count + 1;
    char *text = syc_alloc(room, 1);

    if (!text) {
        d->failed = d->no_memory = true;
        return;
    }
    syc_sigma_say_pattern(o, text, room);
    scalar(d, text, true);
    syc_free(text);
}

static void
write_operand(struct dump *d, const struct syc_sigma_test *t, const struct syc_operand *o)
{
    char text[SYC_SIGMA_SAY];

    if (o->kind == SYC_OPERAND_TEXT) {
        write_pattern(d, o);
        return;
    }
    syc_sigma_say_operand(t, o, text);
    scalar(d, text, o->kind == SYC_OPERAND_NET);
}

static void
write_test(struct dump *d, const struct syc_sigma_rule *rule, const struct syc_sigma_test *t)
{
    char key[SYC_SIGMA_SAY];

    syc_sigma_say_key(rule, t, key);
    scalar(d, key, false);
    if (t->op == SYC_TEST_FIELDREF) {
        scalar(d, rule->schema->fields[t->other].name, true);
        return;
    }
    if (t->count != 1) {
        open_list(d);
    }
    for (size_t i = 0; i < t->count; i++) {
        write_operand(d, t, &t->operands[i]);
    }
    if (t->count != 1) {
        close_list(d);
    }
}

/* Always a list of maps: one map is a list of one. */
static void
write_identifier(struct dump *d, const struct syc_sigma_rule *rule,
                 const struct syc_sigma_identifier *id)
{
    yaml_event_t e;

    scalar(d, id->name, false);
    emit(d, &e, yaml_sequence_start_event_initialize(&e, NULL, NULL, 1, YAML_BLOCK_SEQUENCE_STYLE));
    for (size_t g = 0; g < id->group_count; g++) {
        open_map(d);
        for (size_t i = 0; i < rule->program->test_count; i++) {
            if (id->groups[g] >> i & 1) {
                write_test(d, rule, &rule->program->tests[i]);
            }
        }
        close_map(d);
    }
    close_list(d);
}

static void
write_detection(struct dump *d, const struct syc_sigma_rule *rule)
{
    const struct syc_sigma_program *p = rule->program;

    scalar(d, "logsource", false);
    open_map(d);
    member(d, "product", "syncopate");
    member(d, "category", rule->schema->category);
    close_map(d);
    scalar(d, "detection", false);
    open_map(d);
    for (size_t i = 0; i < p->identifier_count; i++) {
        write_identifier(d, rule, &p->identifiers[i]);
    }
    member(d, "condition", p->condition);
    close_map(d);
}

/* ---- correlation ---- */

static void
write_words(struct dump *d, const char *key, const struct syc_sigma_word *words, size_t count)
{
    scalar(d, key, false);
    open_list(d);
    for (size_t i = 0; i < count; i++) {
        scalar(d, words[i].text, true);
    }
    close_list(d);
}

static void
write_condition(struct dump *d, const struct syc_sigma_correlation *c)
{
    char n[32];

    scalar(d, "condition", false);
    open_map(d);
    if (c->value_count > 0) {
        write_words(d, "field", c->columns + c->group_count, c->value_count);
    }
    for (size_t i = 0; i < c->bound_count; i++) {
        snprintf(n, sizeof(n), "%lld", (long long)c->bounds[i].n);
        scalar(d, c->bounds[i].op, false);
        scalar(d, n, false);
    }
    close_map(d);
}

/* Aliases of one name stand together, as they were read. */
static void
write_renames(struct dump *d, const struct syc_sigma_correlation *c)
{
    scalar(d, "aliases", false);
    open_map(d);
    for (size_t i = 0; i < c->rename_count; i++) {
        const struct syc_sigma_rename *r = &c->renames[i];
        bool first = i == 0 || strcmp(r->alias.text, r[-1].alias.text) != 0;

        if (first && i > 0) {
            close_map(d);
        }
        if (first) {
            scalar(d, r->alias.text, true);
            open_map(d);
        }
        scalar(d, r->rule.text, true);
        scalar(d, r->field.text, true);
    }
    close_map(d);
    close_map(d);
}

static void
write_correlation(struct dump *d, const struct syc_sigma_correlation *c)
{
    static const char *const kinds[] = {"event_count", "value_count", "temporal",
                                        "temporal_ordered"};

    scalar(d, "correlation", false);
    open_map(d);
    member(d, "type", kinds[c->kind]);
    scalar(d, "rules", false);
    open_list(d);
    for (size_t i = 0; i < c->ref_count; i++) {
        scalar(d, c->refs[i].word.text, true);
    }
    close_list(d);
    write_words(d, "group-by", c->columns, c->group_count);
    member(d, "timespan", c->timespan);
    if (c->bound_count > 0) {
        write_condition(d, c);
    }
    if (c->rename_count > 0) {
        write_renames(d, c);
    }
    close_map(d);
}

/* ---- the key of ours ---- */

static void
write_weight(struct dump *d, const struct syc_schema *schema, const struct syc_score_key *key)
{
    if (key->has_ramp) {
        scalar(d, "ramp", false);
        open_map(d);
        member(d, "field", schema->fields[key->ramp_field].name);
        member_number(d, "from", key->from);
        member_number(d, "to", key->to);
        scalar(d, "points", false);
        open_list(d);
        number(d, key->points[0]);
        number(d, key->points[1]);
        close_list(d);
        close_map(d);
    } else if (key->scores) {
        member_number(d, "points", key->points[0]);
    }
}

static void
write_needs(struct dump *d, const struct syc_schema *schema, const struct syc_score_key *key)
{
    char text[96];

    if (key->need_count == 0) {
        return;
    }
    scalar(d, "needs", false);
    open_map(d);
    for (size_t i = 0; i < key->need_count; i++) {
        const struct syc_need *need = &key->needs[i];

        snprintf(text, sizeof(text), "%.15g %s", need->least, need->unit);
        scalar(d, schema->fields[need->field].name, false);
        scalar(d, text, true);
    }
    close_map(d);
}

static void
write_subjects(struct dump *d, unsigned subjects)
{
    scalar(d, "subject", false);
    open_list(d);
    for (unsigned kind = 0; kind < SYC_SUBJECT_COUNT; kind++) {
        if (subjects >> kind & 1) {
            scalar(d, syc_subject_name((enum syc_subject_kind)kind), true);
        }
    }
    close_list(d);
}

static void
write_key(struct dump *d, const struct syc_sigma_rule *rule)
{
    const struct syc_score_key *key = rule->extra;

    scalar(d, "syncopate", false);
    open_map(d);
    member(d, "group", key->group);
    write_weight(d, rule->schema, key);
    write_needs(d, rule->schema, key);
    member(d, "kind", key->kind);
    if (key->hard) {
        scalar(d, "hard", false);
        scalar(d, "true", false);
    }
    member(d, "filter", key->filter);
    if (!rule->correlation) {
        write_subjects(d, key->subjects);
    }
    close_map(d);
}

/* ---- the whole ---- */

static void
write_related(struct dump *d, const struct syc_sigma_rule *rule)
{
    yaml_event_t e;

    if (rule->related_count == 0) {
        return;
    }
    scalar(d, "related", false);
    emit(d, &e, yaml_sequence_start_event_initialize(&e, NULL, NULL, 1, YAML_BLOCK_SEQUENCE_STYLE));
    for (size_t i = 0; i < rule->related_count; i++) {
        open_map(d);
        member(d, "id", rule->related[i].id);
        member(d, "type", rule->related[i].type);
        close_map(d);
    }
    close_list(d);
}

static void
write_rule(struct dump *d, const struct syc_sigma_rule *rule)
{
    open_map(d);
    member(d, "title", rule->title);
    member(d, "id", rule->id);
    member(d, "name", rule->name);
    write_related(d, rule);
    member(d, "taxonomy", rule->correlation ? rule->taxonomy : "syncopate");
    member(d, "status", rule->status);
    member(d, "description", rule->description);
    member(d, "license", rule->license);
    member(d, "author", rule->author);
    member_texts(d, "references", &rule->references);
    member(d, "date", rule->date);
    member(d, "modified", rule->modified);
    if (rule->correlation) {
        write_correlation(d, rule->correlation);
        if (rule->correlation->generate) {
            scalar(d, "generate", false);
            scalar(d, "true", false);
        }
    } else {
        write_detection(d, rule);
    }
    member_texts(d, "fields", &rule->fields);
    member_texts(d, "falsepositives", &rule->falsepositives);
    member(d, "level", rule->level);
    member_texts(d, "tags", &rule->tags);
    member_texts(d, "scope", &rule->scope);
    if (rule->extra) {
        write_key(d, rule);
    }
    close_map(d);
}

/* Where the emitter's octets go. */
struct sink {
    bool (*write)(void *user, const char *text, size_t n);
    void *user;
};

static int
on_octets(void *data, unsigned char *octets, size_t n)
{
    const struct sink *sink = data;

    return sink->write(sink->user, (const char *)octets, n);
}

enum syc_status
syc_ruleset_dump(const struct syc_ruleset *set,
                 bool (*write)(void *user, const char *text, size_t n), void *user)
{
    struct sink sink = {write, user};
    struct dump d = {.failed = false};
    yaml_event_t e;

    if (!yaml_emitter_initialize(&d.emitter)) {
        return SYC_NO_MEMORY;
    }
    yaml_emitter_set_output(&d.emitter, on_octets, &sink);
    yaml_emitter_set_width(&d.emitter, 100);
    emit(&d, &e, yaml_stream_start_event_initialize(&e, YAML_UTF8_ENCODING));
    for (size_t i = 0; i < syc_ruleset_loaded(set); i++) {
        emit(&d, &e, yaml_document_start_event_initialize(&e, NULL, NULL, NULL, 0));
        write_rule(&d, syc_ruleset_rule(set, i));
        emit(&d, &e, yaml_document_end_event_initialize(&e, 1));
    }
    emit(&d, &e, yaml_stream_end_event_initialize(&e));
    d.no_memory |= d.emitter.error == YAML_MEMORY_ERROR;
    yaml_emitter_delete(&d.emitter);
    return d.no_memory ? SYC_NO_MEMORY : d.failed ? SYC_IO : SYC_OK;
}
