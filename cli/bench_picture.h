/* The comparison as a picture in SVG, fit for a page with a light or a dark background. */
#ifndef TOME_CLI_BENCH_PICTURE_H
#define TOME_CLI_BENCH_PICTURE_H

#include <stdio.h>

#include "bench_table.h"

void bench_picture_draw(FILE *out, const struct bench_report *report);

#endif
