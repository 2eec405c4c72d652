/* The files that operands name: those themselves, and in directories all that lie in them. */
#ifndef TOME_CLI_FILE_WALK_H
#define TOME_CLI_FILE_WALK_H

/* What is done with a file; returns an exit status. `path` is borrowed, and is "-" for standard input: open it with
 * input_open(), which complains about what cannot be opened. */
typedef int file_walk_each(void *context, const char *path);

/* Call `each` for each regular file and block device, in the order of the operands, and in a directory by name. Symbolic links
 * are followed when they are operands, not in directories, where all that is neither file nor device is passed over, too. What
 * has several names is met once, under the first of them. An operand that is no directory is handed to `each`, whatever it is.
 * Complains about directories that cannot be read. Returns the worst exit status. */
int file_walk(char **names, int count, file_walk_each *each, void *context);

#endif
