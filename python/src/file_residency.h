/* Methods of File: what is in memory: residency, resident_pages, warm, evict, lock, unlock, stats, info. */
#ifndef TOME_PYTHON_FILE_RESIDENCY_H
#define TOME_PYTHON_FILE_RESIDENCY_H

#include "file.h"

/** Entries of File's table of methods, each with a comma. */
#define FILE_RESIDENCY_METHODS

#endif
