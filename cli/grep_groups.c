/* A line is printed once: as context of the one before it, of the one behind it, or as selected. */
#include "grep_groups.h"

/* The lines from groups->done up to `end`, but at most `most`. */
static int print_context(struct grep_groups *groups, uint64_t end, uint64_t most) {
  while (most > 0 && groups->done < end) {
    struct grep_line line = {.offset = groups->done, .number = groups->number + 1};
    int code = grep_text_line(groups->text, groups->done, end, &line.data, &line.length);
    if (code == 0)
      code = grep_line_print(groups->printer, &line);
    if (code < 0)
      return code;
    groups->done += line.length + 1;
    groups->number++;
    most--;
  }
  return 0;
}

int grep_groups_follow(struct grep_groups *groups, uint64_t end) {
  uint64_t before = groups->number;
  int code = print_context(groups, end, groups->pending);
  groups->pending -= groups->number - before;
  return code;
}

int grep_groups_print(struct grep_groups *groups, const struct grep_line *line) {
  const struct grep_request *request = groups->printer->request;
  uint64_t begin = line->offset, lines = 0;
  int code = grep_groups_follow(groups, line->offset);
  if (code == 0)
    code =
        grep_text_back(groups->text, groups->done, line->offset, request->before, &begin, &lines);
  if (code < 0)
    return code;
  int goes_on = groups->done > 0 && begin == groups->done;
  if (request->grouped && groups->printer->printed && !goes_on)
    grep_print_separator(groups->printer);
  groups->printer->printed = 1;
  groups->done = begin;
  groups->number = line->number - lines - 1;
  code = print_context(groups, line->offset, lines);
  if (code == 0)
    code = grep_line_print(groups->printer, line);
  groups->done = line->offset + line->length + 1;
  groups->number = line->number;
  groups->pending = request->after;
  return code;
}
