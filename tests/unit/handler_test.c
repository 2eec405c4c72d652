/* The guard and the program's own SIGBUS: who gets which signal, and when the handler comes and goes. */
#include "emulator_limits.h"
#include "test_support.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void load_byte(const void *address) {
  (void)*(const volatile char *)address;
}

/* A plain mapping of a file that was cut: every load of it is a signal that is not about our maps. */
static const char *foreign_dead_page(void) {
  const char *path = make_pattern_file("foreign", PAGE);
  int fd = open(path, O_RDWR);
  void *page = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
  must(page != MAP_FAILED);
  must_equal(ftruncate(fd, 0), 0);
  close(fd);
  return page;
}

static tome_view view_cut_file(tome *map, const char *path) {
  tome_view view = begin_view(map, 0, 2 * PAGE, TOME_VIEW_READ);
  must_be_pattern(view.data, 0, 2 * PAGE);
  truncate_elsewhere(path, 0);
  return view;
}

/* ---- without the guard the fault is real ---- */

static void load_lost_page(void *flags) {
  signal(SIGBUS, SIG_DFL);
  const char *path = make_pattern_file("file", 2 * PAGE);
  tome *map = open_map(path, *(uint32_t *)flags);
  tome_view view = view_cut_file(map, path);
  load_byte((char *)view.data + PAGE);
  must_fail(tome_view_end(&view), TOME_ELOST);
  must_succeed(tome_close(map));
}

static void without_a_guard_a_lost_page_kills_and_with_it_it_does_not(void **state) {
  (void)state;
  uint32_t guarded = TOME_READ, bare = TOME_READ | TOME_NOGUARD;
  must_die_of(SIGBUS, load_lost_page, &bare);
  in_child(load_lost_page, &guarded);
}

static void disable_and_load(void *flags) {
  must_equal(tome_guard_enable(0), 1);
  must_equal(tome_guard_enable(0), 0);
  load_lost_page(flags);
}

static void disable_enable_and_load(void *flags) {
  must_equal(tome_guard_enable(0), 1);
  must_equal(tome_guard_enable(1), 0);
  must_equal(tome_guard_enable(42), 1);
  must_equal(tome_guard_enable(1), 1);
  load_lost_page(flags);
}

static void the_guard_can_be_turned_off_and_on_for_the_process(void **state) {
  (void)state;
  uint32_t flags = TOME_READ;
  must_die_of(SIGBUS, disable_and_load, &flags);
  in_child(disable_enable_and_load, &flags);
}

static void open_then_disable(void *unused) {
  (void)unused;
  signal(SIGBUS, SIG_DFL);
  const char *path = make_pattern_file("file", 2 * PAGE);
  tome *map = open_map(path, TOME_READ);
  must_equal(tome_guard_enable(0), 1);
  tome_view view = view_cut_file(map, path);
  load_byte(view.data);
  must_fail(tome_view_end(&view), TOME_ELOST);
  must_succeed(tome_close(map));
}

static void turning_the_guard_off_leaves_open_maps_guarded(void **state) {
  (void)state;
  in_child(open_then_disable, NULL);
}

/* ---- when the handler is there ---- */

static struct sigaction bus_action(void) {
  struct sigaction now;
  must_equal(sigaction(SIGBUS, NULL, &now), 0);
  return now;
}

static int same_action(const struct sigaction *a, const struct sigaction *b) {
  return a->sa_sigaction == b->sa_sigaction &&
         (a->sa_flags & (SA_SIGINFO | SA_ONSTACK | SA_RESTART | SA_NODEFER)) ==
             (b->sa_flags & (SA_SIGINFO | SA_ONSTACK | SA_RESTART | SA_NODEFER));
}

static volatile sig_atomic_t own_signals;
static volatile sig_atomic_t own_wanted;
static void *volatile own_address;
static sigjmp_buf own_return;

static void own_handler(int number, siginfo_t *info, void *unused) {
  (void)number, (void)unused;
  must(own_wanted);
  own_signals++;
  own_address = info->si_addr;
  siglongjmp(own_return, 1);
}

static void counting_handler(int number) {
  (void)number;
  own_signals++;
}

static struct sigaction install_own(void) {
  struct sigaction own = {.sa_sigaction = own_handler, .sa_flags = SA_SIGINFO | SA_RESTART};
  sigemptyset(&own.sa_mask);
  sigaddset(&own.sa_mask, SIGUSR1);
  must_equal(sigaction(SIGBUS, &own, NULL), 0);
  return own;
}

