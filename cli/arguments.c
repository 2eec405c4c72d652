/* getopt_long() is asked for one option at a time and never sees an operand: they are taken out of
 * its way first. So a negative offset such as -10: is an operand, though it begins like an option.
 * Digits are options only of a verb that lists them. */
#include "arguments.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "complain.h"

void arguments_begin(struct arguments *args, const struct verb *verb, int argc, char **argv) {
  *args = (struct arguments){.verb = verb, .argc = argc, .argv = argv, .operands = argv + 1};
  opterr = 0;
  optind = 1;
}

static int is_operand(const struct verb *verb, const char *text) {
  if (text[0] != '-' || text[1] == '\0')
    return 1;
  return isdigit((unsigned char)text[1]) && !strchr(verb->short_options, text[1]);
}

/* Operands move to the front of argv, over what has been dealt with already. */
static void take_operands(struct arguments *args, int all) {
  while (optind < args->argc && (all || is_operand(args->verb, args->argv[optind])))
    args->operands[args->operand_count++] = args->argv[optind++];
}

static const char *long_name(const struct verb *verb, int value) {
  for (const struct option *option = verb->long_options; option->name; option++)
    if (option->val == value)
      return option->name;
  return NULL;
}

/* The first long option from `option` on that begins as `given` does; NULL: none. */
static const struct option *next_match(const struct option *option, const char *given) {
  size_t length = strcspn(given, "=");
  while (option->name && strncmp(option->name, given, length) != 0)
    option++;
  return option->name ? option : NULL;
}

static int refuse_long_option(const struct arguments *args, const char *given) {
  const struct option *first = next_match(args->verb->long_options, given);
  const struct option *second = first ? next_match(first + 1, given) : NULL;
  if (second)
    return arguments_refuse(args, "ambiguous option --%s: --%s or --%s?", given, first->name,
                            second->name);
  return arguments_refuse(args, "unknown option --%s", given);
}

static int refuse_option(const struct arguments *args, int missing_value) {
  int past = optind > args->argc; /* where some go for a value that is missing */
  const char *given = args->argv[past ? args->argc - 1 : optind - 1];
  const char *name = optopt ? long_name(args->verb, optopt) : NULL;
  int is_long = strncmp(given, "--", 2) == 0;
  if (is_long &&
      strchr(given, '=')) /* some say of a value too many what they say of a missing one */
    missing_value = 0;
  if (missing_value && !is_long)
    return arguments_refuse(args, "-%c wants a value", optopt);
  if (missing_value)
    return arguments_refuse(args, "--%s wants a value", name);
  if (name)
    return arguments_refuse(args, "--%s takes no value", name);
  if (!is_long && isprint(optopt))
    return arguments_refuse(args, "unknown option -%c", optopt);
  return is_long ? refuse_long_option(args, given + 2)
                 : arguments_refuse(args, "unknown option %s", given);
}

/* A verb may use the letter h for something else; its --help has a number then. */
static int is_help(const struct verb *verb, int option) {
  const struct option *long_option = verb->long_options;
  while (long_option->name && strcmp(long_option->name, "help") != 0)
    long_option++;
  return option == long_option->val;
}

int arguments_next(struct arguments *args) {
  take_operands(args, 0);
  int option = getopt_long(args->argc, args->argv, args->verb->short_options,
                           args->verb->long_options, NULL);
  if (is_help(args->verb, option)) {
    fputs(args->verb->help, stdout);
    args->status = STATUS_OK;
    return -1;
  }
  switch (option) {
  case -1:
    take_operands(args, 1);
    return 0;
  case '?':
  case ':':
    args->status = refuse_option(args, option == ':');
    return -1;
  default:
    return option;
  }
}

int arguments_refuse(const struct arguments *args, const char *format, ...) {
  va_list values;
  va_start(values, format);
  complain_values(args->verb->name, format, values);
  va_end(values);
  fprintf(stderr, "Try \"tome %s --help\".\n", args->verb->name);
  return STATUS_ERROR;
}

int arguments_size(const struct arguments *args, const char *text, uint64_t *ret) {
  const char *wrong = size_parse(text, strlen(text), ret);
  return wrong ? arguments_refuse(args, "\"%s\" %s", text, wrong) : 0;
}

int arguments_count(const struct arguments *args, const char *text, uint64_t *ret) {
  const char *wrong = count_parse(text, strlen(text), ret);
  return wrong ? arguments_refuse(args, "\"%s\" %s", text, wrong) : 0;
}

int arguments_position(const struct arguments *args, const char *text, struct position *ret) {
  const char *wrong = position_parse(text, strlen(text), ret);
  return wrong ? arguments_refuse(args, "\"%s\" %s", text, wrong) : 0;
}
