/* The parent drops the file from memory and starts a child. It does the cold pass, reports, waits
 * until the parent has looked at the page cache, and does the warm passes. Its peak memory is what
 * the system says when it ends.
 *
 * Times are of reading only: checksums are made while the clock stands, in the cold pass and in one
 * warm pass that is not timed. */
#include "bench_run.h"

#include <stdlib.h>
#include <string.h>

#include "child_process.h"
#include "complain.h"
#include "files.h"
#include "progress.h"
#include "stopwatch.h"
#include "verb.h"

#define WARM_PASSES_MAX 51
#define WARM_TIME_MAX UINT64_C(100000000) /* ns; the first pass may take longer */

/* The child's end: what it works on, and the pipes to and from the parent. */
struct child {
  const struct bench_plan *plan;
  const struct bench_method *method;
  struct bench_source source;
  unsigned char *buffer;
  size_t together; /* how many reads there is room for in it */
  int to_parent;
  int from_parent;
};

/* Up to eight bytes, the first of which counts least, on every processor. */
static uint64_t word_of(const unsigned char *bytes, size_t length) {
  uint64_t word = 0;
  for (size_t i = 0; i < length; i++)
    word |= (uint64_t)bytes[i] << 8 * i;
  return word;
}

/* FNV-1a, over eight bytes at a time. */
static uint64_t checksum_of(uint64_t sum, const unsigned char *bytes, size_t length) {
  for (size_t i = 0; i < length; i += sizeof(uint64_t)) {
    size_t left = length - i;
    uint64_t word = word_of(bytes + i, left < sizeof word ? left : sizeof word);
    sum = (sum ^ word) * UINT64_C(0x100000001b3);
  }
  return sum;
}

/* Of `count` reads that lie one behind the other. */
static uint64_t checksum_add(uint64_t sum, const unsigned char *bytes, size_t length,
                             size_t count) {
  for (size_t i = 0; i < count; i++)
    sum = checksum_of(sum, bytes + i * length, length);
  return sum;
}

/* How many reads were done, and what they read. */
struct outcome {
  size_t done;
  int stopped;
  uint64_t checksum;
};

/* With `outcome` the bytes are looked at, the clock standing meanwhile, and what has taken longer than the limit is stopped. */
static int read_all(struct child *child, struct stopwatch *watch, struct outcome *outcome) {
  const struct bench_plan *plan = child->plan;
  struct bench_reads reads = {.length = plan->length, .buffer = child->buffer};
  for (size_t i = 0; i < plan->count; i += reads.count) {
    reads.offsets = plan->offsets + i;
    reads.count = plan->count - i < child->together ? plan->count - i : child->together;
    if (child->method->read(&child->source, &reads) < 0)
      return -1;
    if (!outcome)
      continue;
    stopwatch_stop(watch);
    outcome->done = i + reads.count;
    outcome->stopped = watch->total > plan->limit && outcome->done < plan->count;
    outcome->checksum = checksum_add(outcome->checksum, child->buffer, plan->length, reads.count);
    if (outcome->stopped)
      return 0;
    stopwatch_start(watch);
  }
  stopwatch_stop(watch);
  return 0;
}

static int pass(struct child *child, struct stopwatch *watch, struct outcome *outcome) {
  int ready = 0;
  if (outcome)
    *outcome = (struct outcome){.checksum = UINT64_C(0xcbf29ce484222325)};
  stopwatch_start(watch);
  if (child->method->prepare)
    ready = child->method->prepare(&child->source,
                                   outcome ? clock_now() + child->plan->limit : UINT64_MAX);
  if (ready <= 0)
    return ready < 0 ? -1 : read_all(child, watch, outcome);
  stopwatch_stop(watch);
  if (outcome)
    outcome->stopped = 1;
  return 0;
}

static int cold_pass(struct child *child, struct bench_result *result) {
  struct stopwatch watch = {.total = 0};
  struct outcome outcome;
  stopwatch_start(&watch);
  if (child->method->open(&child->source) < 0)
    return -1;
  stopwatch_stop(&watch);
  if (pass(child, &watch, &outcome) < 0)
    return -1;
  result->cold = watch.total;
  result->stopped = outcome.stopped;
  result->done = outcome.done;
  result->checksum = outcome.checksum;
  return 0;
}

