/* Handlers that come and go while maps are open: installed over ours, chained to it, taken away by the last map's close in
 * the very moment of a fault, and all that from many threads at once. */
#include "planted_bug.h"

#include "calls.h"
#include "emulator_limits.h"
#include "fault_signal.h"
#include "planted_calls.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { REPORTED = 33 };

static void load_byte(const void *address) {
  (void)*(const volatile char *)address;
}

static void *foreign_dead_page(void) {
  int fd = memfd_create("foreign", MFD_CLOEXEC);
  void *page = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
  must(page != MAP_FAILED);
  close(fd);
  return page;
}

/* A page of the map that is lost, first in the file's cut; told by the view's end. */
static void meet_lost_page(tome *map, const char *path) {
  must_equal(truncate(path, 0), 0);
  must_equal(truncate(path, (off_t)(2 * PAGE)), 0);
  tome_view view = begin_view(map, 0, 2 * PAGE, TOME_VIEW_READ);
  must_equal(truncate(path, (off_t)PAGE), 0);
  load_byte((char *)view.data + PAGE + 1);
  must_fail_at(tome_view_end(&view), TOME_ELOST, PAGE, PAGE);
}

/* ---- a crash reporter: it does not chain ---- */

static void report(int number) {
  (void)number;
  _exit(REPORTED);
}

static void lose_page_under_reporter(void *open_again) {
  const char *path = make_pattern_file("file", 2 * PAGE);
  tome *map = open_map(path, TOME_READ), *again = NULL;
  meet_lost_page(map, path);
  signal(SIGBUS, report);
  if (*(int *)open_again)
    again = open_map(make_pattern_file("other", 10), TOME_READ);
  meet_lost_page(map, path);
  must_succeed(tome_close(again));
  must_succeed(tome_close(map));
  must(signal(SIGBUS, SIG_DFL) == report);
}

static void a_later_handler_that_does_not_chain_gets_our_faults_until_the_next_open(void **state) {
  (void)state;
  int again = 0;
  int status = child_status(lose_page_under_reporter, &again);
  must(WIFEXITED(status));
  must_equal(WEXITSTATUS(status), REPORTED);
  again = 1;
  in_child(lose_page_under_reporter, &again);
}

static void fault_elsewhere_under_reporter(void *unused) {
  (void)unused;
  tome *first = open_map(make_pattern_file("file", PAGE), TOME_READ);
  signal(SIGBUS, report);
  tome *second = open_map(in_dir("file"), TOME_READ);
  must_succeed(tome_close(first));
  must(second != NULL);
  load_byte(foreign_dead_page());
}

static void a_reporter_still_gets_the_faults_that_are_not_ours(void **state) {
  (void)state;
  int status = child_status(fault_elsewhere_under_reporter, NULL);
  must(WIFEXITED(status));
  must_equal(WEXITSTATUS(status), REPORTED);
}

/* ---- a reporter that lets the program end as it would have ---- */

static struct sigaction before_reporter;
static volatile sig_atomic_t reports;

static void report_and_raise_again(int number) {
  reports++;
  must_equal(sigaction(number, &before_reporter, NULL), 0);
  must_equal(raise(number), 0);
}

static void install_raising_reporter(void) {
  struct sigaction action = {.sa_handler = report_and_raise_again, .sa_flags = SA_NODEFER};
  sigemptyset(&action.sa_mask);
  must_equal(sigaction(SIGBUS, &action, &before_reporter), 0);
  reports = 0;
}

static void lose_page_under_raising_reporter(void *unused) {
  (void)unused;
  signal(SIGBUS, SIG_DFL);
  const char *path = make_pattern_file("file", 2 * PAGE);
  tome *map = open_map(path, TOME_READ);
  install_raising_reporter();
  meet_lost_page(map, path);
  must_equal(reports, 1);
  meet_lost_page(map, path);
  must_equal(reports, 1); /* it is there no longer */
  must_succeed(tome_close(map));
}

static sigjmp_buf struck;
static uintptr_t told;

static void ask_frame(int number, siginfo_t *info, void *context) {
  (void)info;
  told = tome__os_last_fault(context);
  siglongjmp(struck, number);
}

