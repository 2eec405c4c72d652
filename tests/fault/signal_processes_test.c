/* Other processes that the program makes: what fork, vfork, posix_spawn and exec do to the guard and to the program's own
 * dispositions. A program that exec starts is this one, called so that it tells how it finds its signals. */
#include "emulator_limits.h"
#include "planted_bug.h"

#include "calls.h"
#include "signal_victim.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define TELL "--tell-signals"

extern char **environ;

/* ---- exec ---- */

enum { FOUND_STANDARD = 40, FOUND_IGNORED, FOUND_HANDLER };

static int tell_signals(void) {
  struct sigaction now;
  sigaction(SIGBUS, NULL, &now);
  if (now.sa_handler == SIG_DFL)
    return FOUND_STANDARD;
  return now.sa_handler == SIG_IGN ? FOUND_IGNORED : FOUND_HANDLER;
}

enum { BY_FORK, BY_VFORK, BY_SPAWN, BY_SYSTEM, WAYS };

static char *const tell_arguments[] = {(char *)(uintptr_t) "self", (char *)(uintptr_t)TELL, NULL};

static int run_by_system(void) {
  char self[256], command[300];
  ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
  must(n > 0);
  self[n] = '\0';
  snprintf(command, sizeof command, "exec '%s' %s", self, TELL);
  return system(command); /* NOLINT(cert-env33-c): it is one of the ways */
}

static pid_t start_by_fork(void) {
  pid_t child = fork();
  if (child == 0) {
    execv("/proc/self/exe", tell_arguments);
    _exit(1);
  }
  return child;
}

static pid_t start_by_vfork(void) {
  pid_t child = vfork(); /* NOLINT(clang-analyzer-security*): likewise */
  if (child == 0) {
    execv("/proc/self/exe", tell_arguments);
    _exit(1);
  }
  return child;
}

static int found_after_exec(int way) {
  pid_t child = -1;
  int status = 0;
  if (way == BY_SYSTEM) {
    status = run_by_system();
  } else {
    if (way == BY_SPAWN)
      must_equal(posix_spawn(&child, "/proc/self/exe", NULL, NULL, tell_arguments, environ), 0);
    else
      child = way == BY_FORK ? start_by_fork() : start_by_vfork();
    must_equal(waitpid(child, &status, 0), child);
  }
  must(WIFEXITED(status));
  return WEXITSTATUS(status);
}

static void own_handler(int number) {
  (void)number;
}

typedef struct disposition {
  void (*handler)(int);
  int while_open, after_close;
} disposition;

/* What an ignored signal becomes while a map is open is a limit of the guard: exec takes every handler away. */
static void exec_beside_map(void *context) {
  const disposition *what = context;
  must(signal(SIGBUS, what->handler) != SIG_ERR);
  for (int way = 0; way < WAYS; way++) {
    note("way %d", way);
    victim v = open_victim("file");
    meet(&v);
    must_equal(found_after_exec(way), what->while_open);
    close_victim(&v);
    must_equal(found_after_exec(way), what->after_close);
    must(signal(SIGBUS, what->handler) == what->handler);
  }
}

static void no_handler_of_ours_survives_exec(void **state) {
  (void)state;
  needs_to_start_itself();
  if (SANITIZED)
    skip_because("the program that is started has its sanitizer's handler");
  disposition standard = {SIG_DFL, FOUND_STANDARD, FOUND_STANDARD};
  disposition ignored = {SIG_IGN, FOUND_STANDARD, FOUND_IGNORED};
  disposition handled = {own_handler, FOUND_STANDARD, FOUND_STANDARD};
  in_child(exec_beside_map, &standard);
  in_child(exec_beside_map, &ignored);
  in_child(exec_beside_map, &handled);
}

/* ---- vfork: the child runs in the memory of its parent ---- */

static void vfork_and_meet(void *unused) {
  (void)unused;
  victim v = open_victim("file");
  pid_t child = vfork(); /* NOLINT(clang-analyzer-security*): it is what is tested */
  if (child == 0) {
    meet(&v); /* NOLINT(clang-analyzer-unix.Vfork) */
    _exit(7);
  }
  int status;
  must_equal(waitpid(child, &status, 0), child);
  must(WIFEXITED(status));
  must_equal(WEXITSTATUS(status), 7);
  close_victim(&v); /* the patch lies in both */
}

static void a_lost_page_met_in_a_vfork_child_is_told_to_its_parent(void **state) {
  (void)state;
  if (SANITIZED)
    skip_because("sanitizers do not let a vfork child do this");
  in_child(vfork_and_meet, NULL);
}

/* ---- fork in the middle of everything ---- */

enum { THREADS = 4 };
static atomic_int stop;
static atomic_uint operations, thread_losses;

