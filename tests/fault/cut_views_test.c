/* One cut at a time, by another process, under a view: each way of touching memory, before, across and behind the cut, through
 * the base mapping and through windows. All is determined here: which bytes there are, which range is lost, whether it took
 * a signal, and that nothing of it is left when the file is whole again. */
#include "calls.h"
#include "cut_ways.h"
#include "cut_weather.h"
#include "planted_bug.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PAGES = 6 };
#define SIZE ((size_t)PAGES * PAGE + 77)
#define MIDDLE (2 * PAGE + 100)

/* To nothing, at a border, inside a page, inside the last page, by one byte. */
enum { CUTS = 5 };
static size_t cut_of(int i) {
  const size_t cuts[CUTS] = {0, 3 * PAGE, MIDDLE, PAGES * PAGE + 3, SIZE - 1};
  return cuts[i];
}

static char path[512];
static weather *sky;

static tome *open_file(const char *name, uint32_t flags, size_t window) {
  snprintf(path, sizeof path, "%s", make_pattern_file(name, SIZE));
  return open_windowed(path, flags, window);
}

/* Whether a page of [from, to) lies wholly behind the cut: only that raises a signal. */
static int raises(size_t cut, size_t to) {
  return to > (cut + PAGE - 1) / PAGE * PAGE;
}

static void must_have_healed(tome *map) {
  grow_back(path, SIZE);
  must_read_pattern(map, 0, SIZE);
  tome_view view = begin_view(map, 0, SIZE, TOME_VIEW_READ);
  must_equal(count_anonymous(view.data, SIZE), 0);
  must_be_pattern(view.data, 0, SIZE);
  must_succeed(tome_view_end(&view));
  must_be_pattern_file(path, SIZE);
}

/* ---- loads ---- */

static void load_across(tome *map, const way *by, size_t cut, size_t from, size_t to) {
  unsigned char *got = malloc(SIZE);
  uint64_t patches = sky->patches;
  tome_view view =
      begin_view(map, from, to - from, by->stores_to_load ? TOME_VIEW_WRITE : TOME_VIEW_READ);
  must_be_pattern(view.data, from, to - from);
  truncate_elsewhere(path, cut);
  note("%s of [%zu, %zu), cut at %zu", by->name, from, to, cut);
  by->load(got, view.data, to - from);
  size_t there = cut > from ? cut - from : 0;
  must_be_pattern(got, from, there < to - from ? there : to - from);
  if (to > cut) {
    must_be_zero(got + there, to - from - there);
    must_equal(count_anonymous(view.data, to - from) != 0, raises(cut, to));
    must_fail_at(tome_view_end(&view), TOME_ELOST, from + there, to - from - there);
  } else {
    must_succeed(tome_view_end(&view));
  }
  must_equal(sky->patches != patches, raises(cut, to));
  free(got);
}

static void load_in_every_way(const char *name, size_t window) {
  for (unsigned i = 0; i < count_ways(); i++)
    for (int c = 0; c < CUTS; c++) {
      size_t cut = cut_of(c), middle = cut > 9 ? cut - 9 : 0;
      tome *map = open_file(name, TOME_WRITE, window);
      load_across(map, way_at(i), cut, 0, SIZE);
      must_have_healed(map);
      load_across(map, way_at(i), cut, middle, SIZE);
      must_have_healed(map);
      load_across(map, way_at(i), cut, middle, cut + 1);
      must_have_healed(map);
      tome_close(map);
    }
}

/* ---- stores ---- */

static void store_across(tome *map, const way *by, size_t cut, size_t from, size_t to) {
  unsigned char *bytes = malloc(SIZE);
  uint64_t patches = sky->patches;
  memset(bytes, 'x', SIZE);
  tome_view view = begin_view(map, from, to - from, TOME_VIEW_WRITE);
  must_be_pattern(view.data, from, to - from);
  truncate_elsewhere(path, cut);
  note("%s of [%zu, %zu), cut at %zu", by->name, from, to, cut);
  by->store(view.data, bytes, to - from);
  size_t first = cut > from ? cut : from;
  must_fail_at(tome_view_end(&view), TOME_ELOST, first, to - first);
  must_equal(sky->patches != patches, raises(cut, to));
  fill_pattern(bytes, 0, from);
  must_be_file(path, bytes, cut); /* x from `from` on */
  free(bytes);
}

