#include "rules/sigma_correlation.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

/*
 * One document of YAML into one rule.
 *
 *     is it a map?                          no: refused
 *     is it for another product?            skipped, not judged: a whole Sigma tree can be pointed at
 *     is it a filter, a collection?         refused by name, nothing else is looked at
 *     top-level keys                        by a table: what they hold, where it goes, what is checked
 *     logsource, detection                  the schema first, since the detection needs it; or: correlation
 *     the extension's key                   last: it may ask which fields the detection reads
 *     no error so far?                      kept; else refused whole
 *
 * All of that runs even after an error, because every fault of a document should be told in one run. An error
 * anywhere refuses the rule: half a rule is another rule than its author wrote.
 *
 * Keys that Sigma does not know are warned of and ignored, as its specification wants: rules carry other tools' keys.
 */

/* A title or name is a label, not a text: Sigma's published schema has these lengths, and none for others. */
enum { LABEL_MAX = 256, DESCRIPTION_MAX = 65535 };

/* ---- what a key may hold ---- */

static const char *const status_words[] = {"stable",     "test",        "experimental",
                                           "deprecated", "unsupported", NULL};
static const char *const level_words[] = {"informational", "low",      "medium",
                                          "high",          "critical", NULL};

/* Is text one of the words? Letters count by their case, as in Sigma's published schema. */
static bool
known(const char *const *words, const char *text)
{
    for (; *words; words++) {
        if (strcmp(*words, text) == 0) {
            return true;
        }
    }
    return false;
}

/* Status and level are closed lists: a slip would change what a verdict shows. */
static void
check_word(struct syc_sigma_reader *r, const struct syc_yaml_node *node, const char *const *words)
{
    char quoted[SYC_SIGMA_QUOTE], hint[SYC_SIGMA_QUOTE + 32];

    if (!known(words, node->text)) {
        syc_sigma_report(r, SYC_SIGMA_WORD, node->at,
                         syc_sigma_suggest(syc_sigma_nearest(words, node->text), hint),
                         "%s is no %s of Sigma", syc_sigma_quote(node, quoted), node->key->text);
    }
}

/* Sigma's five. */
static void
check_status(struct syc_sigma_reader *r, const struct syc_yaml_node *node)
{
    check_word(r, node, status_words);
}

/* Sigma's five; only shown, never scored. */
static void
check_level(struct syc_sigma_reader *r, const struct syc_yaml_node *node)
{
    check_word(r, node, level_words);
}

/* Does text have the shape: X = hexadecimal digit, 9 = decimal digit, anything else itself? */
static bool
has_shape(const char *text, const char *shape)
{
    for (; *shape; shape++, text++) {
        bool digit = *text >= '0' && *text <= '9';
        bool hex = digit || (*text >= 'a' && *text <= 'f') || (*text >= 'A' && *text <= 'F');

        if (*shape == 'X' ? !hex : *shape == '9' ? !digit : *text != *shape) {
            return false;
        }
    }
    return *text == '\0';
}

/* A warning only: Sigma recommends UUIDs and demands none. */
static void
check_id(struct syc_sigma_reader *r, const struct syc_yaml_node *node)
{
    char quoted[SYC_SIGMA_QUOTE];

    if (!has_shape(node->text, "XXXXXXXX-XXXX-XXXX-XXXX-XXXXXXXXXXXX")) {
        syc_sigma_report(r, SYC_SIGMA_ID, node->at, NULL, "%s is not a UUID",
                         syc_sigma_quote(node, quoted));
    }
}

/*
 * Year-month-day as in Sigma's published schema; a warning, since older rules write 2021/03/04. Days of months
 * are not counted.
 */
static void
check_date(struct syc_sigma_reader *r, const struct syc_yaml_node *node)
{
    char quoted[SYC_SIGMA_QUOTE];
    const char *t = node->text;
    bool good = has_shape(t, "9999-99-99");
    int month = good ? 10 * (t[5] - '0') + t[6] - '0' : 0;
    int day = good ? 10 * (t[8] - '0') + t[9] - '0' : 0;

    if (month < 1 || month > 12 || day < 1 || day > 31) {
        syc_sigma_report(r, SYC_SIGMA_DATE, node->at, NULL, "%s is not a date as 2026-11-25",
                         syc_sigma_quote(node, quoted));
    }
}