/* Everything that takes a lock or runs in the handler. */
static void *work(void *context) {
  const char *path = context;
  char buffer[100];
  for (; !atomic_load(&stop); atomic_fetch_add(&operations, 1)) {
    tome *map = open_map(path, TOME_WRITE);
    tome_view view = begin_view(map, 0, 2 * PAGE, TOME_VIEW_READ);
    must_equal(truncate(path, (off_t)PAGE), 0);
    load_byte((char *)view.data + PAGE);
    must_fail(tome_view_end(&view), TOME_ELOST);
    atomic_fetch_add(&thread_losses, 1);
    must_succeed(tome_append(map, "appended", 8, NULL));
    must_succeed(tome_resize(map, 2 * PAGE));
    must_succeed(tome_read(map, 0, buffer, sizeof buffer));
    must_succeed(tome_flush(map, 0, TOME_END, TOME_FLUSH_START));
    must_succeed(tome_close(map));
  }
  return NULL;
}

/* Only what was found in the child is reported: an open map of its own is guarded, and so is its parent's quiet one. */
static void use_in_child(void *quiet) {
  victim own = open_victim("child");
  meet(&own);
  close_victim(&own);
  meet(quiet);
  must_fail_at(tome_view_end(&((victim *)quiet)->view), TOME_ELOST, PAGE, PAGE);
  must_return(tome_close(((victim *)quiet)->map), 0);
}

/* A fork copies memory in the order of its addresses while the other threads run on: with much to copy in the middle, what
 * lies before is much older in the child than what lies behind, as the heaps of threads do. */
static void lengthen_forks(void) {
  const size_t length = (size_t)64 << 20;
  char *behind_heap = (char *)sbrk(0) + ((size_t)1 << 30);
  char *bytes =
      mmap(behind_heap, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  must(bytes != MAP_FAILED);
  memset(bytes, 1, length);
}

static void fork_beside_work(void *unused) {
  (void)unused;
  signal(SIGBUS, SIG_DFL); /* cmocka has a handler */
  lengthen_forks();
  pthread_t threads[THREADS];
  char name[32], paths[THREADS][512];
  uint64_t forks = how_many(100, 3000);
  victim quiet = open_victim("quiet");
  for (int i = 0; i < THREADS; i++) {
    snprintf(name, sizeof name, "busy%d", i);
    snprintf(paths[i], sizeof paths[i], "%s", make_pattern_file(name, 2 * PAGE));
    must_equal(pthread_create(&threads[i], NULL, work, paths[i]), 0);
  }
  for (uint64_t i = 0; i < forks; i++)
    in_child(use_in_child, &quiet);
  atomic_store(&stop, 1);
  for (int i = 0; i < THREADS; i++)
    must_equal(pthread_join(threads[i], NULL), 0);
  meet(&quiet);
  close_victim(&quiet);
  must(thread_losses > 0);
  tell_figure("lost pages met", thread_losses + 2 * forks);
  tell_figure("forks beside lost pages", forks);
}

static void a_child_forked_in_the_middle_of_everything_is_guarded(void **state) {
  (void)state;
  if (SANITIZED)
    skip_because("a sanitizer's own locks do not survive the fork of a process with threads");
  in_child(fork_beside_work, NULL);
}

/* ---- planted bugs ---- */

static int ignore_instead(int number, const struct sigaction *new, struct sigaction *old) {
  struct sigaction changed;
  if (new != NULL &&new->sa_handler == SIG_DFL && !(new->sa_flags &SA_SIGINFO)) {
    changed = *new;
    changed.sa_handler = SIG_IGN;
    new = &changed;
  }
  return sigaction(number, new, old);
}

static void plant_ignoring(void) {
  tome__os_calls.sigaction = ignore_instead;
}

static void planted_bugs_are_found(void **state) {
  (void)state;
  needs_to_start_itself();
  if (SANITIZED)
    skip_because("what they are planted in is skipped");
  disposition standard = {SIG_DFL, FOUND_STANDARD, FOUND_STANDARD};
  must_find_bug("a default action that comes back as ignored", plant_ignoring, exec_beside_map,
                &standard);
  must_find_bug("the guard is off", plant_no_guard, exec_beside_map, &standard);
}

int main(int count, char **arguments) {
  if (count == 2 && strcmp(arguments[1], TELL) == 0)
    return tell_signals();
  const struct CMUnitTest tests[] = {
      TEST(no_handler_of_ours_survives_exec),
      TEST(a_lost_page_met_in_a_vfork_child_is_told_to_its_parent),
      TEST(a_child_forked_in_the_middle_of_everything_is_guarded),
      TEST(planted_bugs_are_found),
  };
  return run_matching(tests, count, arguments);
}
