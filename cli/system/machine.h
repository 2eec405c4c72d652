/* The machine's memory, in bytes. */
#ifndef TOME_CLI_MACHINE_H
#define TOME_CLI_MACHINE_H

#include <stdint.h>

uint64_t machine_page(void);
/* All there is; 0: not known. */
uint64_t machine_memory(void);
/* What could be had before somebody has to give up some; 0: not known. */
uint64_t machine_free_memory(void);

#endif
