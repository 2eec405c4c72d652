#include "system_abilities.h"

#include "os.h"
#include "test_support.h"

#include <fcntl.h>
#include <string.h>
#include <tome/flush.h>
#include <unistd.h>

static os_file open_sample(void) {
  os_file file;
  must_equal(tome__os_open(make_pattern_file("ability", 4 * PAGE), TOME_WRITE, 0, &file), 0);
  return file;
}

static void close_sample(os_file *file) {
  tome__os_close(file);
  remove_file(in_dir("ability"));
}

int system_populates(void) {
  void *page;
  must_equal(tome__os_pages(PAGE, &page), 0);
  int r = tome__os_populate(page, PAGE, OS_WRITE);
  tome__os_unmap(page, PAGE);
  return r == 0;
}

int system_reads_at_once(void) {
  char byte;
  size_t n;
  os_file file = open_sample();
  int r = tome__os_read_now(&file, 0, &byte, 1, &n);
  close_sample(&file);
  return r == 0;
}

/* All of the file: systems keep in one piece what was written in one, and let go of whole pieces. */
int system_lets_go(void) {
  const size_t all = 4 * PAGE;
  void *address;
  size_t usable;
  unsigned char there[64] = {1}; /* an emulator may tell of its host's pages, which are more */
  os_file file = open_sample();
  must_equal(tome__os_flush(&file, 0, all, TOME_FLUSH_WRITTEN), 0);
  must_equal(tome__os_map(&file, 0, all, 0, &address, &usable), 0);
  must_be_pattern(address, 0, all);
  tome__os_let_go(address, all);
  int r = tome__os_evict(&file, 0, all);
  if (r == 0)
    r = tome__os_resident_pages(&file, 0, all, there);
  tome__os_unmap(address, all);
  close_sample(&file);
  return r == 0 && !there[0];
}

int system_counts_pages(void) {
  os_file file = open_sample();
  uint64_t there = tome__os_in_memory(&file, 0, PAGE);
  close_sample(&file);
  return there != UINT64_MAX;
}

int system_tells_dirty(void) {
  os_residency residency = {0, TOME_UNKNOWN, 0};
  os_file file = open_sample();
  int r = tome__os_residency(&file, 0, PAGE, &residency);
  close_sample(&file);
  return r == 0 && residency.dirty != TOME_UNKNOWN;
}

int system_tells_birth(void) {
  os_identity identity;
  os_file file = open_sample();
  int r = tome__os_identity(&file, &identity);
  close_sample(&file);
  return r == 0 && (identity.words[2] | identity.words[3]) != 0;
}

int system_reopens(void) {
  tome *map = NULL;
  char path[512];
  strcpy(path, make_pattern_file("ability", PAGE));
  int fd = open(path, O_RDWR | O_APPEND);
  must(fd >= 0);
  int r = tome_open_fd(&map, fd, TOME_WRITE, NULL);
  tome_close(map);
  close(fd);
  remove_file(path);
  return r == 0;
}

int system_knows_file_systems(void) {
  tome_info info;
  os_file file = open_sample();
  int r = tome__os_info(&file, &info);
  close_sample(&file);
  return r == 0 && strcmp(info.file_system, "unknown") != 0;
}

int system_tells_mapped(void) {
  void *page;
  must_equal(tome__os_pages(PAGE, &page), 0);
  uint64_t mapped = tome__os_mapped(page, PAGE);
  tome__os_unmap(page, PAGE);
  return mapped != TOME_UNKNOWN;
}

int system_tells_holes(void) {
  os_traits traits;
  os_file file = open_sample();
  int r = tome__os_traits(&file, &traits);
  close_sample(&file);
  return r == 0 && traits.exact_holes;
}
