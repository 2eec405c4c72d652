#include "sweep_operations.h"

#include "sweep_lines.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

unsigned char pattern(size_t i) {
  return (unsigned char)(1 + i * 7 % 251);
}

/* ---- opening ---- */

static int open_read(scene *s) {
  return tome_open(&s->map, s->path, TOME_READ, NULL);
}

static int open_write(scene *s) {
  return tome_open(&s->map, s->path, TOME_WRITE, NULL);
}

static int open_copy(scene *s) {
  return tome_open(&s->map, s->path, TOME_COPY, NULL);
}

static int open_create(scene *s) {
  return tome_open(&s->map, s->path, TOME_WRITE | TOME_CREATE, NULL);
}

static int open_truncate(scene *s) {
  return tome_open(&s->map, s->path, TOME_WRITE | TOME_TRUNCATE, NULL);
}

static int open_part(scene *s) {
  tome_options options = TOME_OPTIONS_INIT;
  options.offset = 5001;
  options.length = 123;
  return tome_open(&s->map, s->path, TOME_WRITE, &options);
}

static int open_windows(scene *s) {
  tome_options options = TOME_OPTIONS_INIT;
  options.window = 1;
  return tome_open(&s->map, s->path, TOME_WRITE, &options);
}

static int open_advised(scene *s) {
  tome_options options = TOME_OPTIONS_INIT;
  options.advice = TOME_ADVICE_RANDOM;
  return tome_open(&s->map, s->path, TOME_READ, &options);
}

static int open_descriptor(scene *s) {
  int fd = open(s->path, O_RDWR | O_CLOEXEC);
  int r = tome_open_fd(&s->map, fd, TOME_WRITE, NULL);
  close(fd);
  return r;
}

static int open_anonymous(scene *s) {
  return tome_anonymous(&s->map, FILE_SIZE, NULL);
}

static void emptied(unsigned char *file, size_t *size) {
  (void)file;
  *size = 0;
}

/* ---- reading ---- */

static int check_bytes(const scene *s, uint64_t offset) {
  for (size_t i = 0; i < CHUNK; i++)
    if (s->buffer[i] != pattern(offset + i))
      return 1; /* success, it says, with wrong bytes */
  return 0;
}

static int read_some(scene *s) {
  int r = tome_read(s->map, 3000, s->buffer, CHUNK);
  return r < 0 ? r : check_bytes(s, 3000);
}

static int view_read(scene *s) {
  tome_view view;
  int r = tome_view_begin(s->map, 3000, CHUNK, TOME_VIEW_READ, &view);
  if (r < 0)
    return r;
  memcpy(s->buffer, view.data, CHUNK);
  r = tome_view_end(&view);
  return r < 0 ? r : check_bytes(s, 3000);
}

static int view_random(scene *s) {
  tome_view view;
  int r = tome_view_begin(s->map, 3000, CHUNK, TOME_VIEW_RANDOM, &view);
  if (r < 0)
    return r;
  memcpy(s->buffer, view.data, CHUNK);
  r = tome_view_end(&view);
  return r < 0 ? r : check_bytes(s, 3000);
}

/* The needle is where only bytes 20,000 on are. */
static int find_some(scene *s) {
  unsigned char needle[3] = {'@', '@', '@'};
  int r = tome_find(s->map, needle, 3, 0, TOME_END, NULL);
  return r;
}

static int rfind_some(scene *s) {
  unsigned char needle[2] = {pattern(0), pattern(1)};
  uint64_t at = 0;
  int r = tome_rfind(s->map, needle, 2, 0, TOME_END, &at);
  if (r < 0)
    return r;
  return r == 1 && at == 39909 ? 0 : 1; /* the last multiple of 251 below 40,000 - 1 */
}

static int count_some(scene *s) {
  unsigned char needle[2] = {pattern(0), pattern(1)};
  uint64_t count = 0;
  int r = tome_count(s->map, needle, 2, 0, TOME_END, &count);
  if (r < 0)
    return r;
  return r == 1 && count == 160 ? 0 : 1; /* multiples of 251 below 40,000 - 1 */
}

/* pattern(0) and pattern(1), which are not in two lines: the same 160 places. */
static int new_pattern(tome_pattern **ret) {
  static const unsigned char bytes[2] = {1, 8};
  tome_needle needle = {bytes, sizeof bytes};
  return tome_pattern_new(ret, &needle, 1, TOME_PATTERN_IN_LINES);
}

static int sum_up(void *context, const tome_hit *hits, size_t count) {
  uint64_t *sum = context;
  for (size_t i = 0; i < count; i++)
    *sum += hits[i].offset;
  return 0;
}

