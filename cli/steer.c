/* All files are opened once before anything is done: a name that is wrong is told at once, and not after an hour, and the
 * progress bar knows the total. */
#include "steer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array_resize.h"
#include "complain.h"
#include "file_walk.h"
#include "input_file.h"
#include "json_text.h"
#include "machine.h"
#include "progress.h"
#include "shown_name.h"
#include "size_text.h"

/* No page is larger, and its multiples are where pages of any size begin. */
#define PIECE (UINT64_C(256) << 20)

/* ---- the command line ---- */

/* "200MiB/s"; the "/s" may be missing. */
static int parse_rate(const struct arguments *args, const char *text, uint64_t *ret) {
  size_t length = strlen(text);
  if (length > 2 && strcmp(text + length - 2, "/s") == 0)
    length -= 2;
  const char *wrong = size_parse(text, length, ret);
  if (wrong)
    return arguments_refuse(args, "\"%s\" %s", text, wrong);
  return *ret == 0 ? arguments_refuse(args, "--rate: nothing is ever read at that rate")
                   : STATUS_OK;
}

static int take_option(const struct arguments *args, int option, struct steer *steer) {
  switch (option) {
  case STEER_FROM:
    return arguments_position(args, optarg, &steer->from);
  case STEER_TO:
    return arguments_position(args, optarg, &steer->to);
  case STEER_RATE:
    return parse_rate(args, optarg, &steer->rate);
  case STEER_JSON:
    steer->json = 1;
    return STATUS_OK;
  default:
    steer->quiet = 1;
    return STATUS_OK;
  }
}

static int take_options(struct arguments *args, struct steer *steer) {
  int option, status = STATUS_OK;
  while (status == STATUS_OK && (option = arguments_next(args)) != 0)
    status = option < 0 ? -1 : take_option(args, option, steer);
  if (status != STATUS_OK)
    return status;
  if (steer->quiet && steer->json)
    return arguments_refuse(args, "-q prints nothing; it does not go with --json");
  return args->operand_count < 1 ? arguments_refuse(args, "which FILE?") : STATUS_OK;
}

/* ---- the files ---- */

static int steer_open(struct steered *file) {
  file->map = input_open_many(file->path);
  return file->map ? STATUS_OK : STATUS_ERROR;
}

static void steer_close(struct steered *file) {
  tome_close(file->map);
  file->map = NULL;
}

static int look(const struct steered *file, tome_residency *ret) {
  *ret = (tome_residency){.struct_size = sizeof *ret};
  if (tome_residency_get(file->map, file->counted_from, file->counted_to - file->counted_from,
                         ret) == 0)
    return STATUS_OK;
  complain_tome(input_name(file->path), NULL);
  return STATUS_ERROR;
}

int steer_look(struct steered *file) {
  return look(file, &file->after);
}

/* The last page of the file is whole wherever the file ends in it. */
static void count_whole_pages(struct steered *file) {
  uint64_t page = machine_page();
  if (file->from % page != 0)
    file->counted_from += page - file->from % page;
  if (file->to != file->size)
    file->counted_to -= file->to % page;
  if (file->counted_from > file->counted_to)
    file->counted_from = file->counted_to;
}

static int choose_range(const struct steer *steer, struct steered *file) {
  file->size = tome_size(file->map);
  int status = file_range(input_name(file->path), steer->from, steer->to, file->size, &file->from,
                          &file->to);
  file->counted_from = file->from;
  file->counted_to = file->to;
  if (status == STATUS_OK && steer->whole_pages)
    count_whole_pages(file);
  return status;
}

static int examine(const struct steer *steer, struct steered *file) {
  if (steer_open(file) != STATUS_OK)
    return STATUS_ERROR;
  int status = choose_range(steer, file);
  if (status == STATUS_OK)
    status = look(file, &file->before);
  file->after = file->before;
  steer_close(file);
  return status;
}

