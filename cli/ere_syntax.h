/* Extended regular expressions, as grep -E has them, in the syntax of PCRE2.
 *
 * Most of both is the same. What means something else, or nothing, in PCRE2 is translated: \< and \> (ends of a word),
 * \` and \' (ends of the line), {,n}, and [.x.] and [=x=] in brackets. Where both have a meaning of their own (\d, a backslash
 * in brackets, (?...), *?) it is that of PCRE2. */
#ifndef TOME_CLI_ERE_SYNTAX_H
#define TOME_CLI_ERE_SYNTAX_H

#include <stddef.h>

/* Translate. Returns malloced bytes, *ret_length of them (no NUL is added), or NULL: out of memory. */
char *ere_translate(const char *text, size_t length, size_t *ret_length);

/* Where in the text that byte `offset` of its translation comes from. */
size_t ere_source_offset(const char *text, size_t length, size_t offset);

/* If the expression is only characters, some of them perhaps with a backslash before them: the characters, malloced, as
 * ere_translate() would return them; NULL with *ret_length 0: it is more than that; NULL with 1: out of memory. */
char *ere_literal(const char *text, size_t length, size_t *ret_length);

#endif
