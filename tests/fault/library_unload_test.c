/* The shared library, loaded and unloaded while the program runs, as a plugin would. This test has another copy of Tome linked
 * into it: both must guard their own maps, and pass on to each other what they do not know. */
#include "planted_bug.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SKIPPED_ALL = 77 };

/* ---- one copy of the library ---- */

typedef struct copy {
  void *handle;
  int (*open)(tome **, const char *, uint32_t, const tome_options *);
  int (*close)(tome *);
  int (*view_begin)(tome *, uint64_t, size_t, uint32_t, tome_view *);
  int (*view_end)(tome_view *);
  int (*guard_enable)(int);
} copy;

static const copy linked = {NULL,          tome_open,        tome_close, tome_view_begin,
                            tome_view_end, tome_guard_enable};

static void find(const copy *from, const char *name, void *ret_function) {
  void *found = dlsym(from->handle, name);
  must(found != NULL);
  memcpy(ret_function, &found, sizeof found);
}

static copy load(const char *path) {
  copy new = {.handle = dlopen(path, RTLD_NOW | RTLD_LOCAL)};
  if (new.handle == NULL)
    fail_at(__FILE__, __LINE__, "%s", dlerror());
  find(&new, "tome_open", &new.open);
  find(&new, "tome_close", &new.close);
  find(&new, "tome_view_begin", &new.view_begin);
  find(&new, "tome_view_end", &new.view_end);
  find(&new, "tome_guard_enable", &new.guard_enable);
  must(new.open != tome_open);
  return new;
}

static copy load_shared(void) {
  return load(TOME_SHARED_LIBRARY);
}

/* A library of its own, although the same code: another file. */
static copy load_third(void) {
  size_t length;
  char path[512];
  void *bytes = read_file(TOME_SHARED_LIBRARY, &length);
  snprintf(path, sizeof path, "%s", make_file("third.so", bytes, length));
  free(bytes);
  return load(path);
}

static void unload(copy *library) {
  must_equal(dlclose(library->handle), 0);
  *library = (copy){.handle = NULL};
}

/* ---- a map of one of them ---- */

typedef struct user {
  const copy *library;
  tome *map;
  tome_view view;
  char path[512];
} user;

static user open_with(const copy *library, const char *name) {
  user u = {.library = library};
  snprintf(u.path, sizeof u.path, "%s", make_pattern_file(name, 2 * PAGE));
  must_equal(library->open(&u.map, u.path, TOME_READ, NULL), 0);
  return u;
}

static void load_byte(const void *address) {
  must_equal(*(const volatile char *)address, 0);
}

static void begin_and_cut(user *u) {
  must_equal(truncate(u->path, (off_t)(2 * PAGE)), 0);
  must_equal(u->library->view_begin(u->map, 0, 2 * PAGE, TOME_VIEW_READ, &u->view), 0);
  must_equal(truncate(u->path, (off_t)PAGE), 0);
}

static void meet(const user *u) {
  load_byte((char *)u->view.data + PAGE + 1);
}

static void must_guard(user *u) {
  begin_and_cut(u);
  meet(u);
  must_equal(u->library->view_end(&u->view), TOME_ELOST);
  tell_figure("lost pages met", 1);
}

static void close_it(user *u) {
  must_equal(u->library->close(u->map), 0);
  u->map = NULL;
}

/* ---- signals that are nobody's ---- */

static volatile sig_atomic_t own_signals, own_wanted;
static sigjmp_buf back;
static char *foreign;

static void leave(int number) {
  (void)number;
  if (!own_wanted)
    _exit(98);
  own_signals++;
  siglongjmp(back, 1);
}

static void install_own(void) {
  int fd = memfd_create("foreign", MFD_CLOEXEC);
  foreign = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
  must(foreign != MAP_FAILED);
  close(fd);
  must(signal(SIGBUS, leave) != SIG_ERR);
}

static void must_get_own_signal(void) {
  own_signals = 0;
  own_wanted = 1;
  if (sigsetjmp(back, 1) == 0) {
    load_byte(foreign);
    must(!"the load should not have come back");
  }
  own_wanted = 0;
  must_equal(own_signals, 1);
}

