/* The console, if standard output or standard error leads to one: bytes that are written to it are UTF-8, and escape sequences count
 * as elsewhere. */
#ifndef TOME_CLI_CONSOLE_H
#define TOME_CLI_CONSOLE_H

void console_begin(void);
/* As it was before. Callable at any time, by any thread. */
void console_restore(void);

#endif
