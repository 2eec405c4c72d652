/* tome tail -f. */
#ifndef TOME_CLI_TAIL_FOLLOW_H
#define TOME_CLI_TAIL_FOLLOW_H

#include "tail_file.h"

/* Print what is added to the files that are followed, until an interrupt, or until none is left to
 * be followed. Returns the exit status. */
int tail_follow(struct tail *tail);

/* Follow a file that could not be opened with this result, which has been complained about. */
void tail_follow_missing(struct tail_file *file, int result);

#endif
