/* The lines around a hit: those of a map, read when they are asked for, or what is kept of a stream. */
#ifndef TOME_CLI_GREP_TEXT_H
#define TOME_CLI_GREP_TEXT_H

#include <tome/tome.h>

struct grep_text {
  tome *map; /* NULL: a stream; the bytes here are all there is, and its own to fill */
  unsigned char *bytes;
  size_t length, room;
  uint64_t start; /* where bytes[0] lies in the text */
  uint64_t end;   /* of a map: its size */
};

/* The line that begins at `at`, without its end; no text from `end` on is looked at. Its bytes stay until the next call.
 * Returns 0, or a code: as tome_read(), and TOME_ENOMEM. */
int grep_text_line(struct grep_text *text, uint64_t at, uint64_t end, const unsigned char **ret,
                   size_t *ret_length);

/* Where the line begins that is `most` lines before the one at `at`, or the first line behind `from`; and how many lines
 * that is. Returns as above. */
int grep_text_back(struct grep_text *text, uint64_t from, uint64_t at, uint64_t most,
                   uint64_t *ret_offset, uint64_t *ret_lines);

/* Room for `room` bytes: 0 or TOME_ENOMEM. */
int grep_text_reserve(struct grep_text *text, size_t room);

void grep_text_end(struct grep_text *text);

#endif
