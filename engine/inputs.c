/* The inputs of one capture: their names, and what the end of each means for the run. */

#include "engine/engine_int.h"

/* A single input is a list of one: frames carry an index into the list and nothing else of their file. */
enum syc_status
engine_list_inputs(struct syc_engine *e, const struct syc_capture_options *options,
                   struct syc_error *err)
{
    struct inputs *in = &e->inputs;

    in->name = options->path != NULL ? options->path : options->interface;
    in->names = options->paths != NULL ? options->paths : &in->name;
    in->count = options->paths != NULL ? options->path_count : 1;
    in->first_file = options->paths != NULL ? 0 : options->file;
    in->refused = syc_alloc(in->count, sizeof(*in->refused));
    return in->refused != NULL ? SYC_OK : syc_error_set(err, SYC_NO_MEMORY, "out of memory");
}

void
engine_drop_inputs(struct syc_engine *e)
{
    syc_free(e->inputs.refused);
    e->inputs = (struct inputs){0};
}

/*
 * file - first_file wraps for a file below the first, and is then no index of the list: one
 * comparison for both sides.
 */
const char *
engine_input_name(const struct syc_engine *e, uint16_t file)
{
    size_t index = (size_t)file - e->inputs.first_file;

    return index < e->inputs.count ? e->inputs.names[index] : NULL;
}

/*
 * What follows this moment is missing. With several cut inputs the wound reaches from the first cut to the last:
 * a record between them is marked once too often rather than once too seldom.
 */
static void
note_cut(struct syc_engine *e)
{
    e->cut.from_us = e->cut.open ? e->cut.from_us : e->stats.time_us;
    e->cut.to_us = e->stats.time_us;
    e->cut.open = true;
}

/* Not into an output that has failed: its own fault is told by who called. */
void
engine_tell_fault(struct syc_engine *e, const char *name, const struct syc_error *err)
{
    if (e->config.output->status == SYC_OK && (e->config.events & SYC_EVENT_ERROR)) {
        syc_emit_error(e->config.output, e->stats.time_us, name, err->text);
    }
}

/* An input that did not open has cut nothing. */
enum syc_status
engine_end_input(struct syc_engine *e, const struct syc_capture_over *over, enum syc_status status,
                 struct syc_error *err)
{
    struct syc_input_over told = {.name = engine_input_name(e, over->file),
                                  .packets = over->packets};

    if (status == SYC_END) {
        status = engine_end_refused(e, over->file, over->packets, err);
    }
    if (over->opened && (status == SYC_TRUNCATED || status == SYC_IO || status == SYC_FORMAT)) {
        note_cut(e);
    }
    if (status != SYC_OK) {
        engine_tell_fault(e, told.name, err);
    }
    told.status = status;
    if (e->config.input != NULL) {
        e->config.input(e->config.user, &told, err);
    }
    return status;
}

/* All zero between captures, so that a tick from anywhere finds something true. */
void
syc_engine_progress(const struct syc_engine *e, struct syc_progress *out)
{
    *out = (struct syc_progress){0};
    if (e->inputs.ahead != NULL) {
        engine_ahead_progress(e->inputs.ahead, out);
    } else if (e->inputs.capture != NULL) {
        syc_capture_progress(e->inputs.capture, out);
    }
}
