/* When and where a signal strikes: with SIGBUS blocked, on an alternate stack, on a stack that is nearly used up, inside
 * handlers and clean-ups of the program itself; and signals that were sent, whatever address they seem to carry. */
#include "planted_bug.h"

#include "calls.h"
#include "signal_victim.h"

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

static void block(int how, int number) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, number);
  must_equal(pthread_sigmask(how, &set, NULL), 0);
}

static void must_have_met(victim *v) {
  must_be_pattern(v->view.data, 0, PAGE);
  close_victim(v);
  tell_figure("lost pages met", 1);
}

/* ---- SIGBUS is blocked ---- */

static void meet_blocked(void *unused) {
  (void)unused;
  victim v = open_victim("file");
  block(SIG_BLOCK, SIGBUS);
  meet(&v);
}

static void a_thread_that_blocks_the_signal_dies_of_it(void **state) {
  (void)state;
  must_die_of(SIGBUS, meet_blocked, NULL);
}

static void *wait_blocked(void *stop) {
  block(SIG_BLOCK, SIGBUS);
  while (!atomic_load((atomic_int *)stop))
    usleep(100);
  return NULL;
}

static void meet_beside_blocked(void *unused) {
  (void)unused;
  atomic_int stop = 0;
  pthread_t thread;
  must_equal(pthread_create(&thread, NULL, wait_blocked, &stop), 0);
  victim v = open_victim("file");
  meet(&v);
  must_have_met(&v);
  atomic_store(&stop, 1);
  must_equal(pthread_join(thread, NULL), 0);
}

static void other_threads_may_block_the_signal(void **state) {
  (void)state;
  in_child(meet_beside_blocked, NULL);
}

static void copy_blocked(void *unused) {
  (void)unused;
  char path[512], buffer[64] = "";
  snprintf(path, sizeof path, "%s", make_pattern_file("file", 9 * PAGE));
  tome *map = open_map(path, TOME_WRITE);
  block(SIG_BLOCK, SIGBUS);
  must_equal(truncate(path, (off_t)PAGE), 0);
  must_fail_at(tome_read(map, 2 * PAGE, buffer, 64), TOME_ELOST, 2 * PAGE, 64);
  must_fail_at(tome_read(map, PAGE - 32, buffer, 64), TOME_ELOST, PAGE, 32);
  must_fail(tome_move(map, 0, 3 * PAGE, 64), TOME_ELOST);
  must_be_pattern_file(path, PAGE);
  must_succeed(tome_close(map));
}

static void the_first_read_of_a_page_needs_no_signal(void **state) {
  (void)state;
  if (forced_window())
    skip_because("windows are read as memory");
  in_child(copy_blocked, NULL);
}

static void store_on_full_disk_blocked(void) {
  const char *path = make_hole("disk/hole", 8 * PAGE);
  leave_free(0);
  tome *map = open_map(path, TOME_WRITE);
  block(SIG_BLOCK, SIGBUS);
  must_fail(tome_write(map, 2 * PAGE, "full", 4), TOME_ENOSPC);
  must_fail(tome_fill(map, PAGE, 3 * PAGE, 'x'), TOME_ENOSPC);
  must_be_hole(path, 0, 8 * PAGE);
  must_succeed(tome_close(map));
}

static void a_store_that_a_full_disk_refuses_needs_no_signal(void **state) {
  (void)state;
  on_disk(DISK_SMALL, store_on_full_disk_blocked);
}

/* ---- inside handlers and clean-ups of the program ---- */

static victim met_inside;
static volatile sig_atomic_t handlers_run;

static void meet_in_handler(int number) {
  (void)number;
  handlers_run++;
  meet(&met_inside);
}

static void raise_with_mask(int blocks_bus) {
  struct sigaction action = {.sa_handler = meet_in_handler};
  sigfillset(&action.sa_mask);
  if (!blocks_bus)
    sigdelset(&action.sa_mask, SIGBUS);
  must_equal(sigaction(SIGUSR1, &action, NULL), 0);
  met_inside = open_victim("file");
  must_equal(raise(SIGUSR1), 0);
  must_equal(handlers_run, 1);
  must_have_met(&met_inside);
}

static void run_handler(void *blocks_bus) {
  raise_with_mask(*(int *)blocks_bus);
}

static void a_signal_handler_of_the_program_may_meet_a_lost_page(void **state) {
  (void)state;
  int blocks_bus = 0;
  in_child(run_handler, &blocks_bus);
  blocks_bus = 1; /* a thread that has it blocked, like any other */
  must_die_of(SIGBUS, run_handler, &blocks_bus);
}

static void meet_in_cleanup(void *unused) {
  (void)unused;
  handlers_run++;
  meet(&met_inside);
}

static void *wait_for_cancel(void *unused) {
  (void)unused;
  pthread_cleanup_push(meet_in_cleanup, NULL);
  for (;;)
    pause();
  pthread_cleanup_pop(0);
  return NULL;
}

static void *leave_thread(void *unused) {
  (void)unused;
  pthread_cleanup_push(meet_in_cleanup, NULL);
  pthread_exit(NULL);
  pthread_cleanup_pop(0);
  return NULL;
}

