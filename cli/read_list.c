/* OFFSET, OFFSET LENGTH, or START:END as in tome slice and as tome find --slice prints it. */
#include "read_list.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "complain.h"
#include "input_file.h"

/* Characters that have not been read yet, and what is wrong with the first of them. */
struct text {
  const char *at;
  size_t length;
  const char *wrong; /* NULL: nothing */
};

static int is_blank(char byte) {
  return byte == ' ' || byte == '\t' || byte == '\r';
}

static void trim(struct text *text) {
  while (text->length > 0 && is_blank(text->at[0])) {
    text->at++;
    text->length--;
  }
  while (text->length > 0 && is_blank(text->at[text->length - 1]))
    text->length--;
}

static size_t word_length(const struct text *text) {
  size_t length = 0;
  while (length < text->length && !is_blank(text->at[length]))
    length++;
  return length;
}

static struct text part(const char *at, size_t length) {
  return (struct text){.at = at, .length = length};
}

/* As in Python's slices an end that is missing is the end of the file. */
static struct text parse_position(struct text text, struct position *ret) {
  if (text.length > 0)
    text.wrong = position_parse(text.at, text.length, ret);
  return text;
}

static struct text parse_slice(struct text text, const char *colon, struct read_wish *ret) {
  size_t before = (size_t)(colon - text.at);
  ret->has_end = 1;
  ret->end = (struct position){.value = UINT64_MAX};
  struct text start = parse_position(part(text.at, before), &ret->start);
  return start.wrong ? start : parse_position(part(colon + 1, text.length - before - 1), &ret->end);
}

/* Returns the characters that something is wrong with. */
static struct text parse_wish(struct text text, uint64_t length, struct read_wish *ret) {
  *ret = (struct read_wish){.length = length};
  size_t first = word_length(&text);
  const char *colon = memchr(text.at, ':', text.length);
  if (colon)
    return parse_slice(text, colon, ret);
  struct text start = part(text.at, first), rest = part(text.at + first, text.length - first);
  start.wrong = position_parse(start.at, start.length, &ret->start);
  if (start.wrong)
    return start;
  trim(&rest);
  if (rest.length > 0)
    rest.wrong = size_parse(rest.at, rest.length, &ret->length);
  return rest;
}

/* The text up to the next comma; *ret_next is what follows it, or NULL. */
static struct text next_in_text(const char *at, const char **ret_next) {
  size_t length = strcspn(at, ",");
  struct text text = part(at, length);
  *ret_next = at[length] == ',' ? at + length + 1 : NULL;
  trim(&text);
  return text;
}

/* What is no list at all, such as a binary file, is not shown whole. */
static int shown_length(const struct text *text) {
  return text->length < 60 ? (int)text->length : 60;
}

static int check_text(const struct read_list *list, const struct arguments *args, const char *at) {
  struct read_wish unused;
  while (at) {
    struct text wrong = parse_wish(next_in_text(at, &at), list->length, &unused);
    if (wrong.wrong)
      return arguments_refuse(args, "--at \"%.*s\" %s", shown_length(&wrong), wrong.at,
                              wrong.wrong);
  }
  return 0;
}

static int begin_source(struct read_list *list, const struct arguments *args, const char *text) {
  struct read_source *source = &list->sources[list->count];
  *source = (struct read_source){.lines = {.fd = -1}};
  int status = 0;
  if (input_is_stdin(text))
    status = read_lines_begin(&source->lines, text);
  else if (text[0] == '@')
    status = read_lines_begin(&source->lines, text + 1);
  else
    status = check_text(list, args, source->text = text);
  if (status == 0)
    list->count++;
  return status;
}

int read_list_begin(struct read_list *list, const struct arguments *args, const char *const *texts,
                    size_t count, uint64_t length) {
  *list = (struct read_list){.length = length};
  list->sources = calloc(count, sizeof *list->sources);
  int status = list->sources ? 0 : STATUS_ERROR;
  if (!list->sources)
    complain(args->verb->name, "out of memory");
  for (size_t i = 0; i < count && status == 0; i++)
    status = begin_source(list, args, texts[i]);
  return status;
}

void read_list_end(struct read_list *list) {
  for (size_t i = 0; i < list->count; i++)
    read_lines_end(&list->sources[i].lines);
  free(list->sources);
}

/* Every text has one read at least, and all of them have been parsed before. */
static void next_of_text(struct read_list *list, const char *text, struct read_wish *ret) {
  (void)parse_wish(next_in_text(list->at ? list->at : text, &list->at), list->length, ret);
  if (!list->at)
    list->current++;
}

static enum read_lines_answer parse_line(const struct read_list *list,
                                         const struct read_lines *lines, struct text text,
                                         struct read_wish *ret) {
  struct text wrong = parse_wish(text, list->length, ret);
  ret->list = lines->name;
  ret->line = lines->number;
  if (!wrong.wrong)
    return READ_LINES_LINE;
  complain(lines->name, "line %" PRIu64 ": \"%.*s\" %s", lines->number, shown_length(&wrong),
           wrong.at, wrong.wrong);
  return READ_LINES_FAILED;
}

/* Empty lines and remarks are passed over. */
static enum read_lines_answer next_of_lines(struct read_list *list, struct read_lines *lines,
                                            int may_wait, struct read_wish *ret) {
  struct text text = {.length = 0};
  enum read_lines_answer answer;
  do {
    answer = read_lines_next(lines, may_wait, &text.at, &text.length);
    if (answer == READ_LINES_LINE)
      trim(&text);
  } while (answer == READ_LINES_LINE && (text.length == 0 || text.at[0] == '#'));
  return answer == READ_LINES_LINE ? parse_line(list, lines, text, ret) : answer;
}

enum read_lines_answer read_list_next(struct read_list *list, int may_wait, struct read_wish *ret) {
  for (; list->current < list->count; list->current++) {
    struct read_source *source = &list->sources[list->current];
    if (source->text) {
      next_of_text(list, source->text, ret);
      return READ_LINES_LINE;
    }
    enum read_lines_answer answer = next_of_lines(list, &source->lines, may_wait, ret);
    if (answer != READ_LINES_END)
      return answer;
  }
  return READ_LINES_END;
}
