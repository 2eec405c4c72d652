/* The terminal that standard output leads to. */
#ifndef TOME_CLI_TERMINAL_H
#define TOME_CLI_TERMINAL_H

/* Its size, in characters; 0: not known. */
void terminal_size(int *ret_columns, int *ret_rows);

/* Whether it understands the escape sequences of ECMA-48: colours, a cursor that can be moved. */
int terminal_takes_escapes(void);

/* Whether who looks at it can see what is beyond ASCII, in UTF-8. */
int terminal_shows_utf8(void);

#endif