/* It is the system that writes them, for some processors. An emulator may leave that out. */
static int frames_tell_last_fault(void) {
  struct sigaction ask = {.sa_sigaction = ask_frame, .sa_flags = SA_SIGINFO}, before;
  int fd = open(make_pattern_file("frames", PAGE), O_RDWR | O_CLOEXEC);
  volatile char *bytes = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
  must(fd >= 0 && bytes != MAP_FAILED);
  must_equal(ftruncate(fd, 0), 0);
  must_equal(sigaction(SIGBUS, &ask, &before), 0);
  if (sigsetjmp(struck, 1) == 0)
    (void)bytes[1];
  must_equal(sigaction(SIGBUS, &before, NULL), 0);
  must_equal(munmap((char *)(uintptr_t)bytes, PAGE), 0);
  must_equal(close(fd), 0);
  return told != 0;
}

static void a_reporter_that_gives_its_place_back_and_raises_again_ends_nothing(void **state) {
  (void)state;
  if (!frames_tell_last_fault()) {
#if defined(__x86_64__) || defined(__i386__)
    must(!has_call("os_membarrier")); /* on these Linux does */
#endif
    skip_because("signal frames do not tell the last fault here");
  }
  in_child(lose_page_under_raising_reporter, NULL);
}

static void raise_after_a_loss(void *unused) {
  (void)unused;
  signal(SIGBUS, SIG_DFL); /* not the test runner's handler */
  const char *path = make_pattern_file("file", 2 * PAGE);
  tome *map = open_map(path, TOME_READ);
  meet_lost_page(map, path);
  must_succeed(tome_close(map));
  must(open_map(make_pattern_file("other", PAGE), TOME_READ) != NULL);
  install_raising_reporter();
  raise(SIGBUS);
}

static void a_signal_raised_in_earnest_still_ends_the_program(void **state) {
  (void)state;
  int status = child_status(raise_after_a_loss, NULL);
  must(WIFSIGNALED(status));
  must_equal(WTERMSIG(status), SIGBUS);
}

/* ---- a later handler that chains, with a mask of its own ---- */

static struct sigaction chained;
static volatile sig_atomic_t chained_calls, interruptions, handler_patches;
static tome_view other_view;
static const char *other_lost_page;

static void call_chained(int number, siginfo_t *info, void *context) {
  chained_calls++;
  chained.sa_sigaction(number, info, context);
}

static void install_chaining(void) {
  struct sigaction action = {.sa_sigaction = call_chained, .sa_flags = SA_SIGINFO | SA_NODEFER};
  sigemptyset(&action.sa_mask);
  must_equal(sigaction(SIGBUS, &action, &chained), 0);
}

static void meet_another(int number) {
  (void)number;
  interruptions++;
  load_byte(other_lost_page);
}

/* A signal arrives while the handler below is at work. */
static void *patch_interrupted(void *at, size_t n, int prot, int flags, int fd, off_t offset) {
  if ((flags & MAP_ANONYMOUS) && (flags & MAP_FIXED) && handler_patches++ == 0)
    raise(SIGUSR1);
  return mmap(at, n, prot, flags, fd, offset);
}

static void interrupt_chained_handler(void *unused) {
  (void)unused;
  char path[512], other[512];
  snprintf(path, sizeof path, "%s", make_pattern_file("file", 2 * PAGE));
  snprintf(other, sizeof other, "%s", make_pattern_file("other", 2 * PAGE));
  tome *map = open_map(path, TOME_READ), *second = open_map(other, TOME_READ);
  other_view = begin_view(second, 0, 2 * PAGE, TOME_VIEW_READ);
  other_lost_page = (char *)other_view.data + PAGE;
  must_equal(truncate(other, (off_t)PAGE), 0);
  signal(SIGUSR1, meet_another);
  install_chaining();
  tome__os_calls.mmap = patch_interrupted;
  meet_lost_page(map, path);
  must_equal(interruptions, 1);
  must_equal(handler_patches, 2);
  must_equal(chained_calls, 2);
  must_fail_at(tome_view_end(&other_view), TOME_ELOST, PAGE, PAGE);
  must_succeed(tome_close(second));
  must_succeed(tome_close(map));
}

/* In a child of its own, since a thread that waits for itself hears no alarm. */
static void must_end(child_function *body, void *context) {
  pid_t child = start_child(body, context);
  siginfo_t end = {0};
  for (int waits = 0; end.si_pid == 0 && waits < 20000; waits++) {
    usleep(1000);
    must_equal(waitid(P_PID, (id_t)child, &end, WEXITED | WNOHANG | WNOWAIT), 0);
  }
  if (end.si_pid == 0)
    must_equal(kill(child, SIGKILL), 0);
  finish_child(child);
}

