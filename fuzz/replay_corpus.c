#include "replay_corpus.h"

#include "fuzz_input.h"
#include "test_support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned digit(char c) {
  return c <= '9' ? (unsigned)(c - '0') : (unsigned)(c - 'a' + 10);
}

/* An input is in memory of exactly its size, so that a sanitizer sees who reads behind it. */
static void run_line(const char *text) {
  size_t size = strspn(text, "0123456789abcdef") / 2;
  uint8_t *input = malloc(size ? size : 1);
  for (size_t i = 0; i < size; i++)
    input[i] = (uint8_t)(digit(text[2 * i]) << 4 | digit(text[2 * i + 1]));
  LLVMFuzzerTestOneInput(input, size);
  free(input);
}

/* The lines that are inputs. */
static unsigned each_line(const char *path, void (*run)(const char *text)) {
  static char line[64 * 1024];
  unsigned count = 0;
  FILE *corpus = fopen(path, "re");
  must(corpus != NULL);
  for (unsigned number = 1; fgets(line, sizeof line, corpus); number++) {
    if (line[0] == '#')
      continue;
    note("line %u of %s", number, path);
    run(line);
    count++;
  }
  fclose(corpus);
  return count;
}

static void pass_over(const char *text) {
  (void)text;
}

void replay_corpus(void *path) {
  must(each_line(path, run_line) > 0);
}

unsigned count_corpus(const char *path) {
  return each_line(path, pass_over);
}
