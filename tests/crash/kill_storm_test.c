/* kill -9 inside every kind of operation: what was finished is there, what was in flight is old or new, byte by byte, and
 * nothing else has changed.
 *
 * A child works on a file and dies of SIGKILL at a random moment; then the file is compared, by plain system calls, with
 * the picture of it (kill_model.h), and the next child goes on with it. A storm lasts until so many kills have struck while
 * one given kind of operation was in flight. */
#include "kill_model.h"
#include "planted_bug.h"

#include "calls.h"
#include "emulator_limits.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct storm {
  deed aim;
  uint32_t flags;    /* of tome_open() besides TOME_WRITE and TOME_GROW */
  uint64_t quota;    /* kills that must strike inside it */
  int leaves_halves; /* operations half done must be met, too */
} storm;

/* ---- the child ---- */

typedef struct job {
  worker self;
  deed aim;
} job;

/* A timer needs a few microseconds to strike at all, which is more than some calls take: so both the strike and what follows
 * this come at a random moment. */
static void die_around(dice *any, uint64_t typical) {
  enum { LEAD = 3000, SPREAD = 5000 };
  uint64_t begin = nanoseconds_now() + roll(any, SPREAD);
  die_in(LEAD + roll(any, 2 * typical));
  while (nanoseconds_now() < begin)
    continue;
}

static void work_until_killed(void *context) {
  worker *self = &((job *)context)->self;
  const deed aim = ((job *)context)->aim;
  for (uint64_t before = roll(&self->any, 4); before > 0; before--)
    do_deed(self, (deed)roll(&self->any, DEEDS));
  if (self->picture->typical[aim] == 0)
    do_deed(self, aim);
  make_possible(self, aim);
  plan_deed(self, aim);
  die_around(&self->any, self->picture->typical[aim]);
  finish_deed(self);
  for (;;)
    do_deed(self, (deed)roll(&self->any, DEEDS));
}

static void kill_a_worker(job *work) {
  int status;
  pid_t child = start_child(work_until_killed, work);
  must_equal(waitpid(child, &status, 0), child);
  if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL)
    fail_at(__FILE__, __LINE__, "the worker was not killed but ended with status 0x%x", status);
}

/* ---- what it left ---- */

static int same(const contents *a, const contents *b) {
  return a->missing == b->missing && a->length == b->length &&
         memcmp(a->bytes, b->bytes, a->length) == 0;
}

/* The length before, the length after; and of an operation that adds more than a page to the file, a beginning of that. */
static void must_be_length(const contents *found, const contents *old, const contents *new,
                           uint64_t first_new) {
  if (found->length == old->length || found->length == new->length)
    return;
  const uint64_t page = page_of_files();
  int spans_pages = first_new < new->length &&first_new / page != (new->length - 1) / page;
  if (!spans_pages || found->length <= first_new || found->length > new->length)
    fail_at(__FILE__, __LINE__, "the length %llu is neither the old %llu nor the new %llu",
            (unsigned long long)found->length, (unsigned long long)old->length,
            (unsigned long long)new->length);
}

/* Where both have a byte it is that of either, elsewhere that of the one which has it. */
static void must_be_old_or_new(const contents *found, const contents *old, const contents *new) {
  for (uint64_t i = 0; i < found->length; i++) {
    int is_old = i < old->length && found->bytes[i] == old->bytes[i];
    int is_new = i < new->length && found->bytes[i] == new->bytes[i];
    if (!is_old && !is_new)
      fail_at(__FILE__, __LINE__, "byte %llu is neither old nor new: 0x%02x", (unsigned long long)i,
              found->bytes[i]);
  }
}

/* Returns whether it was met half done. */
static int must_be_one_or_the_other(const contents *found, picture *shown) {
  const contents *old = contents_before(shown), *new = contents_after(shown);
  if (same(found, old) || same(found, new))
    return 0;
  must(!found->missing);
  must_be_length(found, old, new, shown->now.first_new);
  must_be_old_or_new(found, old, new);
  return 1;
}

static void must_be_finished(const contents *found, picture *shown) {
  const contents *want = contents_before(shown);
  must_equal(found->missing, want->missing);
  must_equal(found->length, want->length);
  must_be_bytes(found->bytes, want->bytes, want->length);
}

static void must_open_again(const char *path, const contents *found) {
  static unsigned char got[PICTURE_MOST];
  tome *map = open_map(path, TOME_WRITE);
  must_equal(tome_size(map), found->length);
  must_succeed(tome_read(map, 0, got, found->length));
  must_be_bytes(got, found->bytes, found->length);
  must_succeed(tome_close(map));
}

static unsigned count_entries(void) {
  unsigned count = 0;
  DIR *entries = opendir(in_dir(""));
  for (struct dirent *entry; (entry = readdir(entries)) != NULL;)
    count += entry->d_name[0] != '.' && strcmp(entry->d_name, "planted.log") != 0;
  closedir(entries);
  return count;
}

