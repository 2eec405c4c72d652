/* Preloaded into qemu's user mode, and its plugin too, when it gives a program larger pages than those of its host.
 *
 * In the last page of a file that is mapped, zeros follow its end. Where that page is made of several of the host's, only the one
 * with the end has them, and the others raise SIGBUS. Here such an access finds zeros: memory full of them takes the place of
 * those until the program's next system call. So what the file gets there later is seen, but by a program
 * that waits for it without a call. What is stored there is zero again after the call.
 *
 * Under the lock, asides[0..aside_count) are the stretches of files that are out of their places, mapped at `aside` meanwhile. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

/* ---- what is there ---- */

typedef struct mapping {
  uintptr_t begin, end;
  uint64_t offset;
} mapping;

/* The mapping of a file that has this address, from /proc/self/maps; 0: none. */
static int find_mapping(uintptr_t address, mapping *ret_mapping) {
  char text[1 << 13];
  size_t length = 0;
  ssize_t got = -1;
  int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
  while (fd >= 0 && (got = read(fd, text + length, sizeof text - 1 - length)) > 0) {
    length += (size_t)got;
    text[length] = 0;
    char *line = text, *next;
    for (; (next = strchr(line, '\n')); line = next + 1) {
      char *at = line;
      ret_mapping->begin = strtoul(at, &at, 16);
      ret_mapping->end = strtoul(at + 1, &at, 16);
      ret_mapping->offset = strtoull(at + sizeof " rw-p", NULL, 16);
      if (address >= ret_mapping->begin && address < ret_mapping->end)
        return close(fd) == 0;
    }
    length -= (size_t)(line - text);
    memmove(text, line, length);
  }
  if (fd >= 0)
    close(fd);
  return 0;
}

static int is_readable(uintptr_t address) {
  char byte;
  struct iovec here = {&byte, 1}, there = {(void *)address, 1};
  return process_vm_readv(getpid(), &here, 1, &there, 1, 0) == 1;
}

/* Whether it lies behind the end of its file, but in the page with that end; and what else does. */
static int is_in_last_page(uintptr_t address, uintptr_t *ret_begin, uintptr_t *ret_end) {
  char name[64];
  mapping found;
  struct stat file;
  const char *variable = getenv("TOME_QEMU_PAGE");
  if (!variable || !find_mapping(address, &found))
    return 0;
  snprintf(name, sizeof name, "/proc/self/map_files/%" PRIxPTR "-%" PRIxPTR, found.begin,
           found.end);
  if (stat(name, &file) < 0 || !S_ISREG(file.st_mode))
    return 0;
  const uint64_t page = strtoul(variable, NULL, 10), small = (uint64_t)sysconf(_SC_PAGESIZE);
  const uint64_t offset = found.offset + (address - found.begin), size = (uint64_t)file.st_size;
  if (offset < size || offset - offset % page >= size)
    return 0;
  const uint64_t behind = offset - (size + small - 1) / small * small;
  const uint64_t rest = page - offset % page;
  *ret_begin = behind < address - found.begin ? address - behind : found.begin;
  *ret_end = rest < found.end - address ? address + rest : found.end;
  return 1;
}

/* ---- pages out of their places ---- */

enum { MOST_ASIDE = 64 };

typedef struct aside {
  void *place, *aside;
  size_t size;
} aside;

static atomic_flag is_locked = ATOMIC_FLAG_INIT;
static aside asides[MOST_ASIDE];
static atomic_int aside_count;
static atomic_uint moves; /* how often something was moved */

static void lock(void) {
  while (atomic_flag_test_and_set(&is_locked))
    sched_yield();
}

static void unlock(void) {
  atomic_flag_clear(&is_locked);
}

static int set_aside(void *place, size_t size) {
  const int count = atomic_load(&aside_count);
  if (count == MOST_ASIDE)
    return 0;
  void *aside = mremap(place, size, size, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, NULL);
  if (aside == MAP_FAILED)
    return 0;
  asides[count].place = place;
  asides[count].aside = aside;
  asides[count].size = size;
  atomic_store(&aside_count, count + 1);
  atomic_fetch_add(&moves, 1);
  return mmap(place, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
              0) != MAP_FAILED;
}

