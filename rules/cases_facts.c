/*
 * Facts that a case gives, as the schema of its rule has them.
 */

#include "rules/cases_int.h"

#include <stdio.h>
#include <string.h>

enum { NAME_MAX_OCTETS = 64 };

static bool
read_list(struct cases *c, const struct syc_yaml_node *node, struct syc_value *out)
{
    const char **items = syc_arena_alloc(c->arena, node->count * sizeof(*items));
    size_t n = 0;

    if (!items || node->kind != SYC_YAML_LIST) {
        return false;
    }
    for (const struct syc_yaml_node *item = node->first; item; item = item->next) {
        if (item->kind != SYC_YAML_SCALAR) {
            return false;
        }
        items[n++] = item->text;
    }
    out->u.list.items = items;
    out->u.list.count = n;
    return true;
}

/* A scalar as the field's type has it; false when it is none. */
static bool
read_value(struct cases *c, const struct syc_yaml_node *node, enum syc_type type,
           struct syc_value *out)
{
    int64_t i = 0;
    double f = 0;
    bool truth = false;
    int ip_v = 0;
    enum syc_number number = syc_sigma_number(node, &i, &f);

    *out = (struct syc_value){.type = type};
    switch (type) {
    case SYC_INT:
        out->u.i = i;
        return number == SYC_NUMBER_INT;
    case SYC_REAL:
        out->u.f = f;
        return number == SYC_NUMBER_INT || number == SYC_NUMBER_REAL;
    case SYC_BOOL:
        out->u.i = syc_sigma_bool(node, &truth) && truth;
        return syc_sigma_bool(node, &truth);
    case SYC_ADDR:
        if (!syc_addr_parse(node->text, out->u.addr.octets, &ip_v)) {
            return false;
        }
        out->u.addr.ip_v = (uint8_t)ip_v;
        return true;
    case SYC_TEXT:
        out->u.text = node->text;
        return node->kind == SYC_YAML_SCALAR;
    case SYC_LIST:
        return read_list(c, node, out);
    case SYC_ABSENT:
    case SYC_PROMISED:
    default:
        return false;
    }
}

/* Maps are the first words of names: {iat: {n: 7}} is iat.n. Names are at most two words deep, so this is, too. */
static void
read_facts(struct cases *c, const struct syc_yaml_node *map, const char *prefix, unsigned depth)
{
    const struct syc_schema *schema = c->rule->schema;
    char name[NAME_MAX_OCTETS];

    if (map->kind != SYC_YAML_MAP || depth > 4) {
        syc_cases_fault(c, map, "facts are a map of names to values", NULL);
        return;
    }
    for (const struct syc_yaml_node *node = map->first; node; node = node->next) {
        snprintf(name, sizeof(name), "%s%s%s", prefix, prefix[0] ? "." : "", node->key->text);
        int field = syc_schema_find(schema, name, strlen(name));

        if (field < 0 && node->kind == SYC_YAML_MAP) {
            read_facts(c, node, name, depth + 1);
        } else if (field < 0) {
            syc_cases_fault(c, node->key, "there is no fact", name);
        } else if (!read_value(c, node, schema->fields[field].type, &c->row[field])) {
            syc_cases_fault(c, node, "not a value of", name);
        }
    }
}

void
syc_cases_read_facts(struct cases *c, const struct syc_yaml_node *map)
{
    read_facts(c, map, "", 0);
}
