/* Signals that are not about our maps, with Tome and without: whoever had the signal before must not notice us.
 *
 * One program is run twice, the second time with guarded maps open. Whatever its handler saw, whatever mask and handler it
 * was left with, and how it ended must be the same. */
#include "planted_bug.h"

#include "calls.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

typedef enum strike {
  DEAD_PAGE,      /* SIGBUS: a plain mapping of a file that was cut */
  FORBIDDEN_PAGE, /* SIGSEGV */
  NO_PAGE,        /* SIGSEGV */
  SENT_BY_KILL,
  SENT_BY_SIGQUEUE,
  SENT_BY_TGKILL,
  SENT_ODDLY, /* with a code that the kernel knows nothing about */
  STRIKES
} strike;
static const char *const strike_names[] = {"dead page", "forbidden page", "no page", "kill",
                                           "sigqueue",  "tgkill",         "odd code"};

typedef enum leaving { BY_RETURN, BY_SIGLONGJMP, BY_LONGJMP, LEAVINGS } leaving;

typedef enum disposition { HANDLER, STANDARD, IGNORED } disposition;

typedef struct scenario {
  strike by;
  leaving way;
  disposition kind;
  int flags;
  int mask; /* 0: none, 1: some, 2: all signals */
  int alternate;
  int with_tome;
} scenario;

/* What the program saw; in shared memory, as it may die. */
typedef struct sight {
  int survived, calls, number[2], code[2], value, from_self, on_alternate;
  intptr_t address[2]; /* from the struck page */
  unsigned mask_inside, mask_after, mask_of_action;
  int went_on, flags_after, handler_after;
} sight;

static sight *seen;
static const scenario *running;
static char *pages[2];
static sigjmp_buf back;

/* ---- the program's own handler ---- */

static unsigned some_of(const sigset_t *set) {
  static const int probes[] = {SIGUSR1, SIGUSR2, SIGBUS, SIGSEGV, SIGTERM, SIGALRM};
  unsigned bits = 0;
  for (unsigned i = 0; i < sizeof probes / sizeof probes[0]; i++)
    bits |= (unsigned)(sigismember(set, probes[i]) == 1) << i;
  return bits;
}

static unsigned current_mask(void) {
  sigset_t now;
  pthread_sigmask(SIG_SETMASK, NULL, &now);
  return some_of(&now);
}

static int on_alternate_stack(void) {
  stack_t stack;
  return sigaltstack(NULL, &stack) == 0 && (stack.ss_flags & SS_ONSTACK) != 0;
}

static void mend(char *page) {
  const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
  if (mmap(page, PAGE, PROT_READ, flags, -1, 0) == MAP_FAILED)
    _exit(51);
}

static void handle(int number, const siginfo_t *info) {
  int time = seen->calls++;
  if (time > 1)
    _exit(50);
  seen->number[time] = number;
  seen->mask_inside = current_mask();
  seen->on_alternate = on_alternate_stack();
  if (info != NULL) {
    seen->code[time] = info->si_code;
    if (info->si_code > 0)
      seen->address[time] = (char *)info->si_addr - pages[time];
    else
      seen->from_self = info->si_pid == getpid();
    seen->value = info->si_code == SI_QUEUE ? info->si_value.sival_int : 0;
  }
  if (running->way == BY_RETURN)
    mend(pages[time]);
  else
    siglongjmp(back, 1);
}

static void plain_handler(int number) {
  handle(number, NULL);
}

static void telling_handler(int number, siginfo_t *info, void *unused) {
  (void)unused;
  handle(number, info);
}

/* ---- the program ---- */

static char *new_page(strike kind) {
  if (kind == FORBIDDEN_PAGE || kind == NO_PAGE) {
    static uintptr_t low = 1 << 20; /* where the system puts nothing by itself */
    char *page =
        mmap((void *)(low += 1 << 20), PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    must(page != MAP_FAILED);
    if (kind == NO_PAGE)
      must_equal(munmap(page, PAGE), 0);
    return page;
  }
  int fd = memfd_create("foreign", MFD_CLOEXEC);
  char *page = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
  must(page != MAP_FAILED);
  close(fd);
  return page;
}

static int struck_signal(strike kind) {
  return kind == FORBIDDEN_PAGE || kind == NO_PAGE ? SIGSEGV : SIGBUS;
}

static void send_oddly(void) {
  siginfo_t info;
  memset(&info, 0, sizeof info);
  info.si_signo = SIGBUS;
  info.si_code = -100;
  must_equal(syscall(SYS_rt_tgsigqueueinfo, getpid(), syscall(SYS_gettid), SIGBUS, &info), 0);
}

static void strike_once(int time) {
  switch (running->by) {
  case SENT_BY_KILL:
    must_equal(kill(getpid(), SIGBUS), 0);
    break;
  case SENT_BY_SIGQUEUE:
    must_equal(sigqueue(getpid(), SIGBUS, (union sigval){.sival_int = 42 + time}), 0);
    break;
  case SENT_BY_TGKILL:
    must_equal(syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), SIGBUS), 0);
    break;
  case SENT_ODDLY:
    send_oddly();
    break;
  default:
    (void)*(volatile char *)(pages[time] + 123);
  }
}

