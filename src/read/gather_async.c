/* A gather that goes on by itself, in a thread of its own. */
#include "failure.h"
#include "gather_state.h"
#include "os.h"

#include <tome/error.h>

struct tome_gathering {
  tome *map;
  tome_span *spans;
  size_t count;
  os_thread thread;
  _Atomic int stop;
  _Atomic int is_done;
  gather_failure why;
};

static void run(void *context) {
  tome_gathering *g = context;
  tome__gather_run(g->map, g->spans, g->count, &g->stop, &g->why);
  atomic_store_explicit(&g->is_done, 1, memory_order_release);
}

int tome_gather_start(tome *map, tome_span *spans, size_t count, tome_gathering **ret) {
  int r = tome__gather_check(map, __func__, spans, count);
  if (r < 0)
    return r;
  tome_gathering *g = tome__os_new(1, sizeof *g);
  if (!g)
    return tome__fail(map->path, (failure){.operation = __func__, .code = TOME_ENOMEM});
  g->map = map;
  g->spans = spans;
  g->count = count;
  r = tome__os_thread_start(&g->thread, run, g);
  if (r < 0) {
    int system = tome__os_last_error();
    tome__os_free(g);
    return tome__fail(map->path,
                      (failure){.operation = __func__, .code = TOME_ENOMEM, .system = system});
  }
  *ret = g;
  return 0;
}

int tome_gather_is_done(const tome_gathering *gathering) {
  return atomic_load_explicit(&gathering->is_done, memory_order_acquire);
}

void tome_gather_cancel(tome_gathering *gathering) {
  atomic_store_explicit(&gathering->stop, 1, memory_order_relaxed);
}

int tome_gather_end(tome_gathering *gathering) {
  if (!gathering)
    return 0;
  tome__os_thread_join(gathering->thread);
  int r = gathering->why.code;
  if (r < 0)
    tome__gather_fail(gathering->map, __func__, &gathering->why);
  tome__os_free(gathering);
  return r;
}
