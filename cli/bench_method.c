/* Each way as a program would do it that knows no better, without tricks: that is what the table is about. The last is what
 * Tome has for many reads. */
#include "bench_method.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "complain.h"
#include "files.h"
#include "machine.h"
#include "streams.h"
#include "time_of_day.h"

#define PIECE ((size_t)1 << 20)

static int fail(const struct bench_source *source) {
  complain_system(source->path);
  return -1;
}

static int open_file(struct bench_source *source) {
  source->fd = file_open(source->path, 1);
  return source->fd < 0 ? fail(source) : 0;
}

int bench_fits_memory(uint64_t size) {
  return size <= machine_free_memory() / 2 && size <= SIZE_MAX / 2;
}

static int whole_open(struct bench_source *source) {
  if (open_file(source) < 0)
    return -1;
  if (bench_fits_memory(source->size)) {
    source->bytes = malloc((size_t)source->size);
    if (!source->bytes)
      return fail(source);
  }
  return 0;
}

/* A piece of the file, into its place or over the piece before. Returns how much came, or less than 0. */
static int64_t read_piece(struct bench_source *source, uint64_t at, unsigned char *piece) {
  size_t length = source->size - at < PIECE ? (size_t)(source->size - at) : PIECE;
  return file_read_at(source->fd, source->bytes ? source->bytes + at : piece, length, at);
}

/* Where the file does not fit, a piece at a time is read into the same memory and forgotten. */
static int whole_prepare(struct bench_source *source, uint64_t deadline) {
  unsigned char *piece = source->bytes ? NULL : malloc(PIECE);
  if (!source->bytes && !piece)
    return fail(source);
  int result = 0;
  for (uint64_t at = 0; at < source->size && result == 0;) {
    int64_t got = read_piece(source, at, piece);
    if (got < 0)
      result = fail(source);
    else if (got == 0)
      break; /* cut meanwhile: the reads will differ, and that is told */
    else if (clock_now() > deadline)
      result = 1;
    else
      at += (uint64_t)got;
  }
  free(piece);
  return result;
}

static int seek_read(struct bench_source *source, const struct bench_reads *one) {
  uint64_t offset = one->offsets[0];
  if (stream_move(source->fd, offset) < 0)
    return fail(source);
  for (size_t done = 0; done < one->length;) {
    ssize_t got = stream_read(source->fd, one->buffer + done, one->length - done);
    if (got < 0)
      return fail(source);
    if (got == 0) {
      complain(source->path, "became shorter meanwhile (at byte %" PRIu64 ")", offset + done);
      return -1;
    }
    done += (size_t)got;
  }
  return 0;
}

static int memory_read(struct bench_source *source, const struct bench_reads *reads) {
  memcpy(reads->buffer, source->bytes + reads->offsets[0], reads->length);
  return 0;
}

static int whole_read(struct bench_source *source, const struct bench_reads *reads) {
  return source->bytes ? memory_read(source, reads) : seek_read(source, reads);
}

static int mapping_open(struct bench_source *source) {
  if (open_file(source) < 0)
    return -1;
  source->bytes = file_map(source->fd, source->size);
  return source->bytes ? 0 : fail(source);
}

static int map_fail(const struct bench_source *source) {
  complain_tome(source->path, NULL);
  return -1;
}

static int map_open(struct bench_source *source) {
  return tome_open(&source->map, source->path, TOME_READ, NULL) < 0 ? map_fail(source) : 0;
}

static int map_read(struct bench_source *source, const struct bench_reads *reads) {
  int result = tome_read(source->map, reads->offsets[0], reads->buffer, reads->length);
  return result < 0 ? map_fail(source) : 0;
}

static int gather_open(struct bench_source *source) {
  source->spans = calloc(BENCH_TOGETHER_COUNT, sizeof *source->spans);
  return source->spans ? map_open(source) : fail(source);
}

static int gather_read(struct bench_source *source, const struct bench_reads *reads) {
  for (size_t i = 0; i < reads->count; i++)
    source->spans[i] = (tome_span){.offset = reads->offsets[i],
                                   .length = reads->length,
                                   .buffer = reads->buffer + i * reads->length};
  return tome_gather(source->map, source->spans, reads->count) < 0 ? map_fail(source) : 0;
}

const struct bench_method bench_methods[BENCH_METHODS] = {
    {"read the whole file", "whole", 0, whole_open, whole_prepare, whole_read},
    {"seek and read", "seek_read", 0, open_file, NULL, seek_read},
    {"plain mapping", "mapping", 0, mapping_open, NULL, memory_read},
    {"Tome, one by one", "tome", 0, map_open, NULL, map_read},
    {"Tome, all at once", "gather", 1, gather_open, NULL, gather_read},
};
