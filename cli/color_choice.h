/* --color[=WHEN], the same for every verb that has it; the words are GNU grep's. */
#ifndef TOME_CLI_COLOR_CHOICE_H
#define TOME_CLI_COLOR_CHOICE_H

struct arguments;

enum color_choice { COLOR_NEVER, COLOR_ALWAYS, COLOR_AUTO };

/* Read WHEN; NULL, the option alone, is auto. Return 0, or complain and return STATUS_ERROR. */
int color_choice_read(const struct arguments *args, const char *word, enum color_choice *ret);

/* Whether standard output is to be coloured: with auto on a terminal that can, unless the variable
 * NO_COLOR says that nobody wants it. */
int color_wanted(enum color_choice choice);

#endif
