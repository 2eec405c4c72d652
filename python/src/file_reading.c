#include "file_reading.h"
