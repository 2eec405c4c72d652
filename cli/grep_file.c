/* What can be mapped is searched by all processors; what cannot, such as a pipe, is read as it comes. */
#include "grep_file.h"

#include <inttypes.h>

#include "complain.h"
#include "files.h"
#include "grep_search.h"
#include "input_file.h"
#include "progress.h"
#include "streams.h"
#include "verb.h"

/* As grep does, from where standard input is positioned on. */
static int open_map(tome **ret, const char *operand, uint64_t *ret_base) {
  *ret_base = 0;
  if (!input_is_stdin(operand))
    return tome_open(ret, operand, TOME_READ, NULL);
  int64_t position = stream_position(STREAM_IN);
  tome_options options = TOME_OPTIONS_INIT;
  *ret_base = options.offset = position > 0 ? (uint64_t)position : 0;
  return tome_open_fd(ret, STREAM_IN, TOME_READ, &options);
}

/* Who reads standard input next goes on behind it, or behind the last line that was wanted. */
static void move_on(const struct grep_search *search, uint64_t base) {
  uint64_t behind = search->printer->request->answer <= GREP_COUNT &&
                            search->count == search->printer->request->most
                        ? search->behind
                        : search->text.end;
  (void)stream_move(STREAM_IN, base + behind);
}

void grep_complain(const struct grep_printer *printer, int code) {
  bulk_flush(printer->out);
  if (code == TOME_EFBIG)
    complain(printer->name,
             "the expression needs more steps here than it may take; write it with fewer "
             "repetitions inside others (at byte %" PRIu64 ")",
             tome_error_last()->offset);
  else if (!printer->request->silent)
    complain_tome(printer->name, NULL);
}

static int search_map(struct grep_search *search, tome *map) {
  struct grep_printer *printer = search->printer;
  grep_search_begin(search, printer, map);
  if (!printer->request->to_terminal)
    progress_begin(printer->name, tome_size(map));
  int code = grep_search_map(search);
  progress_end();
  search->complete = code == 0;
  if (code < 0)
    grep_complain(printer, code);
  return code < 0 ? STATUS_ERROR : STATUS_OK;
}

static int search_descriptor(struct grep_search *search, const char *operand) {
  int fd = input_is_stdin(operand) ? STREAM_IN : file_open(operand, 1);
  if (fd < 0) {
    if (!search->printer->request->silent)
      complain_system(search->printer->name);
    return STATUS_ERROR;
  }
  int status = grep_search_stream(search, fd);
  search->complete = status == STATUS_OK;
  if (fd != STREAM_IN)
    (void)stream_close(fd);
  return status;
}

static int search_any(struct grep_search *search, const char *operand) {
  tome *map;
  uint64_t base;
  int code = open_map(&map, operand, &base);
  if (code == TOME_ENOTMAP)
    return search_descriptor(search, operand);
  search->complete =
      code == TOME_ERANGE || code == TOME_EISDIR; /* nothing is there to be searched */
  if (code == TOME_ERANGE)
    return STATUS_OK;
  if (code < 0) {
    grep_complain(search->printer, code);
    return STATUS_ERROR;
  }
  int status = search_map(search, map);
  if (input_is_stdin(operand))
    move_on(search, base);
  tome_close(map);
  return status;
}

static void print_answer(const struct grep_search *search) {
  const struct grep_printer *printer = search->printer;
  enum grep_answer answer = printer->request->answer;
  if (answer == GREP_COUNT)
    grep_print_count(printer, search->count);
  else if (answer == (search->count > 0 ? GREP_NAMES_WITH : GREP_NAMES_WITHOUT))
    grep_print_name(printer);
  if (printer->request->flush_often)
    bulk_flush(printer->out);
}

int grep_file(struct grep_printer *printer, const char *operand, int *ret_found) {
  struct grep_search search;
  printer->name = input_name(operand);
  grep_search_begin(&search, printer, NULL);
  int status = search_any(&search, operand);
  if (search.complete || (search.count > 0 && printer->request->answer == GREP_NAMES_WITH))
    print_answer(&search);
  grep_search_end(&search);
  *ret_found = search.count > 0;
  return status != STATUS_OK ? status : *ret_found ? STATUS_OK : STATUS_NOT_FOUND;
}
