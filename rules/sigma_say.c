#include "rules/sigma_say.h"

#include <stdio.h>
#include <string.h>

/*
 * From the program back to words: for dumps, and for who asks why a rule did or did not fire.
 */

void
syc_sigma_say_number(double f, char out[SYC_SIGMA_NUMBER])
{
    for (int digits = 15; digits <= 17; digits++) {
        int64_t unused;
        double back = 0;

        snprintf(out, SYC_SIGMA_NUMBER, "%.*g", digits, f);
        const struct syc_yaml_node node = {.kind = SYC_YAML_SCALAR, .text = out};

        if (syc_sigma_number(&node, &unused, &back) != SYC_NUMBER_NOT && back == f) {
            return;
        }
    }
}

void
syc_sigma_say_pattern(const struct syc_operand *o, char *out, size_t room)
{
    size_t n = 0;

    for (size_t i = 0; i < o->u.text.count && n + 3 <= room; i++) {
        uint16_t t = o->u.text.tokens[i];

        if (t == SYC_GLOB_RUN || t == SYC_GLOB_ONE) {
            out[n++] = t == SYC_GLOB_RUN ? '*' : '?';
            continue;
        }
        if (t == '*' || t == '?' || t == '\\') {
            out[n++] = '\\';
        }
        out[n++] = (char)t;
    }
    out[n] = '\0';
}

static void
say_net(const struct syc_operand *o, bool cidr, char out[SYC_SIGMA_SAY])
{
    char addr[SYC_ADDR_TEXT];
    unsigned bits = o->u.net.bits - (o->u.net.ip_v == 4 ? 96U : 0U);

    syc_addr_format(o->u.net.octets, o->u.net.ip_v, addr);
    snprintf(out, SYC_SIGMA_SAY, cidr ? "%s/%u" : "%s", addr, bits);
}

void
syc_sigma_say_operand(const struct syc_sigma_test *t, const struct syc_operand *o,
                      char out[SYC_SIGMA_SAY])
{
    snprintf(out, SYC_SIGMA_SAY, "null");
    switch (o->kind) {
    case SYC_OPERAND_INT:
        snprintf(out, SYC_SIGMA_SAY, "%lld", (long long)o->u.i);
        break;
    case SYC_OPERAND_REAL:
        syc_sigma_say_number(o->u.f, out);
        break;
    case SYC_OPERAND_BOOL:
        snprintf(out, SYC_SIGMA_SAY, "%s", o->u.i ? "true" : "false");
        break;
    case SYC_OPERAND_TEXT:
        syc_sigma_say_pattern(o, out, SYC_SIGMA_SAY);
        break;
    case SYC_OPERAND_NET:
        say_net(o, t->op == SYC_TEST_CIDR, out);
        break;
    case SYC_OPERAND_NULL:
    default:
        break;
    }
}

void
syc_sigma_say_key(const struct syc_sigma_rule *rule, const struct syc_sigma_test *t,
                  char out[SYC_SIGMA_SAY])
{
    static const char *const ops[] = {
        [SYC_TEST_EQUAL] = "",         [SYC_TEST_GT] = "|gt",
        [SYC_TEST_GTE] = "|gte",       [SYC_TEST_LT] = "|lt",
        [SYC_TEST_LTE] = "|lte",       [SYC_TEST_CIDR] = "|cidr",
        [SYC_TEST_EXISTS] = "|exists", [SYC_TEST_FIELDREF] = "|fieldref"};

    snprintf(out, SYC_SIGMA_SAY, "%s%s%s%s%s", rule->schema->fields[t->field].name, ops[t->op],
             t->negate ? "|neq" : "", t->cased ? "|cased" : "", t->all ? "|all" : "");
}

/* All values of a test: "10", "one of linux, bsd", "all of *a*, *b*". */
static void
say_wanted(const struct syc_sigma_rule *rule, const struct syc_sigma_test *t,
           char out[SYC_SIGMA_SAY])
{
    char text[SYC_SIGMA_SAY];
    size_t n = (size_t)snprintf(out, SYC_SIGMA_SAY, "%s",
                                t->count > 1 ? (t->all ? "all of " : "one of ") : "");

    if (t->op == SYC_TEST_FIELDREF) {
        snprintf(out, SYC_SIGMA_SAY, "%s", rule->schema->fields[t->other].name);
    }
    for (size_t i = 0; i < t->count && n < SYC_SIGMA_SAY; i++) {
        syc_sigma_say_operand(t, &t->operands[i], text);
        n += (size_t)snprintf(out + n, SYC_SIGMA_SAY - n, "%s%s", i > 0 ? ", " : "", text);
    }
}

bool
syc_sigma_ask(const struct syc_sigma_rule *rule, const struct syc_value *row,
              void (*told)(void *user, const struct syc_sigma_asked *asked), void *user)
{
    const struct syc_sigma_program *p = rule->program;
    struct syc_sigma_hit hit;
    bool holds = syc_sigma_match_fully(rule, row, &hit);
    char key[SYC_SIGMA_SAY], wanted[SYC_SIGMA_SAY];

    for (size_t i = 0; i < p->identifier_count; i++) {
        for (size_t g = 0; g < p->identifiers[i].group_count; g++) {
            for (size_t k = 0; k < p->test_count; k++) {
                const struct syc_sigma_test *t = &p->tests[k];

                if (!(p->identifiers[i].groups[g] >> k & 1)) {
                    continue;
                }
                syc_sigma_say_key(rule, t, key);
                say_wanted(rule, t, wanted);
                told(user, &(struct syc_sigma_asked){
                               .identifier = p->identifiers[i].name,
                               .identifier_held = hit.identifiers >> i & 1,
                               .group = g,
                               .key = key,
                               .wanted = wanted,
                               .value = &row[t->field],
                               .held = hit.tests >> k & 1,
                           });
            }
        }
    }
    return holds;
}

const char *
syc_sigma_condition(const struct syc_sigma_rule *rule)
{
    return rule->program->condition;
}
