/* tome warm: files from the disk into memory, before they are needed. */
#include <tome/tome.h>

#include "arguments.h"
#include "steer.h"

static const char help[] =
    "Usage: tome warm [--from=OFFSET] [--to=OFFSET] [--rate=SIZE/s] [-q] [--json] FILE|DIR...\n"
    "Bring files into memory, so that who reads them next need not wait for the disk.\n"
    "Prints for each file how much of it is in memory now, and how much was before.\n"
    "\n"
    "      --from=OFFSET  from here on, in each file; a negative OFFSET counts from the end\n"
    "      --to=OFFSET    up to here\n"
    "      --rate=SIZE/s  read so much a second at most, such as 200MiB/s, to leave the\n"
    "                     disk to others\n"
    "  -q, --quiet        print nothing but errors\n"
    "      --json         print an array with one object for each file\n"
    "  -h, --help         print this text\n"
    "\n"
    "What is in memory already is not read again, and holes are passed over. Memory holds\n"
    "what fits: the system takes back what nobody uses when it needs room, see tome lock.\n"
    "Amounts are whole pages; \"unknown\" is told to who neither owns the file nor may write\n"
    "it. An interrupt leaves what was read where it is.\n"
    "\n"
    "In a DIR all files are meant, also in the directories below; symbolic links there are\n"
    "not followed, and a file with several names counts once. FILE may be - for a file that\n"
    "standard input is redirected from.\n"
    "\n"
    "Exit status: 0 all of it is in memory, 1 not all of it stayed there, 2 error.\n"
    "\n"
    "  tome warm --rate 200MiB/s /var/lib/database\n"
    "  tome warm --from -1G app.log\n";

static int is_complete(const tome_residency *now) {
  uint64_t holes = now->holes == TOME_UNKNOWN ? 0 : now->holes;
  return now->resident == TOME_UNKNOWN || now->resident >= now->pages ||
         now->pages - now->resident <= holes;
}

static int warm(struct steer *steer, struct steered *file) {
  int status = steer_warm(steer, file, file->from, file->to - file->from);
  if (steer_look(file) != STATUS_OK)
    return STATUS_ERROR;
  int complete = is_complete(&file->after);
  steer_tell(steer, file,
             complete || status != STATUS_OK ? NULL : "the system has taken the rest back");
  return status == STATUS_OK && !complete ? STATUS_NOT_FOUND : status;
}

static int run(struct arguments *args) {
  struct steer steer = STEER_INIT;
  int status = steer_begin(&steer, args);
  if (status < 0)
    return args->status;
  if (steer_check_memory(&steer, steer_needed(&steer, 0)) == STATUS_OK) {
    int warmed = steer_each(&steer, warm);
    status = steer_answer(&steer, warmed > status ? warmed : status);
  } else {
    status = STATUS_ERROR;
  }
  steer_end(&steer);
  return status;
}

static const struct option options[] = {
    {"from", required_argument, NULL, STEER_FROM}, {"to", required_argument, NULL, STEER_TO},
    {"rate", required_argument, NULL, STEER_RATE}, {"quiet", no_argument, NULL, 'q'},
    {"json", no_argument, NULL, STEER_JSON},       VERB_OPTIONS_END};

const struct verb verb_warm = {"warm", "bring files into memory", help, "+:hq", options, run};