static struct steered *make_room(struct steer *steer) {
  if (steer->count < steer->room)
    return &steer->files[steer->count];
  size_t room = steer->room ? 2 * steer->room : 16;
  struct steered *larger = array_resize(steer->files, room, sizeof *larger);
  if (!larger)
    return NULL;
  steer->files = larger;
  steer->room = room;
  return &steer->files[steer->count];
}

static int add_file(void *context, const char *path) {
  struct steer *steer = context;
  struct steered *file = make_room(steer);
  char *copy = file ? strdup(path) : NULL;
  if (!copy) {
    complain(path, "out of memory");
    return STATUS_ERROR;
  }
  *file = (struct steered){.path = copy};
  int status = examine(steer, file);
  if (status != STATUS_OK) {
    free(copy);
    return status;
  }
  steer->count++;
  steer->length += file->to - file->from;
  return STATUS_OK;
}

/* ---- the job ---- */

static void begin_progress(struct steer *steer) {
  snprintf(steer->label, sizeof steer->label, "%zu files", steer->count);
  progress_begin(steer->count == 1 ? input_name(steer->files[0].path) : steer->label,
                 steer->length);
}

int steer_begin(struct steer *steer, struct arguments *args) {
  steer->args = args;
  int status = take_options(args, steer);
  if (status != STATUS_OK) {
    args->status = status < 0 ? args->status : status;
    return -1;
  }
  status = file_walk(args->operands, args->operand_count, add_file, steer);
  steer->array = steer->json ? json_array() : NULL;
  begin_progress(steer);
  return status;
}

int steer_each(struct steer *steer, steer_deal *deal) {
  int status = STATUS_OK;
  for (size_t i = 0; i < steer->count; i++) {
    struct steered *file = &steer->files[i];
    int dealt = steer_open(file) == STATUS_OK ? deal(steer, file) : STATUS_ERROR;
    status = dealt > status ? dealt : status;
    steer->done += file->to - file->from;
    if (!steer->all_or_nothing)
      steer_close(file);
    else if (status != STATUS_OK)
      break;
  }
  return status;
}

void steer_end(struct steer *steer) {
  for (size_t i = 0; i < steer->count; i++) {
    steer_close(&steer->files[i]);
    free(steer->files[i].path);
  }
  free(steer->files);
}

int steer_in_pieces(struct steer *steer, const struct steered *file, steer_piece *deal) {
  uint64_t before = steer->done;
  int status = STATUS_OK;
  for (uint64_t at = file->from, next; at < file->to && status == STATUS_OK; at = next) {
    next = (at / PIECE + 1) * PIECE;
    next = next < file->to ? next : file->to;
    steer->done = before + (at - file->from);
    progress_update(steer->done);
    status = deal(steer, file, at, next - at);
  }
  steer->done = before;
  return status;
}

static int tell_progress(void *context, uint64_t done, uint64_t length) {
  const struct steer *steer = context;
  (void)length;
  progress_update(steer->done + done);
  return 0;
}

int steer_warm(struct steer *steer, const struct steered *file, uint64_t from, uint64_t length) {
  tome_warming warming = TOME_WARMING_INIT;
  warming.rate = steer->rate;
  warming.progress = tell_progress;
  warming.context = steer;
  if (tome_warm(file->map, from, length, &warming) == 0)
    return STATUS_OK;
  complain_tome(input_name(file->path), NULL);
  return STATUS_ERROR;
}

uint64_t steer_needed(const struct steer *steer, int with_holes) {
  uint64_t needed = 0;
  for (size_t i = 0; i < steer->count; i++) {
    const tome_residency *file = &steer->files[i].before;
    uint64_t holes = with_holes || file->holes == TOME_UNKNOWN ? 0 : file->holes;
    uint64_t own = file->pages > holes ? file->pages - holes : 0;
    needed = own > UINT64_MAX - needed ? UINT64_MAX : needed + own;
  }
  return needed;
}