static void open_and_close_maps(void *unused) {
  (void)unused;
  const char *path = make_pattern_file("file", PAGE);
  struct sigaction own = install_own(), now;
  tome *bare = open_map(path, TOME_NOGUARD);
  now = bus_action();
  must(same_action(&now, &own));
  tome *first = open_map(path, TOME_READ), *second = open_map(path, TOME_WRITE);
  now = bus_action();
  must(!same_action(&now, &own));
  must_succeed(tome_close(first));
  now = bus_action();
  must(!same_action(&now, &own));
  must_succeed(tome_close(second));
  now = bus_action();
  must(same_action(&now, &own));
  must(sigismember(&now.sa_mask, SIGUSR1));
  must(!sigismember(&now.sa_mask, SIGUSR2));
  must_succeed(tome_close(bare));
}

static void the_handler_comes_with_the_first_guarded_map_and_goes_with_the_last(void **state) {
  (void)state;
  in_child(open_and_close_maps, NULL);
}

static void fail_to_open(void *unused) {
  (void)unused;
  struct sigaction own = install_own(), now;
  must_equal(try_open(in_dir("missing"), TOME_READ), TOME_ENOENT);
  must_equal(try_part(make_pattern_file("file", 10), TOME_READ, 11, 0), TOME_ERANGE);
  now = bus_action();
  must(same_action(&now, &own));
}

static void an_open_that_fails_leaves_no_handler(void **state) {
  (void)state;
  in_child(fail_to_open, NULL);
}

/* ---- signals that are not about our maps ---- */

static void fault_elsewhere(void *unused) {
  (void)unused;
  signal(SIGBUS, SIG_DFL);
  open_map(make_pattern_file("file", PAGE), TOME_READ);
  load_byte(foreign_dead_page());
}

static void send_to_self(void *unused) {
  (void)unused;
  signal(SIGBUS, SIG_DFL);
  open_map(make_pattern_file("file", PAGE), TOME_READ);
  raise(SIGBUS);
}

static void a_foreign_signal_still_kills(void **state) {
  (void)state;
  must_die_of(SIGBUS, fault_elsewhere, NULL);
  must_die_of(SIGBUS, send_to_self, NULL);
}

static void must_get_own_signal(void) {
  const char *page = foreign_dead_page();
  own_signals = 0;
  own_wanted = 1;
  if (sigsetjmp(own_return, 1) == 0) {
    load_byte(page + 10);
    must(!"the load should not have come back");
  }
  own_wanted = 0;
  must_equal(own_signals, 1);
  must(own_address == page + 10);
}

static void must_guard(tome *map, const char *path) {
  own_signals = 0;
  tome_view view = view_cut_file(map, path);
  load_byte((char *)view.data + PAGE + 5);
  must_fail(tome_view_end(&view), TOME_ELOST);
  must_equal(own_signals, 0);
}

static void fault_with_own_handler(void *unused) {
  (void)unused;
  install_own();
  const char *path = make_pattern_file("file", 2 * PAGE);
  tome *map = open_map(path, TOME_READ);
  must_get_own_signal();
  must_guard(map, path);
  must_get_own_signal();
  must_succeed(tome_close(map));
  must_get_own_signal();
}

static void a_foreign_fault_goes_to_the_handler_that_was_there_before(void **state) {
  (void)state;
  in_child(fault_with_own_handler, NULL);
}

/* As systems do it that fill in only what a signal's description says. */
static struct sigaction below_litter;

static void leave_litter(int number, siginfo_t *info, void *context) {
  const size_t told = 48;
  memset((char *)info + told, 0xA5, sizeof *info - told);
  below_litter.sa_sigaction(number, info, context);
}

static void fault_with_litter(void *unused) {
  (void)unused;
  install_own();
  const char *path = make_pattern_file("file", 2 * PAGE);
  tome *map = open_map(path, TOME_READ);
  struct sigaction litter = {.sa_sigaction = leave_litter, .sa_flags = SA_SIGINFO};
  must_equal(sigaction(SIGBUS, &litter, &below_litter), 0);
  must_get_own_signal();
  must_guard(map, path);
  must_get_own_signal();
}

static void what_a_system_leaves_behind_a_signal_s_description_says_nothing(void **state) {
  (void)state;
  in_child(fault_with_litter, NULL);
}

static void send_with_own_handler(void *unused) {
  (void)unused;
  signal(SIGBUS, counting_handler);
  tome *map = open_map(make_pattern_file("file", PAGE), TOME_READ);
  own_signals = 0;
  must_equal(raise(SIGBUS), 0);
  must_equal(kill(getpid(), SIGBUS), 0);
  must_equal(own_signals, 2);
  must_succeed(tome_close(map));
  must_equal(raise(SIGBUS), 0);
  must_equal(own_signals, 3);
}

