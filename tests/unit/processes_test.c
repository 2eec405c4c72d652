/* Several processes on one file: appends are never lost, and a kill leaves an exact length. */
#include "test_support.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PROCESSES = 4, RECORDS = 1000, LONGEST = 300 };

/* What the appending processes tell the test about each record. */
typedef struct shared_log {
  uint64_t offsets[PROCESSES][RECORDS];
} shared_log;

static shared_log *new_log(void) {
  void *memory =
      mmap(NULL, sizeof(shared_log), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  must(memory != MAP_FAILED);
  return memory;
}

/* A record that no two writers have in common: its author, its number, and bytes that follow from both. */
static size_t make_record(unsigned author, unsigned number, char *record) {
  size_t length = 20 + (author * 7919u + number * 104729u) % (LONGEST - 20);
  memset(record, 'a' + (int)((author + number) % 26), length);
  int head = snprintf(record, 20, "<%u:%u:", author, number);
  record[head] = '-';
  record[length - 1] = '>';
  return length;
}

typedef struct author {
  unsigned number;
  shared_log *log;
  const char *path;
} author;

static void append_records(void *context) {
  const author *self = context;
  char record[LONGEST], got[LONGEST];
  tome *map = open_map(self->path, TOME_WRITE);
  for (unsigned i = 0; i < RECORDS; i++) {
    size_t length = make_record(self->number, i, record);
    uint64_t *at = &self->log->offsets[self->number][i];
    must_succeed(tome_append(map, record, length, at));
    must_succeed(tome_read(map, *at, got, length));
    must_be_bytes(got, record, length);
  }
  must_succeed(tome_close(map));
}

static void append_records_by_write(void *context) {
  const author *self = context;
  char record[LONGEST];
  int fd = open(self->path, O_WRONLY | O_APPEND);
  must(fd >= 0);
  for (unsigned i = 0; i < RECORDS; i++) {
    size_t length = make_record(self->number, i, record);
    must_equal(write(fd, record, length), length);
    self->log->offsets[self->number][i] = (uint64_t)lseek(fd, 0, SEEK_CUR) - length;
  }
}

static void must_hold_every_record(const char *path, const shared_log *log) {
  size_t length, total = 0;
  char *bytes = read_file(path, &length);
  for (unsigned who = 0; who < PROCESSES; who++)
    for (unsigned i = 0; i < RECORDS; i++) {
      char record[LONGEST];
      size_t size = make_record(who, i, record);
      note("record %u of process %u", i, who);
      must(log->offsets[who][i] + size <= length);
      must_be_bytes(bytes + log->offsets[who][i], record, size);
      total += size;
    }
  must_equal(length, total);
  free(bytes);
}

static void must_append_together(child_function *last) {
  char path[512];
  strcpy(path, make_file("log", "", 0));
  shared_log *log = new_log();
  author authors[PROCESSES];
  pid_t children[PROCESSES];
  for (unsigned i = 0; i < PROCESSES; i++) {
    authors[i] = (author){i, log, path};
    children[i] = start_child(i == PROCESSES - 1 ? last : append_records, &authors[i]);
  }
  for (unsigned i = 0; i < PROCESSES; i++)
    finish_child(children[i]);
  must_hold_every_record(path, log);
  must_equal(munmap(log, sizeof *log), 0);
}

static void appends_of_four_processes_are_all_there_where_they_were_said_to_be(void **state) {
  (void)state;
  must_append_together(append_records);
}

static void appends_mix_with_those_of_programs_that_know_nothing_of_tome(void **state) {
  (void)state;
  must_append_together(append_records_by_write);
}

/* ---- kill -9 ---- */

static void append_for_ever(void *path) {
  tome *map = open_map(path, TOME_WRITE);
  dice any = dice_from(7);
  for (uint64_t end = 0;;) {
    size_t length = 1 + roll(&any, 3000);
    void *bytes = new_pattern(end, length);
    must_succeed(tome_append(map, bytes, length, NULL));
    end += length;
    free(bytes);
  }
}

static void write_past_the_end_for_ever(void *path) {
  tome *map = open_map(path, TOME_WRITE | TOME_GROW);
  for (uint64_t end = 0;;) {
    void *bytes = new_pattern(end, 1500);
    must_succeed(tome_write(map, end, bytes, 1500));
    end += 1500;
    free(bytes);
  }
}

/* Killed once the file is long enough, at whatever instruction that is. */
static void kill_when_longer(pid_t child, const char *path, uint64_t length) {
  int status;
  while (file_length(path) < length)
    must_equal(waitpid(child, &status, WNOHANG), 0);
  must_equal(kill(child, SIGKILL), 0);
  must_equal(waitpid(child, &status, 0), child);
  must(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void must_leave_a_beginning(child_function *grow) {
  for (unsigned round = 0; round < 25; round++) {
    char path[512];
    strcpy(path, make_file("file", "", 0));
    kill_when_longer(start_child(grow, path), path, round * 4001);
    note("round %u", round);
    uint64_t length = file_length(path);
    must(length >= round * 4001);
    must_be_pattern_file(path, length);
    tome *map = open_map(path, TOME_READ);
    must_equal(tome_size(map), length);
    must_read_pattern(map, 0, length);
    must_succeed(tome_close(map));
  }
}

static void a_killed_appender_leaves_no_byte_that_it_did_not_append(void **state) {
  (void)state;
  must_leave_a_beginning(append_for_ever);
}

static void a_killed_grower_leaves_no_byte_that_it_did_not_write(void **state) {
  (void)state;
  must_leave_a_beginning(write_past_the_end_for_ever);
}

/* ---- maps across fork ---- */

static void use_inherited_map(void *context) {
  tome *map = context;
  char got[4];
  must_succeed(tome_read(map, 0, got, 4));
  must_be_pattern(got, 0, 4);
  must_succeed(tome_write(map, 1, "kid", 3));
  must_succeed(tome_append(map, "appended", 8, NULL));
  must_succeed(tome_close(map));
}

static void a_child_uses_and_closes_its_parents_map(void **state) {
  (void)state;
  const char *path = make_pattern_file("file", 2 * PAGE);
  tome *map = open_map(path, TOME_WRITE);
  char got[8];
  must_read_pattern(map, 0, 2 * PAGE);
  in_child(use_inherited_map, map);
  must_succeed(tome_read(map, 1, got, 3));
  must_be_bytes(got, "kid", 3);
  must_succeed(tome_read(map, 2 * PAGE, got, 8));
  must_be_bytes(got, "appended", 8);
  must_succeed(tome_close(map));
}

static void append_through_the_parents_map(void *context) {
  const author *self = context;
  char record[LONGEST];
  tome *map = (tome *)(uintptr_t)self->path;
  for (unsigned i = 0; i < RECORDS; i++) {
    size_t length = make_record(self->number, i, record);
    must_succeed(tome_append(map, record, length, &self->log->offsets[self->number][i]));
  }
}

/* Parent and children share one open file description: its offset must not mislead an append. */
static void children_append_through_one_inherited_map(void **state) {
  (void)state;
  char path[512];
  strcpy(path, make_file("log", "", 0));
  shared_log *log = new_log();
  tome *map = open_map(path, TOME_WRITE);
  author authors[PROCESSES];
  pid_t children[PROCESSES];
  for (unsigned i = 0; i < PROCESSES; i++) {
    authors[i] = (author){i, log, (const char *)map};
    children[i] = start_child(append_through_the_parents_map, &authors[i]);
  }
  for (unsigned i = 0; i < PROCESSES; i++)
    finish_child(children[i]);
  must_hold_every_record(path, log);
  must_succeed(tome_refresh(map));
  must_equal(tome_size(map), file_length(path));
  must_succeed(tome_close(map));
  must_equal(munmap(log, sizeof *log), 0);
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(appends_of_four_processes_are_all_there_where_they_were_said_to_be),
      TEST(appends_mix_with_those_of_programs_that_know_nothing_of_tome),
      TEST(a_killed_appender_leaves_no_byte_that_it_did_not_append),
      TEST(a_killed_grower_leaves_no_byte_that_it_did_not_write),
      TEST(a_child_uses_and_closes_its_parents_map),
      TEST(children_append_through_one_inherited_map),
  };
  return run_matching(tests, count, arguments);
}
