#include "os_harness.h"

void check_refusal(const char *file, int line, const char *call, int got, int want) {
  if (got != want)
    fail_at(file, line, "%s\n  returned %d %s, not %s; the system's code is %d", call, got,
            tome_error_name(got), tome_error_name(want), tome__os_last_error());
}

int check_support(const char *file, int line, const char *call, int got) {
  if (got != TOME_ENOTSUP)
    check_refusal(file, line, call, got, 0);
  return got == 0;
}

os_file open_os_file(const char *path, uint32_t flags) {
  os_file file;
  must_refuse(tome__os_open(path, flags, 0666, &file), 0);
  return file;
}

os_file open_os_pattern(const char *name, uint32_t flags, size_t length) {
  return open_os_file(make_pattern_file(name, length), flags);
}

void close_os_file(os_file *file) {
  must_refuse(tome__os_close(file), 0);
}

uint64_t size_by_stat(const os_file *file) {
  os_stat status;
  must_refuse(tome__os_stat(file, &status), 0);
  return status.size;
}

unsigned char *map_os_file(const os_file *file, size_t length, int access) {
  void *address = NULL;
  size_t usable = 0;
  must_refuse(tome__os_map(file, 0, length, access, &address, &usable), 0);
  must(address != NULL);
  must_equal((uintptr_t)address % tome__os_system()->page, 0);
  must(usable >= length);
  return address;
}

void unmap_os_file(void *address, size_t length) {
  must_refuse(tome__os_unmap(address, length), 0);
}

size_t granules(size_t count) {
  return count * GRANULARITY;
}
