/* The FILE operand of a verb that changes it: always a name. */
#ifndef TOME_CLI_OUTPUT_FILE_H
#define TOME_CLI_OUTPUT_FILE_H

#include <stdint.h>

#include <tome/tome.h>

/* Open for writing, with `flags` beside TOME_WRITE. NULL: failed, and complained. `hint` says what
 * the user can do about a missing file, where its directory exists. */
tome *output_open(const char *name, uint32_t flags, const char *hint);

/* Make [offset, offset + length) durable unless `status` says that something failed already, and
 * close the map. Returns the exit status. */
int output_close(tome *map, const char *name, uint64_t offset, uint64_t length, int status);

#endif