/* With threads: how many calls there are, and which of them is struck, differs from run to run. */
static int search_with(scene *s, uint32_t flags, uint64_t sum_wanted) {
  uint64_t sum = 0, count = 0;
  tome_pattern *made = NULL;
  tome_search_options options = TOME_SEARCH_INIT;
  options.flags = flags;
  options.threads = 3;
  options.found = sum_up;
  options.context = &sum;
  int r = new_pattern(&made);
  if (r == 0)
    r = tome_search(s->map, made, &options, &count);
  tome_pattern_free(made);
  if (r < 0)
    return r;
  return r == 1 && count == 160 && sum == sum_wanted ? 0 : 1;
}

#define SUM_OF_PLACES ((uint64_t)251 * 159 * 160 / 2)

static int search_matches(scene *s) {
  return search_with(s, 0, SUM_OF_PLACES);
}

static int search_lines(scene *s) {
  uint64_t sum = 0, begin = 0;
  for (size_t i = 0; i < FILE_SIZE; i++) {
    sum += i % 251 == 0 ? begin : 0;
    begin = pattern(i) == '\n' ? i + 1 : begin;
  }
  return search_with(s, TOME_SEARCH_LINES | TOME_SEARCH_NUMBERS, sum);
}

static int walk_matches(scene *s) {
  uint64_t sum = 0;
  tome_range match;
  tome_matches *walk = NULL;
  tome_pattern *made = NULL;
  int r = new_pattern(&made);
  if (r == 0)
    r = tome_matches_begin(&walk, s->map, made, 0, TOME_END, TOME_SEARCH_BACKWARD);
  while (r >= 0 && (r = tome_matches_next(walk, &match)) == 1)
    sum += match.offset;
  tome_matches_end(walk);
  tome_pattern_free(made);
  if (r < 0)
    return r;
  return sum == SUM_OF_PLACES ? 0 : 1;
}

/* Three spans of a buffer; failures are told of each. */
static int cut_buffer(scene *s, tome_span *spans) {
  spans[0] = (tome_span){9000, 2000, s->buffer, 1};
  spans[1] = (tome_span){3000, 1000, s->buffer + 2000, 1};
  spans[2] = (tome_span){3500, 2000, s->buffer + 3000, 1};
  return 3;
}

static int check_spans(const tome_span *spans, int count, int result) {
  int first = 0;
  for (int i = 0; i < count; i++) {
    const unsigned char *bytes = spans[i].buffer;
    first = first < 0 ? first : spans[i].result;
    for (size_t k = 0; spans[i].result == 0 && k < spans[i].length; k++)
      if (bytes[k] != pattern(spans[i].offset + k))
        return 1;
  }
  return result == first || (result < 0 && first == 1) ? result : 1;
}

static int gather_some(scene *s) {
  tome_span spans[3];
  int count = cut_buffer(s, spans);
  return check_spans(spans, count, tome_gather(s->map, spans, (size_t)count));
}

static int gather_beside(scene *s) {
  tome_span spans[3];
  tome_gathering *gathering = NULL;
  int count = cut_buffer(s, spans);
  int r = tome_gather_start(s->map, spans, (size_t)count, &gathering);
  return check_spans(spans, count, r < 0 ? r : tome_gather_end(gathering));
}

static int prefetch_some(scene *s) {
  tome_range ranges[2] = {{9000, 2000}, {3000, 10000}};
  return tome_prefetch(s->map, ranges, 2);
}

static int refresh(scene *s) {
  return tome_refresh(s->map);
}

static int check(scene *s) {
  return tome_check(s->map, NULL);
}

static int info(scene *s) {
  tome_info what = {.struct_size = sizeof what};
  int r = tome_info_get(s->map, &what);
  return r < 0 || what.file_size == FILE_SIZE ? r : 1;
}

/* What cannot be told is unknown, never an error. */
static int stats(scene *s) {
  tome_stats of_map = {.struct_size = sizeof of_map}, of_process = of_map;
  int r = tome_stats_get(s->map, &of_map);
  if (r == 0)
    r = tome_stats_get(NULL, &of_process);
  if (r < 0)
    return r;
  int wrong =
      of_map.mapped != TOME_UNKNOWN && of_map.mapped > FILE_SIZE + (uint64_t)sysconf(_SC_PAGESIZE);
  return wrong || of_process.calls < of_map.calls;
}

static int evict(scene *s) {
  return tome_evict(s->map, 0, TOME_END);
}

