#include "huge_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define PIECE ((size_t)MEBI(1))

/* Byte k of a needle lies before the border, k from 1 to 15: each border has another k. */
static uint64_t needle_at(uint64_t border) {
  return border - 1 - border / HALF_WINDOW % (NEEDLE_LENGTH - 1);
}

size_t huge_needles(uint64_t ret_offsets[MOST_NEEDLES]) {
  size_t count = 0;
  for (uint64_t border = TEXT_BEGIN + HALF_WINDOW; border < TEXT_END; border += HALF_WINDOW) {
    ret_offsets[count++] = needle_at(border);
    if (border == GIBI(6))
      ret_offsets[count++] = border + 300;
  }
  return count;
}

/* A line ends 32 bytes before each border, so no needle is where a line ends. */
static unsigned char plain_byte(uint64_t offset) {
  static const char digits[] = "0123456789abcdef";
  uint64_t line = (offset + TEXT_LINE / 2) / TEXT_LINE,
           place = (offset + TEXT_LINE / 2) % TEXT_LINE;
  return place == TEXT_LINE - 1 ? '\n' : (unsigned char)digits[line >> place % 16 * 4 & 15];
}

void huge_text(void *buffer, uint64_t offset, size_t length) {
  uint64_t needles[MOST_NEEDLES];
  size_t count = huge_needles(needles);
  unsigned char *to = buffer;
  for (size_t i = 0; i < length; i++)
    to[i] = plain_byte(offset + i);
  for (size_t n = 0; n < count; n++)
    for (size_t i = 0; i < NEEDLE_LENGTH; i++)
      if (needles[n] + i >= offset && needles[n] + i < offset + length)
        to[needles[n] + i - offset] = (unsigned char)NEEDLE[i];
}

const char *make_huge_file(const char *name) {
  const char *path = make_hole(name, HUGE_SIZE);
  unsigned char *piece = malloc(PIECE);
  must(piece != NULL);
  for (uint64_t at = TEXT_BEGIN; at < TEXT_END; at += PIECE) {
    huge_text(piece, at, PIECE);
    write_into(path, at, piece, PIECE);
  }
  free(piece);
  return path;
}

uint64_t huge_lines(void) {
  return (TEXT_END - TEXT_BEGIN) / TEXT_LINE;
}

void limit_address_space(uint64_t bytes) {
  struct rlimit limit = {(rlim_t)bytes, (rlim_t)bytes};
  must(bytes == 0 || setrlimit(RLIMIT_AS, &limit) == 0);
}

uint64_t peak_address_space(void) {
  char line[128];
  uint64_t kibibytes = 0;
  FILE *status = fopen("/proc/self/status", "re");
  must(status != NULL);
  while (fgets(line, sizeof line, status) != NULL)
    if (strncmp(line, "VmPeak:", 7) == 0)
      kibibytes = strtoull(line + 7, NULL, 10);
  fclose(status);
  return KIBI(kibibytes);
}
