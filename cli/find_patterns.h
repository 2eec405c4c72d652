/* What tome find searches for, from its command line. */
#ifndef TOME_CLI_FIND_PATTERNS_H
#define TOME_CLI_FIND_PATTERNS_H

#include <stddef.h>

#include <tome/tome.h>

#include "arguments.h"

struct find_patterns {
  char **texts; /* as they were given; each borrowed */
  size_t count, room;
  int hex, regex, ignore_case;
  tome_needle *needles; /* each malloced, as many as there are texts */
  tome_pattern *ready;
};

/* Add one. Returns 0, or complains and returns STATUS_ERROR. */
int find_patterns_add(struct find_patterns *patterns, char *text);

/* Make them ready. Returns as above. */
int find_patterns_make(struct find_patterns *patterns, const struct arguments *args);

/* Is it a single byte string? Such a one can be searched for from the end. */
int find_patterns_is_string(const struct find_patterns *patterns);

void find_patterns_end(struct find_patterns *patterns);

#endif
