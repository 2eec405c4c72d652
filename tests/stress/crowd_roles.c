/* What the workers of a crew do, one operation at a time. */
#include "crowd_crew.h"

#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

/* ---- with others that make the file longer ---- */

/* Nobody ever sees the file shorter than it was. */
static void see_size(crew_worker *self) {
  uint64_t before = atomic_load(&self->board->size);
  must_succeed(tome_refresh(self->map));
  uint64_t now = tome_size(self->map);
  must(now >= before);
  while (before < now && !atomic_compare_exchange_weak(&self->board->size, &before, now))
    ;
}

void read_pattern(crew_worker *self) {
  unsigned char got[9000];
  uint64_t offset = roll_near_page(&self->any, PATTERN_END), length = roll(&self->any, sizeof got);
  length = length < PATTERN_END - offset ? length : PATTERN_END - offset;
  must_succeed(tome_read(self->map, offset, got, length));
  must_be_pattern(got, offset, length);
}

void find_in_pattern(crew_worker *self) {
  unsigned char needle[16];
  uint64_t place = roll(&self->any, PATTERN_END - sizeof needle), at = 0;
  fill_pattern(needle, place, sizeof needle);
  must_return(tome_find(self->map, needle, sizeof needle, 0, PATTERN_END, &at), 1);
  must_equal(at, place);
  must_return(tome_rfind(self->map, needle, sizeof needle, 0, PATTERN_END, &at), 1);
  must_equal(at, place);
}

/* A place in the worker's own region. */
static uint64_t own_place(crew_worker *self, size_t *ret_length) {
  uint64_t at = roll(&self->any, REGION_BYTES), length = 1 + roll(&self->any, 5000);
  *ret_length = length < REGION_BYTES - at ? length : REGION_BYTES - at;
  return at;
}

void write_region(crew_worker *self) {
  uint64_t base = REGION_AT(self->number), from;
  size_t length;
  unsigned char got[REGION_BYTES];
  uint64_t at = own_place(self, &length);
  switch (roll(&self->any, 3)) {
  case 0:
    memset(self->region + at, (int)roll(&self->any, 256), length);
    must_succeed(tome_write(self->map, base + at, self->region + at, length));
    break;
  case 1:
    memset(self->region + at, (int)(at & 0xFF), length);
    must_succeed(tome_fill(self->map, base + at, length, (int)(at & 0xFF)));
    break;
  default:
    from = roll(&self->any, REGION_BYTES - length + 1);
    memmove(self->region + at, self->region + from, length);
    must_succeed(tome_move(self->map, base + at, base + from, length));
  }
  must_succeed(tome_read(self->map, base, got, REGION_BYTES));
  must_be_bytes(got, self->region, REGION_BYTES);
}

void view_region(crew_worker *self) {
  size_t length;
  uint64_t at = own_place(self, &length);
  tome_view view = begin_view(self->map, REGION_AT(self->number) + at, length, TOME_VIEW_WRITE);
  must_be_bytes(view.data, self->region + at, length);
  for (size_t i = 0; i < length; i++)
    self->region[at + i] = (unsigned char)(self->region[at + i] + i + 1);
  memcpy(view.data, self->region + at, length);
  must_be_bytes(view.data, self->region + at, length);
  must_succeed(tome_view_end(&view));
}

/* The same words for all, in all processes. */
void count_in_view(crew_worker *self) {
  tome_view view = begin_view(self->map, COUNTERS_AT, COUNTERS * sizeof(uint64_t), TOME_VIEW_WRITE);
  _Atomic uint64_t *counters = view.data;
  for (int i = 0; i < 50; i++) {
    _Atomic uint64_t *counter = &counters[roll(&self->any, COUNTERS)];
    uint64_t before = atomic_load_explicit(counter, memory_order_relaxed);
    must(atomic_fetch_add_explicit(counter, 1, memory_order_relaxed) >= before);
  }
  must_succeed(tome_view_end(&view));
  atomic_fetch_add(&self->board->added, 50);
}

