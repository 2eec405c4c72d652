/* Another user may write to the file that we have mapped, and to its directory: he cuts it, grows it, punches holes, writes garbage
 * and puts other files and links in its place, while we make every call there is. Nothing he does may kill us, make us read or write
 * outside of the file or of our part of it, or reach a file that is ours alone.
 *
 * Each kind of byte has its letter, so that one that is where it must not be is noticed. Run with AddressSanitizer too. */
#include "planted_bug.h"
#include "planted_reading.h"

#include "calls.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
  FIRST = 'A',   /* in our part of the file, from the beginning */
  OUTSIDE = 'O', /* in the file, outside of our part */
  OURS = 'V',    /* what we write */
  GARBAGE = 'G', /* what the attacker writes */
  SECRET = 'S',  /* in a file that is ours alone */
  CANARY = 'C'   /* around our buffers */
};

enum { FILE_PAGES = 12, PART_FIRST_PAGE = 4, PART_PAGES = 3, MOST_PAGES = 20 };
#define PART_START (PART_FIRST_PAGE * PAGE + 100)
#define PART_LENGTH (PART_PAGES * PAGE + 7)
#define SECRET_LENGTH (FILE_PAGES * PAGE)

/* Counted by both, in shared memory. */
static struct shared {
  _Atomic uint64_t cuts, replacements, other_moves, lost;
  atomic_int stop;
} * shared;

/* ---- the attacker ---- */

static void swap_name(dice *any) {
  char staged[512];
  snprintf(staged, sizeof staged, "%s", in_dir("open/staged"));
  unlink(staged);
  if (roll(any, 2))
    must_equal(symlink("../secret", staged), 0);
  else
    close(open(staged, O_WRONLY | O_CREAT | O_CLOEXEC, 0666));
  must_equal(rename(staged, in_dir("open/file")), 0);
  unlink(in_dir("open/fresh"));
  if (roll(any, 2) && symlink("../secret", in_dir("open/fresh")) != 0)
    must_equal(errno, EEXIST); /* we were faster */
  atomic_fetch_add(&shared->replacements, 1);
}

static void write_garbage(int fd, dice *any) {
  char bytes[5000];
  memset(bytes, GARBAGE, sizeof bytes);
  off_t at = (off_t)roll(any, MOST_PAGES * PAGE - sizeof bytes);
  must(pwrite(fd, bytes, 1 + roll(any, sizeof bytes), at) > 0);
}

static void punch(int fd, dice *any) {
  off_t at = (off_t)roll(any, FILE_PAGES * PAGE);
  fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, at, 1 + (off_t)roll(any, 3 * PAGE));
}

/* The file itself, by a descriptor that he has kept. */
static void attack(void *context) {
  dice any = dice_from(77);
  int fd = *(int *)context;
  become_nobody();
  prctl(PR_SET_PDEATHSIG, SIGKILL); /* whoever becomes someone else gives this up */
  while (!atomic_load(&shared->stop)) {
    uint64_t move = roll(&any, 8);
    if (move < 4) {
      must_equal(ftruncate(fd, (off_t)roll_near_page(&any, MOST_PAGES * PAGE)), 0);
      atomic_fetch_add(&shared->cuts, 1);
    } else if (move < 5) {
      swap_name(&any);
    } else {
      move < 7 ? write_garbage(fd, &any) : punch(fd, &any);
      atomic_fetch_add(&shared->other_moves, 1);
    }
    if (roll(&any, 4) == 0)
      usleep(50); /* so that we get somewhere in between */
  }
}

/* ---- ourselves ---- */

static void must_hold_only(const unsigned char *bytes, size_t length, const char *letters) {
  for (size_t i = 0; i < length; i++)
    if (bytes[i] != 0 && strchr(letters, bytes[i]) == NULL)
      fail_at(__FILE__, __LINE__, "byte %zu is %d, which is none of %s", i, bytes[i], letters);
}

