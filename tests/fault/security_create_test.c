/* Creating files safely, and opening what is not one: the mode is right from the first moment, the file that was created is the one
 * that is used whatever happens to its name, and what is no file is not touched. */
#include "planted_bug.h"

#include "calls.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define CREATE (TOME_WRITE | TOME_CREATE)
#define EXCLUSIVE (CREATE | TOME_EXCL)

static mode_t mode_of(const char *path) {
  struct stat status;
  must_equal(lstat(path, &status), 0);
  return status.st_mode & 07777;
}

static int exists(const char *path) {
  struct stat status;
  return lstat(path, &status) == 0;
}

/* ---- the mode of a created file ---- */

static int (*openat_below)(int, const char *, int, mode_t);
static mode_t mode_when_opened;
static unsigned creations;

static int look_when_opened(int at, const char *path, int flags, mode_t mode) {
  struct stat status;
  int fd = openat_below(at, path, flags, mode);
  if (fd >= 0 && (flags & O_CREAT)) {
    must_equal(fstat(fd, &status), 0);
    mode_when_opened = status.st_mode & 07777;
    creations++;
  }
  return fd;
}

static void watch_openat(void) {
  openat_below = tome__os_calls.openat;
  tome__os_calls.openat = look_when_opened;
}

static void create_with_mode(const char *path, uint32_t mode, mode_t mask) {
  tome_options options = test_options(CREATE);
  tome *map;
  const char *target = in_dir("target");
  note("mode %o under umask %o, %s", mode, (unsigned)mask, path);
  options.mode = mode;
  mode_when_opened = 07777;
  umask(mask);
  must_succeed(tome_open(&map, path, CREATE, &options));
  must_equal(umask(0), mask);
  must_equal(mode_when_opened, mode & ~(uint32_t)mask);
  must_succeed(tome_append(map, "secret", 6, NULL));
  must_succeed(tome_flush(map, 0, TOME_END, TOME_FLUSH_DURABLE));
  must_succeed(tome_close(map));
  if (exists(target))
    path = target;
  if (geteuid() == 0 || (mode & 06000) == 0) /* an ordinary user's write takes the others away */
    must_equal(mode_of(path) & 0777, mode & 0777 & ~(uint32_t)mask);
  must_equal(unlink(path), 0);
}

static void create_with_modes(void *unused) {
  (void)unused;
  static const uint32_t modes[] = {0600, 0644, 0666, 0777, 0400, 0, 04755, 06711};
  static const mode_t masks[] = {0, 022, 077, 0777};
  watch_openat();
  must_equal(symlink("target", in_dir("link")), 0);
  for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++)
    for (size_t j = 0; j < sizeof masks / sizeof masks[0]; j++) {
      create_with_mode(in_dir("new"), modes[i], masks[j]);
      create_with_mode(in_dir("link"), modes[i], masks[j]);
    }
  must_equal(creations, 8 * 4 * 2);
  tell_figure("files created", creations);
}

static void a_created_file_has_its_mode_from_the_first_moment(void **state) {
  (void)state;
  in_child(create_with_modes, NULL);
}

/* ---- links ---- */

static void exclusive_creation_follows_no_link(void **state) {
  (void)state;
  char target[512], link[512];
  snprintf(target, sizeof target, "%s", in_dir("target"));
  snprintf(link, sizeof link, "%s", in_dir("link"));
  must_equal(symlink(target, link), 0);
  must_equal(try_open(link, EXCLUSIVE), TOME_EEXIST); /* dangling */
  must(!exists(target));
  must_equal(mkdir(target, 0777), 0);
  must_equal(try_open(link, EXCLUSIVE), TOME_EEXIST);
  must_equal(rmdir(target), 0);
  must_equal(symlink(link, target), 0);
  must_equal(try_open(link, EXCLUSIVE), TOME_EEXIST); /* a loop */
  must_equal(unlink(target), 0);
  must_equal(mkfifo(target, 0666), 0);
  must_equal(try_open(link, EXCLUSIVE), TOME_EEXIST);
  must_equal(try_open(target, EXCLUSIVE), TOME_EEXIST);
  must_equal(unlink(target), 0);
  make_pattern_file("target", 100);
  must_equal(try_open(link, EXCLUSIVE), TOME_EEXIST);
  must_be_pattern_file(target, 100);
}

