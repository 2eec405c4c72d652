/* For every operation, every k and every way to fail: let the k-th call fail. The operation must either succeed all the same,
 * with exactly the right result, or report a clean error and leave the file as it was; and neither may leave a descriptor
 * or a mapping behind. Everything runs twice: with the whole file mapped, and through windows of one page. */
#include "emulator_limits.h"
#include "failing_calls.h"
#include "sweep_operations.h"
#include "test_system.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MOST (FILE_SIZE * 2)

static int failures;
static char folder[256], path[sizeof folder + 8];

static void complain(const operation *o, const char *mode, int k, strike how, const char *what) {
  failures++;
  printf("FAILED %s, %s, call %d (%s) struck %s: %s\n", o->name, mode, k,
         calls_struck() ? calls_struck() : "none", strike_names[how], what);
}

/* What was made to fail once sticks to a file, and where a system does not tell when files were created, to the next one with
 * its inode: so they are kept, empty. */
static void put_away(void) {
  static unsigned count;
  char away[sizeof path + 16];
  snprintf(away, sizeof away, "%s.%u", path, count++);
  if (truncate(path, 0) == 0 && rename(path, away) != 0) {
    perror(away);
    exit(2);
  }
}

static size_t make_file(unsigned char *model, const operation *o) {
  put_away();
  if (o->no_file)
    return 0;
  for (size_t i = 0; i < FILE_SIZE; i++)
    model[i] = pattern(i);
  int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0 || write(fd, model, FILE_SIZE) != FILE_SIZE) {
    perror(path);
    exit(2);
  }
  close(fd);
  return FILE_SIZE;
}

static int file_is(const unsigned char *model, size_t size) {
  static unsigned char bytes[MOST + 1];
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return 0;
  ssize_t n = read(fd, bytes, sizeof bytes);
  close(fd);
  return n == (ssize_t)size && memcmp(bytes, model, size) == 0;
}

static int open_descriptors(void) {
  DIR *d = opendir("/proc/self/fd");
  int n = 0;
  while (readdir(d))
    n++;
  closedir(d);
  return n;
}

static int mappings(void) {
  FILE *f = fopen("/proc/self/maps", "re");
  char line[512];
  int n = 0;
  while (fgets(line, sizeof line, f))
    n += strstr(line, path) || strstr(line, "memfd:tome");
  fclose(f);
  return n;
}

/* Open as the operation wants it, and touch everything if it wants that too. */
static void open_scene(scene *s, const operation *o, size_t window) {
  tome_options options = TOME_OPTIONS_INIT;
  unsigned char bytes[FILE_SIZE];
  options.window = o->flags & TOME_COPY ? 0 : window;
  if (o->opens)
    return;
  int r = tome_open(&s->map, path, o->flags, &options);
  if (r == 0 && o->warm)
    r = tome_read(s->map, 0, bytes, sizeof bytes);
  if (r == 0 && o->warm && (o->flags & TOME_WRITE))
    r = tome_write(s->map, 0, bytes, sizeof bytes);
  if (r < 0) {
    printf("cannot open the scene: %s\n", tome_strerror(r));
    exit(2);
  }
}

/* One run with call `k` failing. Returns how many calls there were. */
static int strike_once(const operation *o, const char *mode, size_t window, int k, strike how) {
  static unsigned char model[MOST], after[MOST];
  size_t size = make_file(model, o), after_size = size;
  int descriptors = open_descriptors(), maps = mappings();
  scene s = {.path = path};
  open_scene(&s, o, window);
  calls_arm(k, how);
  int r = o->run(&s);
  int calls = calls_disarm();
  memcpy(after, model, size);
  if (o->expect)
    o->expect(after, &after_size);
  if (r > 0)
    complain(o, mode, k, how, "it says success, with a wrong result");
  else if (r == 0 && !file_is(after, after_size))
    complain(o, mode, k, how, "it says success, but the file is wrong");
  else if (r < 0 && how == STRIKE_INTERRUPTED && calls_struck() &&
           strcmp(calls_struck(), "close") != 0)
    complain(o, mode, k, how, "an interrupted call was not begun again");
  else if (r < 0 && o->no_file && access(path, F_OK) == 0)
    complain(o, mode, k, how, "it failed and left a new file behind");
  else if (r < 0 && !o->no_file && !file_is(model, size) &&
           !(o->stores && file_is(after, after_size)))
    complain(o, mode, k, how, "it failed and changed the file");
  else if (r < 0 && (tome_error_last()->code != r || !*tome_error_last()->operation))
    complain(o, mode, k, how, "the error is not on record");
  tome_close(s.map);
  if (open_descriptors() != descriptors)
    complain(o, mode, k, how, "a descriptor was left open");
  if (mappings() != maps)
    complain(o, mode, k, how, "a mapping was left behind");
  return calls;
}

/* All points of failure of one operation. */
static void sweep(const operation *o, const char *mode, size_t window, int *ret_points) {
  int calls = strike_once(o, mode, window, 0, STRIKE_HARD);
  int struck = 0;
  if (calls < 0)
    complain(o, mode, 0, STRIKE_HARD, "it makes a call that failing_calls.c does not know");
  for (int how = 0; how < STRIKES; how++)
    for (int k = 1; k <= calls; k++) {
      strike_once(o, mode, window, k, (strike)how);
      struck += calls_struck() != NULL;
    }
  printf("%-28s %-8s %3d calls, %3d points of failure\n", o->name, mode, calls, struck);
  *ret_points += struck;
}

int main(void) {
  if (make_test_folder(folder, sizeof folder) < 0)
    return 2;
  snprintf(path, sizeof path, "%s/swept", folder);
  int points = 0;
  setvbuf(stdout, NULL, _IOLBF, 0);
  for (size_t i = 0; i < operations_count; i++) {
    if (operations[i].locks && !last_pages_are_whole()) {
      printf(
          "SKIPPED %s: in the emulator a page is several of the system's, and files end in those\n",
          operations[i].name);
      continue;
    }
    sweep(&operations[i], "whole", 0, &points);
    if (!operations[i].opens && !(operations[i].flags & TOME_COPY))
      sweep(&operations[i], "windows", 4096, &points);
  }
  remove_test_folder(folder);
  printf("%zu operations, %d points of failure tried, %d wrong\n", operations_count, points,
         failures);
  return failures > 0 || points < 100;
}