static void install(const scenario *what) {
  struct sigaction action = {.sa_handler = what->kind == IGNORED ? SIG_IGN : SIG_DFL};
  sigemptyset(&action.sa_mask);
  if (what->mask == 2)
    sigfillset(&action.sa_mask);
  if (what->mask == 1) {
    sigaddset(&action.sa_mask, SIGUSR1);
    sigaddset(&action.sa_mask, SIGTERM);
  }
  action.sa_flags = what->flags;
  if (what->kind == HANDLER && (what->flags & SA_SIGINFO))
    action.sa_sigaction = telling_handler;
  else if (what->kind == HANDLER)
    action.sa_handler = plain_handler;
  must_equal(sigaction(struck_signal(what->by), &action, NULL), 0);
}

/* Without one also where a sanitizer has given us its own. */
static void set_alternate_stack(int wanted) {
  static char memory[1 << 16];
  stack_t stack = {.ss_sp = memory, .ss_size = sizeof memory, .ss_flags = wanted ? 0 : SS_DISABLE};
  must_equal(sigaltstack(&stack, NULL), 0);
}

static void allow_core(int allowed) {
  struct rlimit limit;
  must_equal(getrlimit(RLIMIT_CORE, &limit), 0);
  limit.rlim_cur = allowed ? limit.rlim_max : 0;
  must_equal(setrlimit(RLIMIT_CORE, &limit), 0);
}

static void look_back(void) {
  struct sigaction now;
  must_equal(sigaction(struck_signal(running->by), NULL, &now), 0);
  seen->went_on = 1;
  seen->flags_after = now.sa_flags & (SA_SIGINFO | SA_NODEFER | SA_RESTART | SA_ONSTACK);
  seen->flags_after |= now.sa_flags & (int)SA_RESETHAND;
  seen->mask_of_action = some_of(&now.sa_mask);
  if (now.sa_sigaction == telling_handler)
    seen->handler_after = 1;
  else if (now.sa_handler == plain_handler)
    seen->handler_after = 2;
  else
    seen->handler_after = now.sa_handler == SIG_DFL ? 3 : now.sa_handler == SIG_IGN ? 4 : 5;
}

static void run_program(void *context) {
  tome *maps[2] = {NULL, NULL};
  running = context;
  for (int i = 0; i < 2; i++)
    pages[i] = new_page(running->by);
  must_equal(chdir(in_dir(".")), 0); /* where a core lands */
  allow_core(running->kind == STANDARD);
  set_alternate_stack(running->alternate);
  install(running);
  if (running->with_tome) {
    maps[0] = open_map(in_dir("file"), TOME_READ);
    maps[1] = open_map(in_dir("file"), TOME_WRITE);
  }
  for (volatile int time = 0; time < 2; time++) {
    if (sigsetjmp(back, running->way == BY_SIGLONGJMP) == 0)
      strike_once(time);
    seen->mask_after = current_mask();
    seen->survived++;
  }
  must_succeed(tome_close(maps[0]));
  must_succeed(tome_close(maps[1]));
  look_back();
}

/* ---- twice ---- */

static int run_it(scenario what, int with_tome, sight *ret_seen) {
  what.with_tome = with_tome;
  memset(seen, 0, sizeof *seen);
  int status = child_status(run_program, &what);
  *ret_seen = *seen;
  return status;
}