/* Sigma's own field names come through aliases; a rule in our taxonomy must use our names. */
static void
check_taxonomy(struct syc_sigma_reader *r, const struct syc_yaml_node *node)
{
    char quoted[SYC_SIGMA_QUOTE], hint[SYC_SIGMA_QUOTE + 32];
    const char *ours = r->set->options.product;

    r->aliases = strcmp(node->text, "sigma") == 0;
    if (!r->aliases && strcmp(node->text, ours) != 0) {
        syc_sigma_report(r, SYC_SIGMA_TAXONOMY, node->at, syc_sigma_suggest(ours, hint),
                         "taxonomy %s is not known", syc_sigma_quote(node, quoted));
    }
}

/* ELSEWHERE: known, but read by a function of its own (read_required). */
enum key_kind { KEY_TEXT, KEY_LIST, KEY_RELATED, KEY_ELSEWHERE };

/* Sigma's top-level keys: what they hold and where that goes. */
static const struct known_key {
    const char *name;
    enum key_kind kind;
    size_t offset; /* in struct syc_sigma_rule */
    size_t max;    /* characters of a text */
    void (*check)(struct syc_sigma_reader *r, const struct syc_yaml_node *node);
} known_keys[] = {
    {"title", KEY_TEXT, offsetof(struct syc_sigma_rule, title), LABEL_MAX, NULL},
    {"id", KEY_TEXT, offsetof(struct syc_sigma_rule, id), LABEL_MAX, check_id},
    {"name", KEY_TEXT, offsetof(struct syc_sigma_rule, name), LABEL_MAX, NULL},
    {"taxonomy", KEY_TEXT, offsetof(struct syc_sigma_rule, taxonomy), LABEL_MAX, check_taxonomy},
    {"status", KEY_TEXT, offsetof(struct syc_sigma_rule, status), LABEL_MAX, check_status},
    {"description", KEY_TEXT, offsetof(struct syc_sigma_rule, description), DESCRIPTION_MAX, NULL},
    {"license", KEY_TEXT, offsetof(struct syc_sigma_rule, license), DESCRIPTION_MAX, NULL},
    {"author", KEY_TEXT, offsetof(struct syc_sigma_rule, author), DESCRIPTION_MAX, NULL},
    {"date", KEY_TEXT, offsetof(struct syc_sigma_rule, date), LABEL_MAX, check_date},
    {"modified", KEY_TEXT, offsetof(struct syc_sigma_rule, modified), LABEL_MAX, check_date},
    {"level", KEY_TEXT, offsetof(struct syc_sigma_rule, level), LABEL_MAX, check_level},
    {"references", KEY_LIST, offsetof(struct syc_sigma_rule, references), 0, NULL},
    {"fields", KEY_LIST, offsetof(struct syc_sigma_rule, fields), 0, NULL},
    {"falsepositives", KEY_LIST, offsetof(struct syc_sigma_rule, falsepositives), 0, NULL},
    {"tags", KEY_LIST, offsetof(struct syc_sigma_rule, tags), 0, NULL},
    {"scope", KEY_LIST, offsetof(struct syc_sigma_rule, scope), 0, NULL},
    {"related", KEY_RELATED, 0, 0, NULL},
    {"logsource", KEY_ELSEWHERE, 0, 0, NULL},
    {"detection", KEY_ELSEWHERE, 0, 0, NULL},
    {"correlation", KEY_ELSEWHERE, 0, 0, NULL},
    {"generate", KEY_ELSEWHERE, 0, 0, NULL},
};
enum { KNOWN_KEYS = sizeof(known_keys) / sizeof(*known_keys) };

/* ---- readers of the kinds ---- */

