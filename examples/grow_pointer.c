/* A pointer into a file stays good while the file grows, by this process and by another.
 *
 *     grow_pointer FILE
 *
 * FILE is made anew: 1 MiB, then 8 GiB, then more. It is sparse, so it takes next to nothing of the
 * disk. */
#include "example_complain.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void show(const char *when, const tome *map, const char *pointer) {
  printf("%-34s %11" PRIu64 " bytes, \"%.5s\" at %p\n", when, tome_size(map), pointer,
         (const void *)pointer);
}

/** Let another process add a line to the file. */
static int append_elsewhere(const char *path) {
  pid_t child = fork();
  if (child == 0) {
    tome *map = NULL;
    if (tome_open(&map, path, TOME_WRITE, NULL) < 0 || tome_append(map, "more\n", 5, NULL) < 0)
      _exit(complain());
    _exit(tome_close(map) < 0);
  }
  int status = -1;
  return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

int main(int argc, char **argv) {
  if (argc != 2) {
    fprintf(stderr, "usage: grow_pointer FILE\n");
    return 2;
  }

  tome *map = NULL;
  tome_view view;
  if (tome_open(&map, argv[1], TOME_WRITE | TOME_CREATE | TOME_TRUNCATE | TOME_SPARSE, NULL) < 0 ||
      tome_resize(map, UINT64_C(1) << 20) < 0 || tome_write(map, 0, "HELLO", 5) < 0 ||
      tome_view_begin(map, 0, 5, TOME_VIEW_READ, &view) < 0)
    return complain();
  const char *pointer = view.data;
  show("at first:", map, pointer);

  if (tome_resize(map, UINT64_C(8) << 30) < 0)
    return complain();
  show("after growing it here:", map, pointer);

  if (!append_elsewhere(argv[1]))
    return 1;
  if (tome_refresh(map) < 0)
    return complain();
  show("after another process appended:", map, pointer);

  int held = memcmp(pointer, "HELLO", 5) == 0 && tome_size(map) == (UINT64_C(8) << 30) + 5;
  if (tome_view_end(&view) < 0 || tome_close(map) < 0)
    return complain();
  return held ? EXIT_SUCCESS : EXIT_FAILURE;
}
