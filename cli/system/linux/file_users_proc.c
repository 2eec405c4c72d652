/* The list of mappings of each process, in /proc, has the device and the number of the file, as in
 *   7f0000000000-7f0000001000 r--p 00000000 fd:01 1234 /usr/lib/libc.so */
#include "file_users.h"

#include <ctype.h>
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <sys/types.h>
#include <unistd.h>

#define MOST_NAMED 3

static FILE *open_of(const char *process, const char *name) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%.20s/%s", process, name);
  return fopen(path, "re");
}

static int has_mapped(const char *process, const char *wanted) {
  FILE *maps = open_of(process, "maps");
  char *line = NULL;
  size_t room = 0;
  int found = 0;
  while (maps && !found && getline(&line, &room, maps) > 0)
    found = strstr(line, wanted) != NULL;
  free(line);
  if (maps)
    fclose(maps);
  return found;
}

static void name_process(const char *process, char *text) {
  char name[32] = "";
  FILE *comm = open_of(process, "comm");
  if (comm && fgets(name, sizeof name, comm))
    name[strcspn(name, "\n")] = '\0';
  if (comm)
    fclose(comm);
  size_t length = strlen(text);
  snprintf(text + length, FILE_USERS_MAX - length, "%s%.10s (%s)", length ? ", " : "", process,
           name);
}

void file_users(const struct file_identity *file, char *text) {
  char wanted[64];
  DIR *processes = opendir("/proc");
  const struct dirent *entry;
  int named = 0;
  text[0] = '\0';
  snprintf(wanted, sizeof wanted, " %02x:%02x %" PRIu64 " ", major((dev_t)file->device),
           minor((dev_t)file->device), file->number[0]);
  while (processes && named < MOST_NAMED && (entry = readdir(processes)))
    if (isdigit((unsigned char)entry->d_name[0]) &&
        strtol(entry->d_name, NULL, 10) != (long)getpid() && has_mapped(entry->d_name, wanted)) {
      name_process(entry->d_name, text);
      named++;
    }
  if (processes)
    closedir(processes);
}
