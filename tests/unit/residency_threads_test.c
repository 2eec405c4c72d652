/* Locking, unlocking, evicting, warming and asking by many threads at once, beside readers and one who changes the size. No byte
 * of it is lost or wrong, and in the end nothing is locked. */
#include "calls.h"
#include "emulator_limits.h"
#include "page_model.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { THREADS = 4, PAGES = 128, KEPT = 64 }; /* below KEPT the file never becomes shorter */

static tome *map;
static atomic_int over;

/* What lies behind KEPT may go at any moment: then it is not inside the map, or lost. Where locking reads at once, what went is no
 * memory; and a system that says so of more than the limit of users without the privilege is taken to mean that limit. */
static void must_be_fair(int result, uint64_t end) {
  int no_memory = result == TOME_ENOMEM || result == TOME_ELIMIT;
  int lost = result == TOME_ELOST || (no_memory && !locks_on_fault());
  must(result == 0 || (end > KEPT * PAGE && (result == TOME_ERANGE || lost)));
}

static void steer(dice *any) {
  unsigned char pages[PAGES + 1];
  tome_residency all = {.struct_size = sizeof all};
  uint64_t offset = roll(any, PAGES * PAGE), length = roll(any, PAGES * PAGE - offset);
  uint64_t end = offset + length;
  switch (roll(any, 6)) {
  case 0:
    must_be_fair(tome_lock(map, offset, length), end);
    break;
  case 1:
    must_be_fair(tome_unlock(map, offset, length), end);
    break;
  case 2:
    must_be_fair(tome_evict(map, offset, length), end);
    break;
  case 3:
    must_be_fair(tome_warm(map, offset, length, NULL), end);
    break;
  case 4:
    must_be_fair(tome_residency_get(map, offset, length, &all), end);
    break;
  default:
    must_be_fair(tome_residency_pages(map, offset, length, pages, sizeof pages), end);
  }
}

static void read_somewhere(dice *any) {
  unsigned char got[5000];
  uint64_t offset = roll(any, KEPT * PAGE - sizeof got), length = roll(any, sizeof got);
  must_succeed(tome_read(map, offset, got, length));
  must_be_pattern(got, offset, length);
}

static void *work(void *number) {
  dice any = dice_from(100 + (uintptr_t)number);
  for (uint64_t i = 0; i < how_many(300, 5000); i++) {
    steer(&any);
    read_somewhere(&any);
  }
  return NULL;
}

static void *change_size(void *unused) {
  dice any = dice_from(7);
  (void)unused;
  while (!atomic_load(&over)) {
    int r = tome_resize(map, (KEPT + roll(&any, PAGES - KEPT)) * PAGE);
    must(r == 0);
  }
  return NULL;
}

static void all_of_it_goes_on_at_once(void **state) {
  (void)state;
  struct rlimit limit;
  must_equal(getrlimit(RLIMIT_MEMLOCK, &limit), 0);
  if (geteuid() != 0 && limit.rlim_cur < 4 * PAGES * PAGE)
    skip_because("this user may lock too little memory");
  pthread_t workers[THREADS], sizer;
  map = open_map(make_pattern_file("file", PAGES * PAGE), TOME_WRITE);
  atomic_store(&over, 0);
  must_equal(pthread_create(&sizer, NULL, change_size, NULL), 0);
  for (uintptr_t i = 0; i < THREADS; i++)
    must_equal(pthread_create(&workers[i], NULL, work, (void *)i), 0);
  for (int i = 0; i < THREADS; i++)
    must_equal(pthread_join(workers[i], NULL), 0);
  atomic_store(&over, 1);
  must_equal(pthread_join(sizer, NULL), 0);
  must(process_figure("VmLck") <= tome_size(map));
  must_succeed(tome_unlock(map, 0, TOME_END));
  must_equal(process_figure("VmLck"), 0);
  must_read_pattern(map, 0, KEPT * PAGE);
  must_succeed(tome_close(map));
}

/* Sanitizers leave out mlock() and munlock(), and then the counts are wrong. */
static int unlock_really(const void *address, size_t length) {
  return (int)syscall(SYS_munlock, address, length);
}

int main(int count, char **arguments) {
  tome__os_calls.munlock = unlock_really;
  const struct CMUnitTest tests[] = {TEST(all_of_it_goes_on_at_once)};
  return run_matching(tests, count, arguments);
}
