/* Reading a regular expression: what must be known of it before it is given to PCRE2.
 *
 * Two things are wanted of an expression that is for lines.
 *
 * That no match holds the end of a line, so that whole blocks of lines can be searched at once. `[^a]`, `\s` and others match it.
 * They are written anew so that they do not: `[^a\n]`. Then a match in a block and a match in a line by itself are the same,
 * for what is left to look past the ends of the line, ^ $ \b and what looks around, sees nothing there in both.
 *
 * And byte strings of which each match must hold one: where there are none of them in a line, there is no match in it. There may
 * be several sets of such strings, each of which suffices.
 *
 * Only what is known for certain is read, with the syntax as PCRE2 has it. Of an expression with anything else in it nothing is
 * known, and each line is searched by itself. */
#ifndef TOME_EXPRESSION_H
#define TOME_EXPRESSION_H

#include <stddef.h>
#include <stdint.h>
#include <tome/pattern.h>

#define MOST_SETS 6
#define NO_STRING UINT32_MAX

/** A byte string, and the next one of its set. */
typedef struct set_string {
  uint32_t begin, length; /* in `bytes` */
  uint32_t next;          /* in `strings`, or NO_STRING */
} set_string;

/** Byte strings of which each match holds one. */
typedef struct string_set {
  uint32_t first, last; /* in `strings` */
  uint32_t count, shortest;
} string_set;

typedef struct expression {
  int known;           /* all of it was understood; else nothing below is meant */
  int groups;          /* it has groups that capture */
  int varied;          /* a loop follows a group of alternatives */
  int exact;           /* sets[0] is all that it matches */
  unsigned char *text; /* written so that no match holds the end of a line, if asked for */
  size_t length;
  size_t set_count; /* the likely best first */
  string_set sets[MOST_SETS];
  unsigned char *bytes;
  set_string *strings;
} expression;

/** Read an expression that PCRE2 accepts (PCRE2_MULTILINE, the newline is LF, no UTF). Returns 0 or TOME_ENOMEM.
 *  Freed by tome__expression_end(). */
int tome__expression_begin(expression *e, const unsigned char *text, size_t length, int in_lines);
void tome__expression_end(expression *e);

/** Copy the strings of a set to needles[], which has room for them; their bytes remain the expression's. */
void tome__expression_needles(const expression *e, const string_set *set, tome_needle *needles);

#endif
