/* The marks and colours are grep's, to the byte. */
#include "grep_line.h"

#include <stdio.h>

#include "grep_json.h"
#include "shown_name.h"

static void color_on(const struct grep_printer *printer, const char *color) {
  if (printer->request->colored)
    grep_color_on(printer->out, color);
}

static void color_off(const struct grep_printer *printer, const char *color) {
  if (printer->request->colored)
    grep_color_off(printer->out, color);
}

static void put_mark(const struct grep_printer *printer, char mark) {
  const char *color = printer->request->colors.separator;
  color_on(printer, color);
  bulk_put_byte(printer->out, mark);
  color_off(printer, color);
}

static void put_number(const struct grep_printer *printer, const char *color, uint64_t number,
                       char mark) {
  color_on(printer, color);
  bulk_put_number(printer->out, number);
  color_off(printer, color);
  put_mark(printer, mark);
}

/* On a terminal a name must not control it. */
static void put_name(const struct grep_printer *printer) {
  const char *color = printer->request->colors.name;
  color_on(printer, color);
  if (printer->request->to_terminal) {
    bulk_flush(printer->out);
    shown_name_print(stdout, printer->name);
  } else {
    bulk_put_text(printer->out, printer->name);
  }
  color_off(printer, color);
}

static void put_name_and_mark(const struct grep_printer *printer, char mark) {
  put_name(printer);
  if (printer->request->null_names)
    bulk_put_byte(printer->out, '\0');
  else
    put_mark(printer, mark);
}

static void put_head(const struct grep_printer *printer, uint64_t number, uint64_t offset,
                     char mark) {
  const struct grep_request *request = printer->request;
  if (request->names)
    put_name_and_mark(printer, mark);
  if (request->numbers)
    put_number(printer, request->colors.number, number, mark);
  if (request->offsets)
    put_number(printer, request->colors.offset, offset, mark);
}

/* A line on its way out, match by match. */
struct parts {
  const struct grep_printer *printer;
  const struct grep_line *line;
  const char *line_color, *match_color;
  size_t at; /* so much of it is printed */
};

static void put_match(const struct parts *parts, const tome_hit *match) {
  const struct grep_printer *printer = parts->printer;
  color_on(printer, parts->match_color);
  bulk_put(printer->out, match->data, (size_t)match->length);
  color_off(printer, parts->match_color);
}

static int put_only_matches(void *context, const tome_hit *matches, size_t count) {
  const struct parts *parts = context;
  const struct grep_printer *printer = parts->printer;
  char mark = printer->request->invert ? '-' : ':';
  for (size_t i = 0; i < count; i++)
    if (matches[i].length > 0) {
      put_head(printer, parts->line->number, parts->line->offset + matches[i].offset, mark);
      put_match(parts, &matches[i]);
      bulk_put_byte(printer->out, '\n');
    }
  return 0;
}

/* The colour of the line ends with that of the match. */
static int put_up_to_matches(void *context, const tome_hit *matches, size_t count) {
  struct parts *parts = context;
  for (size_t i = 0; i < count; i++)
    if (matches[i].length > 0) {
      color_on(parts->printer, parts->line_color);
      bulk_put(parts->printer->out, parts->line->data + parts->at,
               (size_t)matches[i].offset - parts->at);
      put_match(parts, &matches[i]);
      parts->at = (size_t)(matches[i].offset + matches[i].length);
    }
  return 0;
}

static int each_match(struct parts *parts, int (*found)(void *, const tome_hit *, size_t)) {
  tome_search_options options = TOME_SEARCH_INIT;
  options.found = found;
  options.context = parts;
  const struct grep_line *line = parts->line;
  int code =
      tome_search_memory(line->data, line->length, parts->printer->request->parts, &options, NULL);
  return code < 0 ? code : 0;
}

/* What follows the last match: a carriage return at the end of the line is left out of the colour. */
static void put_rest(struct parts *parts) {
  const struct grep_line *line = parts->line;
  size_t end = line->length;
  if (*parts->line_color && end > parts->at && line->data[end - 1] == '\r')
    end--;
  if (end > parts->at) {
    color_on(parts->printer, parts->line_color);
    bulk_put(parts->printer->out, line->data + parts->at, end - parts->at);
    color_off(parts->printer, parts->line_color);
  }
  bulk_put(parts->printer->out, line->data + end, line->length - end);
  bulk_put_byte(parts->printer->out, '\n');
}

/* Whether something matches in the line, which may be the reason why it was not selected. */
static int has_matches(const struct grep_printer *printer, const struct grep_line *line) {
  return line->selected != printer->request->invert;
}

static int print_in_color(const struct grep_printer *printer, const struct grep_line *line) {
  const struct grep_request *request = printer->request;
  const struct grep_colors *colors = &request->colors;
  int as_selected = line->selected != (request->invert && colors->reversed);
  struct parts parts = {printer, line, as_selected ? colors->selected_line : colors->context_line,
                        line->selected ? colors->selected_match : colors->context_match, 0};
  int code = 0;
  if (request->only_parts)
    return has_matches(printer, line) ? each_match(&parts, put_only_matches) : 0;
  put_head(printer, line->number, line->offset, line->selected ? ':' : '-');
  if (has_matches(printer, line) && *parts.match_color)
    code = each_match(&parts, put_up_to_matches);
  put_rest(&parts);
  return code;
}

int grep_line_print(const struct grep_printer *printer, const struct grep_line *line) {
  const struct grep_request *request = printer->request;
  if (request->json)
    return grep_json_print(printer, line, has_matches(printer, line));
  if (request->only_parts || request->colored)
    return print_in_color(printer, line);
  put_head(printer, line->number, line->offset, line->selected ? ':' : '-');
  bulk_put(printer->out, line->data, line->length);
  bulk_put_byte(printer->out, '\n');
  return 0;
}

int grep_line_is_plain(const struct grep_request *request) {
  return !request->json && !request->only_parts && !request->colored && !request->names &&
         !request->numbers && !request->offsets;
}

void grep_print_separator(const struct grep_printer *printer) {
  const char *color = printer->request->colors.separator;
  color_on(printer, color);
  bulk_put(printer->out, "--", 2);
  color_off(printer, color);
  bulk_put_byte(printer->out, '\n');
}

void grep_print_name(const struct grep_printer *printer) {
  put_name(printer);
  bulk_put_byte(printer->out, printer->request->null_names ? '\0' : '\n');
}

void grep_print_count(const struct grep_printer *printer, uint64_t count) {
  if (printer->request->names)
    put_name_and_mark(printer, ':');
  bulk_put_number(printer->out, count);
  bulk_put_byte(printer->out, '\n');
}
