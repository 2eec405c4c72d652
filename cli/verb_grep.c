/* tome grep: the lines of files in which something matches. The options mean what they mean to GNU grep, and the answer is the
 * same to the byte as that of grep -a in the C locale. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tome/tome.h>

#include "arguments.h"
#include "color_choice.h"
#include "complain.h"
#include "grep_file.h"
#include "grep_patterns.h"
#include "grep_request.h"
#include "standard_output.h"
#include "streams.h"

enum {
  OPTION_COLOR = OPTION_FIRST,
  OPTION_JSON,
  OPTION_LINE_BUFFERED,
  OPTION_NO_IGNORE_CASE,
  OPTION_LONG_HELP
};

static const char help[] =
    "Usage: tome grep [-F|-E] [-i] [-v] [-w] [-x] [-c] [-l] [-L] [-q] [-o] [-n] [-b] [-H] [-h]\n"
    "                 [-Z] [-s] [-m N] [-A N] [-B N] [-C N] [--color[=WHEN]] [--json]\n"
    "                 [--line-buffered] [-e PATTERN] [-f FILE] [PATTERN] [FILE]...\n"
    "Print the lines that match PATTERN. With several files each line begins with FILE and a\n"
    "colon. Without FILE, or where it is -, standard input is searched. Files are searched by\n"
    "all processors at once. Options mean what they mean to GNU grep, and print what it does\n"
    "with -a in the C locale.\n"
    "\n"
    "  -E, --extended-regexp     PATTERN is a regular expression; so it is without -F\n"
    "  -F, --fixed-strings       PATTERN is plain text\n"
    "  -e, --regexp=PATTERN      lines that match this; may be given several times\n"
    "  -f, --file=FILE           patterns from FILE, one a line\n"
    "  -i, --ignore-case         a-z and A-Z are the same\n"
    "  -v, --invert-match        lines that do not match\n"
    "  -w, --word-regexp         what matches is a whole word\n"
    "  -x, --line-regexp         what matches is a whole line\n"
    "  -c, --count               print only how many lines there are, for each file\n"
    "  -l, --files-with-matches  print only the names of files that have such lines\n"
    "  -L, --files-without-match print only the names of files that have none\n"
    "  -q, --quiet               print nothing; end at the first line, with status 0\n"
    "  -o, --only-matching       print only what matches, each match on a line of its own\n"
    "  -m, --max-count=N         stop after N lines in each file\n"
    "  -n, --line-number         print the number of each line\n"
    "  -b, --byte-offset         print the offset of each line, or with -o of each match\n"
    "  -H, --with-filename       print the name of the file with each line\n"
    "  -h, --no-filename         do not\n"
    "  -Z, --null                end names with a zero byte\n"
    "  -s, --no-messages         be silent about files that cannot be read\n"
    "  -A, --after-context=N     print N lines behind each, too\n"
    "  -B, --before-context=N    print N lines before each, too\n"
    "  -C, --context=N           both; also -N\n"
    "      --color=WHEN          mark what matches by colours: always, never, auto\n"
    "      --json                print each line as a JSON object\n"
    "      --line-buffered       do not hold lines back to write many at once\n"
    "      --help                print this text\n"
    "\n"
    "Several patterns may stand in one, a line each. Regular expressions are those of PCRE2,\n"
    "with \\< and \\> of grep; what matches is the longest of what could. Bytes are bytes: \".\"\n"
    "is one byte. FILE may be a pipe; it is searched as it comes.\n"
    "Exit status: 0 found, 1 not found in any file, 2 error (the other files are searched\n"
    "all the same).\n"
    "\n"
    "  tome grep ERROR app.log                   lines that hold ERROR\n"
    "  tome grep -c -i 'timeout|refused' *.log   how many in each\n"
    "  tome grep -n -C 3 -w panic app.log        with their numbers and neighbours\n"
    "  tome grep -F -f addresses.txt access.log  any of thousands of texts\n"
    "  tail -f app.log | tome grep ERROR\n";

/* The command line as far as it has been read. */
struct given {
  struct grep_request request;
  struct grep_patterns patterns;
  uint32_t flags; /* TOME_PATTERN_… */
  int fixed, extended, patterns_given, names_given;
  enum color_choice color;
  uint64_t context; /* -C, which -A and -B override */
  int has_context, has_before, has_after;
};

