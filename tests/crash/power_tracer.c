#include "power_tracer.h"

#include <calls.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <ucontext.h>
#include <unistd.h>

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

enum { MOST_REGIONS = 64 };
#define MOST_EVENTS ((size_t)1 << 20)
#define MOST_BYTES ((size_t)1 << 26)

/* ---- the log ---- */

/* Its memory is got beforehand: stores are noted in a signal handler. */
static struct {
  trace whole;
  event *events;
  unsigned char *before, *bytes;
  size_t bytes_used;
} written;

static void *new_memory(size_t length) {
  void *p = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                 -1, 0);
  must(p != MAP_FAILED);
  return p;
}

static void put(event what) {
  must(written.whole.count < MOST_EVENTS);
  if (what.bytes != NULL) {
    must(what.length <= MOST_BYTES - written.bytes_used);
    unsigned char *copy = written.bytes + written.bytes_used;
    memcpy(copy, what.bytes, what.length);
    written.bytes_used += what.length;
    what.bytes = copy;
  }
  written.events[written.whole.count++] = what;
}

/* ---- which file ---- */

static struct {
  int active;
  char path[512], directory[512];
  struct stat file, directory_status;
  uint64_t size;
} traced;

static int same_file(int fd, const struct stat *as) {
  struct stat status;
  return traced.active && as->st_ino != 0 && fstat(fd, &status) == 0 &&
         status.st_ino == as->st_ino && status.st_dev == as->st_dev;
}

static int is_traced(int fd) {
  return same_file(fd, &traced.file);
}

static int is_directory(int fd) {
  return same_file(fd, &traced.directory_status);
}

static int is_there(void) {
  struct stat status;
  return traced.active && lstat(traced.path, &status) == 0;
}

/* After every call that may have changed them. */
static void note_size(int fd) {
  struct stat status;
  must_equal(fstat(fd, &status), 0);
  if ((uint64_t)status.st_size == traced.size)
    return;
  traced.size = (uint64_t)status.st_size;
  put((event){.kind = SIZED, .size = traced.size});
}

static void note_name(int was_there) {
  if (is_there() == was_there)
    return;
  if (was_there)
    traced.file.st_ino = 0;
  else
    must_equal(stat(traced.path, &traced.file), 0);
  put((event){.kind = NAMED, .flag = !was_there});
}

/* ---- which memory ---- */

typedef struct region {
  unsigned char *address;
  size_t length;
  uint64_t offset; /* in the file */
} region;

static region regions[MOST_REGIONS]; /* length 0: free */

static void add_region(region r) {
  for (int i = 0; i < MOST_REGIONS; i++)
    if (regions[i].length == 0) {
      regions[i] = r;
      return;
    }
  must(!"too many mappings to trace");
}

static void remove_region(const unsigned char *from, size_t length) {
  const unsigned char *to = from + length;
  for (int i = 0; i < MOST_REGIONS; i++) {
    region r = regions[i];
    if (r.length == 0 || r.address + r.length <= from || to <= r.address)
      continue;
    unsigned char *end = r.address + r.length;
    regions[i].length = from > r.address ? (size_t)(from - r.address) : 0;
    if (to < end)
      add_region((region){r.address + (to - r.address), (size_t)(end - to),
                          r.offset + (uint64_t)(to - r.address)});
  }
}

/* ---- one instruction at a time ---- */

static struct sigaction segv_before, trap_before;

#if defined(__x86_64__)

enum { MOST_OPEN = 4, TRAP_FLAG = 0x100 };

/* A page that the instruction under way may store into, and what it held before. */
typedef struct open_page {
  unsigned char *address;
  unsigned char before[4096];
} open_page;

static open_page open_pages[MOST_OPEN];
static int open_count;
static greg_t stepping_at;

static const region *region_at(const unsigned char *address) {
  for (int i = 0; i < MOST_REGIONS; i++)
    if (regions[i].length != 0 && address >= regions[i].address &&
        address < regions[i].address + regions[i].length)
      return &regions[i];
  return NULL;
}

static void note_stores(open_page *page) {
  const region *r = region_at(page->address);
  const unsigned char *now = page->address;
  size_t from = 0, to = PAGE;
  if (r == NULL || memcmp(now, page->before, PAGE) == 0)
    return; /* the guard has put other memory here, or nothing has changed */
  while (now[from] == page->before[from])
    from++;
  while (now[to - 1] == page->before[to - 1])
    to--;
  uint64_t offset = r->offset + (uint64_t)(now - r->address) + from;
  put((event){.kind = STORED, .offset = offset, .length = to - from, .bytes = now + from});
  memcpy(page->before + from, now + from, to - from);
}

static void close_page(const open_page *page) {
  if (region_at(page->address) != NULL)
    must_equal(mprotect(page->address, PAGE, PROT_READ), 0);
}

