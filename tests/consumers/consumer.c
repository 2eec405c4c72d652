/* What a user's first program may look like: it makes a file, lets it grow, and finds a word in it.
 * Valid C11 and C++17; built by each of the consumer projects here. */
#include <tome/tome.h>

#include <stdio.h>
#include <string.h>

static int complain(void) {
  const tome_error *error = tome_error_last();
  fprintf(stderr, "%s: %s\n", error->operation, tome_strerror(error->code));
  return 1;
}

int main(void) {
  tome_options options = TOME_OPTIONS_INIT;
  tome *map = NULL;
  if (tome_open(&map, "consumer.data", TOME_WRITE | TOME_CREATE | TOME_TRUNCATE, &options) < 0)
    return complain();

  uint64_t at = 0;
  if (tome_append(map, "to have and ", 12, NULL) < 0 || tome_append(map, "to hold", 7, NULL) < 0)
    return complain();
  if (tome_find(map, "hold", 4, 0, TOME_END, &at) != 1)
    return complain();

  char word[5] = "";
  if (tome_read(map, at, word, 4) < 0 || tome_close(map) < 0)
    return complain();
  printf("tome %s: \"%s\" at byte %d\n", tome_version(), word, (int)at);
  return at == 15 && strcmp(word, "hold") == 0 && strcmp(tome_version(), TOME_VERSION) == 0 ? 0 : 1;
}
