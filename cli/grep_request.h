/* What tome grep is asked for: the options, made ready. */
#ifndef TOME_CLI_GREP_REQUEST_H
#define TOME_CLI_GREP_REQUEST_H

#include <stdint.h>

#include <tome/tome.h>

#include "grep_color.h"

enum grep_answer {
  GREP_LINES,
  GREP_COUNT,         /* -c */
  GREP_NAMES_WITH,    /* -l */
  GREP_NAMES_WITHOUT, /* -L */
  GREP_NOTHING        /* -q, or an answer that goes to /dev/null */
};

struct grep_request {
  tome_pattern *lines; /* which lines are meant */
  tome_pattern *parts; /* which parts of them, the longest; NULL: nobody asks */
  enum grep_answer answer;
  uint64_t most;          /* lines in each file */
  uint64_t before, after; /* lines of context */
  int grouped;            /* context was asked for, if only 0 lines: groups are separated */
  int invert;
  int only_parts, numbers, offsets, names, null_names, json, colored;
  int silent;      /* about files that cannot be read */
  int flush_often; /* standard output is a terminal, or lines are wanted at once */
  int to_terminal;
  struct grep_colors colors;
};

#endif