/* A scalar's text for as long as the set lives. */
static const char *
keep(struct syc_sigma_reader *r, const struct syc_yaml_node *node)
{
    const char *copy = syc_arena_text(r->arena, node->text, node->length);

    if (!copy) {
        r->status = SYC_NO_MEMORY;
    }
    return copy;
}

/* Of UTF-8, which libyaml's reader has seen to. */
static size_t
characters(const char *text)
{
    size_t n = 0;

    for (; *text; text++) {
        n += ((unsigned char)*text & 0xC0) != 0x80;
    }
    return n;
}

/* A title, a name, a date: one scalar of bounded length. */
static void
read_text(struct syc_sigma_reader *r, const struct syc_yaml_node *node, const struct known_key *key,
          const char **out)
{
    if (node->kind != SYC_YAML_SCALAR || syc_yaml_is_null(node)) {
        syc_sigma_report(r, SYC_SIGMA_TYPE, node->at, NULL, "\"%s\" must be a text", key->name);
        return;
    }
    if (characters(node->text) > key->max) {
        syc_sigma_report(r, SYC_SIGMA_LENGTH, node->at, NULL,
                         "\"%s\" is longer than %zu characters", key->name, key->max);
        return;
    }
    if (key->check) {
        key->check(r, node);
    }
    *out = keep(r, node);
}

/*
 * A list of texts. One scalar instead of a list is refused, unless it may be alone: tools disagree on what it means. items
 * holds what was good; a rule with a finding is never kept, so nobody meets a short list.
 */
static void
read_list(struct syc_sigma_reader *r, const struct syc_yaml_node *node, const struct known_key *key,
          bool may_be_alone, struct syc_sigma_texts *out)
{
    bool alone = may_be_alone && node->kind == SYC_YAML_SCALAR;

    if (node->kind != SYC_YAML_LIST && !alone) {
        syc_sigma_report(r, SYC_SIGMA_TYPE, node->at, NULL, "\"%s\" must be a list of texts",
                         key->name);
        return;
    }
    const char **items = syc_arena_alloc(r->arena, (node->count + alone) * sizeof(*items));
    size_t count = 0;

    if (!items) {
        r->status = SYC_NO_MEMORY;
        return;
    }
    for (const struct syc_yaml_node *item = alone ? node : node->first; item;
         item = alone ? NULL : item->next) {
        if (item->kind != SYC_YAML_SCALAR || syc_yaml_is_null(item)) {
            syc_sigma_report(r, SYC_SIGMA_TYPE, item->at, NULL, "\"%s\" must be a list of texts",
                             key->name);
            continue;
        }
        items[count++] = keep(r, item);
    }
    /* a key that came twice was reported: the last list stands, and only it */
    *out = (struct syc_sigma_texts){items, count};
}

/* Kept as written; that the ids exist is no matter of this file. */
static void
read_related(struct syc_sigma_reader *r, const struct syc_yaml_node *node,
             struct syc_sigma_rule *rule)
{
    static const char wanted[] = "\"related\" must be a list of maps with id and type";
    struct syc_sigma_related *all = syc_arena_alloc(r->arena, node->count * sizeof(*all));

    if (node->kind != SYC_YAML_LIST) {
        syc_sigma_report(r, SYC_SIGMA_TYPE, node->at, NULL, "%s", wanted);
        return;
    }
    if (!all) {
        r->status = SYC_NO_MEMORY;
        return;
    }
    rule->related = all;
    rule->related_count = 0; /* a key that came twice was reported: the last list stands */
    for (const struct syc_yaml_node *item = node->first; item; item = item->next) {
        const struct syc_yaml_node *id = syc_yaml_find(item, "id");
        const struct syc_yaml_node *type = syc_yaml_find(item, "type");

        if (!id || !type || id->kind != SYC_YAML_SCALAR || type->kind != SYC_YAML_SCALAR) {
            syc_sigma_report(r, SYC_SIGMA_TYPE, item->at, NULL, "%s", wanted);
            return;
        }
        all[rule->related_count++] = (struct syc_sigma_related){keep(r, id), keep(r, type)};
    }
}

/* ---- logsource ---- */

