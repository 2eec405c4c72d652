/* What warm, evict and lock have in common: which bytes of which files they are to bring into memory or let go, and what is
 * told of them. */
#ifndef TOME_CLI_STEER_H
#define TOME_CLI_STEER_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>
#include <tome/tome.h>

#include "arguments.h"
#include "file_range.h"
#include "verb.h"

enum { STEER_FROM = OPTION_FIRST, STEER_TO, STEER_RATE, STEER_JSON };

/* One file and the bytes meant. */
struct steered {
  char *path;
  tome *map; /* or NULL: not open */
  uint64_t size, from, to;
  uint64_t counted_from, counted_to; /* of what the figures tell */
  tome_residency before, after;
};

/* Figures of all files that were told. */
struct steer_total {
  uint64_t files, unknown; /* `unknown` of them do not tell what is in memory */
  uint64_t pages, before, after;
};

/* Start from STEER_INIT. */
struct steer {
  const struct arguments *args;
  const char *fate; /* what becomes of the files */
  struct position from, to;
  uint64_t rate; /* bytes a second; 0: any */
  int json, quiet;
  int whole_pages;    /* those in the range only in part do not count */
  int all_or_nothing; /* files stay open, and the first failure is the end */
  struct steered *files;
  size_t count, room;
  uint64_t length,
      done; /* bytes meant of all files; those of files and pieces that are done with */
  struct steer_total total;
  json_t *array;
  char label[32];
};

#define STEER_INIT                                                                                 \
  { .fate = "in memory", .to = FILE_RANGE_END }

/* What is done with an open file; returns an exit status. */
typedef int steer_deal(struct steer *steer, struct steered *file);

/* Read the command line, find the files, and ask what is in memory of them. What the verb wants of `steer` is set before.
 * Returns the exit status so far, or -1: nothing was begun, and args->status is the exit status. */
int steer_begin(struct steer *steer, struct arguments *args);
/* Close and release all. */
void steer_end(struct steer *steer);

/* Open each file, deal with it, and close it. Returns the worst exit status. */
int steer_each(struct steer *steer, steer_deal *deal);

/* What is done with a piece of an open file; returns 0, or complains and returns STATUS_ERROR. */
typedef int steer_piece(struct steer *steer, const struct steered *file, uint64_t from,
                        uint64_t length);

/* Deal with the range in pieces, until one fails. Returns its status. */
int steer_in_pieces(struct steer *steer, const struct steered *file, steer_piece *deal);

/* Bring a piece into memory. */
int steer_warm(struct steer *steer, const struct steered *file, uint64_t from, uint64_t length);

/* Ask what is in memory now. Returns 0, or complains and returns STATUS_ERROR. */
int steer_look(struct steered *file);

/* Tell what was in memory of a file and what is now. `remark`: what there is to say about that, or NULL. */
void steer_tell(struct steer *steer, const struct steered *file, const char *remark);

/* After all were told: the total, or all of the JSON. Returns the exit status. */
int steer_answer(struct steer *steer, int status);

/* How much memory it takes to hold all that is meant, holes included or not. */
uint64_t steer_needed(const struct steer *steer, int with_holes);

/* Refuse to fill more memory than the machine has. Returns 0, or complains and returns STATUS_ERROR. */
int steer_check_memory(const struct steer *steer, uint64_t needed);

#endif
