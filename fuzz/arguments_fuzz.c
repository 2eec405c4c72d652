/* The fuzz target of the command: an input is its arguments, separated by NULs, and the command is run in this process.
 *
 * It runs in an empty directory of its own, on one small file; arguments that could name anything elsewhere are not run. No file
 * may become longer than a few pages. What must hold whatever the arguments are: the documented statuses; a message on standard
 * error when it failed and only then; standard output empty where the verb has no answer; the file as it was unless a verb
 * that changes it ended well; no descriptor left open. */
#include "calls.h"
#include "fuzz_input.h"

#include <dirent.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_ARGUMENTS = 16, MOST_TEXT = 512, FILE_BYTES = 600, LONGEST_FILE = 64 * 1024 };

/* The command's main(), renamed by the build. */
int tome_command_main(int argc, char **argv);

typedef struct command_line {
  char text[MOST_TEXT + 1];
  char *argv[MOST_ARGUMENTS + 2];
  int argc;
} command_line;

static const char file_name[] = "file";
static char directory[128];
static unsigned char content[FILE_BYTES];
static struct { int home, directory, file, input, output, errors, real_output, real_errors; } fd;

/* ---- the place it runs in ---- */

_Noreturn static void wrong(const char *what, int status) {
  dup2(fd.real_output, STDOUT_FILENO);
  dup2(fd.real_errors, STDERR_FILENO);
  fprintf(stderr, "WRONG: %s (status %d)\n", what, status);
  abort();
}

static void remove_directory(void) {
  unlinkat(fd.directory, file_name, 0);
  rmdir(directory);
}

/* Where no file may become longer than it says here, without a signal for whoever tries. */
static int limit_files(int resource, struct rlimit *ret_limit) {
  (void)resource;
  *ret_limit = (struct rlimit){LONGEST_FILE, LONGEST_FILE};
  return 0;
}

static int memory_file(const char *bytes) {
  int memory = memfd_create("tome-fuzz", MFD_CLOEXEC);
  if (memory < 0 || write(memory, bytes, strlen(bytes)) < 0)
    abort();
  return memory;
}

static void make_directory(void) {
  const char *base = getenv("TMPDIR");
  snprintf(directory, sizeof directory, "%s/tome-fuzz-XXXXXX", base ? base : "/dev/shm");
  if (!mkdtemp(directory))
    abort();
  fd.home = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  fd.directory = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  atexit(remove_directory);
  for (int i = 0; i < FILE_BYTES; i++)
    content[i] = (unsigned char)(i < 400 ? "ab\nabc"[i % 6] : i * 31);
  fd.file = openat(fd.directory, file_name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd.file < 0 || pwrite(fd.file, content, FILE_BYTES, 0) != FILE_BYTES)
    abort();
}

void __sanitizer_set_report_fd(void *to) __attribute__((weak));

static void begin_once(void) {
  static int begun;
  if (begun)
    return;
  begun = 1;
  fd.real_output = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 100);
  fd.real_errors = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 100);
  fd.input = memory_file("standard input\n");
  fd.output = memory_file("");
  fd.errors = memory_file("");
  if (__sanitizer_set_report_fd)
    __sanitizer_set_report_fd((void *)(intptr_t)fd.real_errors);
  tome__os_calls.getrlimit = limit_files;
  unsetenv("XDG_CACHE_HOME"); /* nothing is kept outside the directory */
  unsetenv("HOME");
  make_directory();
}

/* ---- arguments ---- */

static void split(command_line *line, const uint8_t *data, size_t size) {
  static char command[] = "tome";
  size = size < MOST_TEXT ? size : MOST_TEXT;
  memcpy(line->text, data, size);
  line->text[size] = '\0';
  line->argv[0] = command;
  line->argc = 1;
  for (char *at = line->text; at < line->text + size && line->argc <= MOST_ARGUMENTS;
       at += strlen(at) + 1)
    line->argv[line->argc++] = at;
  line->argv[line->argc] = NULL;
}

/* The verb that will run; "" for none. */
static const char *verb_of(const command_line *line) {
  return line->argc > 1 ? line->argv[1] : "";
}

/* tail that follows does not end, and an index is kept outside the directory; however the option was abbreviated or put together
 * with others. */
static int is_refused_option(const char *verb, const char *text) {
  if (text[0] != '-')
    return 0;
  if (strcmp(verb, "tail") == 0)
    return strpbrk(text, "fF") != NULL || strncmp(text, "--r", 3) == 0;
  return strcmp(verb, "lines") == 0 && strncmp(text, "--i", 3) == 0;
}

/* A name without a slash lies in the directory, unless it is that of its parent. tome bench, for which other processes are
 * started and minutes may pass, is run without a file that it could measure. */
static int may_run(const command_line *line) {
  const char *verb = verb_of(line);
  int is_bench = strcmp(verb, "bench") == 0;
  for (int i = 1; i < line->argc; i++) {
    const char *text = line->argv[i];
    if (strchr(text, '/') || strcmp(text, "..") == 0 || is_refused_option(verb, text) ||
        (is_bench && strcmp(text, file_name) == 0))
      return 0;
  }
  return 1;
}