static int evict_stored(scene *s) {
  int r = tome_evict(s->map, 0, TOME_END);
  return r < 0 ? r : read_some(s);
}

static int residency(scene *s) {
  tome_residency all = {.struct_size = sizeof all};
  const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
  int r = tome_residency_get(s->map, 3000, CHUNK, &all);
  return r < 0 || all.pages == ((3000 + CHUNK - 1) / page + 1) * page ? r : 1;
}

static int residency_pages(scene *s) {
  return tome_residency_pages(s->map, 3000, CHUNK, s->buffer, CHUNK);
}

static int go_on(void *context, uint64_t done, uint64_t length) {
  (void)context;
  return done > length;
}

static int warm(scene *s) {
  tome_warming how = TOME_WARMING_INIT;
  how.progress = go_on;
  how.rate = (uint64_t)100 << 20;
  return tome_warm(s->map, 3000, CHUNK, &how);
}

static int lock(scene *s) {
  return tome_lock(s->map, 3000, CHUNK);
}

/* In three parts, so that what is locked is split. */
static int unlock_parts(scene *s) {
  int r = tome_lock(s->map, 0, FILE_SIZE);
  if (r == 0)
    r = tome_unlock(s->map, 10000, CHUNK);
  return r == 0 ? tome_unlock(s->map, 0, TOME_END) : r;
}

/* ---- storing ---- */

static int write_some(scene *s) {
  memset(s->buffer, 'W', CHUNK);
  return tome_write(s->map, 3000, s->buffer, CHUNK);
}

static void written(unsigned char *file, size_t *size) {
  (void)size;
  memset(file + 3000, 'W', CHUNK);
}

static int write_growing(scene *s) {
  memset(s->buffer, 'G', CHUNK);
  return tome_write(s->map, FILE_SIZE - 100, s->buffer, CHUNK);
}

static void grown(unsigned char *file, size_t *size) {
  memset(file + FILE_SIZE - 100, 'G', CHUNK);
  *size = FILE_SIZE - 100 + CHUNK;
}

static int write_gap(scene *s) {
  memset(s->buffer, 'G', CHUNK);
  return tome_write(s->map, FILE_SIZE + 9000, s->buffer, CHUNK);
}

static void grown_with_gap(unsigned char *file, size_t *size) {
  memset(file + FILE_SIZE, 0, 9000);
  memset(file + FILE_SIZE + 9000, 'G', CHUNK);
  *size = FILE_SIZE + 9000 + CHUNK;
}

static int append(scene *s) {
  uint64_t at = 0;
  memset(s->buffer, 'A', CHUNK);
  int r = tome_append(s->map, s->buffer, CHUNK, &at);
  return r < 0 || at == FILE_SIZE ? r : 1;
}

static void appended(unsigned char *file, size_t *size) {
  memset(file + FILE_SIZE, 'A', CHUNK);
  *size = FILE_SIZE + CHUNK;
}

static int fill(scene *s) {
  return tome_fill(s->map, 3000, CHUNK, 'W');
}

static int move(scene *s) {
  return tome_move(s->map, 3000, 10000, CHUNK);
}

static void moved(unsigned char *file, size_t *size) {
  (void)size;
  memmove(file + 3000, file + 10000, CHUNK);
}

static int view_write(scene *s) {
  tome_view view;
  int r = tome_view_begin(s->map, 3000, CHUNK, TOME_VIEW_WRITE, &view);
  if (r < 0)
    return r;
  memset(view.data, 'W', CHUNK);
  return tome_view_end(&view);
}

static int resize_up(scene *s) {
  return tome_resize(s->map, FILE_SIZE + 9000);
}

static void larger(unsigned char *file, size_t *size) {
  memset(file + FILE_SIZE, 0, 9000);
  *size = FILE_SIZE + 9000;
}

static int resize_down(scene *s) {
  return tome_resize(s->map, 777);
}

static void smaller(unsigned char *file, size_t *size) {
  (void)file;
  *size = 777;
}

static int flush_start(scene *s) {
  return tome_flush(s->map, 0, TOME_END, TOME_FLUSH_START);
}

static int flush_written(scene *s) {
  return tome_flush(s->map, 0, TOME_END, TOME_FLUSH_WRITTEN);
}

static int flush_durable(scene *s) {
  return tome_flush(s->map, 0, TOME_END, TOME_FLUSH_DURABLE);
}

static int close_map(scene *s) {
  int r = tome_close(s->map);
  s->map = NULL;
  return r;
}