/* Categories by their exact name; schemas are few: linear. */
static const struct syc_schema *
find_schema(const struct syc_sigma_reader *r, const char *category)
{
    const struct syc_sigma_options *o = &r->set->options;

    for (size_t i = 0; i < o->schema_count; i++) {
        if (strcmp(o->schemas[i]->category, category) == 0) {
            return o->schemas[i];
        }
    }
    return NULL;
}

/* The hint lists the categories there are; they are few enough to be shown instead of guessed from. */
static void
report_category(struct syc_sigma_reader *r, const struct syc_yaml_node *node)
{
    const struct syc_sigma_options *o = &r->set->options;
    char list[128] = "known:", quoted[SYC_SIGMA_QUOTE];

    for (size_t i = 0; i < o->schema_count; i++) {
        size_t used = strlen(list);

        snprintf(list + used, sizeof(list) - used, " %s", o->schemas[i]->category);
    }
    syc_sigma_report(r, SYC_SIGMA_CATEGORY, node->at, list, "no facts of category %s",
                     syc_sigma_quote(node, quoted));
}

/*
 * Which schema the rule is about. Without a product it is taken as ours, with a warning: the
 * category decides then.
 */
static void
read_logsource(struct syc_sigma_reader *r, const struct syc_yaml_node *node)
{
    const struct syc_yaml_node *category = syc_yaml_find(node, "category");
    const struct syc_yaml_node *product = syc_yaml_find(node, "product");
    const struct syc_yaml_node *service = syc_yaml_find(node, "service");

    if (!product) {
        syc_sigma_report(r, SYC_SIGMA_NO_PRODUCT, node->at, NULL,
                         "\"logsource\" names no product; taken as \"%s\"",
                         r->set->options.product);
    }
    if (service) {
        syc_sigma_report(r, SYC_SIGMA_SERVICE, service->key->at, NULL,
                         "\"service\" has no meaning here and is ignored");
    }
    if (!category) {
        syc_sigma_report(r, SYC_SIGMA_MISSING_KEY, node->at, NULL,
                         "\"logsource\" has no \"category\"");
        return;
    }
    r->schema = category->kind == SYC_YAML_SCALAR ? find_schema(r, category->text) : NULL;
    if (!r->schema) {
        report_category(r, category);
    }
}

/*
 * A rule for another product is somebody else's: a whole Sigma tree can be pointed at. Without a product the category
 * decides, or the lack of one: half of SigmaHQ's tree names only a category or a service.
 */
static bool
is_foreign(const struct syc_sigma_reader *r, const struct syc_yaml_node *root)
{
    const struct syc_yaml_node *logsource = syc_yaml_find(root, "logsource");
    const struct syc_yaml_node *product = syc_yaml_find(logsource, "product");
    const struct syc_yaml_node *category = syc_yaml_find(logsource, "category");
    const struct syc_yaml_node *service = syc_yaml_find(logsource, "service");

    if (product && product->kind == SYC_YAML_SCALAR && !syc_yaml_is_null(product)) {
        return strcmp(product->text, r->set->options.product) != 0;
    }
    if (category && category->kind == SYC_YAML_SCALAR) {
        return !find_schema(r, category->text);
    }
    return service != NULL;
}

/* ---- the document ---- */

/* A misspelled "level" and another tool's key look alike; the hint tells which it may be. */
static void
report_top_key(struct syc_sigma_reader *r, const struct syc_yaml_node *key)
{
    char quoted[SYC_SIGMA_QUOTE], hint[SYC_SIGMA_QUOTE + 32];
    const char *names[KNOWN_KEYS + 2] = {NULL};
    size_t n = 0;

    for (; n < KNOWN_KEYS; n++) {
        names[n] = known_keys[n].name;
    }
    if (r->set->options.extension) {
        names[n] = r->set->options.extension->key;
    }
    syc_sigma_report(r, SYC_SIGMA_TOP_KEY, key->at,
                     syc_sigma_suggest(syc_sigma_nearest(names, key->text), hint),
                     "unknown key %s is ignored", syc_sigma_quote(key, quoted));
}

