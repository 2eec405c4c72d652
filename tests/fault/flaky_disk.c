/* A disk that fails when it is told to: a FUSE file system with one file, "file", that lies in memory.
 *
 * Usage: flaky_disk MOUNTPOINT MEBIBYTES [writeback] [direct]
 * It is told what to do through its standard input, a line each, and answers each with a line:
 *   read|write|sync FIRST END ERRNO   requests that touch these bytes fail (sync: any); the answer is "ok"
 *   stall FIRST END SECONDS           reads of these bytes, and with them all questions for attributes, wait; no longer
 *                                     than that, since who waits for it cannot even be killed
 *   clear                             nothing fails or waits any more
 *   struck read|write|sync|stall      how often that has happened since it was set up
 * At the end of its input it lets everything go on, unmounts and leaves, so that nothing is left of it when a test dies. */
#define FUSE_USE_VERSION 31
#include <fuse.h>

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <time.h>
#include <unistd.h>

enum { READ, WRITE, SYNC, STALL, FAULTS };
static const char *const names[FAULTS] = {"read", "write", "sync", "stall"};

static struct fault {
  long long first, end;
  int code; /* 0: none */
  unsigned long struck;
} faults[FAULTS];

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cleared = PTHREAD_COND_INITIALIZER;
static char *bytes;
static size_t capacity, length;
static int writeback, direct;
static const char *mountpoint;

/* Whether the fault strikes a request. Under the lock. */
static int strikes(int kind, long long first, long long end) {
  struct fault *f = &faults[kind];
  if (f->code == 0 || first >= f->end || end <= f->first)
    return 0;
  f->struck++;
  return -f->code;
}

static void wait_until_cleared(void) {
  struct timespec most;
  clock_gettime(CLOCK_REALTIME, &most);
  most.tv_sec += faults[STALL].code;
  while (faults[STALL].code != 0 && pthread_cond_timedwait(&cleared, &lock, &most) != ETIMEDOUT)
    continue;
}

static void wait_while_stalled(long long first, long long end) {
  if (strikes(STALL, first, end) != 0)
    wait_until_cleared();
}

static int is_file(const char *path) {
  return strcmp(path, "/file") == 0;
}

/* ---- the file system ---- */

static int get_attributes(const char *path, struct stat *status, struct fuse_file_info *unused) {
  (void)unused;
  memset(status, 0, sizeof *status);
  status->st_mode = is_file(path) ? S_IFREG | 0666 : S_IFDIR | 0777;
  status->st_nlink = 1;
  if (!is_file(path))
    return strcmp(path, "/") == 0 ? 0 : -ENOENT;
  pthread_mutex_lock(&lock);
  faults[STALL].struck += faults[STALL].code != 0;
  wait_until_cleared();
  status->st_size = (off_t)length;
  status->st_blocks = (blkcnt_t)((length + 511) / 512);
  pthread_mutex_unlock(&lock);
  return 0;
}

static int open_file(const char *path, struct fuse_file_info *info) {
  info->direct_io = direct != 0;
  info->keep_cache = 1; /* the bytes are nobody else's */
  return is_file(path) ? 0 : -ENOENT;
}

static int list(const char *path, void *buffer, fuse_fill_dir_t fill, off_t offset,
                struct fuse_file_info *info, enum fuse_readdir_flags flags) {
  (void)path, (void)offset, (void)info, (void)flags;
  return fill(buffer, "file", NULL, 0, 0);
}

static int read_bytes(const char *path, char *to, size_t n, off_t at, struct fuse_file_info *info) {
  (void)path, (void)info;
  size_t first = (size_t)at;
  pthread_mutex_lock(&lock);
  wait_while_stalled(at, at + (long long)n);
  int r = strikes(READ, at, at + (long long)n);
  n = first >= length ? 0 : n < length - first ? n : length - first;
  if (r == 0)
    memcpy(to, bytes + first, n);
  pthread_mutex_unlock(&lock);
  return r < 0 ? r : (int)n;
}

static int write_bytes(const char *path, const char *from, size_t n, off_t at,
                       struct fuse_file_info *info) {
  (void)path, (void)info;
  size_t first = (size_t)at;
  if (first > capacity || n > capacity - first)
    return -ENOSPC;
  pthread_mutex_lock(&lock);
  int r = strikes(WRITE, at, at + (long long)n);
  if (r == 0) {
    memcpy(bytes + first, from, n);
    length = first + n > length ? first + n : length;
  }
  pthread_mutex_unlock(&lock);
  return r < 0 ? r : (int)n;
}

