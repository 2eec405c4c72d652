/* Little memory: whatever the size of the file, every operation ends well, with the right bytes, in a control group of
 * 64 MiB and in an address space that the file does not fit.
 *
 * All files are several times as large as the limit, hold real data (a search passes over holes), and are not in memory
 * when a run begins. What a run has left in the file is read again by plain system calls, outside of the limit. */
#include "calls.h"
#include "large_file.h"
#include "planted_bug.h"
#include "small_memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define MEBI(n) ((uint64_t)(n) << 20)
#define GIBI(n) MEBI((n)*1024)
#define PIECE ((size_t)256 << 10)

/* ---- the operations: each is run under a limit, and what it left is looked at without one ---- */

/* Bytes above 127 are nowhere in the files but where they were planted. */
static const unsigned char needle[] = "\xF1 needle \xF2", absent[] = "\xF1 needle \xF3";
enum { NEEDLE = sizeof needle - 1, AWAY = 100003 };

static unsigned char *new_piece(void) {
  unsigned char *piece = malloc(PIECE);
  must(piece != NULL);
  return piece;
}

/* Calls `step` for all pieces of [from, to). They begin and end anywhere but at a page's border, save the first. */
typedef void piece_step(tome *map, uint64_t offset, unsigned char *piece, size_t length);

static void for_pieces(tome *map, uint64_t from, uint64_t to, piece_step *step) {
  unsigned char *piece = new_piece();
  const size_t most = PIECE - 24;
  for (uint64_t at = from; at < to; at += most)
    step(map, at, piece, to - at < most ? (size_t)(to - at) : most);
  free(piece);
}

static void find_both(const char *path, uint64_t size) {
  uint64_t at = 7;
  tome *map = open_map(path, TOME_READ);
  must_return(tome_find(map, absent, NEEDLE, 0, TOME_END, &at), 0);
  must_return(tome_find(map, needle, NEEDLE, 0, TOME_END, &at), 1);
  must_equal(at, size - AWAY);
  must_succeed(tome_close(map));
}

static void rfind_both(const char *path, uint64_t size) {
  uint64_t at = size;
  tome *map = open_map(path, TOME_READ);
  must_return(tome_rfind(map, absent, NEEDLE, 0, TOME_END, &at), 0);
  must_return(tome_rfind(map, needle, NEEDLE, 0, TOME_END, &at), 1);
  must_equal(at, AWAY);
  must_succeed(tome_close(map));
}

static void count_both(const char *path, uint64_t size) {
  (void)size;
  uint64_t count = 7;
  tome *map = open_map(path, TOME_READ);
  must_return(tome_count(map, absent, NEEDLE, 0, TOME_END, &count), 0);
  must_equal(count, 0);
  must_return(tome_count(map, needle, NEEDLE, 0, TOME_END, &count), 1);
  must_equal(count, 1);
  must_succeed(tome_close(map));
}

static int note_place(void *context, const tome_hit *hits, size_t count) {
  must_equal(count, 1);
  must_be_bytes(hits[0].data, needle, NEEDLE);
  *(uint64_t *)context = hits[0].offset;
  return 0;
}

/* By several threads. */
static void search_both(const char *path, uint64_t size) {
  const tome_needle both[] = {{absent, NEEDLE}, {needle, NEEDLE}};
  uint64_t at = 7;
  tome_search_options options = TOME_SEARCH_INIT;
  options.threads = 4;
  options.found = note_place;
  options.context = &at;
  tome *map = open_map(path, TOME_READ);
  for (int i = 0; i < 2; i++) {
    tome_pattern *pattern = NULL;
    must_succeed(tome_pattern_new(&pattern, &both[i], 1, 0));
    must_return(tome_search(map, pattern, &options, NULL), i);
    must_equal(at, i == 0 ? 7 : size - AWAY);
    tome_pattern_free(pattern);
  }
  must_succeed(tome_close(map));
}

static void read_piece(tome *map, uint64_t offset, unsigned char *piece, size_t length) {
  unsigned char want[128];
  must_succeed(tome_read(map, offset, piece, length));
  for (size_t i = 0; i < length; i += 4096) {
    size_t n = length - i < sizeof want ? length - i : sizeof want;
    large_bytes(want, offset + i, n);
    must_be_bytes(piece + i, want, n);
  }
}

/* Twice: what was read before is read another way. */
static void read_all(const char *path, uint64_t size) {
  tome *map = open_map(path, TOME_READ);
  for_pieces(map, 8, size - AWAY, read_piece);
  for_pieces(map, 8, size - AWAY, read_piece);
  must_succeed(tome_close(map));
}

