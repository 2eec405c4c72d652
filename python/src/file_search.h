/* Methods of File: find, rfind, index, rindex, count, findall, finditer. */
#ifndef TOME_PYTHON_FILE_SEARCH_H
#define TOME_PYTHON_FILE_SEARCH_H

#include "file.h"

/** Entries of File's table of methods, each with a comma. */
#define FILE_SEARCH_METHODS

#endif
