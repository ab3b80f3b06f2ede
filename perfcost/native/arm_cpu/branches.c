#include "branches.h"

enum { HISTORY_MASK = 1023, HISTORY_SPREAD = 5, TAKEN = 2, STRONGEST = 3 };

enum branch_kind branch_kind_of(uint32_t word) {
  bool condition = (word >> 24) == 0x54;                     // b.cond
  bool compare_or_test = (word & 0x7c000000) == 0x34000000;  // cbz, cbnz, tbz, tbnz
  if (condition || compare_or_test) return BRANCH_CONDITIONAL;
  bool through_register = (word & 0xffdffc1f) == 0xd61f0000;  // br, blr; a ret has its own stack
  return through_register ? BRANCH_INDIRECT : BRANCH_NONE;
}

bool branches_mispredict(struct branches* branches, uint64_t address, bool taken) {
  uint64_t index = (address >> 2) ^ (uint64_t)branches->history * HISTORY_SPREAD;
  uint8_t* counter = &branches->counter[index % BRANCH_COUNTERS];
  bool wrong = (*counter >= TAKEN) != taken;
  if (taken && *counter < STRONGEST) ++*counter;
  if (!taken && *counter > 0) --*counter;
  branches->history = (branches->history << 1 | taken) & HISTORY_MASK;
  return wrong;
}
