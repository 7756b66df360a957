/*
 * Signatures for what none fits: every SYN and SYN+ACK of captures that the set in use does not know, generalized,
 * counted and printed as a file that loads.
 *
 *    SYN -> no match -> syc_signature_for() -> one group a line and direction -> by count -> a file in p0f.fp syntax
 *
 * What is printed is a draft: it says that these SYNs are of one make, not whose. Names are for a person to give.
 */

#include "tools/tools.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    GROUPS_MAX = 2000, /* of them a person names none */
    HOSTS_KEPT = 8,
    RECENT = 1024, /* SYNs of one make come again and again */
};

/* The SYNs of one line. */
struct group {
    char sig[SYC_SIGNATURE_TEXT];
    bool syn_ack;
    uint64_t count;
    uint8_t hosts[HOSTS_KEPT][16];
    size_t host_count; /* HOSTS_KEPT: that many or more */
    char raw[320];     /* of the first */
    char from[SYC_ADDR_TEXT], to[SYC_ADDR_TEXT];
    uint16_t from_port, to_port;
    uint64_t frame;
    char file[256]; /* name without folders; empty for one capture */
    int64_t last_us;
    struct syc_match nearest; /* its texts are the engine's */
};

struct learned {
    const struct syc_options *options;
    struct group *groups;
    size_t count, room;
    uint64_t syns, unknown, unreadable, left_out;
    struct {
        const struct syc_syn *syn; /* stays at its address for the engine's life */
        size_t group;
    } recent[RECENT];
    const char *only_file; /* of one capture */
    bool failed, no_memory;
};

/* ------------------------------------------------------------ while captures are read */

static const char *
base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

/* A group for this line; count when there is none and no room for one. */
static size_t
find_group(struct learned *l, const char *sig, bool syn_ack)
{
    size_t at = 0;

    while (at < l->count &&
           (l->groups[at].syn_ack != syn_ack || strcmp(l->groups[at].sig, sig) != 0)) {
        at++;
    }
    if (at < l->count || at == GROUPS_MAX) {
        return at;
    }
    if (l->count == l->room) {
        size_t room = l->room == 0 ? 16 : l->room * 2;
        struct group *groups = syc_resize(l->groups, room, sizeof(*groups));

        if (groups == NULL) {
            l->no_memory = true;
            return GROUPS_MAX;
        }
        l->groups = groups;
        l->room = room;
    }
    l->groups[l->count] = (struct group){.syn_ack = syn_ack};
    memcpy(l->groups[l->count].sig, sig, sizeof(l->groups[l->count].sig));
    return l->count++;
}

/* Who sent the first one, to look it up in the capture. */
static void
describe_first(struct group *g, const struct syc_syn_seen *s, const struct syc_identity *id,
               const char *file)
{
    const struct syc_key *k = s->key;

    memcpy(g->raw, s->syn->p0f, sizeof(g->raw));
    syc_addr_format(g->syn_ack ? k->server : k->client, k->ip_v, g->from);
    syc_addr_format(g->syn_ack ? k->client : k->server, k->ip_v, g->to);
    g->from_port = g->syn_ack ? k->server_port : k->client_port;
    g->to_port = g->syn_ack ? k->client_port : k->server_port;
    g->frame = s->number;
    g->nearest = id->nearest;
    g->nearest.differs = id->match.differs;
    if (file != NULL) {
        snprintf(g->file, sizeof(g->file), "%s", base_name(file));
    }
}

static void
count_host(struct group *g, const uint8_t addr[16])
{
    size_t at = 0;

    while (at < g->host_count && memcmp(g->hosts[at], addr, 16) != 0) {
        at++;
    }
    if (at == g->host_count && at < HOSTS_KEPT) {
        memcpy(g->hosts[g->host_count++], addr, 16);
    }
}

static void
on_syn(void *user, const struct syc_syn_seen *s, const struct syc_identity *id, const char *file)
{
    struct learned *l = user;
    const size_t slot = ((uintptr_t)s->syn / sizeof(*s->syn)) % RECENT;
    char sig[SYC_SIGNATURE_TEXT] = {0};
    struct group *g;

    l->syns++;
    if (id->match.quality != SYC_MATCH_NONE) {
        return;
    }
    l->unknown++;
    if (l->recent[slot].syn != s->syn) {
        if (!syc_signature_for(s->syn, sig)) {
            l->unreadable++;
            return;
        }
        l->recent[slot].syn = s->syn;
        l->recent[slot].group = find_group(l, sig, s->syn->kind == SYC_KIND_SYN_ACK);
    }
    if (l->recent[slot].group >= l->count) {
        l->left_out++;
        return;
    }
    g = &l->groups[l->recent[slot].group];
    if (g->count++ == 0) {
        describe_first(g, s, id, file);
    }
    g->last_us = s->time_us > g->last_us ? s->time_us : g->last_us;
    count_host(g, g->syn_ack ? s->key->server : s->key->client);
}

