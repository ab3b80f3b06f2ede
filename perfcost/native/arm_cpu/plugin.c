// A plugin of QEMU's user mode: counts the blocks that a program runs between two marks, split at
// hooked addresses, with a model of the data caches and of branch prediction.
//
// Use: qemu-aarch64 -plugin FILE,out=PATH,line=64,streams=16,l1d=32768:4,l2=65536:4,l3=262144:16
// The guest marks with system calls whose numbers no kernel knows (QEMU answers ENOSYS):
//   0x7003 hooks the address in argument 1 as kind argument 2; before it is first translated
//   0x7004 warm-up: caches and predictor learn, nothing is counted
//   0x7001 starts a run; 0x7002 ends it with the tag in argument 1 and writes the record
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "blocks.h"
#include "branches.h"
#include "caches.h"
#include "qemu_api.h"
#include "record.h"
#include "streams.h"

__attribute__((visibility("default"))) int qemu_plugin_version = 1;

enum { MARK_START = 0x7001, MARK_STOP, MARK_HOOK, MARK_WARM };
enum { BORDER_START = 0, MAX_HOOKS = 64 };
enum phase { IDLE, WARMING, RUNNING };

static enum phase phase = IDLE;
static struct blocks blocks;
static struct caches caches;
static struct streams streams = {.count = 16};
static struct branches branches;
static struct events events;
static struct record record;
static const char* out_path;
static uint32_t line_bits = 6;
static uint32_t previous_block;
static uint64_t previous_line = UINT64_MAX;
static uint64_t begun_by = BORDER_START;

static struct hook {
  uint64_t address;
  uint64_t kind;
} hooks[MAX_HOOKS];
static uint32_t hooks_used;

static void on_access(unsigned vcpu, qemu_plugin_meminfo_t info, uint64_t address, void* unused) {
  (void)vcpu;
  (void)unused;
  if (phase == IDLE) return;
  bool store = qemu_plugin_mem_is_store(info);
  events.accesses++;
  events.stores += store;
  // Wide accesses come in pieces of 8 bytes, so that an aligned one never crosses a line.
  uint64_t line = address >> line_bits;
  if (line == previous_line) return;
  previous_line = line;
  int found = caches_access(&caches, line);
  if (found == 0) return;
  bool streamed = streams_miss(&streams, line);
  enum line_kind kind = store ? LINE_STORED : streamed ? LINE_STREAMED : LINE_LOADED;
  for (int level = 0; level < found; level++) events.missed[level][kind]++;
}

// Whether the branch at the end of a block was mispredicted, now that the next block is known.
static void settle_branch(struct block* block, uint64_t next) {
  uint64_t after = block->address + 4ull * block->instructions;
  bool wrong = false;
  if (block->ends_in == BRANCH_CONDITIONAL) {
    wrong = branches_mispredict(&branches, after, next != after);
  } else if (block->ends_in == BRANCH_INDIRECT) {
    wrong = block->last_target != next;
    block->last_target = next;
  } else {
    return;
  }
  events.branches++;
  events.mispredicted += wrong;
}

static void on_block(unsigned vcpu, void* number) {
  (void)vcpu;
  if (phase == IDLE) return;
  uint32_t current = (uint32_t)(uintptr_t)number;
  blocks.count[current]++;
  struct block* previous = &blocks.block[previous_block];
  previous_block = current;
  if (previous->ends_in != BRANCH_NONE) settle_branch(previous, blocks.block[current].address);
}

static void on_border(unsigned vcpu, void* kind) {
  (void)vcpu;
  if (phase != RUNNING) return;
  record_segment(&record, begun_by, &blocks, &events);
  begun_by = (uint64_t)(uintptr_t)kind;
}

static void start(void) {
  if (!record_open(&record, out_path)) {
    fprintf(stderr, "perfcost plugin: %s cannot be written\n", out_path);
    abort();
  }
  record_forget(&blocks, &events);
  begun_by = BORDER_START;
  phase = RUNNING;
}

static void stop(uint64_t tag) {
  if (phase != RUNNING) return;
  record_segment(&record, begun_by, &blocks, &events);
  phase = IDLE;
  record_close(&record, tag, &blocks);
}