int steer_check_memory(const struct steer *steer, uint64_t needed) {
  char asked[SIZE_TEXT_MAX], there[SIZE_TEXT_MAX];
  uint64_t memory = machine_memory();
  if (needed <= memory || memory == 0)
    return STATUS_OK;
  complain(steer->args->verb->name,
           "%s do not fit the %s of memory that there are; choose a part with --from and --to",
           size_format(asked, needed), size_format(there, memory));
  return STATUS_ERROR;
}

/* ---- what is told ---- */

/* `text` has room for SIZE_TEXT_MAX. */
static const char *figure(char *text, uint64_t size) {
  return size == TOME_UNKNOWN ? "unknown" : size_format(text, size);
}

static void print_figures(const struct steer *steer, const char *name, uint64_t after,
                          uint64_t pages, uint64_t before) {
  char now[SIZE_TEXT_MAX], all[SIZE_TEXT_MAX], was[SIZE_TEXT_MAX];
  progress_hide();
  shown_name_print(stdout, name);
  printf(": %s of %s %s (was %s", figure(now, after), size_format(all, pages), steer->fate,
         figure(was, before));
}

static void print_line(const struct steer *steer, const struct steered *file, const char *remark) {
  char holes[SIZE_TEXT_MAX];
  print_figures(steer, input_name(file->path), file->after.resident, file->after.pages,
                file->before.resident);
  if (file->after.holes != 0 && file->after.holes != TOME_UNKNOWN)
    printf("; %s are holes", size_format(holes, file->after.holes));
  fputs(remark ? "): " : ")", stdout);
  shown_text_print(stdout, remark ? remark : "");
  putchar('\n');
}

static json_t *as_json(const struct steered *file) {
  json_t *object = json_object();
  json_object_set_new(object, "file", json_text(input_name(file->path)));
  json_object_set_new(object, "size", json_figure(file->size));
  json_object_set_new(object, "from", json_figure(file->from));
  json_object_set_new(object, "to", json_figure(file->to));
  json_object_set_new(object, "pages", json_figure(file->after.pages));
  json_object_set_new(object, "hole_bytes", json_figure(file->after.holes));
  json_object_set_new(object, "before", json_figure(file->before.resident));
  json_object_set_new(object, "after", json_figure(file->after.resident));
  json_object_set_new(object, "dirty", json_figure(file->after.dirty));
  return object;
}

static void add_up(struct steer_total *total, const struct steered *file) {
  total->files++;
  if (file->before.resident == TOME_UNKNOWN || file->after.resident == TOME_UNKNOWN) {
    total->unknown++;
    return;
  }
  total->pages += file->after.pages;
  total->before += file->before.resident;
  total->after += file->after.resident;
}

void steer_tell(struct steer *steer, const struct steered *file, const char *remark) {
  add_up(&steer->total, file);
  if (steer->json)
    json_array_append_new(steer->array, as_json(file));
  else if (!steer->quiet)
    print_line(steer, file, remark);
}

/* One file is its own total. */
static void print_total(const struct steer *steer, int status) {
  const struct steer_total *total = &steer->total;
  if (total->files == 1 || (total->files == 0 && status != STATUS_OK))
    return;
  if (total->unknown == total->files && total->files > 0) {
    progress_hide();
    printf("total: unknown, %" PRIu64 " files\n", total->files);
    return;
  }
  print_figures(steer, "total", total->after, total->pages, total->before);
  printf("), %" PRIu64 " files", total->files);
  if (total->unknown)
    printf(", %" PRIu64 " unknown", total->unknown);
  putchar('\n');
}

int steer_answer(struct steer *steer, int status) {
  int printed = STATUS_OK;
  progress_end();
  if (steer->json)
    printed = json_print(steer->array);
  else if (!steer->quiet)
    print_total(steer, status);
  return printed > status ? printed : status;
}
