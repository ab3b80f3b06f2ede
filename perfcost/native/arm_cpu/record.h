// What the plugin writes: a file a measured run, of little-endian 64-bit words.
//
//   file     = magic, segment..., end, code...
//   segment  = SEGMENT, kind of the border that began it, events (EVENT_WORDS), number of blocks,
//              then number and count of each block that ran
//   end      = END, tag of the run, number of blocks that ran in any segment
//   code     = number of the block, address, number of instructions, then their 32-bit words,
//              padded with 0 to a whole word
// A file without an end belongs to a run that did not finish.
#ifndef PERFCOST_NATIVE_ARM_CPU_RECORD_H_
#define PERFCOST_NATIVE_ARM_CPU_RECORD_H_

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "blocks.h"

enum line_kind { LINE_LOADED, LINE_STREAMED, LINE_STORED, LINE_KINDS };

struct events {
  uint64_t accesses;  // of at most 8 bytes: QEMU shows the halves of a 128-bit access
  uint64_t stores;
  uint64_t missed[3][LINE_KINDS];  // lines that L1D, L2, L3 did not have
  uint64_t branches;
  uint64_t mispredicted;
};

#define EVENT_WORDS (sizeof(struct events) / sizeof(uint64_t))

struct record {
  FILE* file;
  uint8_t* seen;  // by number of the block
};

bool record_make(struct record* record);
bool record_open(struct record* record, const char* path);

// Writes what ran since the last border and sets counts and events to 0.
void record_segment(struct record* record, uint64_t kind, struct blocks* blocks,
                    struct events* events);

// Sets counts and events to 0 and writes nothing.
void record_forget(struct blocks* blocks, struct events* events);

// Writes the end and the code, and closes the file.
void record_close(struct record* record, uint64_t tag, const struct blocks* blocks);

#endif  // PERFCOST_NATIVE_ARM_CPU_RECORD_H_
