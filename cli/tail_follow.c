/* A file is followed by its name and by what is open: both are looked at when the system tells of a
 * change, and once a second because it does not tell of all.
 *
 * What is open is printed to its end. When the name means another file, that one is gone over to,
 * but not while it is empty: programs go on writing to a log that was rotated away until they have
 * noticed it. What they wrote until then is printed first. */
#include "tail_follow.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "complain.h"
#include "files.h"
#include "input_file.h"
#include "range_output.h"
#include "standard_output.h"
#include "streams.h"
#include "tail_watch.h"
#include "time_of_day.h"
#include "verb.h"

#define LOOK_AFTER UINT64_C(1000000000) /* ns */

static const char GONE[] = "is gone; waiting for a file of that name";
static const char NO_FILE[] = "is not a file that can be followed any more; waiting for one";
static const char REFUSED[] = "waiting until it can be opened";

static void give_up(struct tail *tail, struct tail_file *file) {
  complain_tome(input_name(file->operand), NULL);
  tail_file_close(tail, &file->open);
  tail_file_close(tail, &file->next);
  file->followed = 0;
  tail->status = STATUS_ERROR;
}

static int was_cut(const struct tail_file *file, uint64_t size) {
  return tome_refresh(file->open.map) == 0 && tome_size(file->open.map) < size;
}

/* Print what is new in the open file. One that was cut while it was printed is looked at again. */
static void print_new(struct tail *tail, struct tail_file *file) {
  if (tome_refresh(file->open.map) < 0) {
    give_up(tail, file);
    return;
  }
  uint64_t size = tome_size(file->open.map);
  if (size < file->at) {
    complain(input_name(file->operand), "file truncated");
    file->at = 0;
  }
  if (size == file->at)
    return;
  tail_file_title(tail, file);
  if (range_output(file->open.map, &file->at, size) >= 0)
    return;
  if (was_cut(file, size))
    file->touched = 1;
  else
    give_up(tail, file);
}

/* Each trouble is told once. */
static void tell_trouble(struct tail_file *file, const char *trouble) {
  if (file->trouble != trouble)
    complain(file->operand, "%s", trouble);
  file->trouble = trouble;
}

static void tell_refused(struct tail_file *file) {
  if (file->trouble != REFUSED)
    complain_tome(file->operand, REFUSED);
  file->trouble = REFUSED;
}

/* Go over to a file that the name has come to mean. */
static void go_over(struct tail *tail, struct tail_file *file, const struct tail_open *next) {
  complain(file->operand, file->open.map ? "has been replaced; following the new file"
                                         : "has appeared; following it");
  tail_file_close(tail, &file->open);
  file->open = *next;
  file->at = 0;
  file->trouble = NULL;
  print_new(tail, file);
}

/* It is time when something is in it, though the name may mean yet another file by then. */
static void go_over_to_next(struct tail *tail, struct tail_file *file) {
  struct tail_open next = file->next;
  if (!next.map || tome_refresh(next.map) < 0 || tome_size(next.map) == 0)
    return;
  file->next = (struct tail_open){.watch = TAIL_WATCH_NONE};
  go_over(tail, file, &next);
}

/* The name means another file. While that is empty it is kept open beside the one that is followed. */
static void open_next(struct tail *tail, struct tail_file *file) {
  struct tail_open next;
  int fd, result = tail_file_open(tail, file->operand, 0, &next, &fd);
  if (result != 0) {
    if (result == 1) {
      (void)stream_close(fd);
      tell_trouble(file, NO_FILE);
    } else if (result != TOME_ENOENT) {
      tell_refused(file);
    }
    return;
  }
  tail_file_close(tail, &file->next);
  if (!file->open.map) {
    go_over(tail, file, &next);
    return;
  }
  file->next = next;
  print_new(tail, file);
  if (file->followed)
    go_over_to_next(tail, file);
}

void tail_follow_missing(struct tail_file *file, int result) {
  file->followed = 1;
  file->trouble = REFUSED;
  if (result == TOME_ENOENT || result == TOME_ENOTDIR)
    file->trouble = GONE;
  else if (result == TOME_EISDIR)
    file->trouble = NO_FILE;
}

static int is_file(const struct tail_open *open, const struct file_facts *facts) {
  return open->map && file_identity_same(&open->identity, &facts->identity);
}

static void look_at_name(struct tail *tail, struct tail_file *file) {
  struct file_facts facts;
  int failed = file_facts_of_name(file->operand, &facts) < 0;
  if (failed && (errno == ENOENT || errno == ENOTDIR)) {
    tell_trouble(file, GONE);
  } else if (!failed && is_file(&file->open, &facts)) {
    if (file->trouble)
      complain(file->operand, "is back");
    file->trouble = NULL;
  } else if (!failed && is_file(&file->next, &facts)) {
    return; /* and it is still empty */
  } else if (!failed && facts.kind != FILE_REGULAR && facts.kind != FILE_BLOCK_DEVICE) {
    tell_trouble(file, NO_FILE);
  } else {
    open_next(tail, file); /* or learn why it cannot be opened */
  }
}

static void look_at_file(struct tail *tail, struct tail_file *file) {
  file->touched = 0;
  if (file->open.map)
    print_new(tail, file);
  if (file->followed)
    go_over_to_next(tail, file);
  if (file->followed && !tail_file_is_stdin(file))
    look_at_name(tail, file);
}

/* The folder may be another by now, too. */
static int watch_folder(const struct tail *tail, const struct tail_file *file) {
  char *folder = path_directory(file->operand);
  int number = folder ? tail_watch_folder(tail->watch, folder) : TAIL_WATCH_NONE;
  free(folder);
  return number;
}

static void touch_all(struct tail *tail) {
  for (int i = 0; i < tail->file_count; i++) {
    struct tail_file *file = &tail->files[i];
    file->touched = 1;
    if (file->followed && !tail_file_is_stdin(file))
      file->folder_watch = watch_folder(tail, file);
  }
}

static int is_about(const struct tail_file *file, int number, const char *name) {
  if (number == TAIL_WATCH_NONE || number == file->open.watch || number == file->next.watch)
    return 1;
  const char *base = path_last(file->operand);
  return number == file->folder_watch && (!name || strcmp(name, base) == 0);
}

static void touch(void *context, int number, const char *name) {
  struct tail *tail = context;
  for (int i = 0; i < tail->file_count; i++)
    if (is_about(&tail->files[i], number, name))
      tail->files[i].touched = 1;
}

/* Returns how many are left to be followed. */
static int look_at_touched(struct tail *tail) {
  int left = 0;
  for (int i = 0; i < tail->file_count; i++) {
    struct tail_file *file = &tail->files[i];
    if (file->followed && file->touched)
      look_at_file(tail, file);
    left += file->followed;
  }
  return left;
}

int tail_follow(struct tail *tail) {
  uint64_t next_look = 0;
  for (;;) {
    uint64_t now = clock_now();
    if (now >= next_look) {
      touch_all(tail);
      next_look = now + LOOK_AFTER;
    }
    int left = look_at_touched(tail);
    if (fflush(stdout) != 0 || !standard_output_ok())
      return STATUS_ERROR;
    if (left == 0)
      return tail->status;
    now = clock_now();
    uint64_t wait = now < next_look ? (next_look - now) / 1000000 + 1 : 0;
    tail_watch_wait(tail->watch, (int)wait, touch, tail);
  }
}