static int changes_files(const char *verb) {
  return strcmp(verb, "put") == 0 || strcmp(verb, "append") == 0 || strcmp(verb, "resize") == 0;
}

/* --create, however it was abbreviated. */
static int may_create(const command_line *line) {
  for (int i = 1; i < line->argc; i++)
    if (strncmp(line->argv[i], "--c", 3) == 0)
      return changes_files(verb_of(line));
  return 0;
}

/* ---- a run ---- */

static void put_aside(int capture, int stream) {
  if (ftruncate(capture, 0) != 0 || lseek(capture, 0, SEEK_SET) != 0 || dup2(capture, stream) < 0)
    abort();
}

/* getopt_long(3) remembers where it is in the arguments of the run before. */
static void forget_options(void) {
  static char name[] = "tome";
  char *const none[] = {name, NULL};
  optind = 0;
  (void)getopt(1, none, "");
}

static int lowest_descriptor(void) {
  int lowest = fcntl(fd.file, F_DUPFD_CLOEXEC, 0);
  close(lowest);
  return lowest;
}

static int run(command_line *line) {
  fflush(stdout);
  put_aside(fd.output, STDOUT_FILENO);
  put_aside(fd.errors, STDERR_FILENO);
  int real_input = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 100);
  lseek(fd.input, 0, SEEK_SET);
  dup2(fd.input, STDIN_FILENO);
  forget_options();
  if (fchdir(fd.directory) != 0)
    abort();
  int status = tome_command_main(line->argc, line->argv);
  if (fchdir(fd.home) != 0)
    abort();
  dup2(fd.real_output, STDOUT_FILENO);
  dup2(fd.real_errors, STDERR_FILENO);
  if (real_input >= 0)
    dup2(real_input, STDIN_FILENO);
  close(real_input >= 0 ? real_input : STDIN_FILENO);
  return status;
}

/* ---- what must hold ---- */

static uint64_t length_of(int file) {
  struct stat status;
  return fstat(file, &status) == 0 ? (uint64_t)status.st_size : 0;
}

static int file_is_as_it_was(void) {
  unsigned char now[FILE_BYTES];
  return length_of(fd.file) == FILE_BYTES && pread(fd.file, now, FILE_BYTES, 0) == FILE_BYTES &&
         memcmp(now, content, FILE_BYTES) == 0;
}

/* A line that there is not is told, too. */
static void check_messages(const char *verb, int status) {
  char begin[8] = "";
  uint64_t length = length_of(fd.errors);
  ssize_t got = pread(fd.errors, begin, sizeof begin - 1, 0);
  int told = status == 2 || (status == 1 && strcmp(verb, "lines") == 0);
  if (told != (length > 0))
    wrong(length > 0 ? "a message without an error" : "an error without a message", status);
  if (status == 2 &&
      (got < 6 || (strncmp(begin, "tome: ", 6) != 0 && strncmp(begin, "Usage:", 6) != 0)))
    wrong("a message that does not begin as all do", status);
}

static int may_find_nothing(const char *verb) {
  static const char *const verbs[] = {"find", "grep", "lines", "between"};
  for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
    if (strcmp(verb, verbs[i]) == 0)
      return 1;
  return 0;
}

static void check(const command_line *line, int status) {
  const char *verb = verb_of(line);
  if (status < 0 || status > 2 || (status == 1 && !may_find_nothing(verb)))
    wrong("a status that is not documented", status);
  check_messages(verb, status);
  if (status == 2 && changes_files(verb) && length_of(fd.output) > 0)
    wrong("an error, and an answer", status);
  if ((status == 2 || !changes_files(verb)) && !file_is_as_it_was())
    wrong("the file was changed", status);
}

static void tidy_up(const command_line *line) {
  if (!file_is_as_it_was() && (ftruncate(fd.file, FILE_BYTES) != 0 ||
                               pwrite(fd.file, content, FILE_BYTES, 0) != FILE_BYTES))
    abort();
  if (!may_create(line))
    return;
  DIR *entries = opendir(directory);
  if (!entries)
    abort();
  for (struct dirent *entry; (entry = readdir(entries)) != NULL;)
    if (strcmp(entry->d_name, file_name) != 0)
      unlinkat(fd.directory, entry->d_name, 0);
  closedir(entries);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static command_line line;
  begin_once();
  split(&line, data, size);
  if (!may_run(&line))
    return 0;
  command_line given = line; /* the command moves its arguments about */
  for (int i = 1; i < given.argc; i++)
    given.argv[i] = given.text + (line.argv[i] - line.text);
  int lowest = lowest_descriptor();
  int status = run(&line);
  check(&given, status);
  if (lowest_descriptor() != lowest)
    wrong("a descriptor was left open", status);
  tidy_up(&given);
  return 0;
}
