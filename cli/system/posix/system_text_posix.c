#include "system_text.h"

#include <string.h>

const char *system_error_text(int number) {
  return strerror(number);
}

void system_arguments(int *argc, char ***argv) {
  (void)argc;
  (void)argv;
}