static void undo_stores(size_t from) {
  void *bytes = new_pattern(from, SIZE - from);
  truncate_elsewhere(path, from);
  write_elsewhere(path, from, bytes, SIZE - from);
  free(bytes);
}

static void store_in_every_way(const char *name, size_t window) {
  for (unsigned i = 0; i < count_ways(); i++)
    for (int c = 0; c < CUTS; c++) {
      size_t cut = cut_of(c), from = cut > 9 ? cut - 9 : 0;
      tome *map = open_file(name, TOME_WRITE, window);
      store_across(map, way_at(i), cut, from, SIZE);
      undo_stores(from);
      must_have_healed(map);
      store_across(map, way_at(i), cut, from, cut + 1);
      undo_stores(from);
      must_have_healed(map);
      tome_close(map);
    }
}

static void begin_counting(void) {
  sky = begin_weather(0);
  count_patches(sky);
}

static void end_counting(void) {
  stop_counting();
  must(sky->patches > 0 && sky->heals > 0);
  tell_figure("patches laid under lost pages", sky->patches);
  tell_figure("patches taken away again", sky->heals);
  munmap(sky, sizeof *sky);
}

static void load_and_store(const char *name) {
  begin_counting();
  for (int windowed = 0; windowed < 2; windowed++) {
    load_in_every_way(name, windowed ? PAGE : 0);
    store_in_every_way(name, windowed ? PAGE : 0);
  }
  end_counting();
}

static void every_way_of_touching_a_cut_view_is_told_the_exact_range(void **state) {
  (void)state;
  load_and_store("file");
}

static void load_and_store_on_disk(void) {
  load_and_store("disk/file");
}

static void every_way_of_touching_a_cut_view_on_a_tmpfs_is_told_the_exact_range(void **state) {
  (void)state;
  on_disk(DISK_SMALL, load_and_store_on_disk);
}

/* ---- the C library, and the kernel ---- */

static void memchr_in_a_cut_view_finds_the_first_zero_at_the_cut(void **state) {
  (void)state;
  for (int i = 0; i < 2 * CUTS; i++) {
    size_t cut = cut_of(i / 2);
    tome *map = open_file("file", TOME_READ, i % 2 ? PAGE : 0);
    tome_view view = begin_view(map, 0, SIZE, TOME_VIEW_READ);
    must(memchr(view.data, 0, SIZE) == NULL);
    truncate_elsewhere(path, cut);
    must((char *)memchr(view.data, 0, SIZE) == (char *)view.data + cut);
    must_fail_at(tome_view_end(&view), TOME_ELOST, cut, SIZE - cut);
    must_succeed(tome_close(map));
  }
}