/* No lock, no other file. */
static void must_be_free(const char *path) {
  struct flock all = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
  int fd = open(path, O_RDWR | O_CLOEXEC);
  must(fd >= 0);
  must_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
  must_equal(fcntl(fd, F_OFD_GETLK, &all), 0);
  must_equal(all.l_type, F_UNLCK);
  must_equal(close(fd), 0);
  must_equal(count_entries(), 1);
}

/* ---- the storm ---- */

typedef struct tally {
  uint64_t kills, halves, inside[DEEDS];
} tally;

static void look_after_kill(const worker *self, tally *count) {
  static contents found;
  picture *shown = self->picture;
  int struck = in_flight(shown);
  note("kill %llu, %s%s", (unsigned long long)count->kills, struck ? "inside " : "after ",
       deed_names[shown->now.what]);
  look_at(self->path, &found);
  count->kills++;
  count->inside[shown->now.what] += (uint64_t)struck;
  if (struck)
    count->halves += (uint64_t)must_be_one_or_the_other(&found, shown);
  else
    must_be_finished(&found, shown);
  if (!found.missing) {
    must_open_again(self->path, &found);
    must_be_free(self->path);
  }
  adopt_contents(shown, &found);
}

static void tell_tally(const tally *count, deed aim) {
  char name[64];
  tell_figure("kills", count->kills);
  for (int i = 0; i < DEEDS; i++) {
    snprintf(name, sizeof name, "kills inside %s", deed_names[i]);
    if (count->inside[i] > 0)
      tell_figure(name, count->inside[i]);
  }
  tell_figure("operations found half done", count->halves);
  must(count->inside[aim] > 0);
}

/* What takes less than a microsecond is not struck as often as we like; but it must be at all. */
static int goes_on(const storm *what, const tally *count) {
  int struck = count->inside[what->aim] > 0 && (!what->leaves_halves || count->halves > 0);
  must(struck || count->kills < 200 * what->quota);
  return !struck || (count->inside[what->aim] < what->quota && count->kills < 15 * what->quota);
}

static void run_storm(void *context) {
  const storm *what = context;
  tally count = {0};
  char path[512];
  snprintf(path, sizeof path, "%s", in_dir("file"));
  picture *shown = new_picture();
  job work = {{shown, path, TOME_WRITE | TOME_GROW | what->flags, NULL, {0}}, what->aim};
  dice seeds = dice_from(what->aim + 100 * what->flags);
  contents_before(shown)->missing = 1;
  some_noise(&seeds, 1);
  while (goes_on(what, &count)) {
    work.self.any = dice_from(roll(&seeds, UINT32_MAX));
    kill_a_worker(&work);
    look_after_kill(&work.self, &count);
  }
  tell_tally(&count, what->aim);
  unlink(path);
  free_picture(shown);
}

static void storm_at(deed aim, uint32_t flags, int leaves_halves) {
  storm what = {aim, flags, how_many(60, 1000), leaves_halves};
  run_storm(&what);
}

static void a_kill_inside_an_append_leaves_the_length_before_or_after_it(void **state) {
  (void)state;
  storm_at(DEED_APPEND, 0, 0);
}

static void a_kill_inside_a_write_leaves_each_byte_old_or_new(void **state) {
  (void)state;
  storm_at(DEED_WRITE, 0, 1);
}

static void a_kill_inside_stores_to_a_view_leaves_each_byte_old_or_new(void **state) {
  (void)state;
  storm_at(DEED_VIEW, 0, 1);
}

static void a_kill_inside_a_fill_leaves_each_byte_old_or_new(void **state) {
  (void)state;
  storm_at(DEED_FILL, 0, 1);
}

static void a_kill_inside_a_move_leaves_each_byte_old_or_new(void **state) {
  (void)state;
  storm_at(DEED_MOVE, 0, 1);
}

static void a_kill_inside_a_write_over_the_end_leaves_the_length_before_or_after_it(void **state) {
  (void)state;
  storm_at(DEED_OVERHANG, 0, 0);
}

static void a_kill_inside_a_write_behind_a_gap_leaves_the_length_before_or_after_it(void **state) {
  (void)state;
  storm_at(DEED_GAP, 0, 0);
  storm_at(DEED_GAP, TOME_SPARSE, 0);
}

static void a_kill_inside_a_resize_leaves_the_length_before_or_after_it(void **state) {
  (void)state;
  storm_at(DEED_GROW, 0, 0);
  storm_at(DEED_SHRINK, 0, 0);
}

static void a_kill_inside_a_sparse_resize_leaves_the_length_before_or_after_it(void **state) {
  (void)state;
  storm_at(DEED_GROW, TOME_SPARSE, 0);
  storm_at(DEED_SHRINK, TOME_SPARSE, 0);
}

static void a_kill_inside_a_flush_of_any_level_changes_nothing(void **state) {
  (void)state;
  storm_at(DEED_START, 0, 0);
  storm_at(DEED_WRITTEN, 0, 0);
  storm_at(DEED_DURABLE, 0, 0);
}