static void links_are_followed_wherever_they_lead(void **state) {
  (void)state;
  must_equal(mkdir(in_dir("folder"), 0777), 0);
  must_equal(symlink("folder", in_dir("to-folder")), 0);
  must_equal(symlink("to-folder/file", in_dir("first")), 0);
  must_equal(symlink("first", in_dir("second")), 0);
  must_equal(try_open(in_dir("second"), TOME_READ), TOME_ENOENT);
  must_equal(try_open(in_dir("second"), CREATE), 0); /* dangling: what it leads to is created */
  must_be_file(in_dir("folder/file"), "", 0);
  make_pattern_file("folder/file", 100);
  must_equal(try_open(in_dir("second"), TOME_WRITE), 0);
  must_equal(try_open(in_dir("to-folder/other"), EXCLUSIVE), 0);
  must(exists(in_dir("folder/other")));
  must_be_pattern_file(in_dir("folder/file"), 100);
}

static void links_that_lead_nowhere_create_nothing(void **state) {
  (void)state;
  must_equal(symlink("loop", in_dir("loop")), 0);
  must_equal(symlink("missing/file", in_dir("lost")), 0);
  must_equal(try_open(in_dir("loop"), CREATE), TOME_ENAME);
  must_equal(try_open(in_dir("lost"), CREATE), TOME_ENOENT);
  must(!exists(in_dir("missing")));
}

/* ---- what is no file is left alone ---- */

static unsigned special_opened;
static uint64_t calls_seen;

static int count_special(int at, const char *path, int flags, mode_t mode) {
  struct stat status;
  int fd = openat_below(at, path, flags, mode);
  calls_seen++;
  if (fd >= 0 && !(flags & O_PATH) && fstat(fd, &status) == 0)
    special_opened += S_ISCHR(status.st_mode) || S_ISFIFO(status.st_mode);
  return fd;
}

static void refuse_special(void *unused) {
  (void)unused;
  char fifo[512];
  snprintf(fifo, sizeof fifo, "%s", in_dir("fifo"));
  must_equal(mkfifo(fifo, 0666), 0);
  must_equal(symlink("/dev/null", in_dir("link")), 0);
  openat_below = tome__os_calls.openat;
  tome__os_calls.openat = count_special;
  static const uint32_t flags[] = {TOME_READ, TOME_WRITE, TOME_COPY, CREATE,
                                   TOME_WRITE | TOME_TRUNCATE};
  for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
    must_equal(try_open(fifo, flags[i]), TOME_ENOTMAP);
    must_equal(try_open("/dev/zero", flags[i]), TOME_ENOTMAP);
    must_equal(try_open(in_dir("link"), flags[i]), TOME_ENOTMAP);
  }
  must_equal(try_open(make_pattern_file("file", 10), TOME_READ), 0);
  must(calls_seen > 0);
  must_equal(special_opened, 0); /* a tape would have been rewound, a modem picked up */
}

static void what_is_no_file_is_not_even_opened(void **state) {
  (void)state;
  in_child(refuse_special, NULL);
}

static void write_to_fifo(void *path) {
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  must(fd >= 0);
  must_equal(write(fd, "x", 1), 1);
}

/* Whoever waits for a reader of the FIFO goes on waiting: it would write to nobody and die of SIGPIPE. */
static void a_writer_that_waits_at_a_fifo_is_not_let_in(void **state) {
  (void)state;
  char fifo[512], byte = 0;
  snprintf(fifo, sizeof fifo, "%s", in_dir("fifo"));
  must_equal(mkfifo(fifo, 0666), 0);
  pid_t writer = start_child(write_to_fifo, fifo);
  for (int i = 0; i < 20; i++) {
    while (!is_at_rest(writer))
      usleep(1000);
    must_equal(try_open(fifo, i % 2 ? TOME_READ : TOME_WRITE), TOME_ENOTMAP);
  }
  int fd = open(fifo, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  must(fd >= 0);
  finish_child(writer);
  must_equal(read(fd, &byte, 1), 1);
  close(fd);
}

static void open_terminal(void *unused) {
  (void)unused;
  must(setsid() > 0);
  int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0)
    exit_unable("no pseudo-terminals here");
  char name[64];
  must_equal(ptsname_r(master, name, sizeof name), 0);
  must_equal(try_open(name, TOME_READ), TOME_ENOTMAP);
  must_equal(try_open(name, TOME_WRITE), TOME_ENOTMAP);
  must_equal(open("/dev/tty", O_RDWR | O_CLOEXEC), -1);
}

