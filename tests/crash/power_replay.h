/* What a power cut could leave of a traced file, state by state, each looked at.
 *
 * The power is cut after any event of the log. What was synced is on the disk. Of what was not, each 512-byte sector has got
 * any prefix of its stores, whatever the others have got; the length is any that the file had since the sync, and the
 * name there or not likewise. Bytes inside the length that were never stored are zero. A range that was only handed to the
 * system (sync_file_range) is as good as nothing. */
#ifndef POWER_REPLAY_H
#define POWER_REPLAY_H

#include "power_tracer.h"

typedef struct outcome {
  uint64_t cuts;     /* places in the log at which the power was cut */
  uint64_t states;   /* different ones */
  uint64_t lossy;    /* of these, ones in which something is missing that was done */
  char failure[512]; /* the first promise that is broken (power_promise.h), or "" */
} outcome;

/** Look at about `most` different states. At each cut: nothing unsynced is there, all is, only one sector's, all but one's;
 *  and random ones. */
outcome replay(const trace *log, uint64_t most, dice any);

/** What the file holds at the end of the log if every store arrives; free() it. For checking that nothing escaped the tracer. */
unsigned char *final_bytes(const trace *log, uint64_t *ret_size);

#endif
