/* Methods of File: between. */
#ifndef TOME_PYTHON_FILE_LINES_H
#define TOME_PYTHON_FILE_LINES_H

#include "file.h"

/** Entries of File's table of methods, each with a comma. */
#define FILE_LINES_METHODS

#endif
