/* Building an index of lines, keeping it in a file, and judging whether one that was kept is still good. */
#include "failure.h"
#include "line_index_state.h"
#include "os.h"
#include "range.h"

#include <string.h>
#include <tome/error.h>
#include <tome/flush.h>

/* So many samples of so many bytes are the fingerprint of a text. */
#define SAMPLES 8
#define SAMPLE ((uint64_t)4096)

void tome__index_release(tome_line_index *index) {
  tome__os_free(index->image);
  index->image = NULL;
  if (index->is_open)
    tome__os_close(&index->file);
  index->is_open = 0;
  index->in_stretch = 0;
}

/* ---- what the file is now ---- */

/* Sample `i` of a text: the first is where it begins, the last where it ends, as what was appended to is the same there. */
static tome_range sample(uint64_t covered, unsigned i) {
  uint64_t length = covered < SAMPLE ? covered : SAMPLE;
  uint64_t last = covered - length;
  if (i == SAMPLES - 1)
    return (tome_range){last, length};
  return (tome_range){last / (SAMPLES - 1) * i / SAMPLE * SAMPLE, length};
}

static void ask_for_samples(tome *map, uint64_t covered) {
  for (unsigned i = 0; i < SAMPLES; i++)
    tome__os_read_ahead(&map->file, map->origin + sample(covered, i).offset,
                        sample(covered, i).length);
}

/* 0 and the fingerprint of the first `covered` bytes, or a code. */
static int take_fingerprint(tome_line_index *index, uint64_t covered, uint64_t *ret) {
  unsigned char bytes[SAMPLE] = {0};
  uint64_t sum = covered;
  ask_for_samples(index->map, covered);
  for (unsigned i = 0; i < SAMPLES; i++) {
    tome_range at = sample(covered, i);
    index->lost = at;
    int r = tome__pass(index->map, at.offset, bytes, (size_t)at.length, &index->lost);
    if (r < 0)
      return r;
    sum = tome__index_checksum(sum, bytes, sizeof bytes);
  }
  *ret = sum;
  return 0;
}

/* All of the header but what is counted, and the fingerprint. */
static int describe(tome_line_index *index, index_header *ret) {
  tome *map = index->map;
  os_stat now = {0};
  index->lost = (tome_range){0, 0};
  index_header header = {
      .origin = map->origin, .covered = tome__size(map), .end = tome__line_end_byte(index->ends)};
  int r = tome__os_identity(&map->file, &header.identity);
  if (r == 0)
    r = tome__os_stat(&map->file, &now);
  if (r < 0)
    return r;
  header.changed = now.changed;
  *ret = header;
  return 0;
}

/* ---- the one that was kept ---- */

typedef enum verdict { NONE, OUTDATED, GROWN, GOOD } verdict;

static int is_of(const index_header *kept, const index_header *now) {
  return memcmp(&kept->identity, &now->identity, sizeof kept->identity) == 0 &&
         kept->origin == now->origin && kept->end == now->end;
}

/* Nothing of it is believed before the file has the length that its header calls for. */
static int read_header(const os_file *file, index_header *ret) {
  unsigned char bytes[INDEX_BLOCK];
  size_t length;
  os_stat status;
  return tome__os_stat(file, &status) == 0 &&
         tome__os_read(file, 0, bytes, sizeof bytes, &length) == 0 && length == sizeof bytes &&
         tome__index_header_read(bytes, ret) && status.size == tome__index_size(ret->covered);
}

/* What a file that cannot be read any more says is not believed either. */
static verdict judge(tome_line_index *index, const index_header *kept, const index_header *now) {
  uint64_t fingerprint;
  if (!is_of(kept, now) || kept->covered > now->covered ||
      (kept->covered == now->covered && kept->changed != now->changed))
    return OUTDATED;
  if (take_fingerprint(index, kept->covered, &fingerprint) < 0 || fingerprint != kept->fingerprint)
    return OUTDATED;
  return kept->covered == now->covered ? GOOD : GROWN;
}

/* Open what is kept. It stays open if it is of any use. */
static verdict open_kept(tome_line_index *index, const index_header *now) {
  if (!index->path || tome__os_open(index->path, TOME_READ, 0, &index->file) < 0)
    return NONE;
  index->is_open = 1;
  index_header kept;
  verdict v = read_header(&index->file, &kept) ? judge(index, &kept, now) : OUTDATED;
  if (v == OUTDATED)
    tome__index_release(index);
  else
    index->header = kept;
  return v;
}

/* All counts of the kept index, and whether they are what they should be. */
static int read_counts(tome_line_index *index, uint32_t *ret_counts) {
  uint64_t base = 0, stretches = tome__index_stretches(index->header.covered);
  for (uint64_t i = 0, n = 0; n < stretches; i++) {
    index_block block;
    size_t length;
    int r = tome__os_read(&index->file, (1 + i) * INDEX_BLOCK, index->block, INDEX_BLOCK, &length);
    if (r < 0 || length < INDEX_BLOCK || !tome__index_block_read(index->block, i, &block) ||
        block.base != base)
      return 0;
    for (size_t j = 0; j < INDEX_COUNTS && n < stretches; j++)
      ret_counts[n++] = tome__index_count(&block, j);
    base += block.sum;
  }
  return base == index->header.ends;
}

