#include "crowd_crew.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* ---- records ---- */

static unsigned char payload(unsigned worker, uint64_t number, size_t i) {
  return (unsigned char)(1 + (worker * 31 + number * 7 + i * 13 + i / 251) % 250);
}

void make_record(unsigned char *bytes, unsigned worker, uint64_t number, size_t length) {
  char header[RECORD_HEADER + 1];
  snprintf(header, sizeof header, "<%02u %010llu %05zu>---", worker, (unsigned long long)number,
           length);
  memcpy(bytes, header, RECORD_HEADER);
  for (size_t i = RECORD_HEADER; i < length; i++)
    bytes[i] = payload(worker, number, i);
}

typedef struct record {
  unsigned worker;
  unsigned long long number;
  size_t length;
} record;

static record parse_record(const unsigned char *bytes, size_t available) {
  char header[RECORD_HEADER + 1] = "";
  record it = {0, 0, 0};
  must(available >= RECORD_HEADER);
  memcpy(header, bytes, RECORD_HEADER);
  must(sscanf(header, "<%02u %010llu %05zu>", &it.worker, &it.number, &it.length) == 3);
  must(it.worker < MOST_WORKERS && it.length >= RECORD_HEADER && it.length <= available);
  for (size_t i = RECORD_HEADER; i < it.length; i++)
    must_equal(bytes[i], payload(it.worker, it.number, i));
  return it;
}

void must_be_record(const unsigned char *bytes, size_t length) {
  must_equal(parse_record(bytes, length).length, length);
}

static void must_hold_records(crew_board *board, const unsigned char *bytes, size_t length) {
  uint64_t next[MOST_WORKERS] = {0};
  for (size_t at = APPENDS_AT; at < length;) {
    if (bytes[at] == 0) { /* a resize made the file longer */
      at++;
      continue;
    }
    note("the record at byte %zu", at);
    record it = parse_record(bytes + at, length - at);
    must_equal(it.number, next[it.worker]);
    next[it.worker]++;
    at += it.length;
  }
  for (unsigned i = 0; i < MOST_WORKERS; i++)
    must_equal(next[i], atomic_load(&board->records[i]));
}

static void must_hold_counts(crew_board *board, const unsigned char *bytes) {
  uint64_t sum = 0, counter;
  for (unsigned i = 0; i < COUNTERS; i++) {
    memcpy(&counter, bytes + COUNTERS_AT + i * sizeof counter, sizeof counter);
    sum += counter;
  }
  must_equal(sum, atomic_load(&board->added));
}

void must_hold_everything(crew_board *board, const char *path) {
  size_t length;
  unsigned char *bytes = read_file(path, &length);
  must(length >= APPENDS_AT && length >= atomic_load(&board->size));
  must_be_pattern(bytes, 0, PATTERN_END);
  for (unsigned i = 0; i < MOST_WORKERS; i++) {
    note("region %u", i);
    must_be_bytes(bytes + REGION_AT(i), board->regions[i], REGION_BYTES);
  }
  must_hold_counts(board, bytes);
  must_hold_records(board, bytes, length);
  free(bytes);
}

/* ---- running ---- */

typedef struct crew_process {
  const crew *all;
  crew_board *board;
  const char *path;
  unsigned first, count; /* workers */
} crew_process;

typedef struct crew_thread {
  crew_worker worker;
  crew_role *role;
  pthread_t thread;
  pthread_barrier_t *start;
} crew_thread;

static void *run_worker(void *context) {
  crew_thread *it = context;
  crew_worker *self = &it->worker;
  pthread_barrier_wait(it->start);
  for (; self->round < self->rounds; self->round++)
    it->role(self);
  atomic_fetch_add(&self->board->operations, self->rounds);
  memcpy(self->board->regions[self->number], self->region, REGION_BYTES);
  return NULL;
}

static void run_process(void *context) {
  const crew_process *p = context;
  crew_thread threads[MOST_WORKERS];
  pthread_barrier_t start;
  must_equal(pthread_barrier_init(&start, NULL, p->count), 0);
  tome *map = open_map(p->path, p->all->flags);
  for (unsigned i = 0; i < p->count; i++) {
    unsigned number = p->first + i;
    threads[i] = (crew_thread){.role = p->all->roles[number], .start = &start};
    threads[i].worker = (crew_worker){
        .board = p->board, .map = map, .path = p->path, .number = number, .rounds = p->all->rounds};
    threads[i].worker.any = dice_from(number + 1);
  }
  for (unsigned i = 0; i < p->count; i++)
    must_equal(pthread_create(&threads[i].thread, NULL, run_worker, &threads[i]), 0);
  for (unsigned i = 0; i < p->count; i++)
    must_equal(pthread_join(threads[i].thread, NULL), 0);
  must_equal(pthread_barrier_destroy(&start), 0);
  int r = tome_close(map);
  must(r == 0 || (r == TOME_ELOST && atomic_load(&p->board->cuts) > 0));
}

static void make_crew_file(const char *path) {
  unsigned char *bytes = calloc(1, APPENDS_AT);
  fill_pattern(bytes, 0, PATTERN_END);
  int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
  must(fd >= 0);
  must_equal(write(fd, bytes, APPENDS_AT), APPENDS_AT);
  must_equal(close(fd), 0);
  free(bytes);
}

void run_crew(void *context) {
  const crew *all = context;
  char path[512];
  snprintf(path, sizeof path, "%s", in_dir("crowd"));
  make_crew_file(path);
  crew_board *board =
      mmap(NULL, sizeof *board, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  must(board != MAP_FAILED);
  unsigned each = all->workers / all->processes;
  crew_process processes[MOST_WORKERS];
  pid_t children[MOST_WORKERS];
  for (unsigned i = 0; i < all->processes; i++) {
    processes[i] = (crew_process){all, board, path, i * each, each};
    children[i] = start_child(run_process, &processes[i]);
  }
  for (unsigned i = 0; i < all->processes; i++)
    finish_child(children[i]);
  if (all->at_the_end)
    all->at_the_end(board, path);
  must_equal(munmap(board, sizeof *board), 0);
}