static void must_be_own(void) {
  struct sigaction now;
  must_equal(sigaction(SIGBUS, NULL, &now), 0);
  must(now.sa_handler == leave);
}

/* ---- loading and unloading ---- */

static void load_use_and_unload(void *unused) {
  (void)unused;
  install_own();
  unsigned descriptors = count_descriptors(), mappings = 0;
  for (uint64_t i = 0; i < how_many(20, 1000); i++) {
    copy shared = load_shared();
    user u = open_with(&shared, "file");
    must_guard(&u);
    must_get_own_signal();
    close_it(&u);
    must_be_own();
    unload(&shared);
    must_be_own();
    must_get_own_signal();
    must_equal(count_descriptors(), descriptors);
    mappings = i == 0 ? count_mappings("libtome") : mappings;
    must_equal(count_mappings("libtome"), mappings);
  }
}

static void an_unloaded_library_leaves_nothing_behind_and_loads_again(void **state) {
  (void)state;
  in_child(load_use_and_unload, NULL);
}

static void fault_after_unload(void *unused) {
  (void)unused;
  install_own();
  signal(SIGBUS, SIG_DFL);
  copy shared = load_shared();
  user u = open_with(&shared, "file");
  must_guard(&u);
  close_it(&u);
  unload(&shared);
  load_byte(foreign);
}

static void after_unloading_a_fault_kills_as_it_did_before(void **state) {
  (void)state;
  must_die_of(SIGBUS, fault_after_unload, NULL);
}

static void unload_below_open_map(void *unused) {
  (void)unused;
  install_own();
  copy shared = load_shared();
  user u = open_with(&shared, "file");
  begin_and_cut(&u);
  unload(&shared);
  meet(&u);
  must_get_own_signal();
  shared = load_shared();
  must_equal(shared.view_end(&u.view), TOME_ELOST);
  must_guard(&u);
  close_it(&u);
  must_be_own();
}

static void a_map_left_open_when_the_library_is_unloaded_stays_guarded(void **state) {
  (void)state;
  in_child(unload_below_open_map, NULL);
}

/* ---- someone's handler on top of the library's ---- */

static struct sigaction below;

static void call_below(int number, siginfo_t *info, void *context) {
  below.sa_sigaction(number, info, context);
}

static void unload_below_chain(void *unused) {
  (void)unused;
  install_own();
  copy shared = load_shared();
  user u = open_with(&shared, "file");
  struct sigaction action = {.sa_sigaction = call_below, .sa_flags = SA_SIGINFO};
  must_equal(sigaction(SIGBUS, &action, &below), 0);
  must_guard(&u);
  must_get_own_signal();
  close_it(&u);
  unload(&shared);
  must_get_own_signal();
  shared = load_shared();
  u = open_with(&shared, "file");
  must_guard(&u);
  must_get_own_signal();
  close_it(&u);
  unload(&shared);
  must_get_own_signal();
}

static void a_handler_that_chains_to_ours_may_outlive_the_library(void **state) {
  (void)state;
  in_child(unload_below_chain, NULL);
}

/* ---- fork and threads afterwards ---- */

static void guard_with_linked(void *unused) {
  (void)unused;
  user u = open_with(&linked, "linked");
  must_guard(&u);
  close_it(&u);
}

static void fork_after_unload(void *unused) {
  (void)unused;
  for (int i = 0; i < 5; i++) {
    copy shared = load_shared();
    user u = open_with(&shared, "file");
    in_child(guard_with_linked, NULL);
    close_it(&u);
    unload(&shared);
    in_child(guard_with_linked, NULL);
  }
}

static void a_fork_after_unloading_finds_no_dangling_handler(void **state) {
  (void)state;
  in_child(fork_after_unload, NULL);
}

static void *load_in_thread(void *unused) {
  (void)unused;
  copy shared = load_shared();
  user u = open_with(&shared, "file");
  must_guard(&u);
  close_it(&u);
  unload(&shared);
  return NULL;
}