static void look_at_piece(tome *map, uint64_t offset, unsigned char *piece, size_t length) {
  tome_view view = begin_view(map, offset, length, TOME_VIEW_READ);
  large_bytes(piece, offset, length);
  must_be_bytes(view.data, piece, length);
  must_succeed(tome_view_end(&view));
}

static void look_at_all(const char *path, uint64_t size) {
  tome *map = open_map(path, TOME_READ);
  for_pieces(map, 8, size - AWAY, look_at_piece);
  must_succeed(tome_close(map));
}

/* More pages than there is memory for, in any order; twice, as most have gone again by then. */
static void gather_twice(const char *path, uint64_t size) {
  enum { SPANS = 50000, BYTES = 16 };
  tome_span *spans = calloc(SPANS, sizeof *spans);
  unsigned char *bytes = calloc(SPANS, BYTES), want[BYTES];
  dice any = dice_from(1);
  for (size_t i = 0; i < SPANS; i++)
    spans[i] = (tome_span){roll(&any, size / 8 - 1) * 8, BYTES, bytes + i * BYTES, 0};
  tome *map = open_map(path, TOME_READ);
  for (int run = 0; run < 2; run++) {
    memset(bytes, 0, (size_t)SPANS * BYTES);
    must_succeed(tome_gather(map, spans, SPANS));
    for (size_t i = 0; i < SPANS; i++) {
      large_bytes(want, spans[i].offset, BYTES);
      must_be_bytes(spans[i].buffer, want, BYTES);
    }
  }
  must_succeed(tome_close(map));
  free(bytes);
  free(spans);
}

static void write_piece(tome *map, uint64_t offset, unsigned char *piece, size_t length) {
  large_bytes(piece, offset, length);
  must_succeed(tome_write(map, offset, piece, length));
}

static void flush_and_close(tome *map) {
  must_succeed(tome_flush(map, 0, TOME_END, TOME_FLUSH_DURABLE));
  must_succeed(tome_close(map));
}

static void write_new(const char *path, uint64_t size) {
  tome *map = open_map(path, TOME_WRITE | TOME_CREATE);
  must_succeed(tome_resize(map, size));
  for_pieces(map, 0, size, write_piece);
  flush_and_close(map);
}

static void write_growing(const char *path, uint64_t size) {
  tome *map = open_map(path, TOME_WRITE | TOME_CREATE | TOME_GROW);
  for_pieces(map, 0, size, write_piece);
  flush_and_close(map);
}

/* The bytes of two words further on. */
static void overwrite_piece(tome *map, uint64_t offset, unsigned char *piece, size_t length) {
  large_bytes(piece, offset + 16, length);
  must_succeed(tome_write(map, offset, piece, length));
}

static void write_over_with(const char *path, uint64_t size, uint32_t flags) {
  tome *map = open_map(path, flags);
  for_pieces(map, 0, size, overwrite_piece);
  flush_and_close(map);
}

/* Large writes go another way where the map may grow. */
static void write_over(const char *path, uint64_t size) {
  write_over_with(path, size, TOME_WRITE);
}

static void write_over_growable(const char *path, uint64_t size) {
  write_over_with(path, size, TOME_WRITE | TOME_GROW);
}

static void store_piece(tome *map, uint64_t offset, unsigned char *piece, size_t length) {
  (void)piece;
  tome_view view = begin_view(map, offset, length, TOME_VIEW_WRITE);
  large_bytes(view.data, offset, length);
  must_succeed(tome_view_end(&view));
}

static void store_in_views(const char *path, uint64_t size) {
  tome *map = open_map(path, TOME_WRITE | TOME_CREATE);
  must_succeed(tome_resize(map, size));
  for_pieces(map, 0, size, store_piece);
  flush_and_close(map);
}

static void append_piece(tome *map, uint64_t offset, unsigned char *piece, size_t length) {
  uint64_t at;
  large_bytes(piece, offset, length);
  must_succeed(tome_append(map, piece, length, &at));
  must_equal(at, offset);
}

static void append_all(const char *path, uint64_t size) {
  tome *map = open_map(path, TOME_WRITE | TOME_CREATE);
  for_pieces(map, 0, size, append_piece);
  flush_and_close(map);
}

static void fill_all(const char *path, uint64_t size) {
  tome *map = open_map(path, TOME_WRITE | TOME_CREATE);
  must_succeed(tome_resize(map, size));
  must_succeed(tome_fill(map, 0, TOME_END, 0xA5));
  flush_and_close(map);
}