/* What a call may answer when someone else does as he likes with the file. */
static int accept(tome *map, const char *call, int result) {
  static const int codes[] = {0, 1, TOME_ELOST, TOME_ERANGE, TOME_EBUSY, TOME_ENOSPC};
  const tome_error *error = tome_error_last();
  for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
    if (result == codes[i]) {
      if (result == TOME_ELOST) {
        must(error->length > 0 && error->offset + error->length <= 4 * MOST_PAGES * PAGE);
        atomic_fetch_add(&shared->lost, 1);
      }
      return result >= 0;
    }
  fail_at(__FILE__, __LINE__, "%s of %llu bytes gave %s", call, (unsigned long long)tome_size(map),
          tome_error_name(result));
}

typedef struct target {
  tome *map;
  const char *readable; /* letters that may be there */
  int writable, shared_stores, whole;
} target;

static void read_somewhere(const target *t, dice *any) {
  size_t room = 2 * PAGE + 64, most = 2 * PAGE;
  unsigned char *buffer = malloc(room);
  uint64_t offset = roll(any, tome_size(t->map) + 1);
  size_t length = roll_near_page(any, most);
  memset(buffer, CANARY, room);
  int read = accept(t->map, "read", tome_read(t->map, offset, buffer, length));
  for (size_t i = length; i < room; i++)
    must_equal(buffer[i], CANARY);
  if (read)
    must_hold_only(buffer, length, t->readable);
  free(buffer);
}

static void view_somewhere(const target *t, dice *any) {
  uint64_t size = tome_size(t->map), offset = roll(any, size + 1);
  size_t length = (size_t)roll(any, size - offset + 1);
  length = length < 2 * PAGE ? length : 2 * PAGE;
  int stores = t->writable && roll(any, 2);
  unsigned char *copy = malloc(length + 1);
  tome_view view;
  uint32_t intent = stores ? TOME_VIEW_WRITE : TOME_VIEW_READ;
  if (accept(t->map, "view", tome_view_begin(t->map, offset, length, intent, &view))) {
    memcpy(copy, view.data, length);
    must_hold_only(copy, length, t->readable);
    if (stores)
      memset(view.data, OURS, length);
    accept(t->map, "view end", tome_view_end(&view));
  }
  free(copy);
}

static void find_something(const target *t, dice *any) {
  uint64_t size = tome_size(t->map), from = roll(any, size + 1);
  uint64_t to = from + roll(any, size - from + 1), at = UINT64_MAX;
  static const char *const needles[] = {"AAAA", "GG", "VVVVVVVV", "\0\0\0\0\0\0\0\0", "AG", "x"};
  static const size_t lengths[] = {4, 2, 8, 8, 2, 1};
  size_t i = (size_t)roll(any, 6);
  int found = roll(any, 2) ? tome_find(t->map, needles[i], lengths[i], from, to, &at)
                           : tome_rfind(t->map, needles[i], lengths[i], from, to, &at);
  accept(t->map, "find", found);
  must(found == 1 ? at >= from && at + lengths[i] <= to : at == UINT64_MAX);
  must(found != 1 || strcmp(needles[i], "x") != 0);
}

static void change_something(const target *t, dice *any) {
  char bytes[6000];
  uint64_t size = tome_size(t->map), offset = roll(any, size + 1);
  size_t length = (size_t)roll(any, sizeof bytes);
  memset(bytes, OURS, sizeof bytes);
  switch (roll(any, 5)) {
  case 0:
    accept(t->map, "fill", tome_fill(t->map, offset, length, OURS));
    break;
  case 1:
    accept(t->map, "move", tome_move(t->map, roll(any, size + 1), offset, length));
    break;
  case 2:
    if (t->whole && size < MOST_PAGES * PAGE)
      accept(t->map, "append", tome_append(t->map, bytes, length, NULL));
    break;
  case 3:
    if (t->whole)
      accept(t->map, "resize", tome_resize(t->map, roll_near_page(any, MOST_PAGES * PAGE)));
    break;
  default:
    accept(t->map, "write", tome_write(t->map, offset, bytes, length));
  }
}

