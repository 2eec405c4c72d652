/* Names wait on a stack. The top one is taken; a directory is read to its end, closed, and replaced by what lies in it, the
 * first name on top. So one directory is open at a time, however deep they lie in one another. */
#include "file_walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "complain.h"
#include "file_set.h"
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
  char **larger = reallocarray(walk->waiting, room, sizeof *larger);
  if (!larger)
    return -1;
  walk->waiting = larger;
  walk->room = room;
  return 0;
}

static int push(struct walk *walk, const char *directory, const char *name) {
  if (walk->count == walk->room && make_room(walk) < 0)
    return -1;
  size_t length = strlen(directory);
  const char *slash = length > 0 && directory[length - 1] == '/' ? "" : "/";
  if (asprintf(&walk->waiting[walk->count], "%s%s%s", directory, slash, name) < 0) {
    errno = ENOMEM;
    return -1;
  }
  walk->count++;
  return 0;
}

/* Returns 0, or -1 with errno, having pushed what came before the failure. */
static int push_entries(struct walk *walk, const char *path, DIR *directory) {
  const struct dirent *entry;
  while (errno = 0, (entry = readdir(directory))) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
      continue;
    if (push(walk, path, entry->d_name) < 0)
      return -1;
  }
  return errno == 0 ? 0 : -1;
}

static int last_name_first(const void *a, const void *b) {
  return strcmp(*(char *const *)b, *(char *const *)a);
}

static DIR *open_directory(const char *path, int flags) {
  int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | flags);
  DIR *directory = fd < 0 ? NULL : fdopendir(fd);
  if (!directory && fd >= 0)
    close(fd);
  return directory;
}

static void enter(struct walk *walk, const char *path, int flags) {
  DIR *directory = open_directory(path, flags);
  if (!directory) {
    fail(walk, path);
    return;
  }
  size_t before = walk->count;
  if (push_entries(walk, path, directory) < 0)
    fail(walk, path);
  closedir(directory);
  if (walk->count > before)
    qsort(walk->waiting + before, walk->count - before, sizeof *walk->waiting, last_name_first);
}

/* Whether it was met before. Where that cannot be kept in mind, it is met again. */
static int is_known(struct walk *walk, const char *path, const struct stat *file) {
  int added = file_set_add(&walk->met, file);
  if (added < 0)
    fail(walk, path);
  return added == 0;
}

static void visit(struct walk *walk, const char *path) {
  struct stat file;
  if (lstat(path, &file) < 0)
    fail(walk, path);
  else if (S_ISDIR(file.st_mode) && !is_known(walk, path, &file))
    enter(walk, path, O_NOFOLLOW);
  else if ((S_ISREG(file.st_mode) || S_ISBLK(file.st_mode)) && !is_known(walk, path, &file))
    worsen(walk, walk->each(walk->context, path));
}

static void visit_operand(struct walk *walk, const char *name) {
  struct stat file;
  int is_stdin = input_is_stdin(name);
  int failed = is_stdin ? fstat(STDIN_FILENO, &file) : stat(name, &file);
  if (!failed && is_known(walk, name, &file))
    return;
  if (!failed && !is_stdin && S_ISDIR(file.st_mode))
    enter(walk, name, 0);
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
