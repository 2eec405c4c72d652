/* A descriptor is opened first: a map does not tell which file it is of, and what cannot be mapped
 * is read through it. */
#include "tail_file.h"

#include <stdio.h>
#include <string.h>

#include "files.h"
#include "input_file.h"
#include "shown_name.h"
#include "streams.h"
#include "tail_watch.h"

int tail_file_is_stdin(const struct tail_file *file) {
  return input_is_stdin(file->operand);
}

/* What keeps a name from being opened the library says best. */
static int open_by_name(const char *name, int may_wait, int *ret_fd) {
  tome *map;
  for (;;) {
    *ret_fd = file_open(name, may_wait);
    if (*ret_fd >= 0)
      return 0;
    int result = tome_open(&map, name, TOME_READ, NULL);
    if (result < 0)
      return result;
    tome_close(map); /* it can be opened by now */
  }
}

static int open_map(const struct tail *tail, int fd, struct tail_open *ret) {
  struct file_facts facts = {.kind = FILE_OTHER};
  struct tail_open open;
  int result = tome_open_fd(&open.map, fd, TOME_READ, NULL);
  if (result == TOME_ENOTMAP)
    return 1;
  if (result < 0)
    return result;
  (void)file_facts_of_open(fd, &facts);
  open.identity = facts.identity;
  open.watch = tail_watch_file(tail->watch, fd);
  *ret = open;
  return 0;
}

int tail_file_open(const struct tail *tail, const char *operand, int may_wait,
                   struct tail_open *ret, int *ret_fd) {
  int fd = STREAM_IN;
  int result = input_is_stdin(operand) ? 0 : open_by_name(operand, may_wait, &fd);
  if (result < 0)
    return result;
  result = open_map(tail, fd, ret);
  if (result == 1)
    *ret_fd = fd;
  else if (fd != STREAM_IN)
    (void)stream_close(fd);
  return result;
}

void tail_file_close(const struct tail *tail, struct tail_open *open) {
  tail_watch_drop(tail->watch, open->watch);
  tome_close(open->map);
  *open = (struct tail_open){.watch = TAIL_WATCH_NONE};
}

void tail_file_title(struct tail *tail, const struct tail_file *file) {
  if (!tail->with_titles || tail->titled == file)
    return;
  fputs(tail->titled ? "\n==> " : "==> ", stdout);
  shown_name_print(stdout, tail_file_is_stdin(file) ? "standard input" : file->operand);
  fputs(" <==\n", stdout);
  tail->titled = file;
}
