#ifndef SYC_BASE_H
#define SYC_BASE_H

/*
 * Purpose           what everything stands on: status, spans, memory, keyed hash, text, typed values
 * Input and output  see each part
 * Ownership         three lifetimes and no fourth: the process (arenas of base/memory.h, one a load), a connection
 *                   or host (records of a pool, each counted against a budget), a frame (spans, never stored)
 * Limits            see each part
 * Not here          anything that knows of packets
 *
 * The lowest floor: nothing here includes a header of another folder, so each part can be tested and fuzzed alone.
 */

#include "base/hash.h"
#include "base/memory.h"
#include "base/sort.h"
#include "base/span.h"
#include "base/status.h"
#include "base/text.h"
#include "base/value.h"

#endif