/* A store of a few bytes may lie on two pages, and faults once for each. */
static void on_store(int number, siginfo_t *info, void *context) {
  ucontext_t *thread = context;
  unsigned char *page = (unsigned char *)((uintptr_t)info->si_addr & ~(PAGE - 1));
  if (info->si_code <= 0 || region_at(page) == NULL || open_count == MOST_OPEN) {
    sigaction(number, &segv_before, NULL); /* not ours: strikes again, as without us */
    return;
  }
  open_pages[open_count].address = page;
  memcpy(open_pages[open_count].before, page, PAGE);
  open_count++;
  must_equal(mprotect(page, PAGE, PROT_READ | PROT_WRITE), 0);
  stepping_at = thread->uc_mcontext.gregs[REG_RIP];
  thread->uc_mcontext.gregs[REG_EFL] |= TRAP_FLAG;
}

/* The instruction is done. A repeated one (rep movsb) traps after each of its turns, and its page stays open until the last. */
static void on_step(int number, siginfo_t *info, void *context) {
  ucontext_t *thread = context;
  (void)info;
  if (open_count == 0) {
    sigaction(number, &trap_before, NULL);
    raise(number);
    return;
  }
  int goes_on = thread->uc_mcontext.gregs[REG_RIP] == stepping_at;
  for (int i = 0; i < open_count; i++)
    note_stores(&open_pages[i]);
  for (int i = 0; i < open_count - goes_on; i++)
    close_page(&open_pages[i]);
  if (goes_on && open_count > 1)
    open_pages[0] = open_pages[open_count - 1];
  open_count = goes_on;
  if (!goes_on)
    thread->uc_mcontext.gregs[REG_EFL] &= ~(greg_t)TRAP_FLAG;
}

const char *why_no_tracer(void) {
  return NULL;
}

static void catch_stores(void) {
  struct sigaction store = {.sa_sigaction = on_store, .sa_flags = SA_SIGINFO};
  struct sigaction step = {.sa_sigaction = on_step, .sa_flags = SA_SIGINFO};
  must_equal(PAGE, sizeof open_pages[0].before);
  must_equal(sigaction(SIGSEGV, &store, &segv_before), 0);
  must_equal(sigaction(SIGTRAP, &step, &trap_before), 0);
}

#else

const char *why_no_tracer(void) {
  return "stores are traced by single-stepping, which is written for x86-64 only";
}

static void catch_stores(void) {
  must(!"no tracer here");
}

#endif

/* ---- the calls ---- */

static os_calls below;
static int installed;

static int traced_openat(int at, const char *path, int flags, mode_t mode) {
  int was_there = is_there();
  int fd = below.openat(at, path, flags, mode);
  if (fd < 0 || !traced.active)
    return fd;
  note_name(was_there);
  if (is_traced(fd))
    note_size(fd);
  return fd;
}

static int traced_open(const char *path, int flags, mode_t mode) {
  return traced_openat(AT_FDCWD, path, flags, mode);
}

static int traced_unlinkat(int at, const char *path, int flags) {
  int was_there = is_there();
  int r = below.unlinkat(at, path, flags);
  note_name(was_there);
  return r;
}

static void *traced_mmap(void *at, size_t n, int protection, int flags, int fd, off_t offset) {
  int traces = fd >= 0 && (flags & MAP_SHARED) && (protection & PROT_WRITE) && is_traced(fd);
  void *p = below.mmap(at, n, traces ? PROT_READ : protection, flags, fd, offset);
  if (p == MAP_FAILED)
    return p;
  remove_region(p, n);
  if (traces)
    add_region((region){p, n, (uint64_t)offset});
  return p;
}

static int traced_munmap(void *at, size_t n) {
  int r = below.munmap(at, n);
  if (r == 0)
    remove_region(at, n);
  return r;
}

static void protect_regions(unsigned char *from, size_t length, int protection) {
  for (int i = 0; i < MOST_REGIONS; i++) {
    region r = regions[i];
    if (r.length == 0 || r.address + r.length <= from || from + length <= r.address)
      continue;
    unsigned char *end = r.address + r.length;
    unsigned char *first = from > r.address ? from : r.address;
    end = from + length < end ? from + length : end;
    must_equal(mprotect(first, (size_t)(end - first), protection), 0);
  }
}

/* Populating for stores is refused where stores are not allowed; so it is done while they are. */
static int traced_madvise(void *at, size_t n, int advice) {
  if (advice != MADV_POPULATE_WRITE)
    return below.madvise(at, n, advice);
  protect_regions(at, n, PROT_READ | PROT_WRITE);
  int r = below.madvise(at, n, advice);
  int system = errno;
  protect_regions(at, n, PROT_READ);
  errno = system;
  return r;
}

