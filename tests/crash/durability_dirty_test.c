/* What a flush leaves dirty, as cachestat(2) tells it: what START hands over is on its way, what WRITTEN and DURABLE hand over
 * has arrived. */
#include "planted_bug.h"

#include "calls.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { PAGES = 64, FIRST = 16, COUNT = 32 };

typedef struct pages {
  uint64_t dirty, writeback;
} pages;

/* As the kernel defines it. */
static pages count_pages(const char *path, uint64_t first, uint64_t count) {
  uint64_t range[2] = {first * PAGE, count * PAGE}, found[5];
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  must(fd >= 0);
  if (syscall(451, fd, range, found, 0) != 0) {
    must(errno == ENOSYS || errno == EOPNOTSUPP || errno == EPERM);
    exit_unable("this system has no cachestat");
  }
  must_equal(close(fd), 0);
  return (pages){found[1], found[2]};
}

static void store_by_write(tome *map) {
  unsigned char *bytes = new_pattern(0, PAGES * PAGE);
  must_succeed(tome_write(map, 0, bytes, PAGES * PAGE));
  free(bytes);
}

static void store_by_view(tome *map) {
  tome_view view = begin_view(map, 0, PAGES * PAGE, TOME_VIEW_WRITE);
  fill_pattern(view.data, 0, PAGES * PAGE);
  must_succeed(tome_view_end(&view));
}

static void store_by_fill(tome *map) {
  must_succeed(tome_fill(map, 0, TOME_END, 'x'));
}

static void store_by_append(tome *map) {
  must_succeed(tome_resize(map, 0));
  unsigned char *bytes = new_pattern(0, PAGES * PAGE);
  must_succeed(tome_append(map, bytes, PAGES * PAGE, NULL));
  free(bytes);
}

/* A new file each time: what is being written back already would not be begun again. The system may be quicker than we are
 * and write back on its own, so that a few tries may be needed to see dirty pages at all. */
static tome *make_dirty(const char *path, void store(tome *)) {
  for (int tries = 0; tries < 100; tries++) {
    unlink(path);
    tome *map = open_map(make_hole("file", PAGES * PAGE), TOME_WRITE);
    store(map);
    if (count_pages(path, FIRST, COUNT).dirty > 0)
      return map;
    must_succeed(tome_close(map));
  }
  exit_unable("pages of this file system are never dirty (a tmpfs?)");
}

static void flush_dirty_pages(void *unused) {
  void (*const stores[])(tome *) = {store_by_write, store_by_view, store_by_fill, store_by_append};
  (void)unused;
  const char *path = in_dir("file");
  for (int way = 0; way < 4; way++)
    for (int level = TOME_FLUSH_START; level <= TOME_FLUSH_DURABLE; level++) {
      note("level %d, way of storing %d", level, way);
      tome *map = make_dirty(path, stores[way]);
      must_succeed(tome_flush(map, FIRST * PAGE + 1, COUNT * PAGE - 1, level));
      pages left = count_pages(path, FIRST, COUNT);
      must_equal(left.dirty, 0);
      must(level == TOME_FLUSH_START || left.writeback == 0);
      must_succeed(tome_close(map));
    }
}

static void flushed_pages_are_not_dirty_any_more(void **state) {
  (void)state;
  in_child(flush_dirty_pages, NULL);
}

static int begin_nothing(int fd, off_t offset, off_t n, unsigned flags) {
  (void)fd, (void)offset, (void)n, (void)flags;
  return 0;
}

static void do_not_begin(void) {
  tome__os_calls.sync_file_range = begin_nothing;
}

static void do_not_sync(void) {
  tome__os_calls.fdatasync = sync_nothing;
}

static void a_flush_that_writes_nothing_back_is_found(void **state) {
  (void)state;
  must_find_bug("a flush that writes nothing back", do_not_begin, flush_dirty_pages, NULL);
  must_find_bug("a flush that leaves pages dirty", do_not_sync, flush_dirty_pages, NULL);
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(flushed_pages_are_not_dirty_any_more),
      TEST(a_flush_that_writes_nothing_back_is_found),
  };
  return run_matching(tests, count, arguments);
}
