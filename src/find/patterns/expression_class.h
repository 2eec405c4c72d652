/* Classes such as [^a-z] in a regular expression, and bytes written as escapes. */
#ifndef TOME_EXPRESSION_CLASS_H
#define TOME_EXPRESSION_CLASS_H

#include <stddef.h>

typedef struct expression_class {
  int negated;
  int has_newline; /* it matches the end of a line */
} expression_class;

/** Read the class that begins at `at`: its length, or 0 if not all of it is known. Pre: *at is '['. */
size_t tome__class_read(const unsigned char *at, const unsigned char *end, expression_class *ret);

/** Read an escape that stands for one byte, in a class or not: its length, or 0 if it is none, or not known.
 *  Pre: *at is a backslash. */
size_t tome__escaped_byte(const unsigned char *at, const unsigned char *end,
                          unsigned char *ret_byte);

#endif
