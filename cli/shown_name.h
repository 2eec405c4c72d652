/* Text that others chose, such as the name of a file, as it can be shown: a control character in it
 * would be obeyed by a terminal. */
#ifndef TOME_CLI_SHOWN_NAME_H
#define TOME_CLI_SHOWN_NAME_H

#include <stdio.h>

/* Print the name. On a terminal or standard error one with control characters becomes $'...', which
 * a shell reads back as the same name; elsewhere it stays as it is, for programs. */
void shown_name_print(FILE *stream, const char *name);

/* The same for a stream whose text goes to a terminal later. */
void shown_name_quote(FILE *stream, const char *name);

/* Print text with a backslash and a letter or three octal digits for each control character. */
void shown_text_print(FILE *stream, const char *text);

#endif
