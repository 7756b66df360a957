/*
 * The source event: the facts of a source or pair, as rules see them. Names with a dot become
 * objects, in the order of the schema; the schema alone decides what is in it, so a new fact needs
 * no line here.
 */

#include "output/output_int.h"

/* Octets of "iat." in "iat.cv"; 0 for a name without an object. */
static size_t
object_length(const char *name)
{
    const char *dot = strchr(name, '.');

    return dot != NULL ? (size_t)(dot - name) + 1 : 0;
}

static bool
in_object(const char *name, const char *object, size_t n)
{
    return strncmp(name, object, n) == 0;
}

/* True when no earlier present fact is of the same object: this one opens it. */
static bool
opens_object(const struct syc_subject *s, size_t field, size_t n)
{
    const char *name = syc_source_schema.fields[field].name;

    for (size_t i = 0; i < field; i++) {
        if (s->values[i].type != SYC_ABSENT &&
            in_object(syc_source_schema.fields[i].name, name, n)) {
            return false;
        }
    }
    return true;
}

/* All facts of the object that this field opens, so that each object stands once whatever the schema's order. */
static void
write_object(struct syc_json *j, const struct syc_subject *s, size_t field, size_t n)
{
    const struct syc_field *fields = syc_source_schema.fields;

    syc_json_key_n(j, fields[field].name, n - 1);
    syc_json_open(j, '{');
    for (size_t i = field; i < syc_source_schema.count; i++) {
        if (s->values[i].type != SYC_ABSENT && in_object(fields[i].name, fields[field].name, n)) {
            syc_json_key(j, fields[i].name + n);
            syc_json_value(j, &s->values[i]);
        }
    }
    syc_json_close(j, '}');
}

/* Rules read these as facts; in the event they stand in the head. */
static bool
is_in_head(const char *name)
{
    return strcmp(name, "subject") == 0 || strcmp(name, "src_ip") == 0 ||
           strcmp(name, "dest_ip") == 0 || strcmp(name, "dest_port") == 0;
}

/*
 * cost: fields times the fields before them for those with a dot, some 10,000 comparisons of a few
 * octets; a source event is written once a source.
 */
static void
write_facts(struct syc_json *j, const struct syc_subject *s)
{
    for (size_t i = 0; i < syc_source_schema.count; i++) {
        const char *name = syc_source_schema.fields[i].name;
        size_t n = object_length(name);

        if (s->values[i].type == SYC_ABSENT || is_in_head(name)) {
            continue;
        }
        if (n == 0) {
            syc_json_key(j, name);
            syc_json_value(j, &s->values[i]);
        } else if (opens_object(s, i, n)) {
            write_object(j, s, i, n);
        }
    }
}

void
syc_emit_source(struct syc_output *o, const struct syc_subject *s)
{
    struct syc_json *j = syc_output_begin(o);

    if (j == NULL) {
        return;
    }
    syc_subject_values(s);
    syc_event_begin(j, "source", s->window_end_us, o->sensor);
    syc_event_subject(j, s);
    syc_json_member_open(j, "source", '{');
    syc_json_member_text(j, "subject", syc_subject_name(s->kind));
    syc_event_window(j, s);
    write_facts(j, s);
    syc_event_flow_ids(j, s);
    syc_json_close(j, '}');
    syc_event_end_subject(j, s);
    syc_output_end(o);
}
