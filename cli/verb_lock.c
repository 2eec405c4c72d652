/* tome lock: files in memory, and kept there for as long as the command runs.
 *
 * All or nothing: the answer comes when everything is locked; what prevents that ends the command, which lets go of all. */
#include <stdio.h>

#include <tome/tome.h>

#include "arguments.h"
#include "complain.h"
#include "input_file.h"
#include "process_limits.h"
#include "progress.h"
#include "signals.h"
#include "size_text.h"
#include "standard_output.h"
#include "steer.h"

static const char help[] =
    "Usage: tome lock [--from=OFFSET] [--to=OFFSET] [--rate=SIZE/s] [-q] [--json] FILE|DIR...\n"
    "Bring files into memory and keep them there until the command is stopped: by an\n"
    "interrupt, SIGTERM or SIGHUP. Prints a line for each file once all of them are locked,\n"
    "so that a script can wait for that, and waits.\n"
    "\n"
    "      --from=OFFSET  from here on, in each file; a negative OFFSET counts from the end\n"
    "      --to=OFFSET    up to here\n"
    "      --rate=SIZE/s  read so much a second at most, such as 200MiB/s, to leave the\n"
    "                     disk to others\n"
    "  -q, --quiet        print nothing but errors\n"
    "      --json         print an array with one object for each file\n"
    "  -h, --help         print this text\n"
    "\n"
    "How much may be locked is limited: \"ulimit -l\" shows the limit, in KiB, which only root\n"
    "can raise. If not all can be locked, nothing is. Holes take memory here, too. What is\n"
    "added to a file later is not locked; what is cut off is let go.\n"
    "\n"
    "In a DIR all files are meant, also in the directories below; symbolic links there are\n"
    "not followed, and a file with several names counts once. What cannot be opened is told,\n"
    "and the rest is locked. FILE may be - for a file that standard input is redirected from.\n"
    "\n"
    "Exit status: 0 stopped, 2 error, also if something could not be opened.\n"
    "\n"
    "  tome lock index.db & tome=$!; ...; kill $tome\n"
    "  tome lock --to 64M table.bin\n";

static void complain_limit(const char *subject, uint64_t needed) {
  char asked[SIZE_TEXT_MAX], limit[SIZE_TEXT_MAX] = "less";
  uint64_t most = process_limits_raise_locked();
  if (most != UINT64_MAX)
    size_format(limit, most);
  complain(subject,
           "%s are to be locked in memory, but this process may lock %s only; raise the limit "
           "(ulimit -l) as root, or choose a part with --from and --to",
           size_format(asked, needed), limit);
}

/* What cannot succeed is told before hours are spent on reading. */
static int check(const struct steer *steer) {
  uint64_t needed = steer_needed(steer, 1);
  if (steer_check_memory(steer, needed) != STATUS_OK)
    return STATUS_ERROR;
  if (needed <= process_limits_raise_locked())
    return STATUS_OK;
  complain_limit(steer->args->verb->name, needed);
  return STATUS_ERROR;
}

/* Read first, with progress and at the rate wanted; then locking has nothing left to read. */
static int lock_piece(struct steer *steer, const struct steered *file, uint64_t from,
                      uint64_t length) {
  if (steer_warm(steer, file, from, length) != STATUS_OK)
    return STATUS_ERROR;
  int locked = tome_lock(file->map, from, length);
  if (locked == TOME_ELIMIT)
    complain_limit(input_name(file->path), steer_needed(steer, 1));
  else if (locked < 0)
    complain_tome(input_name(file->path), NULL);
  return locked < 0 ? STATUS_ERROR : STATUS_OK;
}

static int lock(struct steer *steer, struct steered *file) {
  if (steer_in_pieces(steer, file, lock_piece) != STATUS_OK || steer_look(file) != STATUS_OK)
    return STATUS_ERROR;
  file->after.resident = file->after.pages;
  return STATUS_OK;
}

/* Who has read the answer may stop us at once. */
static int answer_and_wait(struct steer *steer, int status) {
  signals_hold_stops();
  for (size_t i = 0; i < steer->count; i++)
    steer_tell(steer, &steer->files[i], NULL);
  status = steer_answer(steer, status);
  fflush(stdout);
  if (!standard_output_ok())
    return STATUS_ERROR;
  if (steer->count > 0)
    signals_wait_for_stop();
  return status;
}

static int run(struct arguments *args) {
  struct steer steer = STEER_INIT;
  steer.fate = "locked in memory";
  steer.all_or_nothing = 1;
  int status = steer_begin(&steer, args);
  if (status < 0)
    return args->status;
  process_limits_raise_files();
  int none = status != STATUS_OK && steer.count == 0;
  if (none || check(&steer) != STATUS_OK || steer_each(&steer, lock) != STATUS_OK)
    status = STATUS_ERROR;
  else
    status = answer_and_wait(&steer, status);
  progress_end();
  steer_end(&steer);
  return status;
}

static const struct option options[] = {
    {"from", required_argument, NULL, STEER_FROM}, {"to", required_argument, NULL, STEER_TO},
    {"rate", required_argument, NULL, STEER_RATE}, {"quiet", no_argument, NULL, 'q'},
    {"json", no_argument, NULL, STEER_JSON},       VERB_OPTIONS_END};

const struct verb verb_lock = {"lock", "keep files in memory until stopped", help, "+:hq", options,
                               run};
