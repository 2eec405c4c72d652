/* Address space that another thread takes up, all of it, while this one works on a file of more than 8 GiB: every call gives its
 * answer or TOME_ENOMEM, and works again when the space is given back. With addresses of 32 bits it is theirs that come to an
 * end; with longer ones it is a limit of the process. */
#include "emulator_limits.h"
#include "huge_file.h"
#include "small_memory.h"
#include "system_abilities.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* ---- who takes it up ---- */

enum { MOST_PIECES = 1 << 16 };

static struct piece {
  void *address;
  size_t length;
} pieces[MOST_PIECES];

static size_t piece_count;
static _Atomic uint64_t times_exhausted;

static void take_all(void) {
  for (size_t length = (size_t)MEBI(64); length >= PAGE; length /= 2)
    while (piece_count < MOST_PIECES) {
      void *address =
          mmap(NULL, length, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
      if (address == MAP_FAILED) {
        must_equal(errno, ENOMEM);
        break;
      }
      pieces[piece_count++] = (struct piece){address, length};
    }
  must(piece_count < MOST_PIECES);
  times_exhausted++;
}

static void give_back(void) {
  for (; piece_count > 0; piece_count--)
    must_equal(munmap(pieces[piece_count - 1].address, pieces[piece_count - 1].length), 0);
}

/* ---- what is done meanwhile ---- */

static uint64_t refused, answered;

/* Whether the call gave its answer. */
static int is_answer(int got, int want) {
  if (got == TOME_ENOMEM) {
    must_equal(tome_error_last()->code, TOME_ENOMEM);
    refused++;
    return 0;
  }
  must_equal(got, want);
  answered++;
  return 1;
}

static void read_write_and_append(tome *map, uint64_t round) {
  unsigned char got[3000], want[3000];
  uint64_t at = TEXT_BEGIN + round * MEBI(7) % (TEXT_END - TEXT_BEGIN - sizeof got);
  huge_text(want, at, sizeof want);
  if (is_answer(tome_read(map, at, got, sizeof got), 0))
    must_be_bytes(got, want, sizeof got);
  at = GIBI(4) - 3 + round * MEBI(33) % GIBI(1);
  if (is_answer(tome_write(map, at, "written", 7), 0) && is_answer(tome_read(map, at, got, 7), 0))
    must_be_bytes(got, "written", 7);
  uint64_t size = tome_size(map), where = 0;
  if (is_answer(tome_append(map, "appended", 8, &where), 0))
    must_equal(where, size);
  else
    must_equal(tome_size(map), size);
  tome_span spans[] = {{.offset = at, .length = 8, .buffer = got},
                       {.offset = GIBI(6) - 3, .length = 8, .buffer = got + 8}};
  huge_text(want, GIBI(6) - 3, 8);
  if (is_answer(tome_gather(map, spans, 2), 0))
    must_be_bytes(got + 8, want, 8);
}

static void view(tome *map, uint64_t round) {
  unsigned char want[64];
  tome_view one;
  uint64_t at = TEXT_BEGIN + round * MEBI(5) % (TEXT_END - TEXT_BEGIN - MEBI(10));
  size_t length = round % 3 ? 64 : (size_t)MEBI(9);
  huge_text(want, at, sizeof want);
  if (!is_answer(tome_view_begin(map, at, length, TOME_VIEW_READ, &one), 0))
    return;
  must_be_bytes(one.data, want, sizeof want);
  must_succeed(tome_view_end(&one));
}

static void search(tome *map, const tome_pattern *pattern, uint64_t round) {
  uint64_t needles[MOST_NEEDLES], at = 0, count = 0;
  size_t all = huge_needles(needles), which = round % all;
  const uint64_t end = needles[which] + NEEDLE_LENGTH;
  tome_search_options options = TOME_SEARCH_INIT;
  options.threads = 3;
  if (is_answer(tome_find(map, NEEDLE, NEEDLE_LENGTH, needles[which], TOME_END, &at), 1))
    must_equal(at, needles[which]);
  if (is_answer(tome_rfind(map, NEEDLE, NEEDLE_LENGTH, 0, end, &at), 1))
    must_equal(at, needles[which]);
  if (is_answer(tome_count(map, NEEDLE, NEEDLE_LENGTH, TEXT_BEGIN, TEXT_END, &count), 1))
    must_equal(count, all);
  if (is_answer(tome_search(map, pattern, &options, &count), 1))
    must_equal(count, all);
  tome_lines_options lines = TOME_LINES_INIT;
  lines.from = TEXT_BEGIN;
  lines.to = TEXT_END;
  lines.threads = 2;
  if (is_answer(tome_lines_count(map, &lines, &count), 1))
    must_equal(count, huge_lines() + 1);
}

static void open_another(uint64_t round) {
  tome *map = NULL;
  char got[4];
  if (!is_answer(tome_open(&map, in_dir("huge"), round % 2 ? TOME_WRITE : TOME_READ, NULL), 0)) {
    must(map == NULL);
    return;
  }
  if (is_answer(tome_read(map, GIBI(8), got, 4), 0))
    must_be_zero(got, 4);
  must_succeed(tome_close(map));
}

static void do_all(tome *map, const tome_pattern *pattern, uint64_t round) {
  note("round %llu", (unsigned long long)round);
  read_write_and_append(map, round);
  view(map, round);
  search(map, pattern, round);
  open_another(round);
  is_answer(tome_flush(map, GIBI(4), GIBI(1), TOME_FLUSH_START), 0);
}

/* ---- the two of them ---- */

typedef struct taker {
  pthread_barrier_t turns;
  atomic_int over;
} taker;

/* First by turns: all is taken while the other works. Then as it comes. */
enum { BY_TURNS = 20, FREELY = 60 };

static void *take_and_give_back(void *context) {
  taker *t = context;
  for (int i = 0; i < BY_TURNS; i++) {
    take_all();
    pthread_barrier_wait(&t->turns);
    pthread_barrier_wait(&t->turns);
    give_back();
    pthread_barrier_wait(&t->turns);
  }
  for (size_t i = 0; !atomic_load(&t->over); i++) {
    take_all();
    pause_for(i % 4 * 300);
    give_back();
    pause_for(i % 3 * 200);
  }
  return NULL;
}

static void must_work_again(tome *map, const tome_pattern *pattern, uint64_t round) {
  uint64_t before = refused;
  do_all(map, pattern, round);
  must_equal(refused, before);
}

static void work_by_turns(taker *t, tome *map, const tome_pattern *pattern) {
  for (uint64_t round = 0; round < BY_TURNS; round++) {
    pthread_barrier_wait(&t->turns);
    do_all(map, pattern, round);
    pthread_barrier_wait(&t->turns);
    pthread_barrier_wait(&t->turns);
  }
  tell_figure("calls refused while there was no address space at all", refused);
  tell_figure("mappings refused while there was no address space at all", refused_mappings());
  must(refused > 0 && refused_mappings() >= BY_TURNS);
}

/* What the stack will need it has: it cannot grow either. */
static void touch_stack(void) {
  volatile unsigned char room[KIBI(256)];
  for (size_t i = 0; i < sizeof room; i += 1024)
    room[i] = 1;
}

static void work_while_it_is_taken(void *context) {
  const uint64_t *space = context;
  static taker t;
  static const tome_needle needle = {NEEDLE, NEEDLE_LENGTH};
  pthread_t thread;
  tome_pattern *pattern = NULL;
  touch_stack();
  limit_address_space(*space);
  must_succeed(tome_pattern_new(&pattern, &needle, 1, 0));
  tome *map = open_map(in_dir("huge"), TOME_WRITE | TOME_GROW);
  must_work_again(map, pattern, 0);
  count_refused_mappings();
  must_equal(pthread_barrier_init(&t.turns, NULL, 2), 0);
  must_equal(pthread_create(&thread, NULL, take_and_give_back, &t), 0);
  work_by_turns(&t, map, pattern);
  for (uint64_t round = 0; round < how_many(FREELY, 20 * FREELY); round++)
    do_all(map, pattern, round);
  atomic_store(&t.over, 1);
  must_equal(pthread_join(thread, NULL), 0);
  for (uint64_t round = 0; round < 10; round++)
    must_work_again(map, pattern, round);
  must(times_exhausted > BY_TURNS && answered > refused / 100);
  tell_figure("times all address space was taken up", times_exhausted);
  tell_figure("calls refused for want of address space", refused);
  tell_figure("calls answered all the same", answered);
  must_succeed(tome_close(map));
  tome_pattern_free(pattern);
}

static void calls_answer_or_are_refused_while_another_thread_takes_all_space(void **state) {
  (void)state;
  if (SANITIZED)
    skip_because("a sanitizer needs terabytes of address space");
  if (!system_tells_holes())
    skip_because("holes cannot be passed over on this system: 8 GiB to be read each round");
  uint64_t space = sizeof(void *) == 4 ? 0 : GIBI(1);
  if (space)
    needs_address_limit();
  make_huge_file("huge");
  in_child(work_while_it_is_taken, &space);
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(calls_answer_or_are_refused_while_another_thread_takes_all_space),
  };
  return run_matching(tests, count, arguments);
}