/*
 * The extension's own key is left for finish_rule(). Sigma's schema of correlations lets their falsepositives be one text;
 * that of rules does not.
 */
static void
read_top_key(struct syc_sigma_reader *r, const struct syc_yaml_node *node, bool correlation,
             struct syc_sigma_rule *rule)
{
    const struct syc_sigma_extension *extension = r->set->options.extension;
    const struct known_key *key = NULL;

    for (size_t i = 0; i < KNOWN_KEYS; i++) {
        if (strcmp(known_keys[i].name, node->key->text) == 0) {
            key = &known_keys[i];
        }
    }
    if (!key) {
        if (!extension || strcmp(extension->key, node->key->text) != 0) {
            report_top_key(r, node->key);
        }
        return;
    }
    void *member = (char *)rule + key->offset;

    if (key->kind == KEY_TEXT) {
        read_text(r, node, key, member);
    } else if (key->kind == KEY_LIST) {
        read_list(r, node, key, correlation && member == &rule->falsepositives, member);
    } else if (key->kind == KEY_RELATED) {
        read_related(r, node, rule);
    }
}

/* Documents of other kinds, and what to say of them. */
static bool
is_other_kind(struct syc_sigma_reader *r, const struct syc_yaml_node *root)
{
    static const struct {
        const char *key;
        enum syc_sigma_code code;
        const char *text;
    } kinds[] = {
        {"filter", SYC_SIGMA_FILTER, "filter documents are not supported yet"},
        {"action", SYC_SIGMA_ACTION, "rule collections (\"action\") are obsolete in Sigma"},
    };

    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
        const struct syc_yaml_node *node = syc_yaml_find(root, kinds[i].key);

        if (node) {
            syc_sigma_report(r, kinds[i].code, node->key->at, NULL, "%s", kinds[i].text);
            return true;
        }
    }
    return false;
}

/* A default name: the file's base name, and for later documents of the file their number. */
static const char *
name_after_file(struct syc_sigma_reader *r)
{
    const char *slash = strrchr(r->file, '/'), *base = slash ? slash + 1 : r->file;
    const char *dot = strrchr(base, '.');
    size_t n = dot && dot != base ? (size_t)(dot - base) : strlen(base);
    char *name = syc_arena_alloc(r->arena, n + 16);

    if (!name) {
        r->status = SYC_NO_MEMORY;
        return NULL;
    }
    memcpy(name, base, n);
    if (r->document > 1) {
        snprintf(name + n, 16, "#%u", r->document);
    }
    return name;
}

/* A correlation has neither logsource nor detection: both are those of the rules it names. */
static void
read_correlation(struct syc_sigma_reader *r, const struct syc_yaml_node *root,
                 struct syc_sigma_rule *rule)
{
    static const char *const others[] = {"logsource", "detection"};
    const struct syc_yaml_node *generate = syc_yaml_find(root, "generate");

    for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
        const struct syc_yaml_node *node = syc_yaml_find(root, others[i]);

        if (node) {
            syc_sigma_report(r, SYC_SIGMA_CORRELATION_KEY, node->key->at, NULL,
                             "a correlation has no \"%s\" of its own", others[i]);
        }
    }
    rule->correlation = syc_sigma_read_correlation(r, syc_yaml_find(root, "correlation"));
    if (generate && rule->correlation && !syc_sigma_bool(generate, &rule->correlation->generate)) {
        syc_sigma_report(r, SYC_SIGMA_TYPE, generate->at, NULL, "\"generate\" takes true or false");
    }
}

/* What a rule cannot do without; each missing key is a finding at the start of the document. */
static void
read_required(struct syc_sigma_reader *r, const struct syc_yaml_node *root,
              struct syc_sigma_rule *rule)
{
    const struct syc_yaml_node *logsource = syc_yaml_find(root, "logsource");
    const struct syc_yaml_node *detection = syc_yaml_find(root, "detection");