/* The ranges overlap. */
static void move_up(const char *path, uint64_t size) {
  tome *map = open_map(path, TOME_WRITE);
  must_succeed(tome_move(map, AWAY, 0, size - AWAY));
  flush_and_close(map);
}

/* ---- what must be there then ---- */

static void is_as_written(const char *path, uint64_t size) {
  must_equal(file_length(path), size);
  must_be_large(path, 0, 0, size);
}

static void is_written_over(const char *path, uint64_t size) {
  must_equal(file_length(path), size);
  must_be_large(path, 0, 16, size);
}

static void is_filled(const char *path, uint64_t size) {
  unsigned char *want = new_piece(), *got = new_piece();
  FILE *file = fopen(path, "re");
  must(file != NULL);
  memset(want, 0xA5, PIECE);
  must_equal(file_length(path), size);
  for (uint64_t at = 0; at < size; at += PIECE) {
    must_equal(fread(got, PIECE, 1, file), 1);
    must_be_bytes(got, want, PIECE);
  }
  fclose(file);
  free(want);
  free(got);
}

static void is_moved(const char *path, uint64_t size) {
  must_equal(file_length(path), size);
  must_be_large(path, 0, 0, AWAY);
  must_be_large(path, AWAY, 0, size - AWAY);
}

static void is_untouched(const char *path, uint64_t size) {
  must_equal(file_length(path), size);
  must_be_large(path, MEBI(1), MEBI(1), size - MEBI(2));
}

/* ---- the table ---- */

typedef void file_function(const char *path, uint64_t size);

typedef struct operation {
  const char *name;
  uint64_t few, many; /* bytes of the file: in an ordinary run, and in a long one */
  enum { MISSING, FULL, NEEDLE_FIRST, NEEDLE_LAST } begins;
  file_function *run, *check;
} operation;

/* No file fits the address space of any limit below. */
static const operation operations[] = {
    {"a find", MEBI(256), GIBI(4), NEEDLE_LAST, find_both, is_untouched},
    {"a find of the last", MEBI(144), GIBI(2), NEEDLE_FIRST, rfind_both, is_untouched},
    {"reading in a loop", MEBI(144), GIBI(2), FULL, read_all, is_untouched},
    {"gathering here and there", MEBI(144), GIBI(2), FULL, gather_twice, is_untouched},
    {"looking through views", MEBI(144), GIBI(2), FULL, look_at_all, is_untouched},
    {"writing", MEBI(144), GIBI(2), MISSING, write_new, is_as_written},
    {"writing past the end", MEBI(144), GIBI(1), MISSING, write_growing, is_as_written},
    {"writing over what is there", MEBI(144), GIBI(1), FULL, write_over, is_written_over},
    {"writing over a file that may grow", MEBI(144), GIBI(1), FULL, write_over_growable,
     is_written_over},
    {"storing through views", MEBI(144), GIBI(1), MISSING, store_in_views, is_as_written},
    {"appending", MEBI(144), GIBI(1), MISSING, append_all, is_as_written},
    {"a fill", MEBI(144), GIBI(1), MISSING, fill_all, is_filled},
    {"a move", MEBI(144), GIBI(1), FULL, move_up, is_moved},
    {"a count", MEBI(144), GIBI(2), NEEDLE_LAST, count_both, is_untouched},
    {"a search by several threads", MEBI(144), GIBI(2), NEEDLE_LAST, search_both, is_untouched},
};

static const struct place {
  const char *name;
  memory_limit limit;
} places[] = {
    {"a memory group of 64 MiB", {MEBI(64), 0}},
    {"an address space of 128 MiB", {0, MEBI(128)}},
    {"a memory group of 64 MiB with an address space of 128 MiB", {MEBI(64), MEBI(128)}},
    {"a process without limits", {0, 0}},
};

enum {
  OPERATIONS = sizeof operations / sizeof operations[0],
  GROUP = 0, /* in the list of places */
  SPACE = 1,
  BOTH = 2,
  LIMITS = 3,
  ANYWHERE = LIMITS
};

/* ---- a run ---- */

typedef struct limited {
  const operation *what;
  memory_limit limit;
} limited;

static uint64_t size_of(const operation *what) {
  return how_many(what->few, what->many);
}

static void make_operand(const operation *what) {
  uint64_t size = size_of(what);
  if (what->begins == MISSING)
    return;
  const char *path = make_large_file("file", size);
  if (what->begins == FULL)
    return;
  plant_bytes(path, what->begins == NEEDLE_FIRST ? AWAY : size - AWAY, needle, NEEDLE);
  evict_file(path);
}

