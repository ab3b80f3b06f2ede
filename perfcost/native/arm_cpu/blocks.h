// The table of translated blocks: where they lie, their code, and how often they ran.
#ifndef PERFCOST_NATIVE_ARM_CPU_BLOCKS_H_
#define PERFCOST_NATIVE_ARM_CPU_BLOCKS_H_

#include <stdbool.h>
#include <stdint.h>

#include "branches.h"

#define MAX_BLOCKS (1u << 20)
#define MAX_BLOCK_INSTRUCTIONS 1024

struct block {
  uint64_t address;
  uint64_t last_target;  // of an indirect branch at its end
  uint32_t instructions;
  uint32_t* code;
  enum branch_kind ends_in;
};

struct blocks {
  uint32_t used;
  struct block* block;
  uint64_t* count;    // apart from the rest: read at every border
  uint32_t* slot_of;  // hash table: number + 1, or 0
};

bool blocks_make(struct blocks* blocks);

// The number of the block with this address and code, entered if it is new. Blocks of one address
// may differ in length. Aborts if the table is full, since counts would be lost.
uint32_t blocks_find(struct blocks* blocks, uint64_t address, uint32_t instructions,
                     const uint32_t* code);

#endif  // PERFCOST_NATIVE_ARM_CPU_BLOCKS_H_
