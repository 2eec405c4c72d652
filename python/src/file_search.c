#include "file_search.h"
