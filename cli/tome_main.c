/* tome: files of any size as memory, from the shell. Finds the verb and runs it.
 *
 * Standard output gets the answer and nothing else, standard error the rest. A reader that goes
 * away ends the command by SIGPIPE, quietly; any other failure to write the answer is an error. */
#include <stdio.h>
#include <string.h>

#include <tome/tome.h>

#include "arguments.h"
#include "bench_run.h"
#include "child_process.h"
#include "complain.h"
#include "standard_output.h"
#include "streams.h"
#include "system_text.h"
#include "verb.h"

static const struct verb *const verbs[] = {&verb_info,  &verb_slice,  &verb_read,    &verb_find,
                                           &verb_grep,  &verb_lines,  &verb_between, &verb_tail,
                                           &verb_put,   &verb_append, &verb_resize,  &verb_warm,
                                           &verb_evict, &verb_lock,   &verb_bench};
#define VERB_COUNT (sizeof verbs / sizeof verbs[0])

static const char introduction[] =
    "Usage: tome VERB [OPTION]... FILE...\n"
    "Files of any size as memory: read, search, change and grow them in place.\n"
    "\n";

static const char notes[] =
    "\n"
    "  tome VERB --help     more about a verb, with examples; also: tome help VERB\n"
    "  tome --version       the version\n"
    "\n"
    "Sizes and offsets are written 4096, 0x1000, 64K or 64KiB (K, M, G, T, P, E: times\n"
    "1024; also k), 64kB, 64KB or 1MB (times 1000). A negative offset counts from the end.\n"
    "Options may stand anywhere; -- ends them. Verbs that only read, except bench, take -\n"
    "for a file that standard input is redirected from; grep and tail take a pipe, too.\n"
    "Exit status: 0 done (find: found), 1 not found (warm, evict: not all), 2 error.\n";

static void print_help(FILE *stream) {
  fputs(introduction, stream);
  for (size_t i = 0; i < VERB_COUNT; i++)
    fprintf(stream, "  %-8s %s\n", verbs[i]->name, verbs[i]->summary);
  fputs(notes, stream);
}

static int run_verb(const char *name, int argc, char **argv) {
  for (size_t i = 0; i < VERB_COUNT; i++)
    if (strcmp(verbs[i]->name, name) == 0) {
      struct arguments args;
      arguments_begin(&args, verbs[i], argc, argv);
      return verbs[i]->run(&args);
    }
  complain(name, "unknown %s", name[0] == '-' ? "option" : "verb");
  fputs("Try \"tome --help\".\n", stderr);
  return STATUS_ERROR;
}

/* argv[0] is "help". */
static int run_help(int argc, char **argv) {
  char option[] = "--help";
  if (argc > 2) {
    complain(argv[0], "one VERB only");
    return STATUS_ERROR;
  }
  if (argc == 2)
    return run_verb(argv[1], 2, (char *[]){argv[1], option, NULL});
  print_help(stdout);
  return STATUS_OK;
}

static int asks_for_help(const char *word) {
  return strcmp(word, "help") == 0 || strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

static int run(int argc, char **argv) {
  if (argc < 2) {
    print_help(stderr);
    return STATUS_ERROR;
  }
  if (asks_for_help(argv[1]))
    return run_help(argc - 1, argv + 1);
  if (strcmp(argv[1], "--version") == 0) {
    printf("tome %s\n", tome_version());
    return STATUS_OK;
  }
  return run_verb(argv[1], argc - 1, argv + 1);
}

int main(int argc, char **argv) {
  int status;
  streams_begin();
  system_arguments(&argc, &argv);
  if (child_serve(bench_child, argc, argv, &status))
    return status;
  return standard_output_finish(run(argc, argv));
}
