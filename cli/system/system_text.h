/* Small things that systems have by different names, or not at all. */
#ifndef TOME_CLI_SYSTEM_TEXT_H
#define TOME_CLI_SYSTEM_TEXT_H

#include <stddef.h>

/* What an error number of the system's means, such as tome_error has it. Good until the next call. */
const char *system_error_text(int number);

/* The arguments of main() as UTF-8, where the system has them in another way. */
void system_arguments(int *argc, char ***argv);

/* The last byte of that value; NULL: there is none. */
const void *bytes_last(const void *bytes, int value, size_t length);

#endif
