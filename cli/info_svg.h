/* What tome info tells, as a picture: one file as a grid of blocks, several as a bar each. */
#ifndef TOME_CLI_INFO_SVG_H
#define TOME_CLI_INFO_SVG_H

#include <stdio.h>

#include "info_table.h"
#include "streams.h"

struct info_svg {
  const char *name; /* of the picture; - is standard output */
  int alone;        /* it is about one file */
  char *title;      /* the file's name; NULL: there are several */
  FILE *body;       /* goes into `stream` */
  struct text_stream stream;
  int height; /* of the body */
  struct info_totals totals;
  uint64_t holes, absent; /* bytes in holes; of data that is not in memory */
  uint64_t partial;       /* blocks that are in memory in part */
};

/* All return the exit status, having complained. */
int info_svg_begin(struct info_svg *svg, const char *name, int alone);
int info_svg_add(struct info_svg *svg, const struct info_file *file);
/* Write the picture, if it is `wanted`. */
int info_svg_end(struct info_svg *svg, int wanted);

#endif
