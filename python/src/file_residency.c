#include "file_residency.h"