static ssize_t traced_pwrite(int fd, const void *from, size_t n, off_t at) {
  ssize_t done = below.pwrite(fd, from, n, at);
  if (done > 0 && is_traced(fd)) {
    put((event){.kind = STORED, .offset = (uint64_t)at, .length = (uint64_t)done, .bytes = from});
    note_size(fd);
  }
  return done;
}

static ssize_t traced_pwritev2(int fd, const struct iovec *v, int count, off_t at, int flags) {
  uint64_t end = traced.size;
  int traces = is_traced(fd);
  if (traces)
    must(flags == RWF_APPEND && count == 1); /* nothing else is known here */
  ssize_t done = below.pwritev2(fd, v, count, at, flags);
  if (done > 0 && traces) {
    put((event){.kind = STORED, .offset = end, .length = (uint64_t)done, .bytes = v->iov_base});
    note_size(fd);
  }
  return done;
}

static int traced_ftruncate(int fd, off_t size) {
  int r = below.ftruncate(fd, size);
  if (r == 0 && is_traced(fd))
    note_size(fd);
  return r;
}

static int traced_fallocate(int fd, int mode, off_t offset, off_t n) {
  int traces = is_traced(fd);
  if (traces)
    must((mode & ~FALLOC_FL_KEEP_SIZE) == 0); /* the other modes change bytes */
  int r = below.fallocate(fd, mode, offset, n);
  if (traces)
    note_size(fd); /* also a failing call may have made it longer */
  return r;
}

/* The disk itself is not asked: nobody is going to cut its power, and it takes its time. */
static int traced_sync(int fd, int (*sync)(int)) {
  if (is_traced(fd))
    put((event){.kind = FILE_SYNCED, .length = UINT64_MAX});
  else if (is_directory(fd))
    put((event){.kind = NAME_SYNCED});
  else
    return sync(fd);
  return 0;
}

static int traced_fdatasync(int fd) {
  return traced_sync(fd, below.fdatasync);
}

static int traced_fsync(int fd) {
  return traced_sync(fd, below.fsync);
}

static int traced_syncfs(int fd) {
  struct stat status;
  if (fstat(fd, &status) < 0 || !traced.active || status.st_dev != traced.directory_status.st_dev)
    return below.syncfs(fd);
  put((event){.kind = FILE_SYNCED, .length = UINT64_MAX});
  put((event){.kind = NAME_SYNCED});
  return 0;
}

void install_tracer(void) {
  if (installed)
    return;
  installed = 1;
  written.events = new_memory(MOST_EVENTS * sizeof *written.events);
  written.bytes = new_memory(MOST_BYTES);
  catch_stores();
  below = tome__os_calls;
#define X(name) tome__os_calls.name = traced_##name;
  X(open)
  X(openat)
  X(unlinkat)
  X(mmap)
  X(munmap)
  X(madvise) X(pwrite) X(pwritev2) X(ftruncate) X(fallocate) X(fdatasync) X(fsync) X(syncfs)
#undef X
}

void remove_tracer(void) {
  if (!installed)
    return;
  installed = 0;
  traced.active = 0;
  tome__os_calls = below;
  sigaction(SIGSEGV, &segv_before, NULL);
  sigaction(SIGTRAP, &trap_before, NULL);
  munmap(written.events, MOST_EVENTS * sizeof *written.events);
  munmap(written.bytes, MOST_BYTES);
  free(written.before);
  written.before = NULL;
}

/* ---- a trace ---- */

static void find_directory(void) {
  snprintf(traced.directory, sizeof traced.directory, "%s", traced.path);
  *strrchr(traced.directory, '/') = '\0';
  must_equal(stat(traced.directory, &traced.directory_status), 0);
}

void begin_trace(const char *path) {
  size_t size = 0;
  install_tracer();
  memset(&traced, 0, sizeof traced);
  snprintf(traced.path, sizeof traced.path, "%s", path);
  find_directory();
  traced.active = 1;
  written.bytes_used = 0;
  free(written.before);
  written.before = NULL;
  written.whole = (trace){.events = written.events, .there_before = is_there()};
  if (written.whole.there_before) {
    must_equal(stat(path, &traced.file), 0);
    written.before = read_file(path, &size);
  }
  written.whole.before = written.before;
  traced.size = written.whole.size_before = size;
}

const trace *look_at_trace(void) {
  return &written.whole;
}

const trace *end_trace(void) {
  traced.active = 0;
  for (int i = 0; i < MOST_REGIONS; i++)
    must_equal(regions[i].length, 0);
  return &written.whole;
}

void announce(event what) {
  what.kind = ANNOUNCED;
  put(what);
}

void acknowledge(uint64_t offset, uint64_t length) {
  put((event){.kind = ACKNOWLEDGED, .offset = offset, .length = length});
}

void sync_only(uint64_t offset, uint64_t length) {
  put((event){.kind = FILE_SYNCED, .offset = offset, .length = length});
}
