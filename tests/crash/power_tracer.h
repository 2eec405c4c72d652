/* All that the library does to one file, in exact order: each store of each instruction, each change of length or name, each
 * sync; and between them the test's own marks. From this log a replayer (power_replay.h) builds what a power cut could leave.
 *
 * The tracer sits in the library's table of system calls. It maps the file read-only, so that each store faults; then that
 * one instruction is let through with the processor's trap flag set, and what it changed is noted. */
#ifndef POWER_TRACER_H
#define POWER_TRACER_H

#include "test_support.h"

typedef enum event_kind {
  STORED,      /* bytes, through a mapping or by a system call */
  SIZED,       /* the file became so long */
  NAMED,       /* the name came to be there, or went */
  FILE_SYNCED, /* the stores in a range, and the length, are durable */
  NAME_SYNCED, /* the directory is */
  ANNOUNCED,   /* by the test: an operation begins, and this is what it will change */
  ACKNOWLEDGED /* by the test: it was told that what was announced in a range is durable, with the length and the name */
} event_kind;

typedef struct event {
  event_kind kind;
  uint64_t offset, length;
  const unsigned char *bytes; /* STORED, ANNOUNCED */
  uint64_t size;              /* SIZED, ANNOUNCED: the length of the file */
  int flag; /* NAMED: whether it is there. ANNOUNCED: any length on the way to `size` is good */
} event;

typedef struct trace {
  const unsigned char *before; /* what the file held, all of it durable */
  uint64_t size_before;
  int there_before;
  const event *events;
  size_t count;
} trace;

/** Why there can be no tracer here, or NULL. */
const char *why_no_tracer(void);

/** Put the tracer under the library, once. What is planted in the table of calls afterwards lies above it. */
void install_tracer(void);
/** Take it out, and everything that lies above it. */
void remove_tracer(void);

/** Trace this file, which need not exist, from now on. Pre: the library has not opened it. */
void begin_trace(const char *path);
/** The log; valid until the next begin_trace() or remove_tracer(). Pre: the library has closed the file. */
const trace *end_trace(void);
/** The log so far. */
const trace *look_at_trace(void);

void announce(event what);
void acknowledge(uint64_t offset, uint64_t length);

/** For planted bugs: as if the device had been told to make only this range durable. */
void sync_only(uint64_t offset, uint64_t length);

#endif