static void put_back(void) {
  const int error = errno;
  if (atomic_load(&aside_count) == 0)
    return;
  lock();
  for (int i = atomic_load(&aside_count); i-- > 0; atomic_store(&aside_count, i)) {
    const aside *one = &asides[i];
    if (mremap(one->aside, one->size, one->size, MREMAP_MAYMOVE | MREMAP_FIXED, one->place) ==
        MAP_FAILED)
      abort();
    atomic_fetch_add(&moves, 1);
  }
  unlock();
  errno = error;
}

static int is_aside(uintptr_t address) {
  for (int i = 0; i < atomic_load(&aside_count); i++)
    if (address - (uintptr_t)asides[i].place < asides[i].size)
      return 1;
  return 0;
}

/* What can be read came meanwhile, from the file; or it is a hole, and the access a store that got no blocks. Then it comes
 * again. */
static int may_succeed_now(uintptr_t address) {
  static _Thread_local uintptr_t before;
  int again = address != before && is_readable(address);
  before = again ? address : 0;
  return again;
}

/* 1: the access can be made again. What was looked at while something was moved may have been out of its place. */
static int mend(uintptr_t address) {
  uintptr_t begin = 0, end = 0;
  const unsigned moves_before = atomic_load(&moves);
  const int is_in_last =
      is_in_last_page(address, &begin, &end); /* asks the file, which may take long */
  lock();
  int mended = is_aside(address) || (!is_in_last && atomic_load(&moves) != moves_before);
  if (!mended && is_in_last)
    mended = set_aside((void *)begin, end - begin);
  else if (!mended)
    mended = may_succeed_now(address);
  unlock();
  return mended;
}

/* ---- where it is called ---- */

typedef int install(int number, const struct sigaction *new, struct sigaction *old);

static void (*on_bus_error)(int number, siginfo_t *info, void *context);

static void bus_error(int number, siginfo_t *info, void *context) {
  const int error = errno;
  if (info->si_code != BUS_ADRERR || !mend((uintptr_t)info->si_addr))
    on_bus_error(number, info, context);
  errno = error;
}

int sigaction(int number, const struct sigaction *new, struct sigaction *old) {
  void *found = dlsym(RTLD_NEXT, "sigaction");
  install *real;
  memcpy(&real, &found, sizeof real);
  if (number != SIGBUS || !new || !(new->sa_flags &SA_SIGINFO))
    return real(number, new, old);
  struct sigaction ours = *new;
  on_bus_error = new->sa_sigaction;
  ours.sa_sigaction = bus_error;
  return real(number, &ours, old);
}

/* From qemu-plugin.h. */
typedef void on_call(uint64_t id, unsigned processor, int64_t number, uint64_t, uint64_t, uint64_t,
                     uint64_t, uint64_t, uint64_t, uint64_t, uint64_t);
typedef void on_return(uint64_t id, unsigned processor, int64_t number, int64_t result);
void __attribute__((weak)) qemu_plugin_register_vcpu_syscall_cb(uint64_t id, on_call *);
void __attribute__((weak)) qemu_plugin_register_vcpu_syscall_ret_cb(uint64_t id, on_return *);
extern int qemu_plugin_version;
int qemu_plugin_version = 1;

static void before_call(uint64_t id, unsigned processor, int64_t number, uint64_t a, uint64_t b,
                        uint64_t c, uint64_t d, uint64_t e, uint64_t f, uint64_t g, uint64_t h) {
  (void)id, (void)processor, (void)number, (void)a, (void)b, (void)c, (void)d, (void)e, (void)f,
      (void)g, (void)h;
  put_back();
}

/* Another thread may have come upon the end while it went on. */
static void after_call(uint64_t id, unsigned processor, int64_t number, int64_t result) {
  (void)id, (void)processor, (void)number, (void)result;
  put_back();
}

int qemu_plugin_install(uint64_t id, const void *info, int count, char **arguments);
int qemu_plugin_install(uint64_t id, const void *info, int count, char **arguments) {
  (void)info, (void)count, (void)arguments;
  qemu_plugin_register_vcpu_syscall_cb(id, before_call);
  qemu_plugin_register_vcpu_syscall_ret_cb(id, after_call);
  return pthread_atfork(NULL, NULL, unlock);
}