static void a_terminal_does_not_become_the_controlling_one(void **state) {
  (void)state;
  in_child(open_terminal, NULL);
}

/* ---- the name changes hands while the file is being created ---- */

enum moment { BEFORE_CREATION, AFTER_CREATION };
static struct change {
  enum moment moment;
  void (*act)(void);
  unsigned done;
} change;

static int change_around_creation(int at, const char *path, int flags, mode_t mode) {
  int creates = (flags & O_CREAT) && change.act != NULL;
  void (*act)(void) = change.act;
  if (creates)
    change.act = NULL;
  if (creates && change.moment == BEFORE_CREATION)
    act();
  int fd = openat(at, path, flags, mode);
  if (creates && change.moment == AFTER_CREATION)
    act();
  change.done += (unsigned)creates;
  return fd;
}

static void change_at(enum moment moment, void (*act)(void)) {
  change = (struct change){moment, act, 0};
  tome__os_calls.openat = change_around_creation;
}

static void link_to_target(void) {
  must_equal(symlink("target", in_dir("new")), 0);
}

static void create_where_a_link_appears(void *unused) {
  (void)unused;
  make_pattern_file("target", 100);
  change_at(BEFORE_CREATION, link_to_target);
  must_equal(try_open(in_dir("new"), EXCLUSIVE), TOME_EEXIST);
  must_equal(change.done, 1);
  must_equal(unlink(in_dir("new")), 0);
  change_at(BEFORE_CREATION, link_to_target);
  must_equal(try_open(in_dir("new"), EXCLUSIVE | TOME_TRUNCATE), TOME_EEXIST);
  must_equal(change.done, 1);
  must_be_pattern_file(in_dir("target"), 100);
}

static void a_link_that_appears_just_before_exclusive_creation_is_not_followed(void **state) {
  (void)state;
  in_child(create_where_a_link_appears, NULL);
}

static void replace_by_rename(void) {
  must_equal(rename(in_dir("new"), in_dir("moved")), 0);
  must_equal(rename(in_dir("other"), in_dir("new")), 0);
}

static void replace_by_link(void) {
  must_equal(rename(in_dir("new"), in_dir("moved")), 0);
  must_equal(symlink("other", in_dir("new")), 0);
}

static void use_replaced(void (*replace)(void), const char *other) {
  make_pattern_file("other", 100);
  change_at(AFTER_CREATION, replace);
  tome *map = open_map(in_dir("new"), CREATE | TOME_GROW);
  must_equal(change.done, 1);
  must_equal(tome_size(map), 0);
  must_succeed(tome_append(map, "created", 7, NULL));
  must_succeed(tome_write(map, 7, "!", 1));
  must_succeed(tome_resize(map, 9));
  must_succeed(tome_flush(map, 0, TOME_END, TOME_FLUSH_DURABLE));
  must_succeed(tome_close(map));
  must_be_file(in_dir("moved"), "created!", 9);
  must_be_pattern_file(other, 100);
  must_equal(unlink(in_dir("new")), 0);
  must_equal(unlink(in_dir("moved")), 0);
}

static void use_what_was_created(void *unused) {
  (void)unused;
  use_replaced(replace_by_rename, in_dir("new"));
  make_pattern_file("other", 100);
  use_replaced(replace_by_link, in_dir("other"));
}

static void the_file_that_was_created_is_the_one_that_is_used(void **state) {
  (void)state;
  in_child(use_what_was_created, NULL);
}

/* ---- the directory of the name ---- */

static ino_t synced_directory;

static int note_fsync(int fd) {
  struct stat status;
  if (fstat(fd, &status) == 0 && S_ISDIR(status.st_mode))
    synced_directory = status.st_ino;
  return fsync(fd);
}

static void swap_directories(void) {
  must_equal(rename(in_dir("place"), in_dir("moved")), 0);
  must_equal(mkdir(in_dir("place"), 0777), 0);
}

static void create_in_moved_directory(void *unused) {
  (void)unused;
  struct stat place;
  must_equal(mkdir(in_dir("place"), 0777), 0);
  must_equal(stat(in_dir("place"), &place), 0);
  change_at(AFTER_CREATION, swap_directories);
  tome__os_calls.fsync = note_fsync;
  tome *map = open_map(in_dir("place/new"), CREATE);
  must_equal(change.done, 1);
  must_succeed(tome_append(map, "x", 1, NULL));
  must_succeed(tome_flush(map, 0, TOME_END, TOME_FLUSH_DURABLE));
  must_equal(synced_directory, place.st_ino);
  must_succeed(tome_close(map));
  must_be_file(in_dir("moved/new"), "x", 1);
  must(!exists(in_dir("place/new")));
}

