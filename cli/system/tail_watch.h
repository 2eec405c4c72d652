/* Waiting until something happened to files, or until the reader of standard output has gone.
 * Systems do not tell of all changes, not of those made on another machine, for one: files are to
 * be looked at now and then all the same. */
#ifndef TOME_CLI_TAIL_WATCH_H
#define TOME_CLI_TAIL_WATCH_H

#include <stdint.h>

#define TAIL_WATCH_NONE (-1)

/* Returns what tail_watch_wait() needs; TAIL_WATCH_NONE: this system tells of nothing. */
int tail_watch_begin(void);

/* Watch an open file, or what is added to and taken from a folder; the same one again does nothing.
 * Returns a number for it, or TAIL_WATCH_NONE. */
int tail_watch_file(int watch, int fd);
int tail_watch_folder(int watch, const char *path);
void tail_watch_drop(int watch, int number);

/* Wait for something, or `milliseconds`. `tell` is called for each file (`name` is NULL) or name in
 * a folder that something happened to, and once with TAIL_WATCH_NONE if some were missed. Ends the
 * command, as writing would, if standard output is a pipe that nobody reads any more. */
typedef void tail_watch_tell(void *context, int number, const char *name);
void tail_watch_wait(int watch, int milliseconds, tail_watch_tell *tell, void *context);

#endif
