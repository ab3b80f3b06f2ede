#include "blocks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS = 2 * MAX_BLOCKS };

bool blocks_make(struct blocks* blocks) {
  blocks->used = 0;
  blocks->block = calloc(MAX_BLOCKS, sizeof *blocks->block);
  blocks->count = calloc(MAX_BLOCKS, sizeof *blocks->count);
  blocks->slot_of = calloc(SLOTS, sizeof *blocks->slot_of);
  return blocks->block != NULL && blocks->count != NULL && blocks->slot_of != NULL;
}

static uint32_t slot_of(uint64_t address, uint32_t instructions, const uint32_t* code) {
  uint64_t hash = address * 0x9E3779B97F4A7C15ull + instructions;
  for (uint32_t i = 0; i < instructions; i++) hash = (hash ^ code[i]) * 0x100000001b3ull;
  return (uint32_t)((hash >> 20) % SLOTS);
}

static bool same(const struct block* block, uint64_t address, uint32_t instructions,
                 const uint32_t* code) {
  return block->address == address && block->instructions == instructions &&
         memcmp(block->code, code, instructions * sizeof *code) == 0;
}

uint32_t blocks_find(struct blocks* blocks, uint64_t address, uint32_t instructions,
                     const uint32_t* code) {
  uint32_t slot = slot_of(address, instructions, code);
  for (; blocks->slot_of[slot] != 0; slot = (slot + 1) % SLOTS) {
    uint32_t number = blocks->slot_of[slot] - 1;
    if (same(&blocks->block[number], address, instructions, code)) return number;
  }
  struct block* block = &blocks->block[blocks->used];
  uint32_t* copy = malloc(instructions * sizeof *copy);
  if (blocks->used == MAX_BLOCKS || copy == NULL) {
    fprintf(stderr, "perfcost plugin: no room for more than %u blocks of code\n", blocks->used);
    abort();
  }
  memcpy(copy, code, instructions * sizeof *copy);
  block->address = address;
  block->instructions = instructions;
  block->code = copy;
  block->ends_in = branch_kind_of(code[instructions - 1]);
  blocks->slot_of[slot] = ++blocks->used;
  return blocks->used - 1;
}