static int by_size(const void *a, const void *b) {
  uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
  return (left > right) - (left < right);
}

/* A file that does not fit in memory cannot be read whole from there; and what was stopped is not warm. */
static int can_be_warm(const struct child *child, const struct bench_result *result) {
  return !result->stopped && (!child->method->prepare || child->source.bytes);
}

/* One pass more, not timed. */
static int compare_bytes(struct child *child, uint64_t expected) {
  struct stopwatch unused = {.total = 0};
  struct outcome outcome;
  if (pass(child, &unused, &outcome) < 0)
    return -1;
  if (outcome.stopped || outcome.checksum == expected)
    return 0;
  complain(child->plan->path, "%s: the warm pass read other bytes than the cold one",
           child->method->name);
  return -1;
}

static int warm_passes(struct child *child, struct bench_result *result) {
  uint64_t times[WARM_PASSES_MAX], spent = 0;
  size_t count = 0;
  result->warm = TOME_UNKNOWN;
  if (!can_be_warm(child, result))
    return 0;
  while (count < WARM_PASSES_MAX && spent < WARM_TIME_MAX) {
    struct stopwatch watch = {.total = 0};
    if (pass(child, &watch, NULL) < 0)
      return -1;
    times[count++] = watch.total;
    spent += watch.total;
  }
  qsort(times, count, sizeof times[0], by_size);
  result->warm = times[count / 2];
  result->warm_passes = count;
  return compare_bytes(child, result->checksum);
}

static int report(const struct child *child, const struct bench_result *result) {
  return child_send(child->to_parent, result, sizeof *result);
}

static int make_buffer(struct child *child) {
  size_t length = child->plan->length, together = 1;
  if (child->method->together && length < BENCH_TOGETHER_BYTES)
    together = BENCH_TOGETHER_BYTES / length;
  if (together > BENCH_TOGETHER_COUNT)
    together = BENCH_TOGETHER_COUNT;
  child->together = together < child->plan->count ? together : child->plan->count;
  child->buffer = malloc(child->together * length);
  if (!child->buffer)
    complain_system(child->plan->path);
  return child->buffer ? 0 : -1;
}

static int child_main(struct child *child) {
  struct bench_result result = {.cold = 0};
  if (make_buffer(child) < 0)
    return -1;
  if (cold_pass(child, &result) < 0 || report(child, &result) < 0)
    return -1;
  child_wait(child->from_parent);
  return warm_passes(child, &result) < 0 || report(child, &result) < 0 ? -1 : 0;
}

/* How much of the file is in memory. With `drop` it is dropped first; returns 1 if the system does not
 * do that. */
static int resident(const char *path, int drop, uint64_t *ret) {
  tome *map;
  tome_info info = {.struct_size = sizeof info};
  if (tome_open(&map, path, TOME_READ, NULL) < 0) {
    complain_tome(path, NULL);
    return -1;
  }
  int dropped = drop ? tome_evict(map, 0, TOME_END) : 0;
  int result = dropped == TOME_ENOTSUP ? 0 : dropped;
  if (result == 0)
    result = tome_info_get(map, &info);
  if (result < 0)
    complain_tome(path, NULL);
  else
    *ret = info.resident;
  tome_close(map);
  return result == 0 && dropped < 0 ? 1 : result;
}

static void wait_a_little(void) {
  wait_milliseconds(10);
}

/* TOME_UNKNOWN will not become known. */
static int can_be_dropped(uint64_t left) {
  return left > 0 && left != TOME_UNKNOWN;
}

/* Only clean pages can be dropped: what was written to the file a moment ago goes to the disk
 * first. Nor can pages that the disk is still reading ahead into: they are tried again. */
static int drop_from_memory(const char *path, uint64_t *ret_left) {
  file_write_back(path); /* a failure shows as pages that stay */
  int result = resident(path, 1, ret_left);
  for (int tries = 0; tries < 10 && result == 0 && can_be_dropped(*ret_left); tries++) {
    wait_a_little();
    result = resident(path, 1, ret_left);
  }
  return result;
}

/* What a method left in memory is known when the disk has finished reading ahead. */
static int resident_at_rest(const char *path, uint64_t *ret) {
  uint64_t before;
  int result = resident(path, 0, ret);
  do {
    before = *ret;
    wait_a_little();
    if (result == 0)
      result = resident(path, 0, ret);
  } while (result == 0 && *ret > before);
  return result;
}