/* What belongs to the thread, such as its last error, is given up by a library that is gone. */
static void end_thread_after_unload(void *unused) {
  (void)unused;
  pthread_t thread;
  must_equal(pthread_create(&thread, NULL, load_in_thread, NULL), 0);
  must_equal(pthread_join(thread, NULL), 0);
}

static void a_thread_may_load_use_and_unload_and_end(void **state) {
  (void)state;
  in_child(end_thread_after_unload, NULL);
}

/* ---- several copies ---- */

enum { MOVES = 24 };

/* Two copies open and close maps in a random order: what is open is guarded, whatever is nobody's goes to the program. */
static void mix_copies(void *context) {
  dice any = dice_from(*(uint64_t *)context);
  static const char *const names[2] = {"linked", "shared"};
  copy libraries[2] = {linked, load_shared()};
  user users[2] = {{.library = &libraries[0]}, {.library = &libraries[1]}};
  install_own();
  for (int move = 0; move < MOVES; move++) {
    int which = (int)roll(&any, 2);
    if (users[which].map)
      close_it(&users[which]);
    else
      users[which] = open_with(&libraries[which], names[which]);
    for (int i = 0; i < 2; i++)
      if (users[i].map)
        must_guard(&users[i]);
    must_get_own_signal();
  }
}

static void two_copies_of_the_library_guard_their_own_maps_in_any_order(void **state) {
  (void)state;
  for (uint64_t seed = 0; seed < how_many(20, 1000); seed++) {
    note("seed %llu", (unsigned long long)seed);
    in_child(mix_copies, &seed);
  }
}

static void stack_copies(void *order) {
  static const char *const names[3] = {"linked", "shared", "third"};
  copy libraries[3] = {linked, load_shared(), load_third()};
  user users[3];
  install_own();
  for (int i = 0; i < 3; i++)
    users[i] = open_with(&libraries[i], names[i]);
  for (int closed = 0; closed <= 3; closed++) {
    for (int i = closed; i < 3; i++)
      must_guard(&users[((int *)order)[i]]);
    must_get_own_signal();
    if (closed < 3)
      close_it(&users[((int *)order)[closed]]);
  }
}

static void three_copies_may_be_closed_in_any_order(void **state) {
  (void)state;
  int orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
  for (int i = 0; i < 6; i++) {
    note("order %d", i);
    in_child(stack_copies, orders[i]);
  }
}

static void unload_below_linked(void *unused) {
  (void)unused;
  install_own();
  copy shared = load_shared();
  user under = open_with(&shared, "shared"), over = open_with(&linked, "linked");
  must_guard(&under);
  must_guard(&over);
  close_it(&under);
  unload(&shared);
  must_guard(&over);
  must_get_own_signal();
  close_it(&over);
  must_get_own_signal();
}

static void a_copy_may_be_unloaded_below_another(void **state) {
  (void)state;
  in_child(unload_below_linked, NULL);
}

/* ---- planted bugs ---- */

static void disable_and_mix(void *context) {
  copy shared = load_shared();
  shared.guard_enable(0);
  mix_copies(context);
}

static void plant_nothing(void) {
}

static void planted_bugs_are_found(void **state) {
  (void)state;
  uint64_t seed = 1;
  must_find_bug("one copy's guard is off", plant_nothing, disable_and_mix, &seed);
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(an_unloaded_library_leaves_nothing_behind_and_loads_again),
      TEST(after_unloading_a_fault_kills_as_it_did_before),
      TEST(a_map_left_open_when_the_library_is_unloaded_stays_guarded),
      TEST(a_handler_that_chains_to_ours_may_outlive_the_library),
      TEST(a_fork_after_unloading_finds_no_dangling_handler),
      TEST(a_thread_may_load_use_and_unload_and_end),
      TEST(two_copies_of_the_library_guard_their_own_maps_in_any_order),
      TEST(three_copies_may_be_closed_in_any_order),
      TEST(a_copy_may_be_unloaded_below_another),
      TEST(planted_bugs_are_found),
  };
  if (TOME_SHARED_LIBRARY[0] == '\0') {
    printf("SKIPPED: a program that is linked statically loads no libraries\n");
    return SKIPPED_ALL;
  }
  return run_matching(tests, count, arguments);
}