static void a_cleanup_of_a_thread_may_meet_a_lost_page(void **state) {
  (void)state;
  for (int cancel = 0; cancel < 2; cancel++) {
    pthread_t thread;
    handlers_run = 0;
    met_inside = open_victim("file");
    must_equal(pthread_create(&thread, NULL, cancel ? wait_for_cancel : leave_thread, NULL), 0);
    if (cancel)
      must_equal(pthread_cancel(thread), 0);
    must_equal(pthread_join(thread, NULL), 0);
    must_equal(handlers_run, 1);
    must_have_met(&met_inside);
  }
}

static void all_other_signals_may_be_blocked(void **state) {
  (void)state;
  sigset_t all, before, after;
  sigfillset(&all);
  sigdelset(&all, SIGBUS);
  must_equal(pthread_sigmask(SIG_SETMASK, &all, &before), 0);
  victim v = open_victim("file");
  meet(&v);
  must_have_met(&v);
  must_equal(pthread_sigmask(SIG_SETMASK, &before, &after), 0);
  for (int number = 1; number < 32; number++) {
    int never = number == SIGBUS || number == SIGKILL || number == SIGSTOP;
    must_equal(sigismember(&after, number), !never);
  }
}

/* ---- stacks ---- */

enum { ALTERNATE_SIZE = 32768, ROOM_LEFT = 1024 };
static char alternate[ALTERNATE_SIZE];
static volatile uintptr_t handler_stack;

/* Without one also where a sanitizer has given us its own. */
static void set_alternate_stack(int wanted) {
  stack_t stack = {
      .ss_sp = alternate, .ss_size = sizeof alternate, .ss_flags = wanted ? 0 : SS_DISABLE};
  must_equal(sigaltstack(&stack, NULL), 0);
}

static int is_alternate(uintptr_t address) {
  return address >= (uintptr_t)alternate && address < (uintptr_t)alternate + sizeof alternate;
}

/* Called from inside the handler: it is this frame that shows which stack that runs on. */
static void *patch_and_look(void *at, size_t n, int prot, int flags, int fd, off_t offset) {
  if ((flags & MAP_ANONYMOUS) && (flags & MAP_FIXED))
    handler_stack = (uintptr_t)__builtin_frame_address(0);
  return mmap(at, n, prot, flags, fd, offset);
}

static void look_at_stack(void *has_alternate) {
  int wanted = *(int *)has_alternate;
  set_alternate_stack(wanted);
  victim v = open_victim("file");
  tome__os_calls.mmap = patch_and_look;
  meet(&v);
  must(handler_stack != 0);
  must_equal(is_alternate(handler_stack), wanted);
  must_have_met(&v);
}

static void the_handler_runs_on_the_alternate_stack_if_there_is_one(void **state) {
  (void)state;
  for (int alternate_stack = 0; alternate_stack < 2; alternate_stack++)
    in_child(look_at_stack, &alternate_stack);
}

/* Go down to where nothing but a guard page is left, then meet the lost page there.
 * NOLINTNEXTLINE(misc-no-recursion): it is there to use up the stack */
__attribute__((noinline)) static void meet_far_down(const victim *v, const char *end) {
  volatile char frame[256];
  frame[0] = 0;
  if ((const char *)(uintptr_t)frame - end > ROOM_LEFT)
    meet_far_down(v, end);
  else
    meet(v);
  frame[1] = 0;
}

typedef struct shallow {
  victim v;
  char *stack;
  int alternate;
} shallow;

static void *descend(void *context) {
  const shallow *self = context;
  set_alternate_stack(self->alternate);
  meet_far_down(&self->v, self->stack + PAGE);
  return NULL;
}

static void meet_on_small_stack(void *has_alternate) {
  const size_t size = 16 * PAGE;
  shallow self = {.v = open_victim("file"), .alternate = *(int *)has_alternate};
  pthread_attr_t attributes;
  pthread_t thread;
  self.stack = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  must(self.stack != MAP_FAILED);
  must_equal(mprotect(self.stack, PAGE, PROT_NONE), 0);
  must_equal(pthread_attr_init(&attributes), 0);
  must_equal(pthread_attr_setstack(&attributes, self.stack, size), 0);
  must_equal(pthread_create(&thread, &attributes, descend, &self), 0);
  must_equal(pthread_join(thread, NULL), 0);
  must_have_met(&self.v);
}

static void a_nearly_used_up_stack_is_no_hindrance_with_an_alternate_one(void **state) {
  (void)state;
  if (SANITIZED)
    skip_because("a sanitizer wants more stack than there is");
  int with = 1, without = 0;
  in_child(meet_on_small_stack, &with);
  must_die_of(SIGSEGV, meet_on_small_stack, &without); /* so little is left that no signal fits */
}

/* ---- signals that were sent ---- */

static volatile sig_atomic_t signals_heard;

static void hear(int number, siginfo_t *info, void *unused) {
  (void)number, (void)unused;
  must(info->si_code <= 0);
  signals_heard++;
}

