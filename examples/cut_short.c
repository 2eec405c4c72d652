/* A file is cut by another process while it is being read. With a plain mapping the reader would be
 * killed by SIGBUS; here it gets an error that names the lost bytes.
 *
 *     cut_short FILE
 *
 * FILE is made anew, of 1 MiB, and cut to 640 KiB when the reader has come halfway. */
#include "example_complain.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FULL = 1 << 20, CUT = 640 << 10, STEP = 100000 };

static void cut_elsewhere(const char *path) {
  printf("halfway, another process cuts the file from %d to %d bytes\n", FULL, CUT);
  fflush(stdout);
  pid_t child = fork();
  if (child == 0)
    _exit(truncate(path, CUT) != 0);
  waitpid(child, NULL, 0);
}

/** Read the file from its start.
 *  @return how many bytes could be read. */
static uint64_t read_on(tome *map, const char *path) {
  static char buffer[STEP];
  for (uint64_t at = 0; at + STEP <= FULL; at += STEP) {
    if (at == 5 * STEP)
      cut_elsewhere(path);
    if (tome_read(map, at, buffer, STEP) < 0)
      return at;
  }
  return FULL;
}

static int is_lost(int result, const char *what) {
  const tome_error *error = tome_error_last();
  printf("%s: %s, from byte %" PRIu64 "\n", what, tome_strerror(result), error->offset);
  return result == TOME_ELOST && error->offset == CUT;
}

int main(int argc, char **argv) {
  if (argc != 2) {
    fprintf(stderr, "usage: cut_short FILE\n");
    return 2;
  }

  tome *map = NULL;
  tome_view view;
  if (tome_open(&map, argv[1], TOME_WRITE | TOME_CREATE | TOME_TRUNCATE, NULL) < 0 ||
      tome_resize(map, FULL) < 0 || tome_fill(map, 0, TOME_END, 'x') < 0 || tome_close(map) < 0 ||
      tome_open(&map, argv[1], TOME_READ, NULL) < 0 ||
      tome_view_begin(map, 0, FULL, TOME_VIEW_READ, &view) < 0)
    return complain();

  uint64_t done = read_on(map, argv[1]);
  int copying_told = done == 6 * STEP && is_lost(tome_error_last()->code, "tome_read()");

  /* The lost part of a view reads as zeros, and its end says which part that was. */
  int letters = 0;
  for (int i = 0; i < FULL; i++)
    letters += ((const char *)view.data)[i] == 'x';
  printf("a view of the file still shows %d of its bytes\n", letters);
  int view_told = letters == CUT && is_lost(tome_view_end(&view), "tome_view_end()");

  if (tome_close(map) < 0)
    return complain();
  printf("the reader is alive\n");
  return copying_told && view_told ? EXIT_SUCCESS : EXIT_FAILURE;
}