/* ---- building ---- */

/* An index being built. */
typedef struct building {
  index_header header;
  uint32_t *counts;
  uint64_t from; /* what lies before has been counted */
} building;

static int count(tome_line_index *index, building *b) {
  uint64_t length = b->header.covered - b->from;
  line_count job = {.map = index->map,
                    .end = b->header.end,
                    .threads = index->threads,
                    .progress = index->progress,
                    .context = index->context,
                    .total = length,
                    .range = {b->from, length},
                    .stretches = b->counts + b->from / LINE_STRETCH};
  int r = tome__line_count(&job);
  index->lost = job.lost;
  return r;
}

static int is_unended(tome_line_index *index, building *b) {
  unsigned char last = b->header.end;
  uint64_t covered = b->header.covered;
  index->lost = (tome_range){covered - 1, 1};
  int r = covered ? tome__pass(index->map, covered - 1, &last, 1, &index->lost) : 0;
  b->header.unended = last != b->header.end;
  return r;
}

static int make_image(building *b, unsigned char **ret) {
  uint64_t size = tome__index_size(b->header.covered);
  uint64_t stretches = tome__index_stretches(b->header.covered), ends = 0;
  unsigned char *image = size <= SIZE_MAX ? tome__os_new((size_t)size, 1) : NULL;
  if (!image)
    return TOME_ENOMEM;
  for (uint64_t i = 0, n = 0; n < stretches; i++) {
    size_t some = stretches - n < INDEX_COUNTS ? (size_t)(stretches - n) : INDEX_COUNTS;
    ends += tome__index_block_write(image + (1 + i) * INDEX_BLOCK, i, ends, b->counts + n, some);
    n += some;
  }
  b->header.ends = ends;
  tome__index_header_write(image, &b->header);
  *ret = image;
  return 0;
}

static void keep(tome_line_index *index) {
  index->kept = TOME_ENOTSUP;
  index->system = 0;
  if (!index->path)
    return;
  index->kept =
      tome__os_replace(index->path, index->image, (size_t)tome__index_size(index->header.covered));
  index->system = index->kept < 0 ? tome__os_last_error() : 0;
}

/* A store into a mapping changes the time of the file only if the page was clean before. So pages that are dirty now are
 * written first, and the time is taken behind that: a store that comes later is then seen by it. */
static int note_time(tome_line_index *index, building *b) {
  os_stat now = {0};
  if (!index->path)
    return 0;
  (void)tome__os_flush(&index->map->file, index->map->origin, b->header.covered,
                       TOME_FLUSH_WRITTEN); /* if it fails there is no harm but this */
  int r = tome__os_stat(&index->map->file, &now);
  b->header.changed = now.changed;
  return r;
}

/* The time and the fingerprint are taken first: if the file changes meanwhile, they are of another text than was counted. */
static int run(tome_line_index *index, building *b) {
  unsigned char *image = NULL;
  int r = note_time(index, b);
  if (r == 0)
    r = take_fingerprint(index, b->header.covered, &b->header.fingerprint);
  if (r == 0)
    r = count(index, b);
  if (r == 0)
    r = is_unended(index, b);
  if (r == 0)
    r = make_image(b, &image);
  if (r < 0)
    return r;
  tome__index_release(index);
  index->image = image;
  index->header = b->header;
  index->counted = b->header.covered - b->from;
  keep(index);
  return 0;
}

/* `kept`: begin with what it has counted. */
static int build(tome_line_index *index, const index_header *now, int kept) {
  uint64_t stretches = tome__index_stretches(now->covered);
  building b = {.header = *now};
  if (stretches < SIZE_MAX)
    b.counts = tome__os_new((size_t)stretches + 1, sizeof *b.counts);
  if (!b.counts)
    return TOME_ENOMEM;
  if (kept && read_counts(index, b.counts))
    b.from = index->header.covered / LINE_STRETCH * LINE_STRETCH;
  int r = run(index, &b);
  tome__os_free(b.counts);
  return r;
}

int tome__index_build(tome_line_index *index) {
  index_header now;
  int r = describe(index, &now);
  return r < 0 ? r : build(index, &now, 0);
}

int tome__index_have(tome_line_index *index, int only_if_kept) {
  index_header now;
  int r = describe(index, &now);
  if (r < 0)
    return r;
  verdict v = open_kept(index, &now);
  if (v == GOOD)
    return 0;
  if (v == NONE && only_if_kept) {
    tome__os_set_error(0);
    return TOME_ENOENT;
  }
  return build(index, &now, v == GROWN);
}
