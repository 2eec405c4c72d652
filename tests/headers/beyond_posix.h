/* All that the POSIX fallback uses beyond POSIX.1-2008; every system it is for has these. */
#ifndef BEYOND_POSIX_H
#define BEYOND_POSIX_H

#include <stddef.h>

/* Anonymous memory (later POSIX has it), and how many signals there are. Names for sysconf() are there anyway. */
#ifndef MAP_ANONYMOUS
#define MAP_ANONYMOUS 0x20
#endif
#ifndef NSIG
#define NSIG 65
#endif

/* Locks of open file descriptions, and which pages are in memory. */
#define LOCK_EX 2
#define LOCK_NB 4
int flock(int fd, int operation);
int mincore(void *address, size_t length, unsigned char *pages);

#endif
