/* What happened to files between one look at them and the next: of which there were more or fewer, longer or
 * shorter ones, or others by the same name. */
#ifndef TOME_CLI_INFO_CHANGES_H
#define TOME_CLI_INFO_CHANGES_H

#include <stdio.h>

#include "files.h"
#include "info_file.h"
#include "screen.h"

struct info_seen {
  char *name;
  struct file_identity identity;
  uint64_t size;
};

struct info_seen_list {
  struct info_seen *list;
  size_t count, room;
};

struct info_change {
  char time[16];
  char *name;
  int kind;
  uint64_t before, after; /* sizes */
};

#define INFO_CHANGES_SHOWN 4

struct info_changes {
  struct info_seen_list before, now;
  size_t at;  /* those of `before` that come before were met in this look */
  int looked; /* how often */
  struct info_change shown[INFO_CHANGES_SHOWN]; /* the latest, the newest last */
  int count;
  uint64_t found; /* in the latest look */
};

/* A look: begin, each file that is there, in the order of every other look, end. */
void info_changes_begin(struct info_changes *changes);
void info_changes_saw(struct info_changes *changes, const struct info_file *file);
void info_changes_end(struct info_changes *changes);
void info_changes_free(struct info_changes *changes);

/* The latest changes, a line each; only those found in the latest look, if `new_only`. */
void info_changes_print(FILE *out, const struct screen *screen, const struct info_changes *changes,
                        int new_only);

#endif
