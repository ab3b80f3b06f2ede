// A gshare predictor of conditional branches, and the last target of each indirect one.
//
// The Cortex-A55's predictor is not published. Table and history are those of a usual small core;
// an assumption.
#ifndef PERFCOST_NATIVE_ARM_CPU_BRANCHES_H_
#define PERFCOST_NATIVE_ARM_CPU_BRANCHES_H_

#include <stdbool.h>
#include <stdint.h>

#define BRANCH_COUNTERS 8192

enum branch_kind { BRANCH_NONE, BRANCH_CONDITIONAL, BRANCH_INDIRECT };

struct branches {
  uint8_t counter[BRANCH_COUNTERS];  // two bits each: 2 and 3 predict taken
  uint32_t history;
};

// The kind of the branch that an instruction word is, if it is one that can be mispredicted.
enum branch_kind branch_kind_of(uint32_t word);

// Whether the outcome of a conditional branch at an address is mispredicted; learns from it.
bool branches_mispredict(struct branches* branches, uint64_t address, bool taken);

#endif  // PERFCOST_NATIVE_ARM_CPU_BRANCHES_H_