static void
on_message(void *user, const char *text)
{
    (void)user;
    syc_say("%s", text);
}

static void
on_input(void *user, const struct syc_input_over *over, const struct syc_error *err)
{
    struct learned *l = user;

    if (over->status != SYC_OK) {
        l->failed = true;
        syc_say("%s: %s", over->name, err->text);
    }
}

/* ------------------------------------------------------------ the file */

/* More SYNs first; else as they came. */
static int
by_count(const void *a, const void *b)
{
    const struct group *x = a;
    const struct group *y = b;

    if (x->count != y->count) {
        return x->count < y->count ? 1 : -1;
    }
    return (x->frame > y->frame) - (x->frame < y->frame);
}

/* Comments and pragmas end with their line, and a pragma's text with its quotation mark. */
static void
print_name(const char *text)
{
    char name[256];

    snprintf(name, sizeof(name), "%s", text);
    for (char *p = name; (p = strchr(p, '"')) != NULL;) {
        *p = '?';
    }
    syc_print_text(name);
}

static void
print_example(const struct group *g)
{
    printf("; %llu SYN%s%s of %s%zu host%s, the first %s:%u > %s:%u in frame %llu",
           (unsigned long long)g->count, g->syn_ack ? "+ACK" : "", g->count == 1 ? "" : "s",
           g->host_count == HOSTS_KEPT ? "at least " : "", g->host_count,
           g->host_count == 1 ? "" : "s", g->from, g->from_port, g->to, g->to_port,
           (unsigned long long)g->frame);
    if (g->file[0] != 0) {
        printf(" of ");
        print_name(g->file);
    }
    printf("\n; %s\n", g->raw);
    if (g->nearest.label != NULL) {
        printf("; nearest: ");
        syc_print_text(g->nearest.label);
        printf(" (");
        syc_print_text(g->nearest.db);
        printf(":%u), which differs in", g->nearest.db_line);
        for (unsigned bits = g->nearest.differs; bits != 0; bits &= bits - 1) {
            printf(" %s", syc_sig_field_name((unsigned)__builtin_ctz(bits)));
        }
        putchar('\n');
    }
}

/* The day of the last one: who reads the file in years knows how old the knowledge is. */
static void
print_group(const struct learned *l, const struct group *g, size_t number)
{
    char time[SYC_TIME_TEXT];

    syc_time_format(g->last_us, time);
    putchar('\n');
    print_example(g);
    printf("label = s:other:unknown %zu:\nsig   = %s\n;@ source=\"", number, g->sig);
    print_name(g->file[0] != 0 ? g->file : l->only_file);
    printf("\" date=%.10s\n", time);
}

static void
print_section(const struct learned *l, const char *section, bool syn_ack)
{
    bool begun = false;

    for (size_t i = 0; i < l->count; i++) {
        if (l->groups[i].syn_ack != syn_ack) {
            continue;
        }
        if (!begun) {
            printf("\n%s\n", section);
            begun = true;
        }
        print_group(l, &l->groups[i], i + 1);
    }
}

static void
print_file(const struct learned *l)
{
    printf("; syncopate signatures learn: %llu of %llu SYNs and SYN+ACKs fit no signature, of %zu "
           "kinds\n",
           (unsigned long long)l->unknown, (unsigned long long)l->syns, l->count);
    if (l->unreadable + l->left_out > 0) {
        printf("; %llu of them are fragments or cut by the snap length, %llu of still other "
               "kinds\n",
               (unsigned long long)l->unreadable, (unsigned long long)l->left_out);
    }
    if (l->count == 0) {
        return;
    }
    printf("; Each label says only that these are of one make: name the system, or take it out.\n"
           "classes = other\n");
    print_section(l, "[tcp:request]", false);
    print_section(l, "[tcp:response]", true);
}

