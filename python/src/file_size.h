/* Methods of File: what changes the file's size or brings changes to the disk: append, resize, refresh, fill, move, flush, check. */
#ifndef TOME_PYTHON_FILE_SIZE_H
#define TOME_PYTHON_FILE_SIZE_H

#include "file.h"

/** Entries of File's table of methods, each with a comma. */
#define FILE_SIZE_METHODS

#endif