static void do_the_rest(const target *t, dice *any) {
  tome_info info = {.struct_size = sizeof info};
  tome_range lost;
  accept(t->map, "info", tome_info_get(t->map, &info));
  accept(t->map, "check", tome_check(t->map, &lost));
  if (roll(any, 4) == 0)
    accept(t->map, "flush", tome_flush(t->map, 0, TOME_END, (int)roll(any, 2)));
  if (roll(any, 4) == 0)
    accept(t->map, "evict", tome_evict(t->map, 0, TOME_END));
  accept(t->map, "refresh", tome_refresh(t->map));
}

static void use(const target *t, dice *any) {
  for (int i = 0; i < 20; i++) {
    read_somewhere(t, any);
    view_somewhere(t, any);
    find_something(t, any);
    if (t->writable)
      change_something(t, any);
  }
  do_the_rest(t, any);
}

/* Whatever the name stands for at this moment. A file that is created exclusively is never one that a link leads to. */
static void use_names(void) {
  tome *map = NULL;
  char byte;
  if (tome_open(&map, in_dir("open/file"), TOME_READ, NULL) == 0) {
    tome_read(map, 0, &byte, 1);
    must_succeed(tome_close(map));
  }
  int result = tome_open(&map, in_dir("open/fresh"), TOME_WRITE | TOME_CREATE | TOME_EXCL, NULL);
  must(result == 0 || result == TOME_EEXIST);
  if (result == 0) {
    must_succeed(tome_append(map, "VVVV", 4, NULL));
    must_succeed(tome_close(map));
  }
}

/* ---- the two of them ---- */

static void fill_file(const char *name, int letter, size_t length, mode_t mode) {
  char *bytes = malloc(length);
  memset(bytes, letter, length);
  if (letter == FIRST) {
    memset(bytes, OUTSIDE, PART_START);
    memset(bytes + PART_START + PART_LENGTH, OUTSIDE, length - PART_START - PART_LENGTH);
  }
  must_equal(chmod(make_file(name, bytes, length), mode), 0);
  free(bytes);
}

static void prepare(void) {
  if (shared == NULL)
    shared = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  must(shared != MAP_FAILED);
  memset(shared, 0, sizeof *shared);
  mkdir(in_dir("open"), 0777);
  must_equal(chmod(in_dir("open"), 0777), 0);
  must_equal(chmod(in_dir("."), 0755), 0);
  unlink(in_dir("open/file"));
  fill_file("open/file", FIRST, FILE_PAGES * PAGE, 0666);
  fill_file("secret", SECRET, SECRET_LENGTH, 0600);
}

static void must_have_kept_secret(void) {
  size_t length;
  unsigned char *bytes = read_file(in_dir("secret"), &length);
  must_equal(length, SECRET_LENGTH);
  for (size_t i = 0; i < length; i++)
    must_equal(bytes[i], SECRET);
  free(bytes);
}

static target open_target(int fd, uint32_t flags, int part) {
  tome_options options = test_options(flags);
  target t = {
      .readable = "AOVG", .writable = flags != TOME_READ, .whole = !part && flags & TOME_WRITE};
  if (part) {
    options.offset = PART_START;
    options.length = PART_LENGTH;
    t.readable = "AVG";
  }
  must_succeed(tome_open_fd(&t.map, fd, flags, &options));
  return t;
}

/* Before anyone does anything every byte is known. */
static void read_in_peace(const target *t) {
  size_t length = (size_t)tome_size(t->map);
  unsigned char *bytes = malloc(length);
  for (int time = 0; time < 2; time++) {
    must_succeed(tome_read(t->map, 0, bytes, length));
    must_hold_only(bytes, length, t->whole || length > PART_LENGTH ? "AO" : "A");
  }
  free(bytes);
}