/* Published only when it is in the file. */
void append_record(crew_worker *self) {
  static _Thread_local unsigned char bytes[MOST_RECORD], got[MOST_RECORD];
  crew_board *board = self->board;
  uint64_t number = atomic_load(&board->records[self->number]), at = 0;
  size_t length =
      RECORD_HEADER + roll(&self->any, roll(&self->any, 8) ? 200 : MOST_RECORD - RECORD_HEADER);
  make_record(bytes, self->number, number, length);
  must_succeed(tome_append(self->map, bytes, length, &at));
  must(at >= APPENDS_AT);
  must_succeed(tome_read(self->map, at, got, length));
  must_be_bytes(got, bytes, length);
  atomic_store(&board->records[self->number], number + 1);
  atomic_store(&board->recent[roll(&self->any, RECENT)], at << 16 | length);
}

/* Also where another process appended it, and without a refresh. */
void read_recent(crew_worker *self) {
  unsigned char got[MOST_RECORD];
  uint64_t packed = atomic_load(&self->board->recent[roll(&self->any, RECENT)]), found;
  uint64_t at = packed >> 16, length = packed & 0xFFFF;
  if (length == 0) {
    sched_yield();
    return;
  }
  must_succeed(tome_read(self->map, at, got, length));
  must_be_record(got, length);
  must_return(tome_find(self->map, got, RECORD_HEADER, at, at + length, &found), 1);
  must_equal(found, at);
  tome_view view = begin_view(self->map, at, length, TOME_VIEW_READ);
  must_be_bytes(view.data, got, length);
  must_succeed(tome_view_end(&view));
}

/* In steps, so that the file stays small. */
void grow_a_little(crew_worker *self) {
  if (roll(&self->any, 20)) {
    see_size(self);
    return;
  }
  uint64_t size = tome_size(self->map) + roll(&self->any, 3000);
  must_succeed(tome_resize(self->map, size));
  must(tome_size(self->map) >= size);
  atomic_fetch_add(&self->board->grown, 1);
}

void flush_and_ask(crew_worker *self) {
  tome_info info = {.struct_size = sizeof info};
  uint64_t offset = roll(&self->any, APPENDS_AT - 5000);
  int level = roll(&self->any, 50) ? TOME_FLUSH_START : TOME_FLUSH_DURABLE;
  must_succeed(tome_flush(self->map, offset, roll(&self->any, 2) ? TOME_END : 5000, level));
  must_succeed(tome_check(self->map, NULL));
  must_succeed(tome_info_get(self->map, &info));
  must(info.size >= APPENDS_AT && info.file_size >= APPENDS_AT);
  if (roll(&self->any, 10) == 0)
    must_succeed(tome_evict(self->map, 0, TOME_END));
  see_size(self);
}

/* A second map of the same file in the same process; sometimes of a part, sometimes through windows. */
void open_another(crew_worker *self) {
  static const uint32_t flags[] = {TOME_READ, TOME_WRITE, TOME_COPY};
  unsigned char got[100];
  uint64_t offset = roll(&self->any, PATTERN_END - sizeof got);
  uint64_t before = atomic_load(&self->board->size);
  tome_options options = TOME_OPTIONS_INIT;
  uint32_t how = flags[roll(&self->any, 3)];
  options.offset = roll(&self->any, 2) ? offset : 0;
  options.window = how == TOME_COPY || roll(&self->any, 2) ? 0 : PAGE;
  tome *map;
  must_succeed(tome_open(&map, self->path, how, &options));
  must(options.offset + tome_size(map) >= before);
  must_succeed(tome_read(map, offset - options.offset, got, sizeof got));
  must_be_pattern(got, offset, sizeof got);
  must_succeed(tome_close(map));
}

/* The last bytes of the file, up to its size: where nothing but appends makes it longer, none of them is zero, for a size is never
 * seen before its bytes. */
void look_at_end(crew_worker *self) {
  unsigned char got[500];
  see_size(self);
  uint64_t size = tome_size(self->map);
  size_t length = size - APPENDS_AT < sizeof got ? (size_t)(size - APPENDS_AT) : sizeof got;
  must_succeed(tome_read(self->map, size - length, got, length));
  must(memchr(got, 0, length) == NULL);
}

/* ---- with others that make it shorter ---- */

/* A call that may run into a cut: right, or told. */
static int good_or_told(crew_worker *self, int r) {
  must(r == 0 || r == TOME_ELOST || r == TOME_ERANGE);
  if (r == TOME_ELOST)
    atomic_fetch_add(&self->board->lost, 1);
  return r == 0;
}