static void must_be_same(const sight *with, const sight *without) {
  must_equal(with->survived, without->survived);
  must_equal(with->calls, without->calls);
  for (int i = 0; i < 2; i++) {
    must_equal(with->number[i], without->number[i]);
    must_equal(with->code[i], without->code[i]);
    must_equal(with->address[i], without->address[i]);
  }
  must_equal(with->value, without->value);
  must_equal(with->from_self, without->from_self);
  must_equal(with->on_alternate, without->on_alternate);
  must_equal(with->mask_inside, without->mask_inside);
  must_equal(with->went_on, without->went_on);
  must_equal(with->mask_after, without->mask_after);
  must_equal(with->handler_after, without->handler_after);
  must_equal(with->flags_after, without->flags_after);
  must_equal(with->mask_of_action, without->mask_of_action);
}

static void share_sight(void) {
  if (seen == NULL)
    seen = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  must(seen != MAP_FAILED);
}

/* Returns how often the program was struck. */
static int compare(scenario what) {
  sight with, without;
  note("%s, leaving %d, disposition %d, flags 0x%x, mask %d, alternate stack %d",
       strike_names[what.by], (int)what.way, (int)what.kind, (unsigned)what.flags, what.mask,
       what.alternate);
  share_sight();
  int plain = run_it(what, 0, &without), ours = run_it(what, 1, &with);
  must(plain == 0 || WIFSIGNALED(plain)); /* the program itself is sound */
  must_equal(WIFSIGNALED(ours) ? WTERMSIG(ours) : 0, WIFSIGNALED(plain) ? WTERMSIG(plain) : 0);
  must_equal(ours, plain); /* core included */
  must_be_same(&with, &without);
  return WIFSIGNALED(plain) ? with.calls + 1 : with.calls;
}

/* ---- tests ---- */

/* SA_SIGINFO says nothing where there is no handler. */
static int compare_standard(disposition kind) {
  int struck = 0;
  for (int by = 0; by < STRIKES; by++)
    for (int told = 0; told < 2; told++)
      struck += compare((scenario){.by = (strike)by, .kind = kind, .flags = told ? SA_SIGINFO : 0});
  return struck;
}

static void a_foreign_signal_kills_with_the_same_signal_and_core(void **state) {
  (void)state;
  make_pattern_file("file", 3 * PAGE);
  must_equal(compare_standard(STANDARD), 2 * STRIKES); /* each dies of the first */
}

static void an_ignored_signal_is_ignored_and_an_ignored_fault_kills(void **state) {
  (void)state;
  make_pattern_file("file", 3 * PAGE);
  must_equal(compare_standard(IGNORED), 2 * (NO_PAGE + 1)); /* faults cannot be ignored */
}

static int flags_of(unsigned bits) {
  static const int flags[] = {SA_SIGINFO, SA_NODEFER, (int)SA_RESETHAND, SA_RESTART, SA_ONSTACK};
  int result = 0;
  for (unsigned i = 0; i < 5; i++)
    if (bits >> i & 1)
      result |= flags[i];
  return result;
}

/* Every flag and mask that there is, each way to leave, each strike: one in `step` of them. */
static uint64_t compare_handlers(int with_resethand, uint64_t step) {
  uint64_t struck = 0, number = 0;
  for (unsigned bits = 0; bits < 32; bits++)
    for (int mask = 0; mask < 3; mask++)
      for (int way = 0; way < LEAVINGS; way++)
        for (int kind = 0; kind < STRIKES; kind++) {
          scenario what = {(strike)kind, (leaving)way, HANDLER, flags_of(bits), mask, 0, 0};
          what.alternate = (what.flags & SA_ONSTACK) != 0;
          if (((what.flags & (int)SA_RESETHAND) != 0) == with_resethand && number++ % step == 0)
            struck += (uint64_t)compare(what);
        }
  return struck;
}

static void a_handler_sees_the_same_signal_and_mask_and_leaves_as_it_likes(void **state) {
  (void)state;
  make_pattern_file("file", 3 * PAGE);
  uint64_t struck = compare_handlers(0, how_many(2, 1));
  must(struck > 300);
  tell_figure("foreign signals compared", struck);
}

static void a_handler_that_is_for_one_signal_only_gets_one(void **state) {
  (void)state;
  make_pattern_file("file", 3 * PAGE);
  uint64_t struck = compare_handlers(1, how_many(2, 1));
  must(struck > 300);
  tell_figure("foreign signals compared", struck);
}

/* ---- interrupted calls ---- */

typedef struct interruption {
  pthread_t reader;
  pid_t thread;
  int pipe[2];
} interruption;

static volatile sig_atomic_t interruptions;

static void count_interruption(int number) {
  (void)number;
  interruptions++;
}

