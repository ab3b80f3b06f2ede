#include "streams.h"

#include <stddef.h>

enum { CONFIRMED_STEPS = 2, MAX_STEPS = 9, NEAR_LINES = 2 };

static void move_to(struct streams* streams, struct stream* stream, uint64_t line) {
  stream->last = line;
  stream->used = streams->clock;
}

static bool confirmed(const struct stream* stream) { return stream->steps > CONFIRMED_STEPS; }

bool streams_miss(struct streams* streams, uint64_t line) {
  if (streams->count == 0) return false;
  streams->clock++;
  struct stream* oldest = &streams->entry[0];
  struct stream* near = NULL;
  for (uint32_t i = 0; i < streams->count; i++) {
    struct stream* stream = &streams->entry[i];
    int64_t distance = (int64_t)(line - stream->last);
    if (stream->steps > 0 && distance == stream->stride) {
      move_to(streams, stream, line);
      if (stream->steps < MAX_STEPS) stream->steps++;
      return confirmed(stream);
    }
    bool is_near = distance != 0 && distance >= -NEAR_LINES && distance <= NEAR_LINES;
    if (is_near && (near == NULL || stream->used > near->used)) near = stream;
    if (stream->used < oldest->used) oldest = stream;
  }
  if (near == NULL) {
    oldest->steps = 0;
    move_to(streams, oldest, line);
    return false;
  }
  int64_t distance = (int64_t)(line - near->last);
  move_to(streams, near, line);
  // One line of the stream was still cached, so that its miss was not seen.
  if (confirmed(near) && distance == 2 * near->stride) return true;
  near->stride = distance;
  near->steps = 1;
  return false;
}
