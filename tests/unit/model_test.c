/* Thousands of random operations on a map, each also done on a plain array of bytes: at every step both must
 * agree. The seeds are fixed, and sizes and offsets crowd around the borders of pages. */
#include "emulator_limits.h"
#include "test_support.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PAGES = 24, OPERATIONS = 2500 };
#define LIMIT ((uint64_t)PAGES * PAGE)

/* A map, and what its file must hold. For a private map `bytes` is what the map must hold. */
typedef struct subject {
  uint32_t flags;
  int fixed;          /* a part with a length */
  int has_file;       /* not anonymous */
  uint64_t offset;    /* of the part */
  uint64_t size;      /* of the map */
  uint64_t file_size; /* of the whole */
  unsigned char *bytes;
  tome *map;
} subject;

static void attach(subject *it) {
  if (it->has_file)
    it->map = open_part(in_dir("model"), it->flags, it->offset, it->fixed ? it->size : TOME_END);
  must_equal(tome_size(it->map), it->size);
}

static subject make_subject(uint32_t flags, uint64_t offset, uint64_t length, uint64_t file_size) {
  subject it = {.flags = flags, .has_file = 1, .offset = offset, .file_size = file_size};
  it.fixed = length != TOME_END;
  it.size = it.fixed ? length : file_size - offset;
  it.bytes = calloc(1, LIMIT + 1);
  fill_pattern(it.bytes, 0, file_size);
  make_pattern_file("model", file_size);
  attach(&it);
  return it;
}

static subject make_anonymous(uint64_t size) {
  subject it = {.flags = TOME_WRITE, .size = size, .file_size = size};
  it.bytes = calloc(1, LIMIT + 1);
  it.map = open_anonymous(size);
  return it;
}

static int reaches_the_end(const subject *it) {
  return it->offset + it->size == it->file_size;
}

static void grow_model(subject *it, uint64_t size) {
  uint64_t end = it->offset + size;
  if (end > it->file_size) {
    memset(it->bytes + it->file_size, 0, end - it->file_size);
    it->file_size = end;
  }
  it->size = size;
}

static void compare_map(subject *it) {
  unsigned char *got = malloc(it->size + 1);
  must_equal(tome_size(it->map), it->size);
  must_succeed(tome_read(it->map, 0, got, it->size));
  must_be_bytes(got, it->bytes + it->offset, it->size);
  free(got);
}

static void compare_file(subject *it) {
  if (!it->has_file)
    return;
  if (it->flags & TOME_COPY)
    must_be_pattern_file(in_dir("model"), it->file_size);
  else
    must_be_file(in_dir("model"), it->bytes, it->file_size);
}

/* ---- the operations ---- */

typedef void operation(subject *it, dice *any);

static void reading(subject *it, dice *any) {
  uint64_t offset = roll_near_page(any, it->size + 3), length = roll_near_page(any, 3 * PAGE);
  unsigned char *got = malloc(length + 1);
  note("read %llu at %llu", (unsigned long long)length, (unsigned long long)offset);
  if (offset + length > it->size) {
    must_fail(tome_read(it->map, offset, got, length), TOME_ERANGE);
  } else {
    must_succeed(tome_read(it->map, offset, got, length));
    must_be_bytes(got, it->bytes + it->offset + offset, length);
  }
  free(got);
}

static void writing(subject *it, dice *any) {
  uint64_t offset = roll_near_page(any, it->size + (roll(any, 8) ? 3 : 2 * PAGE));
  uint64_t length = 1 + roll_near_page(any, 3 * PAGE), end = offset + length;
  if (it->offset + end > LIMIT)
    return;
  unsigned char *bytes = new_pattern(roll(any, 1u << 20), length);
  note("write %llu at %llu", (unsigned long long)length, (unsigned long long)offset);
  if (end > it->size && (!(it->flags & TOME_GROW) || !reaches_the_end(it))) {
    must_fail(tome_write(it->map, offset, bytes, length), TOME_ERANGE);
  } else {
    must_succeed(tome_write(it->map, offset, bytes, length));
    if (end > it->size)
      grow_model(it, end);
    memcpy(it->bytes + it->offset + offset, bytes, length);
  }
  free(bytes);
}