static void a_kill_inside_open_or_close_changes_nothing(void **state) {
  (void)state;
  storm_at(DEED_OPEN, 0, 0);
  storm_at(DEED_CLOSE, 0, 0);
}

static void a_kill_inside_open_with_create_leaves_no_file_or_an_empty_one(void **state) {
  (void)state;
  storm_at(DEED_CREATE, 0, 0);
}

static void a_kill_inside_open_with_truncate_leaves_the_file_whole_or_empty(void **state) {
  (void)state;
  storm_at(DEED_TRUNCATE, 0, 0);
}

/* ---- planted bugs ---- */

static uint64_t page_end(off_t at) {
  return ((uint64_t)at + PAGE - 1) / PAGE * PAGE;
}

static int fallocate_to_page(int fd, int mode, off_t offset, off_t n) {
  return fallocate(fd, mode, offset, (off_t)page_end(offset + n) - offset);
}

static void round_resizes_up(void) {
  tome__os_calls.fallocate = fallocate_to_page;
}

static void a_resize_that_rounds_up_is_found(void **state) {
  (void)state;
  storm what = {DEED_GROW, 0, how_many(60, 1000), 0};
  must_find_bug("a resize that rounds up", round_resizes_up, run_storm, &what);
}

static void an_append_in_two_steps_is_found(void **state) {
  (void)state;
  storm what = {DEED_APPEND, 0, how_many(1000, 4000), 0};
  must_find_bug("an append in two steps", split_appends, run_storm, &what);
}

/* Whole pages first, then what is too much is cut off: the end has a moment at which it is neither. */
static ssize_t append_by_pages(int fd, const struct iovec *v, int count, off_t at, int flags) {
  struct stat status;
  ssize_t n = pwritev2(fd, v, count, at, flags);
  if (fstat(fd, &status) < 0 || ftruncate(fd, (off_t)page_end(status.st_size)) < 0 ||
      ftruncate(fd, status.st_size) < 0)
    return -1;
  return n;
}

static void pad_appends(void) {
  tome__os_calls.pwritev2 = append_by_pages;
}

static void an_append_that_pads_for_a_moment_is_found(void **state) {
  (void)state;
  storm what = {DEED_APPEND, 0, how_many(1000, 4000), 0};
  must_find_bug("an append that pads for a moment", pad_appends, run_storm, &what);
}

/* Pages are cleared, and put right again, before the bytes are stored; more than once, for a kill to come in between. */
static int touch_by_clearing(void *at, size_t n, int advice) {
  static unsigned char kept[PICTURE_MOST];
  int r = madvise(at, n, advice);
  if (advice != MADV_POPULATE_WRITE || r < 0 || n > sizeof kept)
    return r;
  memcpy(kept, at, n);
  for (int i = 0; i < 32; i++) {
    memset(at, 0, n);
    atomic_signal_fence(memory_order_seq_cst); /* compilers do both at once */
    memcpy(at, kept, n);
    atomic_signal_fence(memory_order_seq_cst);
  }
  return r;
}

static void clear_before_storing(void) {
  tome__os_calls.madvise = touch_by_clearing;
}

static void a_store_that_clears_its_pages_first_is_found(void **state) {
  (void)state;
  storm what = {DEED_WRITE, 0, how_many(1000, 4000), 0};
  must_find_bug("a store that clears its pages first", clear_before_storing, run_storm, &what);
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(a_kill_inside_an_append_leaves_the_length_before_or_after_it),
      TEST(a_kill_inside_a_write_leaves_each_byte_old_or_new),
      TEST(a_kill_inside_stores_to_a_view_leaves_each_byte_old_or_new),
      TEST(a_kill_inside_a_fill_leaves_each_byte_old_or_new),
      TEST(a_kill_inside_a_move_leaves_each_byte_old_or_new),
      TEST(a_kill_inside_a_write_over_the_end_leaves_the_length_before_or_after_it),
      TEST(a_kill_inside_a_write_behind_a_gap_leaves_the_length_before_or_after_it),
      TEST(a_kill_inside_a_resize_leaves_the_length_before_or_after_it),
      TEST(a_kill_inside_a_sparse_resize_leaves_the_length_before_or_after_it),
      TEST(a_kill_inside_a_flush_of_any_level_changes_nothing),
      TEST(a_kill_inside_open_or_close_changes_nothing),
      TEST(a_kill_inside_open_with_create_leaves_no_file_or_an_empty_one),
      TEST(a_kill_inside_open_with_truncate_leaves_the_file_whole_or_empty),
      TEST(a_resize_that_rounds_up_is_found),
      TEST(an_append_in_two_steps_is_found),
      TEST(an_append_that_pads_for_a_moment_is_found),
      TEST(a_store_that_clears_its_pages_first_is_found),
  };
  return run_matching(tests, count, arguments);
}
