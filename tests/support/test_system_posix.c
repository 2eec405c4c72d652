#include "test_system.h"

#include "calls.h"
#include "planted_calls.h"
#include "test_support.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

/* ---- files, by path ---- */

int make_test_folder(char *ret_path, size_t room) {
  const char *base = getenv("TMPDIR");
  snprintf(ret_path, room, "%s/tome-test-XXXXXX", base != NULL ? base : "/tmp");
  if (mkdtemp(ret_path) != NULL)
    return 0;
  print_error("cannot make %s: %s\n", ret_path, strerror(errno));
  return -1;
}

static int remove_entry(const char *path, const struct stat *unused, int type, struct FTW *place) {
  (void)unused, (void)type, (void)place;
  return remove(path);
}

int remove_test_folder(const char *path) {
  if (nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS) == 0)
    return 0;
  print_error("cannot remove %s: %s\n", path, strerror(errno));
  return -1;
}

static struct stat status_of(const char *path) {
  struct stat status;
  must_equal(stat(path, &status), 0);
  return status;
}

uint64_t file_length(const char *path) {
  return (uint64_t)status_of(path).st_size;
}

uint64_t file_allocated(const char *path) {
  return (uint64_t)status_of(path).st_blocks * 512;
}

uint64_t file_changed(const char *path) {
  struct stat status = status_of(path);
  return (uint64_t)status.st_ctim.tv_sec * 1000000000 + (uint64_t)status.st_ctim.tv_nsec;
}

void file_identity(const char *path, uint64_t ret_words[4]) {
  struct statx file;
  must_equal(statx(AT_FDCWD, path, 0, STATX_BASIC_STATS | STATX_BTIME, &file), 0);
  int is_dated = (file.stx_mask & STATX_BTIME) != 0 && has_call("statx"); /* stat() does not tell */
  ret_words[0] = makedev(file.stx_dev_major, file.stx_dev_minor);
  ret_words[1] = file.stx_ino;
  ret_words[2] = is_dated ? (uint64_t)file.stx_btime.tv_sec : 0;
  ret_words[3] = is_dated ? file.stx_btime.tv_nsec : 0;
}

int file_exists(const char *path) {
  return access(path, F_OK) == 0;
}

void set_file_length(const char *path, uint64_t length) {
  must_equal(truncate(path, (off_t)length), 0);
}

static int must_open(const char *path, int flags) {
  int fd = open(path, flags | O_CLOEXEC);
  if (fd < 0)
    fail_at(__FILE__, __LINE__, "cannot open %s: %s", path, strerror(errno));
  return fd;
}

int try_file_length(const char *path, uint64_t length) {
  set_file_length(path, length);
  return 1;
}

void write_file(const char *path, const void *bytes, size_t length) {
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  must(fd >= 0);
  must_equal(write(fd, bytes, length), length);
  must_equal(close(fd), 0);
}

void write_into(const char *path, uint64_t offset, const void *bytes, size_t length) {
  int fd = must_open(path, O_WRONLY);
  must_equal(pwrite(fd, bytes, length, (off_t)offset), length);
  must_equal(close(fd), 0);
}

size_t read_from(const char *path, uint64_t offset, void *buffer, size_t length) {
  int fd = must_open(path, O_RDONLY);
  size_t done = 0;
  ssize_t got;
  while (done < length &&
         (got = pread(fd, (char *)buffer + done, length - done, (off_t)(offset + done))) != 0) {
    must(got > 0);
    done += (size_t)got;
  }
  must_equal(close(fd), 0);
  return done;
}

void append_to(const char *path, const void *bytes, size_t length) {
  int fd = must_open(path, O_WRONLY | O_APPEND);
  must_equal(write(fd, bytes, length), length);
  must_equal(close(fd), 0);
}

void remove_file(const char *path) {
  must_equal(unlink(path), 0);
}

void move_file(const char *from, const char *to) {
  must_equal(rename(from, to), 0);
}

int replaces_open_files(void) {
  return 1;
}

void make_folder(const char *path) {
  must_equal(mkdir(path, 0700), 0);
}

void drop_from_memory(const char *path) {
  int fd = must_open(path, O_RDONLY);
  must_equal(fsync(fd), 0);
  posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
  must_equal(close(fd), 0);
}

int is_kept_in_memory(const char *path) {
  struct statfs system;
  return statfs(path, &system) == 0 && system.f_type == TMPFS_MAGIC;
}

int dates_mapped_stores(const char *path) {
  return !is_kept_in_memory(path);
}

const void *find_bytes(const void *haystack, size_t haystack_length, const void *needle,
                       size_t needle_length) {
  return memmem(haystack, haystack_length, needle, needle_length);
}

/* ---- this process ---- */

size_t system_page(void) {
  return (size_t)sysconf(_SC_PAGESIZE);
}

void *new_pages(size_t length) {
  void *address = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  must(address != MAP_FAILED);
  return address;
}

void forbid_memory(void *address, size_t length) {
  must_equal(mprotect(address, length, PROT_NONE), 0);
}

void free_pages(void *address, size_t length) {
  must_equal(munmap(address, length), 0);
}

void pause_for(uint64_t microseconds) {
  usleep((useconds_t)microseconds);
}

void set_environment(const char *name, const char *value) {
  must_equal(value != NULL ? setenv(name, value, 1) : unsetenv(name), 0);
}

unsigned count_descriptors(void) {
  unsigned count = 0;
  DIR *entries = opendir("/proc/self/fd");
  while (readdir(entries) != NULL)
    count++;
  closedir(entries);
  return count;
}

unsigned count_mappings(const char *part_of_line) {
  char line[1024];
  unsigned count = 0;
  FILE *maps = fopen("/proc/self/maps", "re");
  while (fgets(line, sizeof line, maps) != NULL)
    if (strstr(line, part_of_line) != NULL)
      count++;
  fclose(maps);
  return count;
}

/* Not from statm, which counts pages: an emulator's are not the system's. */
uint64_t address_space(void) {
  uint64_t kibibytes = 0;
  char line[256];
  FILE *status = fopen("/proc/self/status", "re");
  while (fgets(line, sizeof line, status))
    if (sscanf(line, "VmSize: %" SCNu64, &kibibytes) == 1)
      break;
  fclose(status);
  must(kibibytes > 0);
  return kibibytes * 1024;
}

uintptr_t fault_handler_now(void) {
  struct sigaction bus;
  sigaction(SIGBUS, NULL, &bus);
  return (uintptr_t)bus.sa_sigaction;
}
