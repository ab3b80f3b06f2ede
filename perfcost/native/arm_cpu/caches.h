// Data caches: up to three levels, true LRU, exclusive.
//
// Exclusive as Arm's Cortex-A55 and DSU manuals state: a line lives in one level. A miss takes the
// line out of the level that has it and puts it into the first; what falls out of a level goes one
// level down.
#ifndef PERFCOST_NATIVE_ARM_CPU_CACHES_H_
#define PERFCOST_NATIVE_ARM_CPU_CACHES_H_

#include <stdbool.h>
#include <stdint.h>

#define CACHE_LEVELS 3

struct cache {
  uint32_t sets;  // 0: there is no such level
  uint32_t ways;
  uint64_t* lines;  // per set, the line used last first: line number + 1, or 0 for none
};

struct caches {
  struct cache level[CACHE_LEVELS];
};

// Makes one empty level. False if the geometry is none or memory is short. A size of 0 is a level
// that never has a line.
bool cache_make(struct cache* cache, uint64_t size_bytes, uint32_t ways, uint32_t line_bytes);

// Accesses a line by its number (address / line size). Returns the level that had it: 0 to 2, or
// CACHE_LEVELS if none had.
int caches_access(struct caches* caches, uint64_t line);

#endif  // PERFCOST_NATIVE_ARM_CPU_CACHES_H_
