/* The patterns of tome grep, one a line, from the command line and from files. */
#ifndef TOME_CLI_GREP_PATTERNS_H
#define TOME_CLI_GREP_PATTERNS_H

#include <tome/tome.h>

/* All zeros: none. */
struct grep_patterns {
  tome_needle *items; /* each malloced */
  size_t count, room;
};

/* Add those in the text, a line each; its last line is one also if it is empty. Returns 0, or complains and returns
 * STATUS_ERROR. */
int grep_patterns_add(struct grep_patterns *patterns, const char *text, size_t length);

/* Add those in a file, or in standard input for -. No line is no pattern. Returns as above. */
int grep_patterns_add_file(struct grep_patterns *patterns, const char *name);

/* Is each of them empty? */
int grep_patterns_empty(const struct grep_patterns *patterns);

/* Make them ready with TOME_PATTERN_… beside IN_LINES, REGEX where it is given and needed. Returns as above. */
int grep_patterns_make(const struct grep_patterns *patterns, uint32_t flags, tome_pattern **ret);

void grep_patterns_end(struct grep_patterns *patterns);

#endif
