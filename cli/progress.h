/* A line on the terminal that says how far a long job has come. Nothing is drawn in the first
 * second, nor when standard error is not a terminal. One job at a time. An
 * interrupt wipes the line before it ends the command. */
#ifndef TOME_CLI_PROGRESS_H
#define TOME_CLI_PROGRESS_H

#include <stdint.h>

/* `total` 0: unknown. `label` is borrowed until progress_end(). */
void progress_begin(const char *label, uint64_t total);
void progress_update(uint64_t done);
/* Wipe the line, before something else is printed; the next update draws it again. */
void progress_hide(void);
void progress_end(void);

#endif
