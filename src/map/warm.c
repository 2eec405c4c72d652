/* Bringing a range into memory.
 *
 * It is read in order by plain system calls into a buffer that nobody looks at: the system sees a sequential reader and keeps the
 * disk busy ahead of him, puts what it reads into large folios, and tells what cannot be read as a return value. A piece that
 * is in memory already is passed over, and so are holes.
 *
 * What is missing of a piece is asked well before it is read: the system, reading ahead, would have brought it in by the time it
 * comes to be read, and what the disk is asked for could not be counted. */
#include "warm.h"

#include "failure.h"
#include "lost_pages.h"
#include "os.h"

#include <string.h>
#include <tome/error.h>

/* Read at once: as much as keeps a disk busy that is set to read little ahead, and may not read slower than others for that. */
#define PIECE ((size_t)4 << 20)
#define SMALLEST_PIECE ((size_t)64 << 10)
#define PIECES_A_SECOND 8 /* at least, where the rate is limited */

/* Looked at before it is read: twice what disks are set to read ahead, and more. */
#define AHEAD ((uint64_t)32 << 20)
#define MOST_AHEAD (AHEAD / SMALLEST_PIECE)

#define MOST_PAGES (PIECE / 4096 + 1)

#define SECOND UINT64_C(1000000000)
#define NAP (SECOND / 10) /* between two chances to cancel */

typedef struct piece {
  tome_range range;
  uint64_t missing; /* bytes of whole pages that the disk will be asked for */
} piece;

typedef struct job {
  tome *map;
  tome_range range;
  tome_warming how;
  size_t most;       /* bytes of a piece */
  uint64_t looked;   /* up to here it is known what is missing */
  uint64_t data_end; /* no hole from `looked` to here */
  piece ahead[MOST_AHEAD];
  size_t first, count;   /* of them, in a ring */
  uint64_t done;         /* told last */
  uint64_t begun, asked; /* when, and bytes of the disk since */
  void *buffer;
} job;

/* ---- looking ---- */

static uint64_t up_to(uint64_t a, uint64_t most) {
  return a < most ? a : most;
}

/* An offset of the file as one of the map, at most `end`. */
static uint64_t in_map(const job *j, uint64_t at) {
  return up_to(at - up_to(at, j->map->origin), tome__range_end(j->range));
}

/* Pass over the hole that may be here. */
static void find_data(job *j) {
  tome *map = j->map;
  uint64_t at = map->origin + j->looked, hole = UINT64_MAX;
  tome__os_mutex_lock(&map->lock);
  uint64_t data = map->kind == TOME_KIND_BLOCK ? at : tome__os_next_data(&map->file, at);
  if (data < map->origin + tome__range_end(j->range))
    hole = map->kind == TOME_KIND_BLOCK ? hole : tome__os_next_hole(&map->file, data);
  tome__os_mutex_unlock(&map->lock);
  j->looked = in_map(j, data);
  j->data_end = in_map(j, hole > data ? hole : UINT64_MAX);
}

/* A page that is in memory counts as missing for as long as it holds nothing, be it that it is just being read or that it could
 * not be. Who is not told what is in memory reads all. */
static uint64_t missing_in(const tome *map, tome_range range) {
  unsigned char pages[MOST_PAGES];
  uint64_t page = tome__os_system()->page, at = map->origin + range.offset;
  uint64_t all = tome__whole_pages(map, range), there = 0;
  os_residency now;
  if (tome__os_residency(&map->file, at, range.length, &now) < 0)
    return all;
  if (now.resident < all)
    return all - now.resident;
  if (tome__os_resident_pages(&map->file, at, range.length, pages) < 0)
    return 0;
  for (uint64_t i = 0; i < all / page; i++)
    there += pages[i] * page;
  return all - there;
}

/* Pieces end where multiples of their size lie in the file. */
static void look_at_next(job *j) {
  if (j->looked >= j->data_end)
    find_data(j);
  if (j->looked >= j->data_end)
    return;
  tome_range range = {j->looked, j->most - (j->map->origin + j->looked) % j->most};
  range.length = up_to(range.length, j->data_end - range.offset);
  j->ahead[(j->first + j->count++) % MOST_AHEAD] = (piece){range, missing_in(j->map, range)};
  j->looked = tome__range_end(range);
}

static int next_piece(job *j, piece *ret) {
  uint64_t end = tome__range_end(j->range);
  while (j->looked < end && j->count < MOST_AHEAD &&
         (j->count == 0 || j->looked - j->ahead[j->first].range.offset < AHEAD))
    look_at_next(j);
  if (j->count == 0)
    return 0;
  *ret = j->ahead[j->first];
  j->first = (j->first + 1) % MOST_AHEAD;
  j->count--;
  return 1;
}

