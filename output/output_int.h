#ifndef SYC_OUTPUT_INT_H
#define SYC_OUTPUT_INT_H

/*
 * Purpose           what the event writers of this folder share
 * Input and output  pieces of an event into the output's writer
 * Ownership         see output.h
 * Limits            none
 * Not here          the public face (output.h)
 */

#include "output/output.h"

/* Open an event: v, timestamp, event_type, sensor (NULL = none). */
void event_begin(struct syc_json *j, int64_t time_us, const char *type, const char *sensor);
/* The same in an emptied o->json. */
void output_begin(struct syc_output *o, int64_t time_us, const char *type);
/* Close the object and hand the line to the descriptor's buffer. */
void output_line(struct syc_output *o);

/* Members of the envelope that a connection's key gives: flow_id to tunnel. */
void event_key(struct syc_json *j, const struct syc_key *key, int64_t flow_id, bool client_known);
/* Members of a `syn` object, without its braces. */
void event_syn(struct syc_json *j, const struct syc_syn *syn, const struct syc_syn_own *own);
/* "complete" and, when false, "degraded". */
void event_complete(struct syc_json *j, uint32_t degraded);

void json_member_int(struct syc_json *j, const char *name, int64_t value);
void json_member_text(struct syc_json *j, const char *name, const char *value);
void json_member_bool(struct syc_json *j, const char *name, bool value);
void json_member_real(struct syc_json *j, const char *name, double value, int digits);
void json_member_time(struct syc_json *j, const char *name, int64_t us);
void json_value(struct syc_json *j, const struct syc_value *v);

#endif