/* The kernel stops at the first page that it cannot have, without a signal. */
static void a_write_from_a_cut_view_gives_fewer_bytes_or_efault(void **state) {
  (void)state;
  unsigned char *got = malloc(SIZE);
  int out = open(in_dir("out"), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  for (int i = 0; i < 2; i++) {
    tome *map = open_file("file", TOME_READ, i ? PAGE : 0);
    tome_view view = begin_view(map, 0, SIZE, TOME_VIEW_READ);
    must_be_pattern(view.data, 0, SIZE);
    truncate_elsewhere(path, 3 * PAGE);
    must_equal(pwrite(out, (char *)view.data + PAGE, 4 * PAGE, 0), 2 * PAGE);
    must_equal(pread(out, got, 2 * PAGE, 0), 2 * PAGE);
    must_be_pattern(got, PAGE, 2 * PAGE);
    must_equal(pwrite(out, (char *)view.data + 3 * PAGE, PAGE, 0), -1);
    must_equal(errno, EFAULT);
    must_equal(count_anonymous(view.data, SIZE), 0);
    must_fail_at(tome_view_end(&view), TOME_ELOST, 3 * PAGE, SIZE - 3 * PAGE);
    must_have_healed(map);
    must_succeed(tome_close(map));
  }
  close(out);
  free(got);
}

static void a_read_into_a_cut_view_gives_fewer_bytes_or_efault(void **state) {
  (void)state;
  int in = open(make_pattern_file("in", SIZE), O_RDONLY | O_CLOEXEC);
  for (int i = 0; i < 2; i++) {
    tome *map = open_file("file", TOME_WRITE, i ? PAGE : 0);
    tome_view view = begin_view(map, 0, SIZE, TOME_VIEW_WRITE);
    must_be_pattern(view.data, 0, SIZE);
    truncate_elsewhere(path, 3 * PAGE);
    must_equal(pread(in, (char *)view.data + PAGE, 4 * PAGE, (off_t)PAGE), 2 * PAGE);
    must_equal(pread(in, (char *)view.data + 3 * PAGE, PAGE, 0), -1);
    must_equal(errno, EFAULT);
    must_equal(lseek(in, 0, SEEK_SET), 0);
    must_equal(read(in, (char *)view.data + 5 * PAGE, PAGE), -1);
    must_equal(errno, EFAULT);
    must_fail_at(tome_view_end(&view), TOME_ELOST, 3 * PAGE, SIZE - 3 * PAGE);
    must_have_healed(map);
    tome_close(map);
  }
  close(in);
}

/* ---- putting the file back ---- */

static int refuse;

static void *refusing_mmap(void *at, size_t n, int prot, int flags, int fd, off_t offset) {
  if (refuse && (flags & MAP_FIXED) && !(flags & MAP_ANONYMOUS)) {
    refuse++;
    errno = ENOMEM;
    return MAP_FAILED;
  }
  return mmap(at, n, prot, flags, fd, offset);
}

static void
bytes_stay_lost_while_the_file_cannot_be_put_back_and_are_good_again_once_it_can(void **state) {
  (void)state;
  unsigned char *got = malloc(SIZE);
  tome *map = open_file("file", TOME_READ, 0);
  must_read_pattern(map, 0, SIZE);
  truncate_elsewhere(path, PAGE);
  tome__os_calls.mmap = refusing_mmap;
  refuse = 1;
  must_fail_at(tome_read(map, 0, got, SIZE), TOME_ELOST, PAGE, SIZE - PAGE);
  grow_back(path, SIZE);
  for (int time = 0; time < 3; time++) {
    must_fail(tome_read(map, 3 * PAGE, got, 10), TOME_ELOST);
    must_read_pattern(map, 0, PAGE);
  }
  must(refuse > 1);
  refuse = 0;
  must_succeed(tome_refresh(map));
  must_have_healed(map);
  must_succeed(tome_close(map));
  tome__os_calls.mmap = mmap;
  free(got);
}

/* ---- planted bugs ---- */

static void run_loads(void *unused) {
  (void)unused;
  begin_counting();
  load_in_every_way("file", 0);
}

static void run_stores(void *unused) {
  (void)unused;
  begin_counting();
  store_in_every_way("file", 0);
}

static void views_show_that_the_guard_is_off(void **state) {
  (void)state;
  must_find_bug("the guard is off under a view that loads", plant_no_guard, run_loads, NULL);
  must_find_bug("the guard is off under a view that stores", plant_no_guard, run_stores, NULL);
}

static void views_show_patches_that_stay(void **state) {
  (void)state;
  must_find_bug("patches that stay under views", plant_no_healing, run_loads, NULL);
}

static void views_show_that_the_old_size_is_believed(void **state) {
  (void)state;
  must_find_bug("an end of a view that believes the old size", plant_old_size, run_loads, NULL);
  must_find_bug("a lost store of a view that is not told", plant_old_size, run_stores, NULL);
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(every_way_of_touching_a_cut_view_is_told_the_exact_range),
      TEST(every_way_of_touching_a_cut_view_on_a_tmpfs_is_told_the_exact_range),
      TEST(memchr_in_a_cut_view_finds_the_first_zero_at_the_cut),
      TEST(a_write_from_a_cut_view_gives_fewer_bytes_or_efault),
      TEST(a_read_into_a_cut_view_gives_fewer_bytes_or_efault),
      TEST(bytes_stay_lost_while_the_file_cannot_be_put_back_and_are_good_again_once_it_can),
      TEST(views_show_that_the_guard_is_off),
      TEST(views_show_patches_that_stay),
      TEST(views_show_that_the_old_size_is_believed),
  };
  return run_matching(tests, count, arguments);
}