static void filling(subject *it, dice *any) {
  uint64_t offset = roll_near_page(any, it->size), length = roll_near_page(any, 2 * PAGE);
  int to_the_end = roll(any, 20) == 0, byte = (int)roll(any, 256);
  note("fill %llu at %llu", (unsigned long long)length, (unsigned long long)offset);
  if (to_the_end)
    length = it->size - offset;
  if (offset + length > it->size) {
    must_fail(tome_fill(it->map, offset, length, byte), TOME_ERANGE);
    return;
  }
  must_succeed(tome_fill(it->map, offset, to_the_end ? TOME_END : length, byte));
  memset(it->bytes + it->offset + offset, byte, length);
}

static void moving(subject *it, dice *any) {
  uint64_t from = roll_near_page(any, it->size), to = roll_near_page(any, it->size);
  uint64_t length = roll_near_page(any, 3 * PAGE);
  note("move %llu from %llu to %llu", (unsigned long long)length, (unsigned long long)from,
       (unsigned long long)to);
  if (from + length > it->size || to + length > it->size) {
    must_fail(tome_move(it->map, to, from, length), TOME_ERANGE);
    return;
  }
  must_succeed(tome_move(it->map, to, from, length));
  memmove(it->bytes + it->offset + to, it->bytes + it->offset + from, length);
}

static void appending(subject *it, dice *any) {
  uint64_t length = 1 + roll_near_page(any, roll(any, 4) ? 100 : 2 * PAGE), at = 77;
  if (it->file_size + length > LIMIT)
    return;
  unsigned char *bytes = new_pattern(roll(any, 1u << 20), length);
  note("append %llu", (unsigned long long)length);
  if (it->flags & TOME_COPY) {
    must_fail(tome_append(it->map, bytes, length, &at), TOME_EREADONLY);
  } else if (!reaches_the_end(it)) {
    must_fail(tome_append(it->map, bytes, length, &at), TOME_ERANGE);
  } else {
    must_succeed(tome_append(it->map, bytes, length, &at));
    must_equal(at, it->size);
    grow_model(it, it->size + length);
    memcpy(it->bytes + it->offset + at, bytes, length);
    at = 77;
  }
  must_equal(at, 77);
  free(bytes);
}

/* A part that ends before its file moves only its own end, and here not past that of the file. */
static void resizing(subject *it, dice *any) {
  uint64_t room = reaches_the_end(it) ? LIMIT : it->file_size;
  uint64_t size = roll_near_page(any, room - it->offset);
  note("resize from %llu to %llu", (unsigned long long)it->size, (unsigned long long)size);
  if (it->flags & TOME_COPY) {
    must_fail(tome_resize(it->map, size), TOME_EREADONLY);
    return;
  }
  int cuts = size < it->size && reaches_the_end(it);
  must_succeed(tome_resize(it->map, size));
  grow_model(it, size);
  if (cuts)
    it->file_size = it->offset + size;
}

static void viewing(subject *it, dice *any) {
  uint64_t offset = roll_near_page(any, it->size), length = roll_near_page(any, 2 * PAGE);
  if (offset + length > it->size)
    length = it->size - offset;
  note("view %llu at %llu", (unsigned long long)length, (unsigned long long)offset);
  tome_view view = begin_view(it->map, offset, length, TOME_VIEW_WRITE);
  must_be_bytes(view.data, it->bytes + it->offset + offset, length);
  if (roll(any, 2) && length > 0) {
    memset(view.data, (int)offset & 0xFF, length);
    memset(it->bytes + it->offset + offset, (int)offset & 0xFF, length);
  }
  must_succeed(tome_view_end(&view));
}

static uint64_t first_match(const subject *it, const void *needle, size_t length, uint64_t from) {
  for (; from + length <= it->size; from++)
    if (memcmp(it->bytes + it->offset + from, needle, length) == 0)
      return from;
  return TOME_END;
}

static void finding(subject *it, dice *any) {
  uint64_t from = roll_near_page(any, it->size), place = roll_near_page(any, it->size), at = 77;
  size_t length = 1 + roll(any, 6);
  if (place + length > it->size)
    return;
  unsigned char needle[6];
  memcpy(needle, it->bytes + it->offset + place, length);
  note("find %zu bytes from %llu", length, (unsigned long long)from);
  uint64_t want = first_match(it, needle, length, from);
  must_return(tome_find(it->map, needle, length, from, TOME_END, &at), want != TOME_END);
  must_equal(at, want != TOME_END ? want : 77);
}

