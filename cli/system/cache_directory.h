/* Where the command keeps what it may lose: a directory of its own in the user's cache. */
#ifndef TOME_CLI_CACHE_DIRECTORY_H
#define TOME_CLI_CACHE_DIRECTORY_H

/* $XDG_CACHE_HOME/tome, or ~/.cache/tome; free() it. NULL: neither variable names a directory, or
 * there is no memory. */
char *cache_directory(void);

/* Make it, and what it lies in, for the user alone. Returns 0, or -1 with errno. */
int cache_directory_make(const char *directory);

/* Which variables say where it is. */
extern const char cache_directory_variables[];

#endif
