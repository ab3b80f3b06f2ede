/* A Vulkan driver that stands before another one and writes down what it is
 * asked for.
 *
 * It hands every call on to the driver named by PERFCOST_DRIVER_BEHIND, and
 * appends a line to the file named by PERFCOST_DRIVER_LOG for each buffer,
 * image and block of memory that comes or goes:
 *
 *   B+ handle bytes usage     B- handle
 *   I+ handle format width height depth layers usage     I- handle
 *   M+ handle bytes           M- handle
 *
 * Usage is Vulkan's, in hexadecimal. Only the fields that are read are declared
 * here, so no Vulkan headers are needed. For one thread at a time: LiteRT's
 * WebGPU delegate has one.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef void (*Function)(void);
typedef Function (*Look)(void *, const char *);
typedef uint64_t Handle;

typedef struct {
  int32_t type;
  const void *next;
  uint32_t flags;
  uint64_t size;
  uint32_t usage;
} BufferInfo;

typedef struct {
  int32_t type;
  const void *next;
  uint64_t size;
  uint32_t memory_type;
} MemoryInfo;

typedef struct {
  int32_t type;
  const void *next;
  uint32_t flags;
  int32_t image_type, format;
  uint32_t width, height, depth, levels, layers;
  int32_t samples, tiling;
  uint32_t usage;
} ImageInfo;

static void *driver;
static FILE *out;
static Look instance_look, device_look;

static void open_driver(void) {
  if (driver)
    return;
  const char *behind = getenv("PERFCOST_DRIVER_BEHIND"),
             *log = getenv("PERFCOST_DRIVER_LOG");
  driver = behind ? dlopen(behind, RTLD_NOW | RTLD_LOCAL) : NULL;
  out = log ? fopen(log, "a") : NULL;
  if (!driver || !out) {
    fprintf(stderr,
            "PERFCOST_DRIVER_BEHIND or PERFCOST_DRIVER_LOG cannot be opened\n");
    abort();
  }
  setvbuf(out, NULL, _IOLBF, 0);
  instance_look = (Look)dlsym(driver, "vk_icdGetInstanceProcAddr");
}

#define MAKER(name, Info, ...)                                                 \
  static int (*their_##name)(void *, const Info *, const void *, Handle *);    \
  static int name(void *device, const Info *info, const void *allocator,       \
                  Handle *made) {                                              \
    int result = their_##name(device, info, allocator, made);                  \
    if (result == 0)                                                           \
      fprintf(out, __VA_ARGS__);                                               \
    return result;                                                             \
  }
#define ENDER(name, letter)                                                    \
  static void (*their_##name)(void *, Handle, const void *);                   \
  static void name(void *device, Handle gone, const void *allocator) {         \
    fprintf(out, letter "- %" PRIx64 "\n", gone);                              \
    their_##name(device, gone, allocator);                                     \
  }

MAKER(create_buffer, BufferInfo, "B+ %" PRIx64 " %" PRIu64 " %x\n", *made,
      info->size, info->usage)
MAKER(create_image, ImageInfo, "I+ %" PRIx64 " %d %u %u %u %u %x\n", *made,
      info->format, info->width, info->height, info->depth, info->layers,
      info->usage)
MAKER(allocate, MemoryInfo, "M+ %" PRIx64 " %" PRIu64 "\n", *made, info->size)
ENDER(destroy_buffer, "B")
ENDER(destroy_image, "I")
ENDER(release, "M")

static Function device_function(void *device, const char *name);

static Function watched(const char *name, Function theirs) {
  if (!theirs)
    return theirs;
#define WATCH(vulkan, ours)                                                    \
  if (!strcmp(name, vulkan)) {                                                 \
    *(Function *)&their_##ours = theirs;                                       \
    return (Function)ours;                                                     \
  }
  WATCH("vkCreateBuffer", create_buffer)
  WATCH("vkDestroyBuffer", destroy_buffer)
  WATCH("vkCreateImage", create_image)
  WATCH("vkDestroyImage", destroy_image)
  WATCH("vkAllocateMemory", allocate)
  WATCH("vkFreeMemory", release)
  if (!strcmp(name, "vkGetDeviceProcAddr")) {
    device_look = (Look)theirs;
    return (Function)device_function;
  }
  return theirs;
}

static Function device_function(void *device, const char *name) {
  return watched(name, device_look(device, name));
}

Function vk_icdGetInstanceProcAddr(void *instance, const char *name) {
  open_driver();
  return watched(name, instance_look(instance, name));
}

Function vk_icdGetPhysicalDeviceProcAddr(void *instance, const char *name) {
  open_driver();
  Look look = (Look)dlsym(driver, "vk_icdGetPhysicalDeviceProcAddr");
  return look ? look(instance, name) : NULL;
}

int vk_icdNegotiateLoaderICDInterfaceVersion(uint32_t *version) {
  open_driver();
  int (*negotiate)(uint32_t *) = (int (*)(uint32_t *))dlsym(
      driver, "vk_icdNegotiateLoaderICDInterfaceVersion");
  return negotiate(version);
}