/* One object a signature, in the same order. */
static bool
print_json(const struct learned *l)
{
    struct syc_json j = {0};
    bool ok = true;

    for (size_t i = 0; ok && i < l->count; i++) {
        const struct group *g = &l->groups[i];
        char time[SYC_TIME_TEXT];

        syc_time_format(g->last_us, time);
        syc_json_open(&j, '{');
        syc_line_text(&j, "kind", g->syn_ack ? "syn+ack" : "syn");
        syc_line_text(&j, "sig", g->sig);
        syc_line_int(&j, "count", g->count);
        syc_line_int(&j, "hosts_least", g->host_count);
        syc_line_text(&j, "raw", g->raw);
        syc_line_text(&j, "src_ip", g->from);
        syc_line_int(&j, "src_port", g->from_port);
        syc_line_text(&j, "dest_ip", g->to);
        syc_line_int(&j, "dest_port", g->to_port);
        syc_line_int(&j, "pcap_cnt", g->frame);
        syc_line_text(&j, "last", time);
        syc_line_text(&j, "nearest", g->nearest.label);
        ok = syc_line_print(&j);
    }
    syc_json_fini(&j);
    return ok;
}

/* ------------------------------------------------------------ the run */

/* SYNs that on_syn() was not called for; a kind of which only these came is missing in the file. */
static void
say_unseen(struct learned *l, const struct syc_engine *e)
{
    struct syc_run_stats stats;

    syc_engine_stats(e, &stats);
    if (stats.table.denied + stats.table.undescribed > 0) {
        l->failed = true;
        syc_say(
            "out of memory: %llu segments and %llu SYNs were not looked at, so signatures may be "
            "missing",
            (unsigned long long)stats.table.denied, (unsigned long long)stats.table.undescribed);
    }
}

/* Faults of inputs are said when they happen; what was read before is learned from. */
static int
read_captures(struct learned *l, const struct syc_paths *files, struct syc_engine *e)
{
    const struct syc_capture_options c = {.paths = files->items, .path_count = files->count};
    struct syc_error err = {0};

    syc_inputs_make_room(files->count);
    if (syc_engine_capture(e, &c, &err) != SYC_OK && !l->failed) {
        l->failed = true;
        syc_say_error(&err);
    }
    if (syc_engine_finish(e) != SYC_OK || l->no_memory) {
        syc_say("out of memory");
        return EXIT_INPUT;
    }
    say_unseen(l, e);
    return 0;
}

/* The engine that a run has, without rhythm and audit: signatures are matched as everywhere. */
static int
make_engine(struct learned *l, const struct syc_paths *files, struct syc_output *output,
            struct syc_engine **e)
{
    const struct syc_options *o = l->options;
    struct syc_error err = {0};
    const struct syc_engine_config config = {
        .output = output,
        .signatures = o->signatures.items,
        .signature_count = o->signatures.count,
        .many_inputs = files->count > 1,
        .audit_only = true,
        .syn = on_syn,
        .message = o->quiet ? NULL : on_message,
        .input = on_input,
        .user = l,
    };

    if (syc_engine_new(e, &config, &err) == SYC_OK) {
        return 0;
    }
    syc_say_error(&err);
    return EXIT_USAGE;
}

/* The groups' texts are of the engine's signatures: printed before it goes. */
static int
learn_from(struct learned *l, const struct syc_paths *files)
{
    struct syc_output output;
    struct syc_engine *e = NULL;
    bool ok = true;
    int status;

    if (syc_output_init(&output, STDOUT_FILENO) != SYC_OK) {
        syc_say("out of memory");
        return EXIT_OUTPUT;
    }
    status = make_engine(l, files, &output, &e);
    if (status == 0) {
        status = read_captures(l, files, e);
    }
    if (status == 0) {
        if (l->count > 0) {
            qsort(l->groups, l->count, sizeof(*l->groups), by_count);
        }
        if (l->options->json) {
            ok = print_json(l);
        } else {
            print_file(l);
        }
        status = syc_flushed(0, ok);
    }
    syc_engine_free(e);
    (void)syc_output_fini(&output); /* no event was asked for */
    return status;
}

int
syc_learn(const struct syc_options *o, const char *const *words, size_t count)
{
    const struct syc_texts names = {(const char **)words, count};
    struct learned *l = syc_alloc(1, sizeof(*l));
    struct syc_paths files = {0};
    int status;

    if (l == NULL) {
        syc_say("out of memory");
        return EXIT_INPUT;
    }
    l->options = o;
    status = syc_inputs_expand(&names, &files, &l->failed);
    if (status == 0 && files.count > 0) {
        l->only_file = base_name(files.items[0]);
        status = learn_from(l, &files);
    }
    if (status == 0 && l->failed) {
        status = EXIT_INPUT;
    }
    syc_paths_fini(&files);
    syc_free(l->groups);
    syc_free(l);
    return status;
}