    if (!syc_yaml_find(root, "title")) {
        syc_sigma_report(r, SYC_SIGMA_MISSING_KEY, root->at, NULL, "the rule has no \"title\"");
    }
    if (syc_yaml_find(root, "correlation")) {
        read_correlation(r, root, rule);
        return;
    }
    if (!logsource) {
        syc_sigma_report(r, SYC_SIGMA_MISSING_KEY, root->at, NULL, "the rule has no \"logsource\"");
    } else if (logsource->kind != SYC_YAML_MAP) {
        syc_sigma_report(r, SYC_SIGMA_TYPE, logsource->at, NULL, "\"logsource\" must be a map");
    } else {
        read_logsource(r, logsource);
    }
    if (!detection) {
        syc_sigma_report(r, SYC_SIGMA_MISSING_KEY, root->at, NULL, "the rule has no \"detection\"");
    } else {
        syc_sigma_read_detection(r, detection);
    }
}

/* A linter's remark: who is called at night should find written down why. */
static void
remark_undocumented(struct syc_sigma_reader *r, const struct syc_yaml_node *root,
                    const struct syc_sigma_rule *rule)
{
    if (rule->level && (strcmp(rule->level, "high") == 0 || strcmp(rule->level, "critical") == 0) &&
        (!rule->description || rule->falsepositives.count == 0)) {
        syc_sigma_report(r, SYC_SIGMA_UNDOCUMENTED, root->at, NULL,
                         "level %s without \"description\" and \"falsepositives\"", rule->level);
    }
}

/* ---- draft to program ---- */

/* The draft's arrays at their true length: the draft has room for the largest rule, 14 kB. */
static void *
keep_copy(struct syc_sigma_reader *r, const void *from, size_t octets)
{
    void *copy = syc_arena_alloc(r->arena, octets);

    if (!copy) {
        r->status = SYC_NO_MEMORY;
        return NULL;
    }
    return memcpy(copy, from, octets);
}

/* Ascending and each once: evidence lists values in schema order. */
static size_t
collect_fields(const struct syc_sigma_draft *d, uint16_t out[2 * SYC_SIGMA_TESTS_MAX])
{
    size_t n = 0;

    for (size_t i = 0; i < 2 * d->test_count; i++) {
        const struct syc_sigma_test *t = &d->tests[i / 2];
        uint16_t field = i % 2 ? t->other : t->field;
        size_t at = 0;

        if (i % 2 && t->op != SYC_TEST_FIELDREF) {
            continue;
        }
        while (at < n && out[at] < field) {
            at++;
        }
        if (at < n && out[at] == field) {
            continue;
        }
        memmove(out + at + 1, out + at, (n - at) * sizeof(*out));
        out[at] = field;
        n++;
    }
    return n;
}

/*
 * The draft as an immutable program in the set's arena. With memory short some parts are NULL and reader->status
 * says so; such a rule is never kept.
 */
static const struct syc_sigma_program *
make_program(struct syc_sigma_reader *r)
{
    const struct syc_sigma_draft *d = &r->draft;
    uint16_t fields[2 * SYC_SIGMA_TESTS_MAX];
    size_t n = collect_fields(d, fields);

    if (!r->refused) { /* a condition with a fault may hold any steps */
        syc_sigma_cut_short(r->draft.steps, d->step_count);
    }
    struct syc_sigma_program p = {
        .tests = keep_copy(r, d->tests, d->test_count * sizeof(*d->tests)),
        .test_count = d->test_count,
        .identifiers = keep_copy(r, d->identifiers, d->identifier_count * sizeof(*d->identifiers)),
        .identifier_count = d->identifier_count,
        .steps = keep_copy(r, d->steps, d->step_count * sizeof(*d->steps)),
        .step_count = d->step_count,
        .used = d->used,
        .condition = d->condition ? d->condition : "",
        .fields = keep_copy(r, fields, n * sizeof(*fields)),
        .field_count = n,
    };

    if (r->status == SYC_OK && !r->refused) {
        syc_sigma_find_numbers(&p);
    }
    return keep_copy(r, &p, sizeof(p));
}