/* GNU grep 3.8 has more, which is refused with what to do instead. */
static int refuse_known(const struct arguments *args, int option) {
  switch (option) {
  case 'P':
    return arguments_refuse(args, "no -P: expressions are those of PCRE2 anyway");
  case 'G':
    return arguments_refuse(args, "no -G: expressions are extended ones; -F is plain text");
  case 'z':
    return arguments_refuse(args, "no -z: lines end with a newline");
  default:
    return arguments_refuse(args,
                            "no -%c: folders are not searched; name the files, as in find "
                            "FOLDER -type f -exec tome grep PATTERN {} +",
                            option);
  }
}

static int are_digits(const char *text) {
  return *text && text[strspn(text, "0123456789")] == '\0';
}

/* What is too large for any file is as good as the most there is. */
static int take_lines(const struct arguments *args, const char *text, uint64_t *ret) {
  if (are_digits(text) && strlen(text + strspn(text, "0")) >= 20) {
    *ret = TOME_END;
    return STATUS_OK;
  }
  return arguments_count(args, text, ret);
}

/* A negative number is no bound at all. */
static int set_most(const struct arguments *args, struct given *given) {
  given->request.most = TOME_END;
  if (optarg[0] == '-' && are_digits(optarg + 1))
    return STATUS_OK;
  return take_lines(args, optarg, &given->request.most);
}

/* -N: the first digit is the option, the others its value. */
static int set_digits(const struct arguments *args, int digit, struct given *given) {
  char number[32];
  int length = snprintf(number, sizeof number, "%c%s", digit, optarg ? optarg : "");
  if (strspn(number, "0123456789") != (size_t)length)
    return arguments_refuse(args, "-%c%s: write -C N and the other options apart", digit,
                            optarg ? optarg : "");
  given->has_context = 1;
  return take_lines(args, number, &given->context);
}

static int take_number(const struct arguments *args, int option, struct given *given) {
  switch (option) {
  case 'm':
    return set_most(args, given);
  case 'A':
    given->has_after = 1;
    return take_lines(args, optarg, &given->request.after);
  case 'B':
    given->has_before = 1;
    return take_lines(args, optarg, &given->request.before);
  default:
    given->has_context = 1;
    return take_lines(args, optarg, &given->context);
  }
}

static int take_pattern(int option, struct given *given) {
  given->patterns_given = 1;
  return option == 'e' ? grep_patterns_add(&given->patterns, optarg, strlen(optarg))
                       : grep_patterns_add_file(&given->patterns, optarg);
}

static enum grep_answer answer_of(int option) {
  return option == 'c'   ? GREP_COUNT
         : option == 'l' ? GREP_NAMES_WITH
         : option == 'L' ? GREP_NAMES_WITHOUT
                         : GREP_NOTHING;
}

/* -q outweighs -l and -L, of which the last one counts, and these outweigh -c. */
static void set_answer(struct grep_request *request, int option) {
  enum grep_answer asked = answer_of(option);
  if (request->answer != GREP_NOTHING && !(asked == GREP_COUNT && request->answer > GREP_COUNT))
    request->answer = asked;
}

/* Options that are just said. */
static int take_word(struct given *given, int option) {
  struct grep_request *request = &given->request;
  switch (option) {
  case 'E':
    given->extended = 1;
    break;
  case 'F':
    given->fixed = 1;
    break;
  case 'i':
    given->flags |= TOME_PATTERN_IGNORE_CASE;
    break;
  case OPTION_NO_IGNORE_CASE:
    given->flags &= ~TOME_PATTERN_IGNORE_CASE;
    break;
  case 'w':
    given->flags |= TOME_PATTERN_WORD;
    break;
  case 'x':
    given->flags |= TOME_PATTERN_WHOLE_LINE;
    break;
  case 'v':
    request->invert = 1;
    break;
  case 'o':
    request->only_parts = 1;
    break;
  case 'n':
    request->numbers = 1;
    break;
  case 'b':
    request->offsets = 1;
    break;
  case 'Z':
    request->null_names = 1;
    break;
  case 's':
    request->silent = 1;
    break;
  case OPTION_JSON:
    request->json = 1;
    break;
  case OPTION_LINE_BUFFERED:
    request->flush_often = 1;
    break;
  default:
    set_answer(request, option);
  }
  return STATUS_OK;
}

