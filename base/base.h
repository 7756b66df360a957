#ifndef SYC_BASE_H
#define SYC_BASE_H

/*
 * Purpose           what everything stands on: status, spans, memory, keyed hash, text, typed values
 * Input and output  see each part
 * Ownership         see base/memory.h: three lifetimes and no fourth
 * Limits            see each part
 * Not here          anything that knows of packets
 */

#include "base/hash.h"
#include "base/memory.h"
#include "base/sort.h"
#include "base/span.h"
#include "base/status.h"
#include "base/text.h"
#include "base/value.h"

#endif
