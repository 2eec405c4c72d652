/* Both looks list files in the same order, so that what is gone is passed over on the way to the next that is still
 * there. */
#include "info_changes.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "info_draw.h"
#include "input_file.h"
#include "size_text.h"
#include "time_of_day.h"

#define SECOND INT64_C(1000000000) /* ns */

enum { GREW, CUT, REPLACED, GONE, APPEARED };

void info_changes_begin(struct info_changes *changes) {
  changes->at = 0;
  changes->found = 0;
}

/* A file that grows all the time is told about once, with its latest size. */
static int continues(const struct info_changes *changes, const char *name, int kind) {
  if (changes->count == 0)
    return 0;
  const struct info_change *last = &changes->shown[changes->count - 1];
  return kind == GREW && last->kind == GREW && strcmp(last->name, name) == 0;
}

static void drop_first(struct info_changes *changes) {
  free(changes->shown[0].name);
  memmove(changes->shown, changes->shown + 1, (INFO_CHANGES_SHOWN - 1) * sizeof changes->shown[0]);
  changes->count--;
}

static void tell(struct info_changes *changes, const char *name, int kind, uint64_t before,
                 uint64_t after) {
  struct tm local;
  int again = continues(changes, name, kind);
  struct info_change *change;
  if (changes->looked == 0 || changes->found++ >= INFO_CHANGES_SHOWN)
    return;
  if (!again && changes->count == INFO_CHANGES_SHOWN)
    drop_first(changes);
  change = &changes->shown[again ? changes->count - 1 : changes->count++];
  if (again)
    before = change->before;
  else
    change->name = strdup(name);
  if (!change->name) {
    changes->count--;
    return;
  }
  change->kind = kind;
  change->before = before;
  change->after = after;
  change->time[0] = '\0';
  if (calendar_local(time_of_day() / SECOND, &local) == 0)
    strftime(change->time, sizeof change->time, "%H:%M:%S", &local);
}

static void compare(struct info_changes *changes, const struct info_seen *before,
                    const struct info_seen *now) {
  if (!file_identity_same(&before->identity, &now->identity))
    tell(changes, now->name, REPLACED, before->size, now->size);
  else if (now->size > before->size)
    tell(changes, now->name, GREW, before->size, now->size);
  else if (now->size < before->size)
    tell(changes, now->name, CUT, before->size, now->size);
}

static void tell_gone(struct info_changes *changes, size_t end) {
  for (; changes->at < end; changes->at++)
    tell(changes, changes->before.list[changes->at].name, GONE, 0, 0);
}

static void meet(struct info_changes *changes, const struct info_seen *now) {
  const struct info_seen_list *before = &changes->before;
  size_t i = changes->at;
  while (i < before->count && strcmp(before->list[i].name, now->name) != 0)
    i++;
  if (i == before->count) {
    tell(changes, now->name, APPEARED, 0, now->size);
    return;
  }
  tell_gone(changes, i);
  compare(changes, &before->list[i], now);
  changes->at = i + 1;
}

static struct info_seen *add(struct info_seen_list *list) {
  if (list->count == list->room) {
    size_t room = list->room ? list->room * 2 : 16;
    struct info_seen *longer = realloc(list->list, room * sizeof *longer);
    if (!longer)
      return NULL;
    list->list = longer;
    list->room = room;
  }
  return &list->list[list->count];
}

/* Memory that is not to be had costs a file its place in the list, nothing else. */
void info_changes_saw(struct info_changes *changes, const struct info_file *file) {
  struct file_facts facts;
  struct info_seen *seen = add(&changes->now);
  if (!seen || input_facts(file->operand, &facts) < 0)
    return;
  *seen = (struct info_seen){
      .name = strdup(file->name), .identity = facts.identity, .size = file->info.size};
  if (!seen->name)
    return;
  changes->now.count++;
  meet(changes, seen);
}

static void forget(struct info_seen_list *seen) {
  for (size_t i = 0; i < seen->count; i++)
    free(seen->list[i].name);
  seen->count = 0;
}

void info_changes_end(struct info_changes *changes) {
  tell_gone(changes, changes->before.count);
  forget(&changes->before);
  struct info_seen_list empty = changes->before;
  changes->before = changes->now;
  changes->now = empty;
  changes->looked = 1;
}

void info_changes_free(struct info_changes *changes) {
  forget(&changes->before);
  forget(&changes->now);
  free(changes->before.list);
  free(changes->now.list);
  while (changes->count > 0)
    drop_first(changes);
}

static void print_change(FILE *out, const struct screen *screen, const struct info_change *change) {
  char size[SIZE_TEXT_MAX], by[SIZE_TEXT_MAX];
  fprintf(out, "%s  ", change->time);
  info_draw_name(out, screen, change->name);
  size_format(size, change->after);
  switch (change->kind) {
  case GREW:
    fprintf(out, ": grew by %s to %s\n", size_format(by, change->after - change->before), size);
    break;
  case CUT:
    fprintf(out, ": was cut by %s to %s\n", size_format(by, change->before - change->after), size);
    break;
  case REPLACED:
    fprintf(out, ": was replaced by another file, of %s\n", size);
    break;
  case GONE:
    fputs(": is gone\n", out);
    break;
  default:
    fprintf(out, ": has appeared, with %s\n", size);
  }
}

void info_changes_print(FILE *out, const struct screen *screen, const struct info_changes *changes,
                        int new_only) {
  int count = changes->count;
  if (new_only && changes->found < (uint64_t)count)
    count = (int)changes->found;
  for (int i = changes->count - count; i < changes->count; i++)
    print_change(out, screen, &changes->shown[i]);
  if (changes->found > INFO_CHANGES_SHOWN)
    fprintf(out, "          and %" PRIu64 " other changes\n", changes->found - INFO_CHANGES_SHOWN);
}