static void a_signal_that_someone_sent_goes_to_the_handler_too(void **state) {
  (void)state;
  in_child(send_with_own_handler, NULL);
}

static void send_ignored(void *unused) {
  (void)unused;
  signal(SIGBUS, SIG_IGN);
  tome *map = open_map(make_pattern_file("file", PAGE), TOME_READ);
  must_equal(raise(SIGBUS), 0);
  must_succeed(tome_close(map));
  must(signal(SIGBUS, SIG_DFL) == SIG_IGN);
}

static void a_sent_signal_that_was_ignored_stays_ignored(void **state) {
  (void)state;
  in_child(send_ignored, NULL);
}

/* What the processor says of an access that is not aligned: about the program, not about the page. */
static void misalign_inside_view(void *unused) {
  (void)unused;
  signal(SIGBUS, counting_handler);
  tome *map = open_map(make_pattern_file("file", 2 * PAGE), TOME_READ);
  tome_view view = begin_view(map, 0, 2 * PAGE, TOME_VIEW_READ);
  siginfo_t info;
  memset(&info, 0, sizeof info);
  info.si_signo = SIGBUS;
  info.si_code = BUS_ADRALN;
  info.si_addr = (char *)view.data + PAGE;
  own_signals = 0;
  must_equal(syscall(SYS_rt_tgsigqueueinfo, getpid(), syscall(SYS_gettid), SIGBUS, &info), 0);
  must_equal(own_signals, 1);
  must_be_pattern(view.data, 0, 2 * PAGE);
  must_succeed(tome_view_end(&view));
  must_succeed(tome_check(map, NULL));
  must_succeed(tome_close(map));
}

static void a_misaligned_access_inside_a_map_goes_to_the_handler_and_loses_nothing(void **state) {
  (void)state;
  if (!sends_any_signal())
    skip_because("this system takes a signal that says so for an access of its own");
  in_child(misalign_inside_view, NULL);
}

static void install_after_open(void *unused) {
  (void)unused;
  signal(SIGBUS, SIG_DFL);
  const char *path = make_pattern_file("file", 2 * PAGE);
  tome *first = open_map(path, TOME_READ);
  struct sigaction own = install_own(), now;
  tome *second = open_map(path, TOME_READ);
  must_guard(second, path);
  must_get_own_signal();
  must_succeed(tome_close(second));
  must_succeed(tome_close(first));
  now = bus_action();
  must(same_action(&now, &own));
}

static void a_handler_installed_later_is_chained_to_by_the_next_open(void **state) {
  (void)state;
  in_child(install_after_open, NULL);
}

static void close_under_a_later_handler(void *unused) {
  (void)unused;
  signal(SIGBUS, SIG_DFL);
  tome *map = open_map(make_pattern_file("file", PAGE), TOME_READ);
  struct sigaction own = install_own(), now;
  must_succeed(tome_close(map));
  now = bus_action();
  must(same_action(&now, &own));
}

static void closing_does_not_take_away_a_handler_installed_later(void **state) {
  (void)state;
  in_child(close_under_a_later_handler, NULL);
}

/* Each time the program's own is on top of the guard's, which stays needed: cmocka and Python do so. */
static void install_again_and_again(void *keep_one_open) {
  const char *path = make_pattern_file("file", 2 * PAGE);
  tome *kept = *(int *)keep_one_open ? open_map(path, TOME_READ) : NULL;
  for (int i = 0; i < 60; i++) {
    note("time %d", i);
    install_own();
    make_pattern_file("file", 2 * PAGE);
    tome *map = open_map(path, TOME_READ);
    must_guard(map, path);
    if (i % 2)
      install_own();
    must_succeed(tome_close(map));
  }
  must_get_own_signal();
  must_succeed(tome_close(kept));
  must_get_own_signal();
}

static void the_guard_holds_however_often_another_handler_is_installed(void **state) {
  (void)state;
  for (int keep = 0; keep < 2; keep++)
    in_child(install_again_and_again, &keep);
}

/* ---- children ---- */

/* A library that holds its lock across every fork, and has a thread that loads from a view under that lock. */
static pthread_mutex_t library_lock = PTHREAD_MUTEX_INITIALIZER;
static atomic_int fork_watched, fork_begun, thread_loads;

static void wait_until(atomic_int *flag) {
  while (!atomic_load(flag))
    usleep(100);
}

static void lock_library(void) {
  if (!atomic_load(&fork_watched))
    return;
  atomic_store(&fork_begun, 1);
  wait_until(&thread_loads);
  pthread_mutex_lock(&library_lock);
}

