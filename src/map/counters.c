/* The counters of the process. */
#include "counters.h"

counters tome__counters;