/* The bytes outside of the part are never ours, as long as only maps of the part store. */
static void must_not_have_left_part(int fd) {
  static unsigned char bytes[MOST_PAGES * 65536];
  ssize_t n = pread(fd, bytes, MOST_PAGES * PAGE, 0);
  must(n >= 0);
  for (size_t i = 0; i < (size_t)n; i++)
    if (i < PART_START || i >= PART_START + PART_LENGTH)
      must(bytes[i] != OURS && bytes[i] != FIRST);
}

static int attacked_enough(void) {
  uint64_t enough = how_many(300, 30000);
  return shared->cuts >= enough && shared->replacements >= enough / 10 &&
         shared->lost >= enough / 10;
}

typedef struct way {
  uint32_t flags;
  int part;
} way;

static void be_attacked(void *context) {
  const way *how = context;
  dice any = dice_from(5);
  signal(SIGBUS, SIG_DFL);
  prepare();
  int fd = open(in_dir("open/file"), O_RDWR | O_CLOEXEC);
  target t = open_target(fd, how->flags, how->part);
  read_in_peace(&t);
  pid_t attacker = start_child(attack, &fd);
  while (!attacked_enough()) {
    use(&t, &any);
    use_names();
    if (how->part)
      must_not_have_left_part(fd);
  }
  atomic_store(&shared->stop, 1);
  finish_child(attacker);
  int closed = tome_close(t.map);
  must(closed == 0 || closed == TOME_ELOST);
  close(fd);
  must_have_kept_secret();
  tell_figure("attacks", shared->cuts + shared->replacements + shared->other_moves);
  tell_figure("losses told", shared->lost);
}

static void attack_way(uint32_t flags, int part) {
  in_child(be_attacked, &(way){flags, part});
}

static void a_reader_is_safe_from_whoever_may_write_the_file(void **state) {
  (void)state;
  attack_way(TOME_READ, 0);
  attack_way(TOME_READ, 1);
}

static void a_writer_is_safe_from_whoever_may_write_the_file(void **state) {
  (void)state;
  attack_way(TOME_WRITE | TOME_GROW, 0);
  attack_way(TOME_WRITE, 1);
}

static void a_private_copy_is_safe_from_whoever_may_write_the_file(void **state) {
  (void)state;
  attack_way(TOME_COPY, 0);
  attack_way(TOME_COPY, 1);
}

/* ---- planted bugs ---- */

/* Whoever is killed leaves an attacker behind, who goes with him: wait for that. */
static void must_find(const char *name, plant *bug, way how) {
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  must_find_bug(name, bug, be_attacked, &how);
  while (wait(NULL) > 0)
    continue;
  prctl(PR_SET_CHILD_SUBREAPER, 0);
}

static ssize_t read_beside(int fd, void *to, size_t n, off_t at) {
  return pread(fd, to, n, at > 200 ? at - 200 : at);
}

static void plant_reading_outside(void) {
  plant_reading(read_beside);
}

static int open_following(int at, const char *path, int flags, mode_t mode) {
  return openat(at, path, flags & ~O_EXCL, mode);
}

static void plant_following(void) {
  tome__os_calls.openat = open_following;
}

static void planted_bugs_are_found(void **state) {
  (void)state;
  must_find("the guard is off", plant_no_guard, (way){TOME_READ, 0});
  if (forced_window() == 0) /* else it is read as memory */
    must_find("a read outside of the part", plant_reading_outside, (way){TOME_READ, 1});
  must_find("a creation that follows links", plant_following, (way){TOME_READ, 0});
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(a_reader_is_safe_from_whoever_may_write_the_file),
      TEST(a_writer_is_safe_from_whoever_may_write_the_file),
      TEST(a_private_copy_is_safe_from_whoever_may_write_the_file),
      TEST(planted_bugs_are_found),
  };
  return run_matching(tests, count, arguments);
}