static uint64_t place_above(crew_worker *self, size_t *ret_length) {
  uint64_t at = SHRINKS_AT + roll_near_page(&self->any, HIGHEST - SHRINKS_AT - 1);
  uint64_t length = 1 + roll(&self->any, 6000);
  *ret_length = length < HIGHEST - at ? length : HIGHEST - at;
  return at;
}

/* What is there is the pattern, or still zero, byte for byte. */
static void must_be_pattern_or_zero(const unsigned char *bytes, uint64_t offset, size_t length) {
  for (size_t i = 0; i < length; i++)
    if (bytes[i] != 0)
      must_equal(bytes[i], pattern_byte(offset + i));
}

/* By the map itself: bytes that a view covers are never cut. It begins when there is a view in the way. */
void shrink_and_grow(crew_worker *self) {
  crew_board *board = self->board;
  uint64_t size = SHRINKS_AT + roll_near_page(&self->any, HIGHEST - SHRINKS_AT);
  int r = tome_resize(self->map, self->round == 0 ? HIGHEST : size);
  must(r == 0 || r == TOME_EBUSY);
  atomic_fetch_add(r == 0 ? &board->cuts : &board->refused, 1);
  while (self->round == 0 && atomic_load(&board->held) == 0)
    sched_yield();
  if (self->round + 1 == self->rounds)
    atomic_store(&board->shrinker_done, 1);
}

/* Until a resize is refused, and a last time whatever happens. */
void hold_view(crew_worker *self) {
  crew_board *board = self->board;
  size_t length;
  tome_view view;
  uint64_t at = place_above(self, &length), before = atomic_load(&board->refused);
  int r;
  while ((r = tome_view_begin(self->map, at, length, TOME_VIEW_READ, &view)) != 0) {
    must(r == TOME_ERANGE);
    if (atomic_load(&board->held) > 0)
      return;
    sched_yield();
  }
  atomic_fetch_add(&board->held, 1);
  while (atomic_load(&board->refused) == before && !atomic_load(&board->shrinker_done))
    sched_yield();
  must_be_pattern_or_zero(view.data, at, length);
  good_or_told(self, tome_view_end(&view));
}

/* By plain system calls, as another process does it. */
void cut_from_outside(crew_worker *self) {
  uint64_t size = SHRINKS_AT + roll_near_page(&self->any, HIGHEST - SHRINKS_AT);
  must_equal(truncate(self->path, (off_t)size), 0);
  atomic_fetch_add(&self->board->cuts, 1);
  sched_yield();
}

void read_above(crew_worker *self) {
  unsigned char got[6001];
  size_t length;
  uint64_t at = place_above(self, &length);
  if (good_or_told(self, tome_read(self->map, at, got, length)))
    must_be_pattern_or_zero(got, at, length);
  read_pattern(self);
}

void write_above(crew_worker *self) {
  unsigned char bytes[6001];
  size_t length;
  uint64_t at = place_above(self, &length);
  fill_pattern(bytes, at, length);
  good_or_told(self, tome_write(self->map, at, bytes, length));
  write_region(self);
}

void view_above(crew_worker *self) {
  unsigned char got[6001];
  size_t length;
  tome_view view;
  uint64_t at = place_above(self, &length);
  if (!good_or_told(self, tome_view_begin(self->map, at, length, TOME_VIEW_READ, &view)))
    return;
  memcpy(got, view.data, length);
  if (good_or_told(self, tome_view_end(&view)))
    must_be_pattern_or_zero(got, at, length);
}

void find_above(crew_worker *self) {
  unsigned char needle[16];
  size_t length;
  uint64_t at = place_above(self, &length), found = 0;
  fill_pattern(needle, at, sizeof needle);
  int r = tome_find(self->map, needle, sizeof needle, at, at + length, &found);
  if (r == 1)
    must_equal(found, at);
  good_or_told(self, r == 1 ? 0 : r);
  find_in_pattern(self);
}

void flush_above(crew_worker *self) {
  good_or_told(self, tome_flush(self->map, 0, TOME_END, TOME_FLUSH_START));
  good_or_told(self, tome_check(self->map, NULL));
  must_succeed(tome_refresh(self->map));
  must(tome_size(self->map) >= SHRINKS_AT);
}
