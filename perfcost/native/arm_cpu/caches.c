#include "caches.h"

#include <stdlib.h>

bool cache_make(struct cache* cache, uint64_t size_bytes, uint32_t ways, uint32_t line_bytes) {
  cache->sets = 0;
  cache->ways = ways;
  cache->lines = NULL;
  if (size_bytes == 0) return true;
  if (ways == 0 || line_bytes == 0 || size_bytes % ((uint64_t)ways * line_bytes) != 0) return false;
  cache->sets = (uint32_t)(size_bytes / line_bytes / ways);
  cache->lines = calloc((size_t)cache->sets * ways, sizeof *cache->lines);
  return cache->lines != NULL;
}

static uint64_t* set_of(const struct cache* cache, uint64_t line) {
  return cache->lines + (line % cache->sets) * cache->ways;
}

// Whether the line is there; it then becomes the one used last.
static bool touch(struct cache* cache, uint64_t line) {
  if (cache->sets == 0) return false;
  uint64_t* set = set_of(cache, line);
  uint64_t wanted = line + 1;
  if (set[0] == wanted) return true;
  uint32_t way = 1;
  while (way < cache->ways && set[way] != wanted) way++;
  if (way == cache->ways) return false;
  for (; way > 0; way--) set[way] = set[way - 1];
  set[0] = wanted;
  return true;
}

// Whether the line was there; it is then taken out.
static bool take(struct cache* cache, uint64_t line) {
  if (cache->sets == 0) return false;
  uint64_t* set = set_of(cache, line);
  uint64_t wanted = line + 1;
  uint32_t way = 0;
  while (way < cache->ways && set[way] != wanted) way++;
  if (way == cache->ways) return false;
  for (; way + 1 < cache->ways; way++) set[way] = set[way + 1];
  set[cache->ways - 1] = 0;
  return true;
}

// Puts a line in front. Returns what falls out as line number + 1, or 0.
static uint64_t put(struct cache* cache, uint64_t line) {
  if (cache->sets == 0) return line + 1;
  uint64_t* set = set_of(cache, line);
  uint64_t victim = set[cache->ways - 1];
  for (uint32_t way = cache->ways - 1; way > 0; way--) set[way] = set[way - 1];
  set[0] = line + 1;
  return victim;
}

int caches_access(struct caches* caches, uint64_t line) {
  if (touch(&caches->level[0], line)) return 0;
  int found = 1;
  while (found < CACHE_LEVELS && !take(&caches->level[found], line)) found++;
  uint64_t moving = line + 1;
  for (int level = 0; level < CACHE_LEVELS && moving != 0; level++) {
    moving = put(&caches->level[level], moving - 1);
  }
  return found;
}