static void the_name_is_made_durable_where_it_was_created(void **state) {
  (void)state;
  in_child(create_in_moved_directory, NULL);
}

/* ---- an open that fails after creating ---- */

static void *refuse_mapping(void *at, size_t n, int prot, int flags, int fd, off_t offset) {
  (void)at, (void)n, (void)prot, (void)flags, (void)fd, (void)offset;
  errno = EACCES;
  return MAP_FAILED;
}

static void fail_after_creating(void *unused) {
  (void)unused;
  tome__os_calls.mmap = refuse_mapping;
  must_equal(try_open(in_dir("new"), CREATE), TOME_EACCES);
  must(!exists(in_dir("new")));
  make_pattern_file("other", 100);
  change_at(AFTER_CREATION, replace_by_rename);
  must_equal(try_open(in_dir("new"), CREATE), TOME_EACCES);
  must_equal(change.done, 1);
  must_be_pattern_file(in_dir("new"), 100);
}

static void a_failed_creation_removes_its_own_file_and_no_other(void **state) {
  (void)state;
  in_child(fail_after_creating, NULL);
}

/* ---- planted bugs ---- */

static int open_wider(int at, const char *path, int flags, mode_t mode) {
  return openat(at, path, flags, mode | 0066);
}

static void plant_wider(void) {
  tome__os_calls.openat = open_wider;
}

/* Too wide for a moment: narrowed by a later call. */
static mode_t wanted_mode;

static int open_wide_first(int at, const char *path, int flags, mode_t mode) {
  wanted_mode = flags & O_CREAT ? mode : 0;
  return openat(at, path, flags, flags & O_CREAT ? mode | 0600 : 0);
}

static int narrow_later(int fd, struct stat *status) {
  mode_t mask = umask(0);
  umask(mask);
  if (wanted_mode)
    fchmod(fd, wanted_mode & ~mask);
  wanted_mode = 0;
  return fstat(fd, status);
}

static void plant_narrowed(void) {
  tome__os_calls.openat = open_wide_first;
  tome__os_calls.fstat = narrow_later;
}

static int open_following(int at, const char *path, int flags, mode_t mode) {
  if ((flags & O_CREAT) && change.act != NULL) {
    change.act();
    change = (struct change){BEFORE_CREATION, NULL, 1};
  }
  return openat(at, path, flags & ~O_EXCL, mode);
}

static void forget_excl(void *unused) {
  (void)unused;
  make_pattern_file("target", 100);
  change = (struct change){BEFORE_CREATION, link_to_target, 0};
  must_equal(try_open(in_dir("new"), EXCLUSIVE | TOME_TRUNCATE), TOME_EEXIST);
}

static void plant_following(void) {
  tome__os_calls.openat = open_following;
}

static void planted_bugs_are_found(void **state) {
  (void)state;
  must_find_bug("a created file wider than asked", plant_wider, create_with_modes, NULL);
  unlink(in_dir("new"));
  unlink(in_dir("link"));
  must_find_bug("a created file that is narrowed later", plant_narrowed, create_with_modes, NULL);
  unlink(in_dir("new"));
  must_find_bug("an exclusive creation that follows a link", plant_following, forget_excl, NULL);
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(a_created_file_has_its_mode_from_the_first_moment),
      TEST(exclusive_creation_follows_no_link),
      TEST(links_are_followed_wherever_they_lead),
      TEST(links_that_lead_nowhere_create_nothing),
      TEST(what_is_no_file_is_not_even_opened),
      TEST(a_writer_that_waits_at_a_fifo_is_not_let_in),
      TEST(a_terminal_does_not_become_the_controlling_one),
      TEST(a_link_that_appears_just_before_exclusive_creation_is_not_followed),
      TEST(the_file_that_was_created_is_the_one_that_is_used),
      TEST(the_name_is_made_durable_where_it_was_created),
      TEST(a_failed_creation_removes_its_own_file_and_no_other),
      TEST(planted_bugs_are_found),
  };
  return run_matching(tests, count, arguments);
}