static int take_option(struct arguments *args, int option, struct given *given) {
  if (isdigit(option))
    return set_digits(args, option, given);
  switch (option) {
  case 'm':
  case 'A':
  case 'B':
  case 'C':
    return take_number(args, option, given);
  case 'e':
  case 'f':
    return take_pattern(option, given);
  case 'H':
  case 'h':
    given->names_given = 1;
    given->request.names = option == 'H';
    return STATUS_OK;
  case OPTION_COLOR:
    return color_choice_read(args, optarg, &given->color);
  case 'P':
  case 'G':
  case 'z':
  case 'r':
  case 'R':
    return refuse_known(args, option);
  case 'a':
    return STATUS_OK; /* all files are text */
  default:
    return take_word(given, option);
  }
}

static int take_options(struct arguments *args, struct given *given) {
  int option, status = STATUS_OK;
  while (status == STATUS_OK && (option = arguments_next(args)) != 0)
    status = option < 0 ? -1 : take_option(args, option, given);
  return status;
}

/* The first operand is the pattern unless there are others. */
static int take_operands(struct arguments *args, struct given *given) {
  if (given->fixed && given->extended)
    return arguments_refuse(args, "either -E or -F");
  if (given->request.json && (given->request.answer != GREP_LINES || given->request.only_parts))
    return arguments_refuse(args, "--json prints lines; it does not go with -c, -l, -L, -o or -q");
  if (given->patterns_given)
    return STATUS_OK;
  if (args->operand_count == 0)
    return arguments_refuse(args, "which PATTERN?");
  const char *pattern = args->operands[0];
  args->operands++;
  args->operand_count--;
  return grep_patterns_add(&given->patterns, pattern, strlen(pattern));
}

static void set_context(struct given *given) {
  struct grep_request *request = &given->request;
  request->grouped = given->has_context || given->has_before || given->has_after;
  if (!given->has_before)
    request->before = given->context;
  if (!given->has_after)
    request->after = given->context;
}

static void set_output(struct given *given, int files) {
  struct grep_request *request = &given->request;
  set_context(given);
  if (!given->names_given)
    request->names = files > 1;
  request->to_terminal = stream_is_terminal(STREAM_OUT);
  request->flush_often |= request->to_terminal;
  request->colored = !request->json && color_wanted(given->color);
  grep_colors_begin(&request->colors, getenv("GREP_COLORS"));
  if (stream_goes_nowhere(STREAM_OUT)) /* the first line is enough for the exit status */
    request->answer = GREP_NOTHING;
}

/* No patterns match nothing: everything does, the other way round. */
static int make_patterns(struct given *given) {
  struct grep_request *request = &given->request;
  if (given->patterns.count == 0) {
    request->invert = !request->invert;
    given->flags &= ~(TOME_PATTERN_WORD | TOME_PATTERN_WHOLE_LINE);
    if (grep_patterns_add(&given->patterns, "", 0) != STATUS_OK)
      return STATUS_ERROR;
  }
  if (!given->fixed)
    given->flags |= TOME_PATTERN_REGEX;
  int status = grep_patterns_make(&given->patterns, given->flags, &request->lines);
  if (status == STATUS_OK && request->answer == GREP_LINES &&
      (request->only_parts || request->colored || request->json))
    status =
        grep_patterns_make(&given->patterns, given->flags | TOME_PATTERN_LONGEST, &request->parts);
  return status;
}

/* Is it clear without a look at the files? Then grep does not open them. */
static int finds_nothing(const struct given *given) {
  const struct grep_request *request = &given->request;
  int all_match = grep_patterns_empty(&given->patterns) &&
                  !(given->flags & (TOME_PATTERN_WORD | TOME_PATTERN_WHOLE_LINE));
  return (request->most == 0 || (all_match && request->invert)) &&
         request->answer != GREP_NAMES_WITHOUT;
}