/* The usual reservation fits into so much where addresses have 32 bits. */
static const int reservations_are_small = sizeof(void *) == 4;

/* The proof that not even the file fitted. */
static void must_have_met_the_end_of_space(const char *path, uint64_t size) {
  tome_info info = {.struct_size = sizeof info};
  must(refused_mappings() > 0 || reservations_are_small);
  tome *map = open_map(path, TOME_READ);
  must(refused_mappings() > 0);
  must_succeed(tome_info_get(map, &info));
  must(info.reserved < size);
  must_succeed(tome_close(map));
  tell_figure("mappings refused for want of address space", refused_mappings());
}

static void operate(void *context) {
  const limited *run = context;
  const char *path = in_dir("file");
  count_refused_mappings();
  run->what->run(path, size_of(run->what));
  if (run->limit.space != 0)
    must_have_met_the_end_of_space(path, size_of(run->what));
}

/* Scans let go of what they read, and mostly stay below a limit. */
static int is_scan(const operation *what) {
  return what->run == find_both || what->run == rfind_both || what->run == count_both ||
         what->run == search_both;
}

static void run_operation(void *context) {
  const limited *run = context;
  skip_without(run->limit);
  make_operand(run->what);
  memory_use use = run_limited(run->limit, operate, context);
  run->what->check(in_dir("file"), size_of(run->what));
  must_equal(unlink(in_dir("file")), 0);
  if (run->limit.group == 0)
    return;
  must(use.strikes > 0 || is_scan(run->what));
  must(use.peak <= run->limit.group);
  tell_figure("times a memory limit was met", use.strikes);
}

static void operation_ends_well(void **state) {
  skip_without_disk();
  run_operation(*state);
}

/* ---- what stays in the process ---- */

/* A search by one thread has a piece of at most 4 MiB mapped, one by several three of these. */
static void keep_little(void *context) {
  const limited *run = context;
  uint64_t before = peak_of_process();
  run->what->run(in_dir("file"), size_of(run->what));
  must(peak_of_process() < before + MEBI(16));
}

static void run_keeping_little(void *context) {
  const limited *run = context;
  skip_without(run->limit);
  make_operand(run->what);
  run_limited(run->limit, keep_little, context);
  must_equal(unlink(in_dir("file")), 0);
}

static void operation_keeps_little(void **state) {
  skip_without_disk();
  run_keeping_little(*state);
}

/* ---- what is left to the program ---- */

static void open_many(void *context) {
  enum { MAPS = 8 };
  tome *maps[MAPS];
  (void)context;
  count_refused_mappings();
  for (int i = 0; i < MAPS; i++)
    maps[i] = open_map(in_dir("file"), TOME_WRITE | TOME_CREATE | TOME_GROW);
  must(refused_mappings() > 0 || reservations_are_small);
  char *room = malloc(MEBI(64));
  must(room != NULL);
  memset(room, 1, MEBI(64));
  must_equal(room[MEBI(64) - 1], 1);
  free(room);
  for (int i = 0; i < MAPS; i++)
    must_succeed(tome_close(maps[i]));
}

static void reservations_leave_room_in_an_address_space_of_1_GiB(void **state) {
  (void)state;
  memory_limit limit = {0, GIBI(1)};
  skip_without(limit);
  run_limited(limit, open_many, NULL);
}

/* ---- planted bugs ---- */

/* Kept for good: what is in no list the compiler does not even make. */
static void keep_copy(const void *bytes, size_t length) {
  static struct copy {
    struct copy *older;
    unsigned char bytes[];
  } * newest;
  struct copy *copy = malloc(sizeof *copy + length);
  if (copy == NULL)
    return;
  memcpy(copy->bytes, bytes, length);
  copy->older = newest;
  newest = copy;
}

static ssize_t read_and_keep(int fd, void *to, size_t length, off_t at) {
  ssize_t r = pread(fd, to, length, at);
  if (r > 0)
    keep_copy(to, (size_t)r);
  return r;
}

static ssize_t read_now_and_keep(int fd, const struct iovec *to, int count, off_t at, int flags) {
  ssize_t r = preadv2(fd, to, count, at, flags);
  must_equal(count, 1);
  if (r > 0)
    keep_copy(to[0].iov_base, (size_t)r);
  return r;
}

static void plant_a_copy_of_what_is_searched(void) {
  tome__os_calls.pread = read_and_keep;
  tome__os_calls.preadv2 = read_now_and_keep;
}

static int let_nothing_go(void *at, size_t length, int advice) {
  return advice == MADV_DONTNEED ? 0 : madvise(at, length, advice);
}

