/* Another process that cuts; see cut_weather.h. */
#include "cut_weather.h"

#include "calls.h"

#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- counts, and planted bugs ---- */

static weather *counted;
static void *(*mmap_before)(void *, size_t, int, int, int, off_t); /* perhaps a planted bug */

/* Also called in a signal handler. */
static void *counting_mmap(void *at, size_t n, int prot, int flags, int fd, off_t offset) {
  void *p = mmap_before(at, n, prot, flags, fd, offset);
  if (p != MAP_FAILED && (flags & MAP_FIXED))
    atomic_fetch_add(flags & MAP_ANONYMOUS ? &counted->patches : &counted->heals, 1);
  return p;
}

void count_patches(weather *sky) {
  counted = sky;
  if (tome__os_calls.mmap != counting_mmap)
    mmap_before = tome__os_calls.mmap;
  tome__os_calls.mmap = counting_mmap;
}

void stop_counting(void) {
  tome__os_calls.mmap = mmap_before;
}

static void *believing_mmap(void *at, size_t n, int prot, int flags, int fd, off_t offset) {
  if ((flags & MAP_FIXED) && !(flags & MAP_ANONYMOUS))
    return at;
  return mmap(at, n, prot, flags, fd, offset);
}

void die_of_faults(void) {
  signal(SIGBUS, SIG_DFL);
}

void plant_no_healing(void) {
  tome__os_calls.mmap = believing_mmap;
}

static off_t largest;

static int believing_fstat(int fd, struct stat *status) {
  int result = fstat(fd, status);
  if (result == 0 && status->st_size < largest)
    status->st_size = largest;
  else if (result == 0)
    largest = status->st_size;
  return result;
}

void plant_old_size(void) {
  tome__os_calls.fstat = believing_fstat;
}

tome *open_windowed(const char *path, uint32_t flags, size_t window) {
  tome *map = NULL;
  tome_options options = TOME_OPTIONS_INIT;
  options.window = window;
  must_succeed(tome_open(&map, path, flags, &options));
  return map;
}

weather *begin_weather(int wide) {
  weather *sky = mmap(NULL, sizeof *sky, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  must(sky != MAP_FAILED);
  sky->wide = wide;
  return sky;
}

void end_weather(weather *sky) {
  tell_figure("cuts under running calls", sky->phase / 4);
  tell_figure("calls that ended in TOME_ELOST", sky->lost);
  tell_figure("patches laid under lost pages", sky->patches);
  tell_figure("patches taken away again", sky->heals);
  tell_figure("silent stores told of by tome_check()", sky->silent);
  tell_figure("stores certain to be in the file", sky->certain);
  print_message("calls %" PRIu64 ", lost %" PRIu64 ", outside %" PRIu64 ", late %" PRIu64 "\n",
                sky->calls, sky->lost, sky->outside, sky->late);
  munmap(sky, sizeof *sky);
}

/* ---- phases ---- */

int is_silent(const weather *sky, uint64_t cut, uint64_t offset) {
  return offset >= cut && (sky->wide || (offset / PAGE == cut / PAGE && cut % PAGE != 0));
}

int may_be_zero(weather *sky, uint64_t before, uint64_t after, uint64_t offset) {
  if (after - before >= 4 * (uint64_t)(CUTS_KEPT - 2))
    return 1; /* slept through so many that nobody knows */
  for (uint64_t n = before / 4; n < (after + 3) / 4; n++) {
    uint64_t cut = atomic_load(&sky->cut_at[n % CUTS_KEPT]);
    if (is_silent(sky, cut, offset))
      return 1;
  }
  return 0;
}

/* ---- the cutter ---- */

uint64_t roll_cut(dice *any, size_t size) {
  switch (size < 2 * PAGE ? 4 : roll(any, 6)) {
  case 0:
    return 0;
  case 1:
    return size - 1;
  case 2:
    return roll(any, size / PAGE) * PAGE;
  case 3:
    return size / PAGE * PAGE - 1 - roll(any, PAGE);
  default:
    return roll(any, size);
  }
}

/* So that something is struck in each phase, however slow the machine is. */
static void await_calls(weather *sky, uint64_t count) {
  uint64_t until = atomic_load(&sky->calls) + count;
  while (atomic_load(&sky->calls) < until && !atomic_load(&sky->over))
    usleep(20);
}

static void write_pattern(int fd, uint64_t from, size_t size) {
  void *bytes = new_pattern(from, size - from);
  must_equal(pwrite(fd, bytes, size - from, (off_t)from), size - from);
  free(bytes);
}

static void cut_once(const cutter *self, int fd, uint64_t n, uint64_t cut, uint64_t wait) {
  weather *sky = self->sky;
  atomic_store(&sky->cut_at[n % CUTS_KEPT], cut);
  atomic_store(&sky->phase, 4 * n + 1);
  must_equal(ftruncate(fd, (off_t)cut), 0);
  atomic_store(&sky->phase, 4 * n + 2);
  if (self->grows) {
    await_calls(sky, wait);
    atomic_store(&sky->phase, 4 * n + 3);
    write_pattern(fd, cut, self->size);
  }
  atomic_store(&sky->phase, 4 * n + 4);
}

void cut_and_grow(void *context) {
  const cutter *self = context;
  dice any = dice_from(77);
  int fd = open(self->path, O_RDWR | O_CLOEXEC);
  must(fd >= 0);
  for (uint64_t n = 0; n < self->cuts && !atomic_load(&self->sky->over); n++) {
    await_calls(self->sky, 1 + roll(&any, 40));
    size_t size = self->grows ? self->size : (size_t)file_length(self->path) + 1;
    cut_once(self, fd, n, roll_cut(&any, size), 1 + roll(&any, 40));
  }
  await_calls(self->sky, 100);
  atomic_store(&self->sky->calm, 1);
  atomic_store(&self->sky->over, 1);
}

void await_calm(weather *sky) {
  while (!atomic_load(&sky->calm))
    usleep(1000);
}

int wait_for_worker(weather *sky, pid_t worker) {
  int status = 0;
  must_equal(waitpid(worker, &status, 0), worker);
  atomic_store(&sky->over, 1);
  return status;
}

void must_end_well(int status) {
  if (WIFSIGNALED(status))
    fail_at(__FILE__, __LINE__, "a process died of signal %d", WTERMSIG(status));
  if (WEXITSTATUS(status) != 0)
    fail_at(__FILE__, __LINE__, "a process failed, see above");
}

typedef struct growth {
  const char *path;
  size_t size;
} growth;

static void do_grow_back(void *context) {
  const growth *what = context;
  int fd = open(what->path, O_RDWR | O_CLOEXEC);
  must(fd >= 0);
  write_pattern(fd, file_length(what->path), what->size);
}

void grow_back(const char *path, size_t size) {
  in_child(do_grow_back, &(growth){path, size});
}

/* ---- what is mapped ---- */

unsigned count_anonymous(const void *address, size_t length) {
  uintptr_t first = (uintptr_t)address, from, to;
  unsigned long inode;
  unsigned count = 0;
  char line[1024];
  FILE *maps = fopen("/proc/self/maps", "re");
  must(maps != NULL);
  while (fgets(line, sizeof line, maps) != NULL)
    if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %*s %*s %*s %lu", &from, &to, &inode) == 3 &&
        from < first + length && first < to && inode == 0)
      count++;
  fclose(maps);
  return count;
}

unsigned count_all_mappings(void) {
  return count_mappings("-");
}