#define OPENS .opens = 1
#define COLD(f) .flags = (f)
#define WARM(f) .flags = (f), .warm = 1

const operation operations[] = {
    {"open for reading", open_read, NULL, OPENS},
    {"open for writing", open_write, NULL, OPENS},
    {"open a private copy", open_copy, NULL, OPENS},
    {"create", open_create, emptied, OPENS, .no_file = 1},
    {"open and truncate", open_truncate, emptied, OPENS},
    {"open a part", open_part, NULL, OPENS},
    {"open through windows", open_windows, NULL, OPENS},
    {"open with advice", open_advised, NULL, OPENS},
    {"open a descriptor", open_descriptor, NULL, OPENS},
    {"anonymous", open_anonymous, NULL, OPENS},
    {"read, first touch", read_some, NULL, COLD(TOME_READ)},
    {"read, touched before", read_some, NULL, WARM(TOME_READ)},
    {"view, reading", view_read, NULL, COLD(TOME_READ)},
    {"view, random", view_random, NULL, COLD(TOME_READ)},
    {"find", find_some, NULL, COLD(TOME_READ)},
    {"rfind", rfind_some, NULL, COLD(TOME_READ)},
    {"count", count_some, NULL, COLD(TOME_READ)},
    {"search, matches", search_matches, NULL, COLD(TOME_READ)},
    {"search a private copy", search_matches, NULL, WARM(TOME_COPY)},
    {"search, lines", search_lines, NULL, COLD(TOME_READ)},
    {"walk over matches", walk_matches, NULL, COLD(TOME_READ)},
    {"walk over lines", walk_lines, NULL, COLD(TOME_READ)},
    {"index of lines", index_lines, NULL, COLD(TOME_READ)},
    {"gather, first touch", gather_some, NULL, COLD(TOME_READ)},
    {"gather, touched before", gather_some, NULL, WARM(TOME_READ)},
    {"gather from a private copy", gather_some, NULL, COLD(TOME_COPY)},
    {"gather, by itself", gather_beside, NULL, COLD(TOME_READ)},
    {"prefetch", prefetch_some, NULL, COLD(TOME_READ)},
    {"refresh", refresh, NULL, COLD(TOME_READ)},
    {"check", check, NULL, WARM(TOME_WRITE)},
    {"info", info, NULL, COLD(TOME_READ)},
    {"stats", stats, NULL, WARM(TOME_READ)},
    {"evict", evict, NULL, WARM(TOME_READ)},
    {"evict what was stored", evict_stored, NULL, WARM(TOME_WRITE)},
    {"residency", residency, NULL, COLD(TOME_READ)},
    {"residency of pages", residency_pages, NULL, WARM(TOME_READ)},
    {"warm", warm, NULL, COLD(TOME_READ)},
    {"lock", lock, NULL, COLD(TOME_READ), .locks = 1},
    {"lock a private copy", lock, NULL, WARM(TOME_COPY), .locks = 1},
    {"unlock", unlock_parts, NULL, COLD(TOME_WRITE), .locks = 1},
    {"write, first touch", write_some, written, COLD(TOME_WRITE)},
    {"write, touched before", write_some, written, WARM(TOME_WRITE)},
    {"write to a private copy", write_some, NULL, COLD(TOME_COPY)},
    {"write across the end", write_growing, grown, COLD(TOME_WRITE | TOME_GROW)},
    {"write behind a gap", write_gap, grown_with_gap, COLD(TOME_WRITE | TOME_GROW)},
    {"write behind a gap, sparse", write_gap, grown_with_gap,
     COLD(TOME_WRITE | TOME_GROW | TOME_SPARSE)},
    {"append", append, appended, COLD(TOME_WRITE)},
    {"fill", fill, written, COLD(TOME_WRITE)},
    {"move", move, moved, COLD(TOME_WRITE)},
    {"view, writing", view_write, written, COLD(TOME_WRITE), .stores = 1},
    {"resize, growing", resize_up, larger, COLD(TOME_WRITE)},
    {"resize, growing sparse", resize_up, larger, COLD(TOME_WRITE | TOME_SPARSE)},
    {"resize, shrinking", resize_down, smaller, COLD(TOME_WRITE)},
    {"flush, started", flush_start, NULL, WARM(TOME_WRITE)},
    {"flush, written", flush_written, NULL, WARM(TOME_WRITE)},
    {"flush, durable", flush_durable, NULL, WARM(TOME_WRITE)},
    {"close", close_map, NULL, WARM(TOME_WRITE)},
};
const size_t operations_count = sizeof operations / sizeof *operations;