static void on_system_call(qemu_plugin_id_t id, unsigned vcpu, int64_t call, uint64_t first,
                           uint64_t second, uint64_t a3, uint64_t a4, uint64_t a5, uint64_t a6,
                           uint64_t a7, uint64_t a8) {
  (void)id, (void)vcpu, (void)a3, (void)a4, (void)a5, (void)a6, (void)a7, (void)a8;
  if (call == MARK_START) {
    start();
  } else if (call == MARK_STOP) {
    stop(first);
  } else if (call == MARK_WARM) {
    phase = WARMING;
  } else if (call == MARK_HOOK && hooks_used < MAX_HOOKS) {
    hooks[hooks_used++] = (struct hook){.address = first, .kind = second};
  }
}

// A superset of loads and stores (bit 27 set, bit 25 clear): other instructions cost nothing.
static bool may_access_memory(uint32_t word) { return (word & 0x0a000000) == 0x08000000; }

static void on_translation(qemu_plugin_id_t id, struct qemu_plugin_tb* tb) {
  (void)id;
  uint32_t code[MAX_BLOCK_INSTRUCTIONS];
  size_t instructions = qemu_plugin_tb_n_insns(tb);
  if (instructions > MAX_BLOCK_INSTRUCTIONS) instructions = MAX_BLOCK_INSTRUCTIONS;
  for (size_t i = 0; i < instructions; i++) {
    struct qemu_plugin_insn* instruction = qemu_plugin_tb_get_insn(tb, i);
    memcpy(&code[i], qemu_plugin_insn_data(instruction), sizeof code[i]);
    if (may_access_memory(code[i])) {
      qemu_plugin_register_vcpu_mem_cb(instruction, on_access, QEMU_PLUGIN_CB_NO_REGS,
                                       QEMU_PLUGIN_MEM_RW, NULL);
    }
  }
  uint64_t address = qemu_plugin_tb_vaddr(tb);
  uint32_t number = blocks_find(&blocks, address, (uint32_t)instructions, code);
  for (uint32_t i = 0; i < hooks_used; i++) {
    if (hooks[i].address == address) {
      qemu_plugin_register_vcpu_tb_exec_cb(tb, on_border, QEMU_PLUGIN_CB_NO_REGS,
                                           (void*)(uintptr_t)hooks[i].kind);
    }
  }
  qemu_plugin_register_vcpu_tb_exec_cb(tb, on_block, QEMU_PLUGIN_CB_NO_REGS,
                                       (void*)(uintptr_t)number);
}

// One option of the form name=value. False if it is unknown or its value has no meaning.
static bool set_option(const char* name, const char* value) {
  static const char* const kLevels[CACHE_LEVELS] = {"l1d", "l2", "l3"};
  char* end = NULL;
  if (strcmp(name, "out") == 0) return (out_path = strdup(value)) != NULL;
  uint64_t number = strtoull(value, &end, 10);
  if (strcmp(name, "streams") == 0) {
    streams.count = (uint32_t)number;
    return *end == 0 && number <= MAX_STREAMS;
  }
  if (strcmp(name, "line") == 0) {
    for (line_bits = 0; (1ull << line_bits) < number && line_bits < 12;) line_bits++;
    return *end == 0 && number == 1ull << line_bits;
  }
  for (int level = 0; level < CACHE_LEVELS; level++) {
    if (strcmp(name, kLevels[level]) != 0) continue;
    if (*end != ':') return false;
    uint64_t ways = strtoull(end + 1, &end, 10);
    return *end == 0 && cache_make(&caches.level[level], number, (uint32_t)ways, 1u << line_bits);
  }
  return false;
}

__attribute__((visibility("default"))) int qemu_plugin_install(qemu_plugin_id_t id,
                                                               const qemu_info_t* info, int count,
                                                               char** options) {
  (void)info;
  // `line` comes before the caches, whose number of sets depends on it.
  for (int i = 0; i < count; i++) {
    char* value = strchr(options[i], '=');
    if (value != NULL) *value++ = 0;
    if (value == NULL || !set_option(options[i], value)) {
      fprintf(stderr, "perfcost plugin: option %s is unknown or wrong\n", options[i]);
      return 1;
    }
  }
  if (out_path == NULL || caches.level[0].sets == 0 || !blocks_make(&blocks) ||
      !record_make(&record)) {
    fprintf(stderr, "perfcost plugin: needs out= and l1d=, and memory for its tables\n");
    return 1;
  }
  qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
  qemu_plugin_register_vcpu_syscall_cb(id, on_system_call);
  return 0;
}
