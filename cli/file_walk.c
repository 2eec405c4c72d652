/* Names wait on a stack. The top one is taken; a directory is read to its end, closed, and replaced by what lies in it, the
 * first name on top. So one directory is open at a time, however deep they lie in one another. */
#include "file_walk.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array_resize.h"
#include "complain.h"
#include "file_set.h"
#include "files.h"
#include "input_file.h"
#include "verb.h"

struct walk {
  char **waiting; /* paths in directories, the next one last */
  size_t count, room;
  struct file_set met;
  file_walk_each *each;
  void *context;
  int status;
};

static void worsen(struct walk *walk, int status) {
  if (status > walk->status)
    walk->status = status;
}

static void fail(struct walk *walk, const char *path) {
  complain_system(path);
  worsen(walk, STATUS_ERROR);
}

static int make_room(struct walk *walk) {
  size_t room = walk->room ? 2 * walk->room : 64;
  char **larger = array_resize(walk->waiting, room, sizeof *larger);
  if (!larger)
    return -1;
  walk->waiting = larger;
  walk->room = room;
  return 0;
}

static int push(struct walk *walk, const char *directory, const char *name) {
  if (walk->count == walk->room && make_room(walk) < 0)
    return -1;
  const char *slash = path_ends_in_divider(directory) ? "" : "/";
  if (asprintf(&walk->waiting[walk->count], "%s%s%s", directory, slash, name) < 0) {
    errno = ENOMEM;
    return -1;
  }
  walk->count++;
  return 0;
}

/* A directory that is read, and what its names are pushed on. */
struct listing {
  struct walk *walk;
  const char *directory;
};

static int push_entry(void *context, const char *name) {
  const struct listing *listing = context;
  return push(listing->walk, listing->directory, name);
}

static int last_name_first(const void *a, const void *b) {
  return strcmp(*(char *const *)b, *(char *const *)a);
}

/* What came before a failure is visited. */
static void enter(struct walk *walk, const char *path, int follow) {
  struct listing listing = {walk, path};
  size_t before = walk->count;
  if (directory_each(path, follow, push_entry, &listing) < 0)
    fail(walk, path);
  if (walk->count > before)
    qsort(walk->waiting + before, walk->count - before, sizeof *walk->waiting, last_name_first);
}

/* Whether it was met before. Where that cannot be kept in mind, it is met again. */
static int is_known(struct walk *walk, const char *path, const struct file_facts *file) {
  int added = file_set_add(&walk->met, &file->identity);
  if (added < 0)
    fail(walk, path);
  return added == 0;
}

static void visit(struct walk *walk, const char *path) {
  struct file_facts file;
  if (file_facts_of_entry(path, &file) < 0)
    fail(walk, path);
  else if (file.kind == FILE_OTHER || is_known(walk, path, &file))
    return;
  else if (file.kind == FILE_DIRECTORY)
    enter(walk, path, 0);
  else
    worsen(walk, walk->each(walk->context, path));
}

static void visit_operand(struct walk *walk, const char *name) {
  struct file_facts file;
  int failed = input_facts(name, &file);
  if (!failed && is_known(walk, name, &file))
    return;
  if (!failed && !input_is_stdin(name) && file.kind == FILE_DIRECTORY)
    enter(walk, name, 1);
  else
    worsen(walk, walk->each(walk->context, name));
}

int file_walk(char **names, int count, file_walk_each *each, void *context) {
  struct walk walk = {.each = each, .context = context, .status = STATUS_OK};
  for (int i = 0; i < count; i++) {
    visit_operand(&walk, names[i]);
    while (walk.count > 0) {
      char *path = walk.waiting[--walk.count];
      visit(&walk, path);
      free(path);
    }
  }
  free(walk.waiting);
  file_set_free(&walk.met);
  return walk.status;
}
