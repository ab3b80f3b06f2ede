#include "record.h"

#include <stdlib.h>
#include <string.h>

static const uint64_t MAGIC = 0x3130435250464350ull;  // "PCFPRC01"
static const uint64_t SEGMENT = 1;
static const uint64_t END = 2;

static void word(FILE* file, uint64_t value) { fwrite(&value, sizeof value, 1, file); }

bool record_make(struct record* record) {
  record->file = NULL;
  record->seen = calloc(MAX_BLOCKS, 1);
  return record->seen != NULL;
}

bool record_open(struct record* record, const char* path) {
  record->file = fopen(path, "wb");
  if (record->file == NULL) return false;
  memset(record->seen, 0, MAX_BLOCKS);
  word(record->file, MAGIC);
  return true;
}

void record_forget(struct blocks* blocks, struct events* events) {
  memset(blocks->count, 0, blocks->used * sizeof *blocks->count);
  memset(events, 0, sizeof *events);
}

void record_segment(struct record* record, uint64_t kind, struct blocks* blocks,
                    struct events* events) {
  uint64_t ran = 0;
  for (uint32_t i = 0; i < blocks->used; i++) ran += blocks->count[i] != 0;
  word(record->file, SEGMENT);
  word(record->file, kind);
  fwrite(events, sizeof *events, 1, record->file);
  word(record->file, ran);
  for (uint32_t i = 0; i < blocks->used; i++) {
    if (blocks->count[i] == 0) continue;
    record->seen[i] = 1;
    word(record->file, i);
    word(record->file, blocks->count[i]);
  }
  record_forget(blocks, events);
}

void record_close(struct record* record, uint64_t tag, const struct blocks* blocks) {
  uint64_t seen = 0;
  for (uint32_t i = 0; i < blocks->used; i++) seen += record->seen[i];
  word(record->file, END);
  word(record->file, tag);
  word(record->file, seen);
  for (uint32_t i = 0; i < blocks->used; i++) {
    if (!record->seen[i]) continue;
    const struct block* block = &blocks->block[i];
    word(record->file, i);
    word(record->file, block->address);
    word(record->file, block->instructions);
    fwrite(block->code, sizeof *block->code, block->instructions, record->file);
    if (block->instructions % 2) fwrite("\0\0\0", 4, 1, record->file);
  }
  fclose(record->file);
  record->file = NULL;
}
