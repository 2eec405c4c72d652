/* A verb's command line: options anywhere, operands collected in order, `--` ends options. */
#ifndef TOME_CLI_ARGUMENTS_H
#define TOME_CLI_ARGUMENTS_H

#include <stdint.h>

#include "size_text.h"
#include "verb.h"

struct arguments {
  const struct verb *verb;
  int argc;
  char **argv;     /* argv[0] is the verb; operands are gathered from operands[0] on */
  char **operands; /* complete once arguments_next() has returned 0 */
  int operand_count;
  int status; /* the exit status, once arguments_next() has returned less than 0 */
};

void arguments_begin(struct arguments *args, const struct verb *verb, int argc, char **argv);

/* The next option, its value in optarg; 0 when all are done; less than 0 when the verb has nothing
 * more to do than to return args->status (help was printed, or an option was refused). */
int arguments_next(struct arguments *args);

/* Complain about how the verb was called and point to its help. Returns STATUS_ERROR. */
int arguments_refuse(const struct arguments *args, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Read a size, a count or a position. Return 0, or complain and return STATUS_ERROR. */
int arguments_size(const struct arguments *args, const char *text, uint64_t *ret);
int arguments_count(const struct arguments *args, const char *text, uint64_t *ret);
int arguments_position(const struct arguments *args, const char *text, struct position *ret);

#endif