/* Into the set. False when memory is short. */
static bool
append_rule(struct syc_sigma_reader *r, const struct syc_sigma_rule *rule)
{
    struct syc_sigma *set = r->set;
    struct syc_sigma_rule *copy = keep_copy(r, rule, sizeof(*rule));

    if (set->rule_count == set->rule_room) {
        size_t room = set->rule_room ? 2 * set->rule_room : 32;
        struct syc_sigma_rule **grown = syc_resize(set->rules, room, sizeof(*grown));

        if (!grown) {
            r->status = SYC_NO_MEMORY;
            return false;
        }
        set->rules = grown;
        set->rule_room = room;
    }
    if (copy) {
        set->rules[set->rule_count++] = copy;
    }
    return copy != NULL;
}

/*
 * What needs the whole document: its place, name, program, digest, and the extension.
 *
 * The digest covers the octets from the first key to the end of the last value: a comment before the document, or
 * another file name, does not make it another rule.
 */
static void
finish_rule(struct syc_sigma_reader *r, const struct syc_yaml_node *root,
            struct syc_sigma_rule *rule)
{
    const struct syc_sigma_extension *extension = r->set->options.extension;
    const struct syc_yaml_node *extra = extension ? syc_yaml_find(root, extension->key) : NULL;

    rule->schema = r->schema;
    rule->file = r->file;
    rule->line = root->at.line;
    if (!rule->name) {
        rule->name = name_after_file(r);
    }
    /* With a fault in the detection its key is read all the same: every finding in one run. */
    rule->program = r->status == SYC_OK ? make_program(r) : NULL;
    if (extra && (r->schema || rule->correlation) && rule->program && r->status == SYC_OK) {
        r->status = extension->read(r, extra, rule, &rule->extra);
    }
    syc_sha256_hex(r->text + root->from, root->to - root->from, rule->digest);
}

/* Remember a document that is not kept. Its name and id may be no texts: then nothing can name it. */
static void
remember_absent(struct syc_sigma_reader *r, const struct syc_yaml_node *root, bool foreign)
{
    const struct syc_yaml_node *name = syc_yaml_find(root, "name"), *id = syc_yaml_find(root, "id");
    struct syc_sigma_absent *a = syc_arena_alloc(r->arena, sizeof(*a));

    if (!a) {
        r->status = SYC_NO_MEMORY;
        return;
    }
    *a = (struct syc_sigma_absent){.next = r->set->absent, .foreign = foreign};
    a->name = name && name->kind == SYC_YAML_SCALAR ? keep(r, name) : name_after_file(r);
    a->id = id && id->kind == SYC_YAML_SCALAR ? keep(r, id) : NULL;
    r->set->absent = a;
}

void
syc_sigma_read_document(struct syc_sigma_reader *r, const struct syc_yaml_node *root)
{
    struct syc_sigma_rule rule = {0};
    bool correlation = syc_yaml_find(root, "correlation") != NULL;

    if (root->kind != SYC_YAML_MAP) {
        syc_sigma_report(r, SYC_SIGMA_NOT_A_MAP, root->at, NULL,
                         "a rule must be a map of keys and values");
        r->set->refused++;
        return;
    }
    if (is_foreign(r, root)) {
        r->set->problem_count = r->document_problem; /* its faults are not ours to tell */
        r->set->skipped++;
        remember_absent(r, root, true);
        return;
    }
    r->schema = NULL;
    r->aliases = !syc_yaml_find(root, "taxonomy");
    r->draft.test_count = r->draft.identifier_count = r->draft.step_count = 0;
    r->draft.used = 0;
    r->draft.condition = NULL;
    if (!is_other_kind(r, root)) {
        for (const struct syc_yaml_node *node = root->first; node; node = node->next) {
            read_top_key(r, node, correlation, &rule);
        }
        read_required(r, root, &rule);
        remark_undocumented(r, root, &rule);
        finish_rule(r, root, &rule);
    }
    if (r->status != SYC_OK) {
        return;
    }
    if (r->refused) {
        r->set->refused++;
        remember_absent(r, root, false);
    } else {
        (void)append_rule(r, &rule); /* false: reader->status says so */
    }
}
