/* The blocks that may still be needed, in a list: one goes as soon as those behind it hold enough.
 */
#include "tail_stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "complain.h"
#include "standard_output.h"
#include "streams.h"
#include "verb.h"

#define BLOCK ((size_t)64 << 10)

struct block {
  struct block *next;
  size_t length;
  uint64_t units; /* lines that end in it, or bytes */
  char bytes[BLOCK];
};

struct kept {
  struct block *first, *last;
  uint64_t units; /* in all blocks */
};

/* Some bytes; 0: the end; less than 0: failed, and complained. */
static ssize_t read_some(int fd, const char *name, char *bytes, size_t length) {
  ssize_t count = stream_read(fd, bytes, length);
  if (count < 0)
    complain_system(name);
  return count;
}

static uint64_t count_units(const char *bytes, size_t length, int in_bytes) {
  if (in_bytes)
    return length;
  uint64_t lines = 0;
  for (const char *at = bytes, *end = bytes + length; (at = memchr(at, '\n', (size_t)(end - at)));
       at++)
    lines++;
  return lines;
}

/* How many bytes of the block come before what follows its unit number `count`. */
static size_t length_of(const char *bytes, size_t length, uint64_t count, int in_bytes) {
  if (in_bytes || count == 0)
    return count < length ? (size_t)count : length;
  const char *at = bytes, *end = bytes + length;
  while (count > 0 && (at = memchr(at, '\n', (size_t)(end - at)))) {
    at++;
    count--;
  }
  return at ? (size_t)(at - bytes) : length;
}

/* A block at the end of the list with room in it; NULL: no memory. */
static struct block *make_room(struct kept *kept) {
  if (kept->last && kept->last->length < BLOCK)
    return kept->last;
  struct block *block = malloc(sizeof *block);
  if (!block)
    return NULL;
  block->next = NULL;
  block->length = 0;
  block->units = 0;
  if (kept->last)
    kept->last->next = block;
  else
    kept->first = block;
  kept->last = block;
  return block;
}

static void drop_first(struct kept *kept) {
  struct block *first = kept->first;
  kept->units -= first->units;
  kept->first = first->next;
  if (!kept->first)
    kept->last = NULL;
  free(first);
}

/* One more is kept than is asked for: the first block may begin in the middle of a line. */
static int collect(int fd, const char *name, const struct tail_amount *amount, struct kept *kept) {
  for (;;) {
    struct block *block = make_room(kept);
    if (!block) {
      complain(name, "out of memory");
      return STATUS_ERROR;
    }
    char *room = block->bytes + block->length;
    ssize_t count = read_some(fd, name, room, BLOCK - block->length);
    if (count <= 0)
      return count < 0 ? STATUS_ERROR : STATUS_OK;
    uint64_t units = count_units(room, (size_t)count, amount->in_bytes);
    block->length += (size_t)count;
    block->units += units;
    kept->units += units;
    while (kept->first != kept->last && kept->units - kept->first->units > amount->count)
      drop_first(kept);
  }
}

/* A block is made before it is known whether anything comes to fill it. */
static int ends_in_a_line(const struct kept *kept) {
  const struct block *last = NULL;
  for (const struct block *block = kept->first; block; block = block->next)
    last = block->length > 0 ? block : last;
  return !last || last->bytes[last->length - 1] == '\n';
}

static void print_kept(const struct kept *kept, const struct tail_amount *amount) {
  uint64_t there = kept->units + (!amount->in_bytes && !ends_in_a_line(kept));
  uint64_t surplus = there > amount->count ? there - amount->count : 0;
  for (const struct block *block = kept->first; block; block = block->next) {
    int all = surplus > block->units;
    size_t skipped =
        all ? block->length : length_of(block->bytes, block->length, surplus, amount->in_bytes);
    fwrite(block->bytes + skipped, 1, block->length - skipped, stdout);
    surplus -= all ? block->units : surplus;
  }
}

static int print_last(int fd, const char *name, const struct tail_amount *amount) {
  struct kept kept = {.units = 0};
  int status = collect(fd, name, amount, &kept);
  if (kept.first)
    print_kept(&kept, amount);
  while (kept.first)
    drop_first(&kept);
  return status;
}

/* Output is not held back: what is read here may come slowly. */
static int print_from(int fd, const char *name, const struct tail_amount *amount) {
  char piece[16384];
  uint64_t skip = amount->count;
  ssize_t count;
  while ((count = read_some(fd, name, piece, sizeof piece)) > 0) {
    size_t length = (size_t)count;
    size_t skipped = length_of(piece, length, skip, amount->in_bytes);
    skip -= count_units(piece, skipped, amount->in_bytes);
    fwrite(piece + skipped, 1, length - skipped, stdout);
    if (fflush(stdout) != 0 || !standard_output_ok())
      return STATUS_ERROR;
  }
  return count < 0 ? STATUS_ERROR : STATUS_OK;
}

int tail_stream(int fd, const char *name, const struct tail_amount *amount) {
  return amount->from_start ? print_from(fd, name, amount) : print_last(fd, name, amount);
}
