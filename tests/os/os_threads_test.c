/* os.h: mutexes, conditions, threads, signals, the barrier. No expectation depends on a timing. */
#include "os_harness.h"

#include <stdatomic.h>

enum { THREADS = 4, ROUNDS = 20000 };

static os_mutex at_rest = OS_MUTEX_INITIALIZER;

typedef struct counter {
  os_mutex *mutex;
  uint64_t value;
} counter;

static void count_up(void *context) {
  counter *c = context;
  for (int i = 0; i < ROUNDS; i++) {
    tome__os_mutex_lock(c->mutex);
    c->value++;
    tome__os_mutex_unlock(c->mutex);
  }
}

static void start_all(os_thread *threads, void (*body)(void *), void *context) {
  for (int i = 0; i < THREADS; i++)
    must_refuse(tome__os_thread_start(&threads[i], body, context), 0);
}

static void join_all(const os_thread *threads) {
  for (int i = 0; i < THREADS; i++)
    tome__os_thread_join(threads[i]);
}

static void a_mutex_lets_in_one_at_a_time(void **state) {
  (void)state;
  os_thread threads[THREADS];
  os_mutex mutex;
  counter made = {&mutex, 0}, standing = {&at_rest, 0};
  tome__os_mutex_init(&mutex);
  start_all(threads, count_up, &made);
  join_all(threads);
  tome__os_mutex_destroy(&mutex);
  must_equal(made.value, THREADS * ROUNDS);
  start_all(threads, count_up, &standing);
  join_all(threads);
  must_equal(standing.value, THREADS * ROUNDS);
}

/* A ball that goes round: each waits until it is at him. */
typedef struct game {
  os_mutex mutex;
  os_condition condition;
  int turn, seats, thrown;
} game;

static void play(void *context) {
  game *g = context;
  tome__os_mutex_lock(&g->mutex);
  int seat = g->seats++;
  for (int i = 0; i < 500; i++) {
    while (g->turn != seat)
      tome__os_condition_wait(&g->condition, &g->mutex);
    g->thrown++;
    g->turn = (g->turn + 1) % THREADS;
    tome__os_condition_tell(&g->condition);
  }
  tome__os_mutex_unlock(&g->mutex);
}

static void a_condition_wakes_all_who_wait(void **state) {
  (void)state;
  os_thread threads[THREADS];
  game g = {.turn = 0};
  tome__os_mutex_init(&g.mutex);
  tome__os_condition_init(&g.condition);
  start_all(threads, play, &g);
  join_all(threads);
  must_equal(g.thrown, THREADS * 500);
  tome__os_condition_destroy(&g.condition);
  tome__os_mutex_destroy(&g.mutex);
}

static void store_seven(void *context) {
  *(int *)context = 7;
}

static void what_a_thread_stored_is_seen_after_its_end(void **state) {
  (void)state;
  for (int i = 0; i < 100; i++) {
    os_thread thread;
    int stored = 0;
    must_refuse(tome__os_thread_start(&thread, store_seven, &stored), 0);
    tome__os_thread_join(thread);
    must_equal(stored, 7);
  }
}

static void wait_for_word(void *context) {
  atomic_int *word = context;
  while (atomic_load(word) == 0)
    tome__os_yield();
  atomic_store(word, 2);
}

static void a_thread_runs_beside_its_starter(void **state) {
  (void)state;
  os_thread thread;
  atomic_int word = 0;
  must_refuse(tome__os_thread_start(&thread, wait_for_word, &word), 0);
  atomic_store(&word, 1);
  while (atomic_load(&word) != 2)
    tome__os_yield();
  tome__os_thread_join(thread);
}

static void there_is_a_processor(void **state) {
  (void)state;
  must(tome__os_processors() >= 1);
}

static void signals_are_as_before(void **state) {
  (void)state;
  os_signals outer, inner;
  tome__os_signals_block(&outer);
  tome__os_signals_block(&inner);
  tome__os_signals_restore(&inner);
  tome__os_signals_restore(&outer);
}

/* Dekker's handshake: of two that each announce themselves and then look at the other, one must see the other. With the
 * barrier on one side OS_FENCE() is enough on the other, which is a compiler's order where the barrier reaches all threads. */
typedef struct handshake {
  atomic_int announced[2], saw, round, done;
} handshake;

static void look_cheaply(void *context) {
  handshake *h = context;
  for (int round = 1; round <= 200; round++) {
    while (atomic_load(&h->round) != round)
      tome__os_yield();
    atomic_store_explicit(&h->announced[0], 1, memory_order_relaxed);
    OS_FENCE();
    atomic_store_explicit(&h->saw, atomic_load_explicit(&h->announced[1], memory_order_relaxed),
                          memory_order_relaxed);
    atomic_store(&h->done, round);
  }
}

static void the_barrier_is_passed_by_every_thread(void **state) {
  (void)state;
  os_thread thread;
  handshake h = {0};
  must_refuse(tome__os_thread_start(&thread, look_cheaply, &h), 0);
  for (int round = 1; round <= 200; round++) {
    atomic_store(&h.announced[0], 0);
    atomic_store(&h.announced[1], 0);
    atomic_store(&h.round, round);
    atomic_store_explicit(&h.announced[1], 1, memory_order_relaxed);
    tome__os_barrier();
    int saw = atomic_load_explicit(&h.announced[0], memory_order_relaxed);
    while (atomic_load(&h.done) != round)
      tome__os_yield();
    note("round %d", round);
    must(saw || atomic_load(&h.saw));
  }
  tome__os_thread_join(thread);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
      TEST(a_mutex_lets_in_one_at_a_time),
      TEST(a_condition_wakes_all_who_wait),
      TEST(what_a_thread_stored_is_seen_after_its_end),
      TEST(a_thread_runs_beside_its_starter),
      TEST(there_is_a_processor),
      TEST(signals_are_as_before),
      TEST(the_barrier_is_passed_by_every_thread),
  };
  return run_matching(tests, argc, argv);
}