static void a_later_handler_may_chain_with_other_signals_unblocked(void **state) {
  (void)state;
  if (SANITIZED)
    skip_because("a sanitizer may hold back the signal that is to interrupt");
  needs_signals_masked_as_told();
  must_end(interrupt_chained_handler, NULL);
}

/* ---- the last map is closed in the moment of a foreign fault ---- */

static atomic_int foreign_handled;
static _Thread_local sigjmp_buf back;
static _Atomic pid_t faulting_thread;
static void *faulting_page;

static void leave_foreign(int number, siginfo_t *info, void *unused) {
  (void)number, (void)unused;
  must(info->si_code > 0);
  atomic_fetch_add(&foreign_handled, 1);
  siglongjmp(back, 1);
}

static void install_leaving(void) {
  struct sigaction action = {.sa_sigaction = leave_foreign, .sa_flags = SA_SIGINFO};
  sigemptyset(&action.sa_mask);
  must_equal(sigaction(SIGBUS, &action, NULL), 0);
}

static void fault_once(const void *page) {
  if (sigsetjmp(back, 1) == 0) {
    load_byte(page);
    must(!"the load should not have come back");
  }
}

static void *fault_in_thread(void *unused) {
  (void)unused;
  faulting_thread = (pid_t)syscall(SYS_gettid);
  fault_once(faulting_page);
  return NULL;
}

/* Whether a thread that blocks nothing of its own is inside a handler that blocks SIGTERM. */
static int is_in_handler(pid_t thread) {
  char path[64], line[256];
  unsigned long long blocked = 0;
  snprintf(path, sizeof path, "/proc/self/task/%d/status", (int)thread);
  FILE *status = fopen(path, "re");
  while (status != NULL && fgets(line, sizeof line, status) != NULL)
    sscanf(line, "SigBlk: %llx", &blocked);
  if (status != NULL)
    fclose(status);
  return (blocked >> (SIGTERM - 1) & 1) != 0;
}

static pthread_t fault_thread;
static int closing, faults_while_closing;

/* Closing gives the program's handler back: just before it does, a fault is on its way to ours. */
static int give_back_late(int number, const struct sigaction *new, struct sigaction *old) {
  if (new != NULL && closing &&number == SIGBUS) {
    closing = 0;
    sigset_t all, before;
    sigemptyset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    must_equal(pthread_create(&fault_thread, NULL, fault_in_thread, NULL), 0);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    while (faulting_thread == 0 || !is_in_handler(faulting_thread))
      usleep(1000);
    faults_while_closing++;
  }
  return sigaction(number, new, old);
}

static void fault_during_last_close(void *unused) {
  (void)unused;
  install_leaving();
  faulting_page = foreign_dead_page();
  tome *map = open_map(make_pattern_file("file", PAGE), TOME_READ);
  tome__os_calls.sigaction = give_back_late;
  closing = 1;
  must_succeed(tome_close(map));
  must_equal(pthread_join(fault_thread, NULL), 0);
  must_equal(faults_while_closing, 1);
  must_equal(foreign_handled, 1);
}

static void a_foreign_fault_during_the_last_close_goes_to_its_handler(void **state) {
  (void)state;
  must_end(fault_during_last_close, NULL);
}

/* ---- systems that leave in a signal's description what was on the stack ---- */

/* Linux before 4.17 and emulators: there the description of each signal ends with what Tome left in the one before, since the
 * handler never returned. */
static void leave_all_signals_in_one_place(void *unused) {
  enum { SIGNALS = 100 };
  static ucontext_t context;
  static siginfo_t info;
  struct sigaction ours;
  (void)unused;
  install_leaving();
  tome *map = open_map(make_pattern_file("file", PAGE), TOME_READ);
  must_equal(sigaction(SIGBUS, NULL, &ours), 0);
  must(ours.sa_sigaction != leave_foreign);
  info.si_signo = SIGBUS;
  info.si_code = BUS_ADRERR;
  info.si_addr = foreign_dead_page();
  for (volatile int i = 0; i < SIGNALS; i++)
    if (sigsetjmp(back, 1) == 0)
      ours.sa_sigaction(SIGBUS, &info, &context);
  must_equal(foreign_handled, SIGNALS);
  must_succeed(tome_close(map));
}

static void what_a_handler_that_never_returned_left_behind_counts_for_nothing(void **state) {
  (void)state;
  in_child(leave_all_signals_in_one_place, NULL);
}

