/* tome evict: files out of memory, what is dirty to the disk first. */
#include <stdio.h>
#include <string.h>

#include <tome/tome.h>

#include "arguments.h"
#include "complain.h"
#include "file_users.h"
#include "input_file.h"
#include "size_text.h"
#include "steer.h"

static const char help[] =
    "Usage: tome evict [--from=OFFSET] [--to=OFFSET] [-q] [--json] FILE|DIR...\n"
    "Let go of what is in memory of files, so that the memory is free for something else and\n"
    "the next reader finds them on the disk. What has been changed is written to the disk\n"
    "first; nothing is lost. Needs no privilege. Prints for each file how much of it is in\n"
    "memory now, how much was before, and why something stayed: of one FILE, which processes\n"
    "have it mapped, as far as you may know.\n"
    "\n"
    "      --from=OFFSET  from here on, in each file; a negative OFFSET counts from the end\n"
    "      --to=OFFSET    up to here\n"
    "  -q, --quiet        print nothing but errors\n"
    "      --json         print an array with one object for each file\n"
    "  -h, --help         print this text\n"
    "\n"
    "What other processes have mapped and use, or have locked, stays. Some file systems, such\n"
    "as tmpfs, have nothing but memory to keep files in. Amounts are whole pages; those at\n"
    "--from and --to that lie in the range only in part stay and do not count. \"unknown\" is\n"
    "told to who neither owns the file nor may write it.\n"
    "\n"
    "In a DIR all files are meant, also in the directories below; symbolic links there are\n"
    "not followed, and a file with several names counts once. FILE may be - for a file that\n"
    "standard input is redirected from.\n"
    "\n"
    "Exit status: 0 nothing of it is in memory, or that is unknown, 1 something stayed,\n"
    "2 error.\n"
    "\n"
    "  tome evict *.log\n"
    "  tome evict --to -1G app.log           all but its last GiB\n";

static int let_go(struct steer *steer, const struct steered *file, uint64_t from, uint64_t length) {
  (void)steer;
  int result = tome_evict(file->map, from, length);
  if (result == 0)
    return STATUS_OK;
  complain_tome(input_name(file->path),
                result == TOME_ENOTSUP ? "this system lets go of a file's memory by itself only"
                                       : NULL);
  return STATUS_ERROR;
}

static int is_in_memory_only(const struct steered *file) {
  tome_info info = {.struct_size = sizeof info};
  return tome_info_get(file->map, &info) == 0 && info.kind == TOME_KIND_FILE &&
         (strcmp(info.file_system, "tmpfs") == 0 || strcmp(info.file_system, "ramfs") == 0);
}

static const char MAPPED_BY[] = "mapped by ";

/* Searching all processes takes its time: it is done for one file, not for a thousand. */
static int find_users(const struct steer *steer, const struct steered *file, char *text) {
  struct file_facts facts;
  if (steer->count > 1 || input_facts(file->path, &facts) < 0)
    return 0;
  memcpy(text, MAPPED_BY, sizeof MAPPED_BY);
  file_users(&facts.identity, text + sizeof MAPPED_BY - 1);
  return text[sizeof MAPPED_BY - 1] != '\0';
}

/* `text` is room for names. */
static const char *reason(const struct steer *steer, const struct steered *file, char *text) {
  const tome_residency *now = &file->after;
  if (is_in_memory_only(file))
    return "its file system keeps files in memory";
  if (now->dirty != TOME_UNKNOWN && now->dirty + now->writeback > 0)
    return "it is being written to";
  if (find_users(steer, file, text))
    return text;
  if (now->pages < file->size)
    return "processes have it mapped or locked, or it shares a large page with what lies outside";
  return "processes have it mapped or locked, or read it just now";
}

static int evict(struct steer *steer, struct steered *file) {
  char names[sizeof MAPPED_BY + FILE_USERS_MAX];
  int status = steer_in_pieces(steer, file, let_go);
  if (steer_look(file) != STATUS_OK)
    return STATUS_ERROR;
  int stayed = file->after.resident != 0 && file->after.resident != TOME_UNKNOWN;
  steer_tell(steer, file, stayed && status == STATUS_OK ? reason(steer, file, names) : NULL);
  return stayed && status == STATUS_OK ? STATUS_NOT_FOUND : status;
}

static int run(struct arguments *args) {
  struct steer steer = STEER_INIT;
  steer.whole_pages = 1;
  int status = steer_begin(&steer, args);
  if (status < 0)
    return args->status;
  int evicted = steer_each(&steer, evict);
  status = steer_answer(&steer, evicted > status ? evicted : status);
  steer_end(&steer);
  return status;
}

static const struct option options[] = {{"from", required_argument, NULL, STEER_FROM},
                                        {"to", required_argument, NULL, STEER_TO},
                                        {"quiet", no_argument, NULL, 'q'},
                                        {"json", no_argument, NULL, STEER_JSON},
                                        VERB_OPTIONS_END};

const struct verb verb_evict = {
    "evict", "let go of what is in memory of files", help, "+:hq", options, run};