static void unlock_library(void) {
  if (atomic_load(&fork_watched))
    pthread_mutex_unlock(&library_lock);
}

static void *load_in_library(void *page) {
  pthread_mutex_lock(&library_lock);
  atomic_store(&fork_watched, 1);
  wait_until(&fork_begun);
  atomic_store(&thread_loads, 1);
  load_byte(page);
  pthread_mutex_unlock(&library_lock);
  return NULL;
}

static void fork_beside_a_lost_page(void *unused) {
  (void)unused;
  const char *path = make_pattern_file("file", 2 * PAGE);
  tome *map = open_map(path, TOME_READ);
  tome_view view = view_cut_file(map, path);
  pthread_t thread;
  must_equal(pthread_create(&thread, NULL, load_in_library, (char *)view.data + PAGE), 0);
  wait_until(&fork_watched);
  pid_t child = fork();
  if (child == 0)
    _exit(0);
  int status;
  must_equal(waitpid(child, &status, 0), child);
  must_equal(status, 0);
  must_equal(pthread_join(thread, NULL), 0);
  must_fail(tome_view_end(&view), TOME_ELOST);
  must_succeed(tome_close(map));
}

static void a_fork_does_not_wait_for_a_thread_that_meets_a_lost_page(void **state) {
  (void)state;
  pid_t child = start_child(fork_beside_a_lost_page, NULL);
  siginfo_t end = {0};
  for (int waits = 0; end.si_pid == 0 && waits < 20000; waits++) {
    usleep(1000);
    must_equal(waitid(P_PID, (id_t)child, &end, WEXITED | WNOHANG | WNOWAIT), 0);
  }
  if (end.si_pid == 0) /* a thread that waits with all signals blocked hears no alarm */
    must_equal(kill(child, SIGKILL), 0);
  finish_child(child);
}

static void load_in_child(void *context) {
  tome_view *view = context;
  load_byte((char *)view->data + PAGE);
  must_fail(tome_view_end(view), TOME_ELOST);
}

static void a_forked_child_is_guarded_like_its_parent(void **state) {
  (void)state;
  const char *path = make_pattern_file("file", 2 * PAGE);
  tome *map = open_map(path, TOME_READ);
  tome_view view = view_cut_file(map, path);
  in_child(load_in_child, &view);
  load_byte((char *)view.data + PAGE);
  must_fail(tome_view_end(&view), TOME_ELOST);
  must_succeed(tome_close(map));
}

static void the_errno_of_the_program_survives_a_lost_page(void **state) {
  (void)state;
  const char *path = make_pattern_file("file", 2 * PAGE);
  tome *map = open_map(path, TOME_READ);
  tome_view view = view_cut_file(map, path);
  errno = 12345;
  load_byte(view.data);
  must_equal(errno, 12345);
  must_fail(tome_view_end(&view), TOME_ELOST);
  must_succeed(tome_close(map));
}

/* What is asked about forks before the first map is opened is told of them after everything that a map might ask. */
int main(int count, char **arguments) {
  must_equal(pthread_atfork(lock_library, unlock_library, unlock_library), 0);
  const struct CMUnitTest tests[] = {
      TEST(without_a_guard_a_lost_page_kills_and_with_it_it_does_not),
      TEST(the_guard_can_be_turned_off_and_on_for_the_process),
      TEST(turning_the_guard_off_leaves_open_maps_guarded),
      TEST(the_handler_comes_with_the_first_guarded_map_and_goes_with_the_last),
      TEST(an_open_that_fails_leaves_no_handler),
      TEST(a_foreign_signal_still_kills),
      TEST(a_foreign_fault_goes_to_the_handler_that_was_there_before),
      TEST(what_a_system_leaves_behind_a_signal_s_description_says_nothing),
      TEST(a_signal_that_someone_sent_goes_to_the_handler_too),
      TEST(a_sent_signal_that_was_ignored_stays_ignored),
      TEST(a_misaligned_access_inside_a_map_goes_to_the_handler_and_loses_nothing),
      TEST(a_handler_installed_later_is_chained_to_by_the_next_open),
      TEST(closing_does_not_take_away_a_handler_installed_later),
      TEST(the_guard_holds_however_often_another_handler_is_installed),
      TEST(a_forked_child_is_guarded_like_its_parent),
      TEST(a_fork_does_not_wait_for_a_thread_that_meets_a_lost_page),
      TEST(the_errno_of_the_program_survives_a_lost_page),
  };
  return run_matching(tests, count, arguments);
}