static void flushing(subject *it, dice *any) {
  uint64_t offset = roll_near_page(any, it->size);
  note("flush at %llu", (unsigned long long)offset);
  must_succeed(tome_flush(it->map, offset, TOME_END, TOME_FLUSH_START));
  must_succeed(tome_refresh(it->map));
  must_succeed(tome_check(it->map, NULL));
}

static void reopening(subject *it, dice *any) {
  (void)any;
  note("%s", "close and open again");
  if (!it->has_file || (it->flags & TOME_COPY))
    return;
  must_succeed(tome_close(it->map));
  compare_file(it);
  attach(it);
}

static void comparing(subject *it, dice *any) {
  (void)any;
  note("%s", "compare all");
  compare_map(it);
  compare_file(it);
}

static operation *const operations[] = {reading,  reading,  reading,   writing,  writing, writing,
                                        filling,  moving,   moving,    viewing,  finding, appending,
                                        resizing, flushing, reopening, comparing};
enum { KINDS = sizeof operations / sizeof operations[0] };

static void agree_on_everything(subject it, uint64_t seed) {
  dice any = dice_from(seed);
  for (int i = 0; i < OPERATIONS; i++)
    operations[roll(&any, KINDS)](&it, &any);
  note("%s", "at the end");
  compare_map(&it);
  must_succeed(tome_close(it.map));
  compare_file(&it);
  free(it.bytes);
}

static void a_whole_file_is_as_an_array(void **state) {
  (void)state;
  needs_whole_pages();
  agree_on_everything(make_subject(TOME_WRITE, 0, TOME_END, 3 * PAGE + 5), 1);
  agree_on_everything(make_subject(TOME_WRITE, 0, TOME_END, 0), 2);
}

static void a_growing_file_is_as_an_array(void **state) {
  (void)state;
  needs_whole_pages();
  agree_on_everything(make_subject(TOME_WRITE | TOME_GROW, 0, TOME_END, PAGE), 3);
  agree_on_everything(make_subject(TOME_WRITE | TOME_GROW | TOME_SPARSE, 0, TOME_END, 0), 4);
}

static void a_part_that_follows_the_end_is_as_an_array(void **state) {
  (void)state;
  needs_whole_pages();
  agree_on_everything(make_subject(TOME_WRITE | TOME_GROW, PAGE + 13, TOME_END, 4 * PAGE), 5);
  agree_on_everything(make_subject(TOME_WRITE, 2 * PAGE, TOME_END, 2 * PAGE), 6);
}

static void a_part_in_the_middle_is_as_an_array_and_spares_the_rest(void **state) {
  (void)state;
  needs_whole_pages();
  agree_on_everything(make_subject(TOME_WRITE, PAGE - 7, 3 * PAGE, 8 * PAGE), 7);
  agree_on_everything(make_subject(TOME_WRITE | TOME_GROW, 100, 50, 6 * PAGE + 1), 8);
}

static void a_fixed_part_at_the_end_is_as_an_array(void **state) {
  (void)state;
  needs_whole_pages();
  agree_on_everything(make_subject(TOME_WRITE | TOME_GROW, PAGE + 1, 2 * PAGE, 3 * PAGE + 1), 9);
}

static void a_private_copy_is_as_an_array_and_spares_the_file(void **state) {
  (void)state;
  agree_on_everything(make_subject(TOME_COPY, 0, TOME_END, 5 * PAGE + 3), 10);
  agree_on_everything(make_subject(TOME_COPY, PAGE / 2, 3 * PAGE, 5 * PAGE), 11);
}

static void anonymous_memory_is_as_an_array(void **state) {
  (void)state;
  needs_whole_pages();
  agree_on_everything(make_anonymous(3 * PAGE + 1), 12);
  agree_on_everything(make_anonymous(0), 13);
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(a_whole_file_is_as_an_array),
      TEST(a_growing_file_is_as_an_array),
      TEST(a_part_that_follows_the_end_is_as_an_array),
      TEST(a_part_in_the_middle_is_as_an_array_and_spares_the_rest),
      TEST(a_fixed_part_at_the_end_is_as_an_array),
      TEST(a_private_copy_is_as_an_array_and_spares_the_file),
      TEST(anonymous_memory_is_as_an_array),
  };
  return run_matching(tests, count, arguments);
}
