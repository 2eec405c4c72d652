/* A search of one text, a map or a stream, and what becomes of its hits. */
#ifndef TOME_CLI_GREP_SEARCH_H
#define TOME_CLI_GREP_SEARCH_H

#include "grep_groups.h"

struct grep_search {
  struct grep_printer *printer;
  struct grep_text text;
  struct grep_groups groups;
  uint64_t offset, number; /* of what is searched now, in the text; lines before it */
  uint64_t count, left;    /* lines selected; how many more are wanted */
  uint64_t behind;         /* where the last of them ends, its newline included */
  int code;                /* less than 0: what kept a line from being printed */
  int complete;            /* all lines that are wanted were looked at */
};

/* `map` NULL: a stream. */
void grep_search_begin(struct grep_search *search, struct grep_printer *printer, tome *map);
void grep_search_end(struct grep_search *search);

/* The options for the library: to tell hits to `search`, if anybody wants more than their number. */
tome_search_options grep_search_options(struct grep_search *search);

/* Search all of the map. Returns 0, or a code of the library's. */
int grep_search_map(struct grep_search *search);

/* Tell the last failure of the library. */
void grep_complain(const struct grep_printer *printer, int code);

/* Search what can only be read once. Returns the exit status; what went wrong has been complained about. */
int grep_search_stream(struct grep_search *search, int fd);

#endif
