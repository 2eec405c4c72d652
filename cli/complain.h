/* Errors, on standard error, as "tome: SUBJECT: what went wrong (at byte N)". */
#ifndef TOME_CLI_COMPLAIN_H
#define TOME_CLI_COMPLAIN_H

#include <stdarg.h>
#include <stdio.h>

void complain(const char *subject, const char *format, ...) __attribute__((format(printf, 2, 3)));
void complain_values(const char *subject, const char *format, va_list values)
    __attribute__((format(printf, 2, 0)));

/* The last failure of the library. `hint` says what the user can do about it; NULL: nothing. */
void complain_tome(const char *subject, const char *hint);

/* The last failure of a system call, from errno. */
void complain_system(const char *subject);

/* Put what is complained about from now on into a picture of the terminal that is not on it yet; NULL: on standard
 * error again. */
void complain_into(FILE *picture);

#endif
