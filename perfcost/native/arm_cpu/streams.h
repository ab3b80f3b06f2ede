// A stride prefetcher's table of streams: which missed lines a prefetcher would have fetched.
//
// A miss at the predicted next line of a stream with two confirmed steps counts as prefetched. A
// stream is learnt from a miss one or two lines away from an entry's last one, so that interleaved
// rows are not mistaken for one stream. Arm's manual says that the prefetcher follows several
// streams; the number of entries and the learning rule are assumptions.
#ifndef PERFCOST_NATIVE_ARM_CPU_STREAMS_H_
#define PERFCOST_NATIVE_ARM_CPU_STREAMS_H_

#include <stdbool.h>
#include <stdint.h>

#define MAX_STREAMS 64

struct stream {
  uint64_t last;   // line number of the latest miss
  int64_t stride;  // lines from one miss to the next
  uint32_t steps;  // of this stride in a row
  uint64_t used;   // when it was used last
};

struct streams {
  uint32_t count;
  uint64_t clock;
  struct stream entry[MAX_STREAMS];
};

// Tells of a missed line. Whether the prefetcher would have fetched it.
bool streams_miss(struct streams* streams, uint64_t line);

#endif  // PERFCOST_NATIVE_ARM_CPU_STREAMS_H_