/* ---- many threads ---- */

enum { OPENERS = 6, FAULTERS = 2 };
static atomic_int openers_left;
static atomic_uint lost_pages;

static void *open_and_close(void *context) {
  const char *path = context;
  for (uint64_t i = 0; i < how_many(2000, 100000); i++) {
    tome *map = open_map(path, i % 3 ? TOME_READ : TOME_WRITE);
    if (i % 4 == 0) {
      meet_lost_page(map, path);
      atomic_fetch_add(&lost_pages, 1);
    }
    int closed = tome_close(map);
    must(closed == 0 || closed == TOME_ELOST);
  }
  atomic_fetch_sub(&openers_left, 1);
  return NULL;
}

static void *fault_meanwhile(void *unused) {
  (void)unused;
  const void *page = foreign_dead_page();
  int times = 0;
  for (; atomic_load(&openers_left) > 0; times++)
    fault_once(page);
  must(times > 0);
  return NULL;
}

static void storm_of_opens(void *unused) {
  (void)unused;
  pthread_t openers[OPENERS], faulters[FAULTERS];
  char name[32], paths[OPENERS][512];
  struct sigaction now;
  install_leaving();
  atomic_store(&openers_left, OPENERS);
  for (int i = 0; i < FAULTERS; i++)
    must_equal(pthread_create(&faulters[i], NULL, fault_meanwhile, NULL), 0);
  for (int i = 0; i < OPENERS; i++) {
    snprintf(name, sizeof name, "file%d", i);
    snprintf(paths[i], sizeof paths[i], "%s", make_pattern_file(name, 2 * PAGE));
    must_equal(pthread_create(&openers[i], NULL, open_and_close, paths[i]), 0);
  }
  for (int i = 0; i < OPENERS; i++)
    must_equal(pthread_join(openers[i], NULL), 0);
  for (int i = 0; i < FAULTERS; i++)
    must_equal(pthread_join(faulters[i], NULL), 0);
  must_equal(sigaction(SIGBUS, NULL, &now), 0);
  must(now.sa_sigaction == leave_foreign);
  must_equal(now.sa_flags & (SA_SIGINFO | SA_ONSTACK | SA_NODEFER), SA_SIGINFO);
  must(!sigismember(&now.sa_mask, SIGTERM));
  must_equal(lost_pages, OPENERS * how_many(2000, 100000) / 4);
  tell_figure("lost pages met", lost_pages);
  tell_figure("foreign signals passed on", (uint64_t)foreign_handled);
}

static void the_handler_is_gone_with_the_last_map_of_many_threads(void **state) {
  (void)state;
  in_child(storm_of_opens, NULL);
}

/* ---- planted bugs ---- */

static int not_over_others(int number, const struct sigaction *new, struct sigaction *old) {
  struct sigaction now;
  sigaction(number, NULL, &now);
  if (new != NULL && now.sa_handler == report)
    return 0;
  return sigaction(number, new, old);
}

static void plant_overlooked_handler(void) {
  tome__os_calls.sigaction = not_over_others;
}

static int forget_to_give_back(int number, const struct sigaction *new, struct sigaction *old) {
  if (new != NULL &&new->sa_sigaction == leave_foreign)
    return 0;
  return sigaction(number, new, old);
}

static void plant_kept_handler(void) {
  tome__os_calls.sigaction = forget_to_give_back;
}

static void planted_bugs_are_found(void **state) {
  (void)state;
  int again = 1;
  must_find_bug("a later handler that is overlooked", plant_overlooked_handler,
                lose_page_under_reporter, &again);
  must_find_bug("a handler that is not put back", plant_kept_handler, storm_of_opens, NULL);
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(a_later_handler_that_does_not_chain_gets_our_faults_until_the_next_open),
      TEST(a_reporter_still_gets_the_faults_that_are_not_ours),
      TEST(a_reporter_that_gives_its_place_back_and_raises_again_ends_nothing),
      TEST(a_signal_raised_in_earnest_still_ends_the_program),
      TEST(a_later_handler_may_chain_with_other_signals_unblocked),
      TEST(a_foreign_fault_during_the_last_close_goes_to_its_handler),
      TEST(what_a_handler_that_never_returned_left_behind_counts_for_nothing),
      TEST(the_handler_is_gone_with_the_last_map_of_many_threads),
      TEST(planted_bugs_are_found),
  };
  return run_matching(tests, count, arguments);
}
