/* Preloaded into qemu's user mode when it gives a program larger pages than those of its host.
 *
 * qemu hands the program's buffer for mincore() to its host, which writes one byte for each of its own pages there: several for
 * each of the program's, beyond the buffer's end. Here they become one for each.
 *
 * And it maps a file as far as it reaches at that moment: what the program mapped behind its end is memory that the file never
 * reaches, an empty file cannot be mapped, nor a disk, whose size it takes for 0. So here all files are endless to it. What lies
 * behind the last of the host's pages raises SIGBUS then, within the program's last page too. */
#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

typedef int ask(void *at, size_t n, unsigned char *pages);

static ask *real_mincore(void) {
  void *found = dlsym(RTLD_NEXT, "mincore");
  ask *real;
  memcpy(&real, &found, sizeof real);
  return real;
}

int mincore(void *at, size_t n, unsigned char *pages) {
  const size_t small = (size_t)sysconf(_SC_PAGESIZE);
  const char *page = getenv("TOME_QEMU_PAGE");
  const size_t ratio = page ? strtoul(page, NULL, 10) / small : 1;
  const size_t count = (n + small - 1) / small;
  unsigned char *all = calloc(count + 1, 1);
  int r = all ? real_mincore()(at, n, all) : -1;
  if (r == 0) {
    memset(pages, 0, (count + ratio - 1) / ratio);
    for (size_t i = 0; i < count; i++)
      pages[i / ratio] |= all[i] & 1;
  }
  free(all);
  return r;
}

/* Whether a call that goes on there is one of the function that maps files for the program. */
static int is_for_mapping(const void *caller) {
  Dl_info place;
  return dladdr(caller, &place) && place.dli_sname && strcmp(place.dli_sname, "target_mmap") == 0;
}

static int begins_in_memory(int fd) {
  unsigned char page = 0;
  void *at = mmap(NULL, 1, PROT_READ, MAP_SHARED, fd, 0);
  if (at == MAP_FAILED)
    return 0;
  real_mincore()(at, 1, &page);
  munmap(at, 1);
  return page & 1;
}

/* Of a program that is loaded, what is behind the end of the file has to be zeros. Its beginning was just read; of other files
 * nothing is brought into memory for this question. */
static int is_program(int fd, const struct stat64 *status) {
  char begin[4] = {0};
  return (status->st_mode & 0111) && begins_in_memory(fd) &&
         pread(fd, begin, sizeof begin, 0) == (ssize_t)sizeof begin &&
         memcmp(begin, "\177ELF", sizeof begin) == 0;
}

typedef int ask_file(int fd, struct stat64 *status);

int fstat64(int fd, struct stat64 *status) {
  void *found = dlsym(RTLD_NEXT, "fstat64");
  ask_file *real;
  memcpy(&real, &found, sizeof real);
  int r = real(fd, status);
  if (r == 0 && is_for_mapping(__builtin_return_address(0)) && !is_program(fd, status))
    status->st_size = INT64_MAX;
  return r;
}