static void plant_a_search_that_lets_nothing_go(void) {
  tome__os_calls.madvise = let_nothing_go;
}

static ssize_t append_and_keep(int fd, const struct iovec *pieces, int count, off_t at, int flags) {
  for (int i = 0; i < count; i++)
    keep_copy(pieces[i].iov_base, pieces[i].iov_len);
  return pwritev2(fd, pieces, count, at, flags);
}

static void plant_a_copy_of_what_is_appended(void) {
  tome__os_calls.pwritev2 = append_and_keep;
}

static int do_not_unmap(void *at, size_t length) {
  (void)at, (void)length;
  return 0;
}

static void plant_windows_that_stay(void) {
  tome__os_calls.munmap = do_not_unmap;
}

static void *map_privately(void *at, size_t n, int protection, int flags, int fd, off_t offset) {
  int private = (flags & ~MAP_SHARED) | MAP_PRIVATE;
  return mmap(at, n, protection, (flags & MAP_SHARED) ? private : flags, fd, offset);
}

static void plant_stores_that_stay_private(void) {
  tome__os_calls.mmap = map_privately;
}

/* In the list of operations. */
enum { FIND = 0, RFIND = 1, LOOK = 4, WRITE = 5, APPEND = 10, SEARCH = 14 };

static const size_t lean_operations[] = {FIND, RFIND, SEARCH};

static limited limited_run(size_t what, size_t where) {
  return (limited){&operations[what], places[where].limit};
}

typedef struct planted {
  const char *name;
  plant *bug;
  child_function *body;
  size_t what, where;
} planted;

static const planted bugs[] = {
    {"a search that copies the file", plant_a_copy_of_what_is_searched, run_operation, FIND, GROUP},
    {"a search that lets nothing go", plant_a_search_that_lets_nothing_go, run_keeping_little, FIND,
     ANYWHERE},
    {"an append that keeps a copy", plant_a_copy_of_what_is_appended, run_operation, APPEND, GROUP},
    {"stores that stay private", plant_stores_that_stay_private, run_operation, WRITE, GROUP},
    {"windows that are never let go", plant_windows_that_stay, run_operation, LOOK, SPACE},
};

static void bug_is_found(void **state) {
  const planted *one = *state;
  skip_without_disk();
  limited run = limited_run(one->what, one->where);
  must_find_bug(one->name, one->bug, one->body, &run);
}

/* ---- all tests ---- */

enum { LIMITED = OPERATIONS * LIMITS, LEAN = 3 * 2, BUGS = sizeof bugs / sizeof bugs[0] };

/* With both limits at once an ordinary run tries every fourth operation; the end of the list is empty then. */
static struct CMUnitTest tests[LIMITED + LEAN + BUGS + 1];
static char names[LIMITED + LEAN + BUGS][128];
static limited runs[LIMITED + LEAN];

/* Names are sentences of one word, as everywhere. */
static void list(size_t i, CMUnitTestFunction function, void *state) {
  for (char *space = names[i]; (space = strchr(space, ' ')) != NULL;)
    *space = '_';
  tests[i] = (struct CMUnitTest){names[i], function, begin_test, end_memory_test, state};
}

static void list_tests(void) {
  size_t n = 0;
  for (size_t where = 0; where < LIMITS; where++)
    for (size_t what = 0; what < OPERATIONS; what += where == BOTH ? how_many(4, 1) : 1, n++) {
      runs[n] = limited_run(what, where);
      snprintf(names[n], sizeof names[n], "%s ends well in %s", operations[what].name,
               places[where].name);
      list(n, operation_ends_well, &runs[n]);
    }
  static const size_t lean_places[] = {ANYWHERE, SPACE};
  for (size_t i = 0; i < LEAN; i++, n++) {
    size_t what = lean_operations[i % 3], where = lean_places[i / 3];
    runs[n] = limited_run(what, where);
    snprintf(names[n], sizeof names[n], "%s keeps little of the file in the process in %s",
             operations[what].name, places[where].name);
    list(n, operation_keeps_little, &runs[n]);
  }
  for (size_t i = 0; i < BUGS; i++, n++) {
    snprintf(names[n], sizeof names[n], "%s %s found", bugs[i].name,
             i == BUGS - 1 || i == BUGS - 2 ? "are" : "is");
    list(n, bug_is_found, (void *)(uintptr_t)&bugs[i]);
  }
  tests[n] = (struct CMUnitTest)TEST(reservations_leave_room_in_an_address_space_of_1_GiB);
}

int main(int count, char **arguments) {
  use_a_disk();
  list_tests();
  return run_matching(tests, count, arguments);
}