enum { SEND_KILL, SEND_SIGQUEUE, SEND_TGKILL, SEND_WITH_ADDRESS, SEND_FROM_CHILD, WAYS };

static void kill_parent(void *value) {
  must_equal(sigqueue(getppid(), SIGBUS, (union sigval){.sival_ptr = value}), 0);
}

/* A code that says it was sent, and everything else as of a fault in the map. */
static void send_like_a_fault(void *address) {
  siginfo_t info;
  memset(&info, 0, sizeof info);
  info.si_signo = SIGBUS;
  info.si_code = SI_QUEUE;
  info.si_addr = address;
  must_equal(syscall(SYS_rt_tgsigqueueinfo, getpid(), syscall(SYS_gettid), SIGBUS, &info), 0);
}

static void send(int way, void *address) {
  if (way == SEND_KILL)
    must_equal(kill(getpid(), SIGBUS), 0);
  else if (way == SEND_SIGQUEUE)
    must_equal(sigqueue(getpid(), SIGBUS, (union sigval){.sival_ptr = address}), 0);
  else if (way == SEND_TGKILL)
    must_equal(syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), SIGBUS), 0);
  else if (way == SEND_WITH_ADDRESS)
    send_like_a_fault(address);
  else
    in_child(kill_parent, address);
}

static int way_to_send;

/* A good page and a lost one that nobody has met: neither may be taken for lost. */
static void send_addresses(void *disposition) {
  struct sigaction action = {.sa_sigaction = hear, .sa_flags = SA_SIGINFO | SA_RESTART};
  if (disposition != NULL)
    action = *(struct sigaction *)disposition;
  sigemptyset(&action.sa_mask);
  must_equal(sigaction(SIGBUS, &action, NULL), 0);
  victim v = open_victim("file");
  unsigned mappings = count_mappings("/file");
  send(way_to_send, v.view.data);
  send(way_to_send, (char *)v.view.data + PAGE);
  must_equal(signals_heard, disposition == NULL ? 2 : 0);
  must_equal(count_mappings("/file"), mappings);
  must_be_pattern(v.view.data, 0, PAGE);
  must_succeed(tome_check(v.map, NULL));
  meet(&v);
  must_have_met(&v);
}

static void a_signal_that_was_sent_is_not_taken_for_a_fault(void **state) {
  (void)state;
  struct sigaction ignore = {.sa_handler = SIG_IGN}, standard = {.sa_handler = SIG_DFL};
  for (way_to_send = 0; way_to_send < WAYS; way_to_send++) {
    note("way %d", way_to_send);
    in_child(send_addresses, NULL);
    in_child(send_addresses, &ignore);
    must_die_of(SIGBUS, send_addresses, &standard);
  }
}

/* ---- planted bugs ---- */

static void (*guard_handler)(int, siginfo_t *, void *);

static void believe_every_address(int number, siginfo_t *info, void *context) {
  if (info->si_code <= 0)
    info->si_code = BUS_ADRERR;
  guard_handler(number, info, context);
}

static int install_believing(int number, const struct sigaction *new, struct sigaction *old) {
  struct sigaction believing;
  if (new != NULL && number == SIGBUS && (new->sa_flags &SA_SIGINFO) && new->sa_sigaction != hear) {
    guard_handler = new->sa_sigaction;
    believing = *new;
    believing.sa_sigaction = believe_every_address;
    new = &believing;
  }
  return sigaction(number, new, old);
}

static void plant_believing_guard(void) {
  tome__os_calls.sigaction = install_believing;
}

static int install_on_own_stack(int number, const struct sigaction *new, struct sigaction *old) {
  struct sigaction changed;
  if (new != NULL) {
    changed = *new;
    changed.sa_flags &= ~SA_ONSTACK;
    new = &changed;
  }
  return sigaction(number, new, old);
}

static void plant_own_stack(void) {
  tome__os_calls.sigaction = install_on_own_stack;
}

static void planted_bugs_are_found(void **state) {
  (void)state;
  int yes = 1, no = 0;
  way_to_send = SEND_WITH_ADDRESS;
  must_find_bug("a guard that takes sent signals for faults", plant_believing_guard, send_addresses,
                NULL);
  must_find_bug("a handler without the alternate stack", plant_own_stack, look_at_stack, &yes);
  must_find_bug("the guard is off", plant_no_guard, run_handler, &no);
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(a_thread_that_blocks_the_signal_dies_of_it),
      TEST(other_threads_may_block_the_signal),
      TEST(the_first_read_of_a_page_needs_no_signal),
      TEST(a_store_that_a_full_disk_refuses_needs_no_signal),
      TEST(a_signal_handler_of_the_program_may_meet_a_lost_page),
      TEST(a_cleanup_of_a_thread_may_meet_a_lost_page),
      TEST(all_other_signals_may_be_blocked),
      TEST(the_handler_runs_on_the_alternate_stack_if_there_is_one),
      TEST(a_nearly_used_up_stack_is_no_hindrance_with_an_alternate_one),
      TEST(a_signal_that_was_sent_is_not_taken_for_a_fault),
      TEST(planted_bugs_are_found),
  };
  return run_matching(tests, count, arguments);
}
