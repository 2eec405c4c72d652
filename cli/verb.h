/* A verb: one thing the command can do. Each has a file of its own and a line in the table of
 * tome_main.c. */
#ifndef TOME_CLI_VERB_H
#define TOME_CLI_VERB_H

#include <getopt.h>

/* Exit statuses, the same as grep's. */
#define STATUS_OK 0
#define STATUS_NOT_FOUND 1
#define STATUS_ERROR 2
/* Where no signal ends who writes to nobody: what a shell shows for that signal elsewhere. */
#define STATUS_READER_GONE 141

struct arguments;

struct verb {
  const char *name;
  const char *summary;                /* its line in tome --help */
  const char *help;                   /* all of tome VERB --help */
  const char *short_options;          /* as getopt's, beginning with "+:h" */
  const struct option *long_options;  /* ends with VERB_OPTIONS_END */
  int (*run)(struct arguments *args); /* returns the exit status */
};

/* Every verb has it among its short options, too, but for grep, where -h is another option. */
#define OPTION_HELP 'h'

/* Options without a letter are numbered from here. */
#define OPTION_FIRST 256

/* What every verb's list of long options ends with. */
#define VERB_OPTIONS_END                                                                           \
  {"help", no_argument, NULL, OPTION_HELP}, {                                                      \
    NULL, 0, NULL, 0                                                                               \
  }

extern const struct verb verb_info;
extern const struct verb verb_slice;
extern const struct verb verb_read;
extern const struct verb verb_find;
extern const struct verb verb_grep;
extern const struct verb verb_lines;
extern const struct verb verb_between;
extern const struct verb verb_tail;
extern const struct verb verb_put;
extern const struct verb verb_append;
extern const struct verb verb_resize;
extern const struct verb verb_warm;
extern const struct verb verb_evict;
extern const struct verb verb_lock;
extern const struct verb verb_bench;

#endif
