/* Hits come some at a time. Lines that need nothing but to be copied are copied together where they are neighbours. */
#include "grep_search.h"

#include "progress.h"
#include "standard_output.h"

void grep_search_begin(struct grep_search *search, struct grep_printer *printer, tome *map) {
  *search = (struct grep_search){.printer = printer};
  search->text.map = map;
  search->text.end = map ? tome_size(map) : 0;
  search->groups.printer = printer;
  search->groups.text = &search->text;
  search->left = printer->request->most;
  if (printer->request->answer > GREP_COUNT && search->left > 1)
    search->left = 1; /* who knows one line knows enough */
}

void grep_search_end(struct grep_search *search) {
  grep_text_end(&search->text);
}

/* How many of the hits lie behind one another in memory, with the ends of their lines between them. */
static size_t neighbours(const tome_hit *hits, size_t count) {
  size_t n = 1;
  while (n < count && hits[n].data == hits[n - 1].data + hits[n - 1].length + 1 &&
         hits[n].offset == hits[n - 1].offset + hits[n - 1].length + 1 && hits[n].data[-1] == '\n')
    n++;
  return n;
}

static void print_plainly(struct grep_search *search, const tome_hit *hits, size_t count) {
  struct bulk_output *out = search->printer->out;
  for (size_t i = 0, n; i < count; i += n) {
    n = neighbours(hits + i, count - i);
    const tome_hit *last = &hits[i + n - 1];
    bulk_put(out, hits[i].data, (size_t)(last->data - hits[i].data) + (size_t)last->length);
    bulk_put_byte(out, '\n');
  }
}

static int print_fully(struct grep_search *search, const tome_hit *hits, size_t count) {
  const struct grep_request *request = search->printer->request;
  int code = 0;
  for (size_t i = 0; i < count && code == 0; i++) {
    struct grep_line line = {hits[i].data, (size_t)hits[i].length, search->offset + hits[i].offset,
                             search->number + hits[i].number, 1};
    code = request->grouped ? grep_groups_print(&search->groups, &line)
                            : grep_line_print(search->printer, &line);
  }
  return code;
}

static int on_hits(void *context, const tome_hit *hits, size_t count) {
  struct grep_search *search = context;
  const struct grep_request *request = search->printer->request;
  if (request->to_terminal)
    progress_hide();
  if (request->answer != GREP_LINES)
    ; /* it is told for the sake of where it lies */
  else if (!request->grouped && grep_line_is_plain(request))
    print_plainly(search, hits, count);
  else
    search->code = print_fully(search, hits, count);
  const tome_hit *last = &hits[count - 1];
  search->behind = search->offset + last->offset + last->length + 1;
  if (request->flush_often)
    bulk_flush(search->printer->out);
  return search->code < 0 || !standard_output_ok();
}

static int on_progress(void *context, uint64_t done, uint64_t total) {
  (void)context;
  (void)total;
  progress_update(done);
  return 0;
}

tome_search_options grep_search_options(struct grep_search *search) {
  const struct grep_request *request = search->printer->request;
  tome_search_options options = TOME_SEARCH_INIT;
  options.flags = TOME_SEARCH_LINES;
  options.context = search;
  options.most = search->left;
  if (request->invert)
    options.flags |= TOME_SEARCH_INVERT;
  if (request->answer == GREP_LINES || (request->answer == GREP_COUNT && request->most != TOME_END))
    options.found = on_hits;
  if (request->answer == GREP_LINES) {
    if (request->numbers)
      options.flags |= TOME_SEARCH_NUMBERS;
  }
  return options;
}

int grep_search_map(struct grep_search *search) {
  tome_search_options options = grep_search_options(search);
  options.progress = on_progress;
  if (search->left == 0 || search->text.end == 0)
    return 0;
  int code =
      tome_search(search->text.map, search->printer->request->lines, &options, &search->count);
  if (search->code < 0)
    return search->code;
  uint64_t end = code == TOME_ELOST ? tome_error_last()->offset : search->text.end;
  if (search->printer->request->grouped && standard_output_ok()) {
    int follow = grep_groups_follow(&search->groups, end);
    code = code < 0 ? code : follow;
  }
  return code < 0 ? code : 0;
}