static int sync_file(const char *path, int data_only, struct fuse_file_info *info) {
  (void)path, (void)data_only, (void)info;
  pthread_mutex_lock(&lock);
  int r = strikes(SYNC, 0, (long long)capacity);
  pthread_mutex_unlock(&lock);
  return r;
}

static int cut(const char *path, off_t size, struct fuse_file_info *info) {
  (void)path, (void)info;
  size_t end = (size_t)size;
  if (end > capacity)
    return -ENOSPC;
  pthread_mutex_lock(&lock);
  if (end < length)
    memset(bytes + end, 0, length - end);
  length = end;
  pthread_mutex_unlock(&lock);
  return 0;
}

/* It has no clock, but is told the time. */
static int set_times(const char *path, const struct timespec times[2],
                     struct fuse_file_info *info) {
  (void)path, (void)times, (void)info;
  return 0;
}

/* Never full. */
static int tell_space(const char *path, struct statvfs *status) {
  (void)path;
  *status = (struct statvfs){.f_bsize = 4096,
                             .f_frsize = 4096,
                             .f_blocks = 1 << 20,
                             .f_bfree = 1 << 20,
                             .f_bavail = 1 << 20,
                             .f_namemax = 255};
  return 0;
}

/* Every question is asked here anew, so that a stall stalls it. */
static void *begin(struct fuse_conn_info *connection, struct fuse_config *config) {
  if (writeback)
    connection->want |= FUSE_CAP_WRITEBACK_CACHE;
  config->attr_timeout = 0;
  config->entry_timeout = 60;
  puts("ready");
  fflush(stdout);
  return NULL;
}

static const struct fuse_operations operations = {.getattr = get_attributes,
                                                  .open = open_file,
                                                  .readdir = list,
                                                  .read = read_bytes,
                                                  .write = write_bytes,
                                                  .fsync = sync_file,
                                                  .truncate = cut,
                                                  .utimens = set_times,
                                                  .statfs = tell_space,
                                                  .init = begin};

/* ---- what it is told ---- */

static int kind_of(const char *name) {
  for (int i = 0; i < FAULTS; i++)
    if (strcmp(name, names[i]) == 0)
      return i;
  return -1;
}

static void clear(void) {
  for (int i = 0; i < FAULTS; i++)
    faults[i].code = 0;
  pthread_cond_broadcast(&cleared);
}

/* Under the lock. */
static void obey(const char *line) {
  char word[16], name[16];
  long long first = 0, end = 0;
  int code = EIO;
  int count = sscanf(line, "%15s %lld %lld %d", word, &first, &end, &code);
  int kind = count > 0 ? kind_of(word) : -1;
  if (count >= 3 && kind >= 0)
    faults[kind] = (struct fault){first, end, code, 0};
  else if (count == 1 && strcmp(word, "clear") == 0)
    clear();
  else if (sscanf(line, "struck %15s", name) == 1 && kind_of(name) >= 0) {
    printf("%lu\n", faults[kind_of(name)].struck);
    return;
  } else {
    puts("what?");
    return;
  }
  puts("ok");
}

static void *listen_to_input(void *unused) {
  char line[128];
  (void)unused;
  while (fgets(line, sizeof line, stdin) != NULL) {
    pthread_mutex_lock(&lock);
    obey(line);
    fflush(stdout);
    pthread_mutex_unlock(&lock);
  }
  pthread_mutex_lock(&lock);
  clear();
  pthread_mutex_unlock(&lock);
  umount2(mountpoint, MNT_DETACH);
  _exit(0);
}

int main(int count, char **arguments) {
  char none[] = "";
  char *fuse_arguments[] = {arguments[0], none};
  struct fuse_args args = FUSE_ARGS_INIT(1, fuse_arguments);
  pthread_t listener;
  if (count < 3)
    return 2;
  mountpoint = arguments[1];
  length = capacity = strtoul(arguments[2], NULL, 10) << 20;
  bytes = calloc(1, capacity);
  for (int i = 3; i < count; i++) {
    writeback |= strcmp(arguments[i], "writeback") == 0;
    direct |= strcmp(arguments[i], "direct") == 0;
  }
  struct fuse *fuse = bytes ? fuse_new(&args, &operations, sizeof operations, NULL) : NULL;
  if (!fuse || fuse_mount(fuse, mountpoint) != 0 ||
      pthread_create(&listener, NULL, listen_to_input, NULL) != 0)
    return 1;
  fuse_loop_mt(fuse, 0);
  return 0;
}