/* ---- reading ---- */

static int tell(job *j, uint64_t end) {
  j->done = end - j->range.offset;
  if (j->how.progress && j->how.progress(j->how.context, j->done, j->range.length) != 0)
    return TOME_ECANCELED;
  return 0;
}

static int read_piece(job *j, const piece *p, tome_range *ret_lost) {
  tome *map = j->map;
  size_t length = (size_t)p->range.length, done = 0;
  int r = tome__os_read(&map->file, map->origin + p->range.offset, j->buffer, length, &done);
  j->asked += p->missing;
  tome__count_call(&map->counters, done);
  tome__count_wait(&map->counters, p->missing);
  if (r == 0 && done == length)
    return 0;
  uint64_t page = tome__os_system()->page, at = p->range.offset + done;
  uint64_t sector = up_to(page - (map->origin + at) % page, length - done);
  *ret_lost = (tome_range){at, r == TOME_EIO ? sector : length - done};
  return r < 0 && r != TOME_EIO ? r : TOME_ELOST;
}

/* Until what was asked of the disk is no more than the rate allows. */
static int keep_to_rate(job *j, uint64_t end) {
  if (j->how.rate == 0)
    return 0;
  uint64_t rate = j->how.rate, seconds = j->asked / rate;
  double rest = (double)(j->asked % rate) / (double)rate * (double)SECOND;
  if (seconds > UINT64_MAX / SECOND / 2)
    seconds = UINT64_MAX / SECOND / 2;
  uint64_t due = j->begun + seconds * SECOND + (uint64_t)rest + 1;
  for (uint64_t now; (now = tome__os_now()) < due;) {
    tome__os_sleep(up_to(due - now, NAP));
    if (due - now > NAP && tell(j, end) < 0)
      return TOME_ECANCELED;
  }
  return 0;
}

static int warm_all(job *j, tome_range *ret_lost) {
  piece p;
  int r = 0;
  while (r == 0 && next_piece(j, &p)) {
    uint64_t end = tome__range_end(p.range);
    if (p.missing > 0)
      r = read_piece(j, &p, ret_lost);
    if (r == 0)
      r = keep_to_rate(j, end);
    if (r == 0)
      r = tell(j, end);
  }
  return r;
}

static size_t largest_piece(uint64_t rate) {
  uint64_t page = tome__os_system()->page;
  uint64_t most = rate ? up_to(rate / PIECES_A_SECOND, PIECE) : PIECE;
  most = most > SMALLEST_PIECE ? most : SMALLEST_PIECE;
  return (size_t)(most / page * page);
}

/* What was cut looks like a hole to the end. */
static int is_cut(const job *j, tome_range *ret_lost) {
  return tome__guard_is_cut(j->map, j->range.offset, j->range.length, ret_lost);
}

int tome__warm(tome *map, tome_range range, const tome_warming *how, tome_range *ret_lost) {
  job *j = tome__os_new(1, sizeof *j);
  int r = j ? tome__os_pages(PIECE, &j->buffer) : TOME_ENOMEM;
  *ret_lost = range;
  if (r < 0) {
    tome__os_free(j);
    return r;
  }
  j->map = map;
  j->range = range;
  j->how = *how;
  j->most = largest_piece(how->rate);
  j->looked = j->data_end = range.offset;
  j->begun = tome__os_now();
  r = warm_all(j, ret_lost);
  if (r == TOME_ELOST)
    tome__guard_stopped(map, tome__range_end(range), ret_lost);
  if (r == 0 && is_cut(j, ret_lost))
    r = TOME_ELOST;
  if (r == 0 && j->done < range.length)
    r = tell(j, tome__range_end(range));
  int system = tome__os_last_error();
  tome__os_unmap(j->buffer, PIECE);
  tome__os_free(j);
  tome__os_set_error(system);
  return r;
}

int tome_warm(tome *map, uint64_t offset, uint64_t length, const tome_warming *warming) {
  tome_warming how = TOME_WARMING_INIT;
  tome_range lost;
  size_t known = warming ? warming->struct_size : 0;
  if (warming && (known < offsetof(tome_warming, progress) || known > sizeof how))
    return tome__fail(map->path, (failure){.operation = __func__,
                                           .code = TOME_EINVAL,
                                           .detail = "begin with TOME_WARMING_INIT"});
  if (warming)
    memcpy(&how, warming, known);
  int r = tome__resolve(map, __func__, offset, &length);
  if (r < 0 || length == 0)
    return r;
  r = tome__warm(map, (tome_range){offset, length}, &how, &lost);
  return r < 0 ? tome__fail_at(map, __func__, r, lost) : 0;
}
