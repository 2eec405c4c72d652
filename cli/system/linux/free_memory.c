#include "machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint64_t machine_free_memory(void) {
  static const char name[] = "MemAvailable:";
  uint64_t kib = 0;
  char line[128];
  FILE *file = fopen("/proc/meminfo", "r");
  while (file && kib == 0 && fgets(line, sizeof line, file))
    if (strncmp(line, name, sizeof name - 1) == 0)
      kib = strtoull(line + sizeof name - 1, NULL, 10);
  if (file)
    fclose(file);
  return kib * 1024;
}
