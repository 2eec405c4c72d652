/* Files as JSON: an array, printed as it goes, so that any number of files needs little memory. */
#ifndef TOME_CLI_INFO_JSON_H
#define TOME_CLI_INFO_JSON_H

#include <stdio.h>

#include "info_file.h"

struct info_json {
  FILE *out;
  int compact; /* all on one line */
  uint64_t printed;
};

void info_json_begin(struct info_json *json, FILE *out, int compact);
/* With its blocks, if `map`. Returns the exit status, having complained. */
int info_json_add(struct info_json *json, const struct info_file *file, int map);
void info_json_end(struct info_json *json);

#endif
