/* What each level of flushing asks of the system, seen from outside: by strace(1), of a small program that knows of no table.
 *
 * The program is this one, called as "durability_trace_test --work DIRECTORY"; marks in the trace tell the steps apart. */
#include "emulator_limits.h"
#include "planted_bug.h"
#include "planted_calls.h"

#include "calls.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- the program that is traced ---- */

static void mark(const char *step) {
  char path[128];
  snprintf(path, sizeof path, "/nowhere/mark %s.", step);
  must(access(path, F_OK) != 0);
}

static tome *open_for_work(const char *name, uint32_t flags) {
  tome *map = NULL;
  must_succeed(tome_open(&map, name, TOME_WRITE | flags, NULL));
  return map;
}

static void work_on_existing(void) {
  static const char *const steps[] = {"start", "written", "durable"};
  tome *map = open_for_work("existing", 0);
  must_succeed(tome_append(map, "0123456789", 10, NULL));
  for (int level = 0; level < 3; level++) {
    mark(steps[level]);
    must_succeed(tome_flush(map, 2, 7, level + TOME_FLUSH_START));
  }
  mark("close");
  must_succeed(tome_close(map));
}

static void work_on_created(const char *name, const char *step, const char *again) {
  tome *map = open_for_work(name, TOME_CREATE);
  must_succeed(tome_append(map, "0123456789", 10, NULL));
  mark(step);
  must_succeed(tome_flush(map, 0, TOME_END, TOME_FLUSH_DURABLE));
  mark(again);
  must_succeed(tome_flush(map, 0, TOME_END, TOME_FLUSH_DURABLE));
  mark("close");
  must_succeed(tome_close(map));
}

static int work(const char *directory, const char *broken) {
  if (strcmp(broken, "name") == 0)
    tome__os_calls.fsync = sync_nothing;
  if (strcmp(broken, "data") == 0)
    tome__os_calls.fdatasync = sync_nothing;
  must_equal(chdir(directory), 0);
  work_on_existing();
  work_on_created("created", "create", "create again");
  work_on_created("dangling", "link", "link again");
  return 0;
}

/* ---- the trace ---- */

static const char *broken = "nothing";

static void exec_traced(void *log) {
  char self[512];
  ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
  must(n > 0);
  self[n] = '\0';
  setenv("ASAN_OPTIONS", "detect_leaks=0", 1); /* no leak can be looked for under ptrace */
  execlp("strace", "strace", "-f", "-y", "-o", (const char *)log, "-e",
         "trace=fsync,fdatasync,?sync_file_range,?sync_file_range2,syncfs,sync,msync,?access,?"
         "faccessat,?faccessat2",
         self, "--work", in_dir("."), broken, (char *)NULL);
  exit_unable("there is no strace");
}

static void run_traced(char *log) {
  int status;
  if (!starts_itself())
    exit_unable("strace cannot start a program of the emulator");
  pid_t tracer = start_child(exec_traced, log);
  must_equal(waitpid(tracer, &status, 0), tracer);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
    _exit(77);
  if (access(log, R_OK) != 0 || file_length(log) == 0)
    exit_unable("strace may not trace here");
  must_equal(status, 0);
}

/* How many lines between this mark and the next have all of these in them; NULL: any. */
static unsigned lines(const char *log, const char *step, const char *one, const char *other) {
  char line[2048], begin[128];
  unsigned found = 0;
  int inside = 0;
  FILE *trace = fopen(log, "re");
  must(trace != NULL);
  snprintf(begin, sizeof begin, "/nowhere/mark %s.", step);
  while (fgets(line, sizeof line, trace) != NULL) {
    if (strstr(line, "/nowhere/mark ") != NULL)
      inside = strstr(line, begin) != NULL;
    else if (inside && strstr(line, "sync") != NULL)
      found += (!one || strstr(line, one)) && (!other || strstr(line, other)) &&
               strstr(line, " = 0") != NULL;
  }
  fclose(trace);
  return found;
}

static void must_be_only(const char *log, const char *step, const char *call, const char *what) {
  note("step %s, %s of %s", step, call, what);
  must_equal(lines(log, step, call, what), 1);
  must_equal(lines(log, step, NULL, NULL), 1);
}

static void look_at_trace(void *unused) {
  (void)unused;
  char log[512], directory[512];
  snprintf(log, sizeof log, "%s", in_dir("trace"));
  make_pattern_file("existing", 100);
  must_equal(symlink("far", in_dir("dangling")), 0);
  must(realpath(in_dir("."), directory) != NULL);
  strcat(directory, ">");
  run_traced(log);
  must_be_only(log, "start", "sync_file_range", "/existing>");
  must_equal(lines(log, "start", "WAIT", NULL), 0);
  must_be_only(log, "written", "sync_file_range", "/existing>");
  must_equal(lines(log, "written", "WAIT_BEFORE", "WAIT_AFTER"), 1);
  must_be_only(log, "durable", "fdatasync(", "/existing>");
  must_equal(lines(log, "create", NULL, NULL), 2);
  must_equal(lines(log, "create", "fdatasync(", "/created>"), 1);
  must_equal(lines(log, "create", " fsync(", directory), 1);
  must_be_only(log, "create again", "fdatasync(", "/created>");
  must_equal(lines(log, "link", NULL, NULL), 2);
  must_equal(lines(log, "link", "fdatasync(", "/far>"), 1);
  must_equal(lines(log, "link", "syncfs(", "/far>"), 1);
  must_be_only(log, "link again", "fdatasync(", "/far>");
}

static void a_flush_makes_the_calls_of_its_level_and_no_others(void **state) {
  (void)state;
  if (!has_call("sync_file_range"))
    skip_because("the calls looked for are those that Linux has");
  in_child(look_at_trace, NULL);
}

static void break_name(void) {
  broken = "name";
}

static void break_data(void) {
  broken = "data";
}

static void a_name_that_is_not_synced_is_found_from_outside(void **state) {
  (void)state;
  must_find_bug("a name that is not synced, seen by strace", break_name, look_at_trace, NULL);
}

static void a_flush_that_does_not_sync_is_found_from_outside(void **state) {
  (void)state;
  must_find_bug("a flush that does not sync, seen by strace", break_data, look_at_trace, NULL);
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(a_flush_makes_the_calls_of_its_level_and_no_others),
      TEST(a_name_that_is_not_synced_is_found_from_outside),
      TEST(a_flush_that_does_not_sync_is_found_from_outside),
  };
  if (count == 4 && strcmp(arguments[1], "--work") == 0)
    return work(arguments[2], arguments[3]);
  return run_matching(tests, count, arguments);
}