static void *interrupt(void *context) {
  const interruption *self = context;
  while (!is_at_rest(self->thread))
    usleep(1000);
  pthread_kill(self->reader, SIGBUS);
  while (interruptions == 0)
    usleep(1000);
  usleep(1000);
  must_equal(write(self->pipe[1], "x", 1), 1);
  return NULL;
}

/* Exits with 1 if a read is interrupted by a SIGBUS that someone sent, with 2 if it is begun again. */
static void read_interrupted(void *context) {
  const scenario *what = context;
  interruption self = {.reader = pthread_self(), .thread = (pid_t)syscall(SYS_gettid)};
  struct sigaction action = {.sa_handler = count_interruption, .sa_flags = what->flags};
  pthread_t thread;
  char byte;
  must_equal(pipe2(self.pipe, O_CLOEXEC), 0);
  must_equal(sigaction(SIGBUS, &action, NULL), 0);
  tome *map = what->with_tome ? open_map(in_dir("file"), TOME_READ) : NULL;
  must_equal(pthread_create(&thread, NULL, interrupt, &self), 0);
  ssize_t n = read(self.pipe[0], &byte, 1);
  int interrupted = n < 0 && errno == EINTR;
  must(n == 1 || interrupted);
  must_equal(pthread_join(thread, NULL), 0);
  must_succeed(tome_close(map));
  _exit(interrupted ? 1 : 2);
}

static void calls_are_interrupted_or_begun_again_as_the_handler_wanted(void **state) {
  (void)state;
  make_pattern_file("file", PAGE);
  for (int with_tome = 0; with_tome < 2; with_tome++) {
    scenario restarts = {.flags = SA_RESTART, .with_tome = with_tome};
    scenario interrupts = {.with_tome = with_tome};
    must_equal(WEXITSTATUS(child_status(read_interrupted, &restarts)), 2);
    must_equal(WEXITSTATUS(child_status(read_interrupted, &interrupts)), 1);
  }
}

/* ---- planted bugs ---- */

static struct sigaction greedy_before;

static void take_every_fault(int number, siginfo_t *info, void *context) {
  if (info->si_code > 0)
    mend((char *)((uintptr_t)info->si_addr & ~(uintptr_t)(PAGE - 1)));
  else
    greedy_before.sa_sigaction(number, info, context);
}

static int install_greedy(int number, const struct sigaction *new, struct sigaction *old) {
  struct sigaction greedy;
  if (new != NULL && number == SIGBUS && (new->sa_flags &SA_SIGINFO) &&
      new->sa_sigaction != telling_handler) {
    greedy = greedy_before = *new;
    greedy.sa_sigaction = take_every_fault;
    new = &greedy;
  }
  return sigaction(number, new, old);
}

static void plant_greedy_guard(void) {
  tome__os_calls.sigaction = install_greedy;
}

static int keep_ours(int number, const struct sigaction *new, struct sigaction *old) {
  struct sigaction now;
  sigaction(number, NULL, &now);
  int ours = (now.sa_flags & SA_SIGINFO) && now.sa_sigaction != telling_handler;
  return new != NULL &&ours ? 0 : sigaction(number, new, old);
}

static void plant_kept_handler(void) {
  tome__os_calls.sigaction = keep_ours;
}

static void compare_one(void *what) {
  must(compare(*(scenario *)what) > 0);
}

static void planted_bugs_are_found(void **state) {
  (void)state;
  make_pattern_file("file", 3 * PAGE);
  scenario dies = {.by = DEAD_PAGE, .kind = STANDARD};
  scenario handles = {.by = DEAD_PAGE, .flags = SA_SIGINFO, .way = BY_SIGLONGJMP};
  must_find_bug("the guard takes every SIGBUS for its own", plant_greedy_guard, compare_one, &dies);
  must_find_bug("the guard takes a fault from its handler", plant_greedy_guard, compare_one,
                &handles);
  must_find_bug("a handler that is not put back", plant_kept_handler, compare_one, &handles);
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(a_foreign_signal_kills_with_the_same_signal_and_core),
      TEST(an_ignored_signal_is_ignored_and_an_ignored_fault_kills),
      TEST(a_handler_sees_the_same_signal_and_mask_and_leaves_as_it_likes),
      TEST(a_handler_that_is_for_one_signal_only_gets_one),
      TEST(calls_are_interrupted_or_begun_again_as_the_handler_wanted),
      TEST(planted_bugs_are_found),
  };
  return run_matching(tests, count, arguments);
}