/* An error anywhere outweighs a match anywhere, but not for -q. */
static int search_files(struct grep_printer *printer, int quiet, char **files, int count) {
  int found = 0, failed = 0;
  for (int i = 0; i < count && standard_output_ok(); i++) {
    int found_here;
    int status = grep_file(printer, files[i], &found_here);
    failed |= status == STATUS_ERROR;
    found |= found_here;
    if (quiet && found)
      return STATUS_OK;
  }
  if (failed)
    return STATUS_ERROR;
  return found ? STATUS_OK : STATUS_NOT_FOUND;
}

static int search(struct given *given, char **files, int count) {
  char *standard_input[] = {(char[]){"-"}, NULL};
  struct bulk_output out;
  struct grep_printer printer = {.request = &given->request, .out = &out};
  int quiet = given->request.answer == GREP_NOTHING;
  set_output(given, count);
  if (make_patterns(given) != STATUS_OK)
    return STATUS_ERROR;
  if (finds_nothing(given))
    return STATUS_NOT_FOUND;
  if (bulk_begin(&out) < 0) {
    complain("grep", "out of memory");
    return STATUS_ERROR;
  }
  int status = search_files(&printer, quiet, count ? files : standard_input, count ? count : 1);
  bulk_end(&out);
  return status;
}

static int run(struct arguments *args) {
  struct given given = {.request.most = TOME_END, .color = COLOR_NEVER};
  int status = take_options(args, &given);
  if (status == STATUS_OK)
    status = take_operands(args, &given);
  if (status == STATUS_OK)
    status = search(&given, args->operands, args->operand_count);
  tome_pattern_free(given.request.lines);
  tome_pattern_free(given.request.parts);
  grep_patterns_end(&given.patterns);
  return status < 0 ? args->status : status;
}

static const struct option options[] = {
    {"extended-regexp", no_argument, NULL, 'E'},
    {"fixed-strings", no_argument, NULL, 'F'},
    {"basic-regexp", no_argument, NULL, 'G'},
    {"perl-regexp", no_argument, NULL, 'P'},
    {"regexp", required_argument, NULL, 'e'},
    {"file", required_argument, NULL, 'f'},
    {"ignore-case", no_argument, NULL, 'i'},
    {"no-ignore-case", no_argument, NULL, OPTION_NO_IGNORE_CASE},
    {"invert-match", no_argument, NULL, 'v'},
    {"word-regexp", no_argument, NULL, 'w'},
    {"line-regexp", no_argument, NULL, 'x'},
    {"count", no_argument, NULL, 'c'},
    {"files-with-matches", no_argument, NULL, 'l'},
    {"files-without-match", no_argument, NULL, 'L'},
    {"quiet", no_argument, NULL, 'q'},
    {"silent", no_argument, NULL, 'q'},
    {"only-matching", no_argument, NULL, 'o'},
    {"max-count", required_argument, NULL, 'm'},
    {"line-number", no_argument, NULL, 'n'},
    {"byte-offset", no_argument, NULL, 'b'},
    {"with-filename", no_argument, NULL, 'H'},
    {"no-filename", no_argument, NULL, 'h'},
    {"null", no_argument, NULL, 'Z'},
    {"no-messages", no_argument, NULL, 's'},
    {"after-context", required_argument, NULL, 'A'},
    {"before-context", required_argument, NULL, 'B'},
    {"context", required_argument, NULL, 'C'},
    {"color", optional_argument, NULL, OPTION_COLOR},
    {"colour", optional_argument, NULL, OPTION_COLOR},
    {"json", no_argument, NULL, OPTION_JSON},
    {"line-buffered", no_argument, NULL, OPTION_LINE_BUFFERED},
    {"text", no_argument, NULL, 'a'},
    {"null-data", no_argument, NULL, 'z'},
    {"recursive", no_argument, NULL, 'r'},
    {"dereference-recursive", no_argument, NULL, 'R'},
    {"help", no_argument, NULL, OPTION_LONG_HELP},
    {NULL, 0, NULL, 0}};

const struct verb verb_grep = {
    "grep",  "print the lines that match a pattern",
    help,    "+:0::1::2::3::4::5::6::7::8::9::A:B:C:EFGHLPRZabce:f:hilm:noqrsvwxz",
    options, run};