/* One report of the child. Returns 0, or -1 if it ended without one. */
static int receive(const struct child_process *process, struct bench_result *ret) {
  while (!child_is_ready(process, 200))
    progress_update(0);
  return child_receive(process, ret, sizeof *ret);
}

static int supervise(const struct bench_plan *plan, struct child_process *process,
                     struct bench_result *result) {
  struct bench_result reported;
  int failed =
      receive(process, &reported) < 0 || resident_at_rest(plan->path, &result->resident_after) < 0;
  child_let_go(process);
  if (failed || receive(process, &reported) < 0)
    return -1;
  reported.resident_before = result->resident_before;
  reported.never_dropped = result->never_dropped;
  reported.resident_after = result->resident_after;
  *result = reported;
  return 0;
}

/* Wait for the end. A child that ended with an exit status of its own has said why. */
static int collect(const struct bench_plan *plan, const struct bench_method *method,
                   struct child_process *process, struct bench_result *result) {
  struct child_end end;
  if (child_end(process, &end) < 0) {
    complain_system(plan->path);
    return -1;
  }
  if (end.death)
    complain(plan->path, "%s: the process died of a signal: %s", method->name, end.death);
  result->peak_memory = end.peak_memory;
  return end.failed ? -1 : 0;
}

/* The plan that a child is to follow, as it is sent: the path stands behind it. */
struct message {
  uint64_t size, count, length, limit, method;
};

/* The plan this process is following: a child that is a copy of it has it at hand. */
static const struct bench_plan *followed;

static int unpack(const struct message *message, const char *path, struct bench_plan *ret) {
  *ret = (struct bench_plan){.path = path,
                             .size = message->size,
                             .count = (size_t)message->count,
                             .length = (size_t)message->length,
                             .limit = message->limit};
  ret->offsets = bench_offsets(ret);
  if (!ret->offsets)
    complain_system(path);
  return ret->offsets ? 0 : -1;
}

int bench_child(const void *bytes, size_t length, int to_parent, int from_parent) {
  const struct message *message = bytes;
  const char *path = (const char *)bytes + sizeof *message;
  struct bench_plan plan;
  struct child child = {.plan = followed,
                        .method = &bench_methods[message->method],
                        .to_parent = to_parent,
                        .from_parent = from_parent};
  (void)length;
  if (!followed) {
    if (unpack(message, path, &plan) < 0)
      return STATUS_ERROR;
    child.plan = &plan;
  }
  child.source =
      (struct bench_source){.path = child.plan->path, .size = child.plan->size, .fd = -1};
  return child_main(&child) < 0 ? STATUS_ERROR : STATUS_OK;
}

static int start(const struct bench_plan *plan, const struct bench_method *method,
                 struct child_process *ret) {
  size_t path = strlen(plan->path) + 1;
  struct message *message = malloc(sizeof *message + path);
  if (!message)
    return -1;
  *message = (struct message){.size = plan->size,
                              .count = plan->count,
                              .length = plan->length,
                              .limit = plan->limit,
                              .method = (uint64_t)(method - bench_methods)};
  memcpy(message + 1, plan->path, path);
  followed = plan;
  int result = child_start(bench_child, message, sizeof *message + path, ret);
  free(message);
  return result;
}

static int run_child(const struct bench_plan *plan, const struct bench_method *method,
                     struct bench_result *result) {
  struct child_process process;
  if (start(plan, method, &process) < 0) {
    complain_system(plan->path);
    return -1;
  }
  int supervised = supervise(plan, &process, result);
  int collected = collect(plan, method, &process, result);
  return supervised < 0 ? supervised : collected;
}

int bench_run(const struct bench_plan *plan, const struct bench_method *method,
              struct bench_result *ret) {
  struct bench_result result = {.cold = 0};
  int dropped = drop_from_memory(plan->path, &result.resident_before);
  if (dropped < 0)
    return -1;
  result.never_dropped = dropped > 0;
  progress_begin(method->name, 0);
  int failed = run_child(plan, method, &result);
  progress_end();
  if (failed == 0)
    *ret = result;
  return failed;
}
