/* POSIX does not tell what is free. A half is what can be had on a machine that does nothing else. */
#include "machine.h"

uint64_t machine_free_memory(void) {
  return machine_memory() / 2;
}
