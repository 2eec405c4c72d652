#include "emulator_limits.h"

#include "test_support.h"

#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

/* A byte of a mapping by a plain load; -1: there is none. */
static sigjmp_buf no_byte;

static void on_no_byte(int number) {
  siglongjmp(no_byte, number);
}

static int byte_at(const volatile unsigned char *at) {
  struct sigaction ours = {.sa_handler = on_no_byte}, before, before_segv;
  volatile int byte = -1;
  must_equal(sigaction(SIGBUS, &ours, &before), 0);
  must_equal(sigaction(SIGSEGV, &ours, &before_segv), 0);
  if (sigsetjmp(no_byte, 1) == 0)
    byte = *at;
  must_equal(sigaction(SIGSEGV, &before_segv, NULL), 0);
  must_equal(sigaction(SIGBUS, &before, NULL), 0);
  return byte;
}

enum { WHOLE, IN_PIECES };

/* Two pages of a file, mapped with one behind them. The second is cut inside, the third comes, and all goes. */
static void try_pages(void *path) {
  int fd = open(path, O_RDWR | O_CLOEXEC), whole;
  unsigned char *bytes = mmap(NULL, 3 * PAGE, PROT_READ, MAP_SHARED, fd, 0);
  must(fd >= 0 && bytes != MAP_FAILED);
  must_equal(ftruncate(fd, (off_t)PAGE + 1), 0);
  whole = byte_at(bytes + 2 * PAGE - 1) == 0;
  must_equal(pwrite(fd, "x", 1, (off_t)(2 * PAGE)), 1);
  whole &= byte_at(bytes + 2 * PAGE) == 'x';
  must_equal(ftruncate(fd, 0), 0);
  whole &= mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0) != MAP_FAILED;
  _exit(whole ? WHOLE : IN_PIECES);
}

int pages_are_whole(void) {
  static int known = -1;
  if (known < 0) {
    char path[512];
    snprintf(path, sizeof path, "%s", make_pattern_file("whole_pages", 2 * PAGE));
    int status = child_status(try_pages, path);
    must(WIFEXITED(status) && (WEXITSTATUS(status) == WHOLE || WEXITSTATUS(status) == IN_PIECES));
    known = WEXITSTATUS(status) == WHOLE;
    must_equal(unlink(path), 0);
  }
  return known;
}

static void *new_page(void) {
  void *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  must(page != MAP_FAILED);
  return page;
}

int last_pages_are_whole(void) {
  int fd = memfd_create("last_page", MFD_CLOEXEC);
  must_equal(write(fd, "x", 1), 1);
  void *page = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0), *other = new_page();
  must(page != MAP_FAILED);
  int whole = mlock(page, PAGE) == 0 || mlock(other, PAGE) != 0; /* nothing may be locked */
  must_equal(munmap(other, PAGE), 0);
  must_equal(munmap(page, PAGE), 0);
  must_equal(close(fd), 0);
  return whole;
}

size_t page_of_files(void) {
  return last_pages_are_whole() ? PAGE : 4096;
}

int writes_at_end(void) {
#ifdef SYS_pwritev2
  const char *path = make_file("at_end", "ab", 2);
  int fd = open(path, O_RDWR | O_CLOEXEC);
  struct iovec byte = {.iov_base = (char[]){'c'}, .iov_len = 1};
  must(fd >= 0);
  int can = syscall(SYS_pwritev2, fd, &byte, 1L, 0L, 0L, 0x10L /* RWF_APPEND */) == 1;
  must_equal(close(fd), 0);
  must_equal(unlink(path), 0);
  return can;
#else
  return 1; /* there the library knows another way */
#endif
}

int locks_on_fault(void) {
#ifdef SYS_mlock2
  void *page = new_page();
  int can = syscall(SYS_mlock2, page, PAGE, 1L /* MLOCK_ONFAULT */) == 0;
  must_equal(munmap(page, PAGE), 0);
  return can;
#else
  return 0;
#endif
}

int follows_advice(void) {
  void *page = new_page();
  int follows = madvise(page, PAGE, INT_MAX) < 0;
  must_equal(munmap(page, PAGE), 0);
  return follows;
}

/* Many, for wrong places and wrong bits to be right by chance. The second half is never touched. */
int tells_own_pages(void) {
  enum { PAGES = 1024 };
  uint64_t entries[PAGES];
  int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC), tells = fd >= 0;
  unsigned char *pages =
      mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  must(pages != MAP_FAILED);
  for (size_t i = 0; i < PAGES / 2; i++)
    pages[i * PAGE] = 1;
  off_t at = (off_t)((uintptr_t)pages / PAGE * sizeof *entries);
  tells = tells && pread(fd, entries, sizeof entries, at) == (ssize_t)sizeof entries;
  for (size_t i = 0; tells && i < PAGES; i++)
    tells = (int)(entries[i] >> 63) == (i < PAGES / 2);
  must_equal(munmap(pages, PAGES * PAGE), 0);
  if (fd >= 0)
    close(fd);
  return tells;
}

int maps_single_pages(void) {
  return 1;
}

int replaces_views_at_once(void) {
  return 1;
}

/* With a page less than it has a process gets none more. */
int keeps_address_limit(void) {
  struct rlimit before, less;
  must_equal(getrlimit(RLIMIT_AS, &before), 0);
  less = before;
  less.rlim_cur = PAGE;
  must_equal(setrlimit(RLIMIT_AS, &less), 0);
  void *page = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  must_equal(setrlimit(RLIMIT_AS, &before), 0);
  if (page == MAP_FAILED)
    return 1;
  must_equal(munmap(page, PAGE), 0);
  return 0;
}

/* With a filter that no test's name matches. */
static void start_itself(void *unused) {
  (void)unused;
  char *const arguments[] = {(char[]){"self"}, (char[]){"no test"}, NULL};
  int nowhere = open("/dev/null", O_WRONLY);
  dup2(nowhere, STDOUT_FILENO);
  dup2(nowhere, STDERR_FILENO);
  execv("/proc/self/exe", arguments);
  _exit(99);
}

int starts_itself(void) {
  return child_status(start_itself, NULL) == 0;
}

static void leave(int number) {
  (void)number;
  _exit(0);
}

static void send_misaligned(void *unused) {
  (void)unused;
  siginfo_t info;
  memset(&info, 0, sizeof info);
  info.si_signo = SIGBUS;
  info.si_code = BUS_ADRALN;
  info.si_addr = &info;
  signal(SIGBUS, leave);
  syscall(SYS_rt_tgsigqueueinfo, getpid(), syscall(SYS_gettid), SIGBUS, &info);
  _exit(1);
}

int sends_any_signal(void) {
  return child_status(send_misaligned, NULL) == 0;
}

static sigset_t mask_seen;

static void look_at_mask(int number) {
  (void)number;
  sigprocmask(SIG_BLOCK, NULL, &mask_seen);
}

/* What lies behind the kernel's structure says something else. */
static void ask_for_empty_mask(void *unused) {
  (void)unused;
#if defined(__linux__) && defined(__riscv)
  const uint64_t asked[] = {(uintptr_t)look_at_mask, 0, 0, UINT64_MAX};
  must_equal(syscall(SYS_rt_sigaction, SIGUSR2, asked, NULL, 8L), 0);
#else
  signal(SIGUSR2, look_at_mask);
#endif
  must_equal(raise(SIGUSR2), 0);
  _exit(sigismember(&mask_seen, SIGBUS));
}

int masks_signals_as_told(void) {
  return child_status(ask_for_empty_mask, NULL) == 0;
}
