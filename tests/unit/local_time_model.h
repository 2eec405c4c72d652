/* Local times, against the C library's own way from moments to clocks. */
#ifndef LOCAL_TIME_MODEL_H
#define LOCAL_TIME_MODEL_H

#include "test_support.h"

/** All through a year, what the clock shows is the moment again; of an hour that comes twice, the first. */
void must_be_local_time_for_a_year(void);

#endif
