/* The index of lines, against the model: whatever happened to the file, its answers are right. */
#include "emulator_limits.h"
#include "line_model.h"
#include "test_support.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* As docs/line-index.md has it. */
enum { STRETCH = 128 << 10 };

/* ---- indexes, and what must hold of them ---- */

static tome_line_index_options kept_in(const char *directory) {
  tome_line_index_options options = TOME_LINE_INDEX_INIT;
  options.directory = directory;
  return options;
}

static tome_line_index *open_index(tome *map, const tome_line_index_options *options) {
  tome_line_index *index = NULL;
  must_succeed(tome_line_index_open(&index, map, options));
  return index;
}

static tome_line_index_info info_of(tome_line_index *index) {
  tome_line_index_info info = {.struct_size = sizeof info};
  must_succeed(tome_line_index_info_get(index, &info));
  return info;
}

static void must_have_line(tome_line_index *index, const line_model *m, uint64_t number) {
  tome_line line = {1, 2, 3};
  note("line %llu of %zu", (unsigned long long)number, m->count);
  if (number > m->count) {
    must_return(tome_line_index_line(index, number, &line), 0);
    must_be_line(line, (tome_line){1, 2, 3});
    return;
  }
  must_return(tome_line_index_line(index, number, &line), 1);
  must_be_line(line, m->lines[number - 1]);
}

/* The number of the line at an offset inside line `i` of the model. */
static void must_know_number(dice *any, tome_line_index *index, const line_model *m, size_t i) {
  uint64_t number, offset = m->lines[i].offset + roll(any, m->lines[i].next - m->lines[i].offset);
  note("offset %llu, in line %zu of %zu", (unsigned long long)offset, i + 1, m->count);
  must_return(tome_line_index_number(index, offset, &number), 1);
  must_equal(number, i + 1);
}

static void must_agree(dice *any, tome_line_index *index, const line_model *m) {
  uint64_t number = 77, size = m->count ? m->lines[m->count - 1].next : 0;
  must_equal(tome_line_index_lines(index), m->count);
  must_have_line(index, m, m->count + 1);
  must_have_line(index, m, UINT64_MAX);
  must_return(tome_line_index_number(index, size, &number), 0);
  must_fail(tome_line_index_number(index, size + 1, &number), TOME_ERANGE);
  must_equal(number, 77);
  for (size_t i = 0; i < 24 && i < m->count; i++) {
    size_t line = m->count <= 24 || i == 0 ? i : i == 1 ? m->count - 1 : roll(any, m->count);
    must_have_line(index, m, line + 1);
    must_know_number(any, index, m, line);
  }
}

/* ---- texts ---- */

typedef struct text {
  unsigned char *bytes;
  size_t size, room;
  line_model model;
  uint32_t ends;
} text;

static text new_text(size_t room, uint32_t ends) {
  return (text){.bytes = malloc(room), .room = room, .ends = ends};
}

static void free_text(text *t) {
  free(t->bytes);
  free_model(&t->model);
}

static void model_again(text *t) {
  make_model(&t->model, t->bytes, 0, t->size, t->ends);
}

/* Lines of about so many bytes. */
static void add_random(dice *any, text *t, size_t length, uint64_t about) {
  must(length <= t->room - t->size);
  for (size_t end = t->size + length; t->size < end; t->size++)
    t->bytes[t->size] =
        roll(any, about) == 0 ? (unsigned char)"\n\r\0"[roll(any, 3)] : (unsigned char)'x';
  model_again(t);
}

/* Line lengths from 1 to more than a stretch. */
static uint64_t any_about(dice *any) {
  return (uint64_t[]){1, 3, 80, 3000, 200000}[roll(any, 5)];
}

/* Valid until it is asked for in another test. */
static const char *cache_directory(void) {
  static char path[512];
  snprintf(path, sizeof path, "%s", in_dir("cache"));
  if (!file_exists(path))
    make_folder(path);
  return path;
}

/* As make_file(), valid until it is asked for again. */
static const char *keep_file(const void *bytes, size_t length) {
  static char path[512];
  snprintf(path, sizeof path, "%s", make_file("text", bytes, length));
  return path;
}

/* Open the file and its index, which must agree with the text; how many bytes were read for it. */
static uint64_t must_index(dice *any, const char *path, const text *t) {
  tome_line_index_options options = kept_in(cache_directory());
  options.ends = t->ends;
  options.threads = (uint32_t)roll(any, 4);
  tome *map = open_map(path, TOME_READ);
  tome_line_index *index = open_index(map, &options);
  tome_line_index_info info = info_of(index);
  must_equal(info.kept, 0);
  must_equal(info.covered, t->size);
  must_equal(info.lines, t->model.count);
  must_equal(info.size, file_length(info.path));
  must_agree(any, index, &t->model);
  tome_line_index_close(index);
  must_succeed(tome_close(map));
  return info.counted;
}

/* ---- what is indexed ---- */

static void random_texts_have_the_lines_of_the_model(void **state) {
  (void)state;
  needs_whole_pages();
  dice any = dice_from(1);
  for (unsigned i = 0; i < how_many(40, 600); i++) {
    text t = new_text(5 * STRETCH, i % 3);
    add_random(&any, &t, i % 4 ? roll(&any, t.room) : (i / 4) * STRETCH % t.room, any_about(&any));
    note("text %u of %zu bytes", i, t.size);
    const char *path = keep_file(t.bytes, t.size);
    must_equal(must_index(&any, path, &t), t.size);
    must_equal(must_index(&any, path, &t), 0);
    remove_file(path);
    free_text(&t);
  }
}

static void an_index_can_live_in_memory_alone(void **state) {
  (void)state;
  dice any = dice_from(2);
  text t = new_text(3 * STRETCH, TOME_LINES_LF);
  add_random(&any, &t, t.room - 5, 50);
  tome *map = open_map(keep_file(t.bytes, t.size), TOME_READ);
  tome_line_index *index = open_index(map, NULL);
  tome_line_index_info info = info_of(index);
  must_agree(&any, index, &t.model);
  must_equal(info.kept, TOME_ENOTSUP);
  must(info.path == NULL);
  tome_line_index_close(index);
  must_succeed(tome_close(map));
  free_text(&t);
}

/* A hole, and some lines in places: 3 blocks of the index. */
static void many_blocks_are_found_through(void **state) {
  (void)state;
  enum { LINES = 40 };
  const uint64_t size = (UINT64_C(1020) * STRETCH) * 2 + 77777;
  const char *path = make_hole("text", size);
  tome_line lines[LINES + 1] = {{0, 0, 0}};
  for (uint64_t i = 0; i < LINES; i++) {
    uint64_t at = i == 20 ? UINT64_C(1020) * STRETCH - 1 : size / LINES * i + 5;
    write_elsewhere(path, at, "\n", 1);
    lines[i].length = at - lines[i].offset;
    lines[i].next = lines[i + 1].offset = at + 1;
  }
  lines[LINES].length = size - lines[LINES].offset;
  lines[LINES].next = size;
  dice any = dice_from(3);
  line_model m = {.lines = lines, .count = LINES + 1};
  tome_line_index_options options = kept_in(cache_directory());
  for (int i = 0; i < 2; i++) {
    tome *map = open_map(path, TOME_READ);
    tome_line_index *index = open_index(map, &options);
    must_equal(info_of(index).counted, i ? 0 : size);
    must_agree(&any, index, &m);
    tome_line_index_close(index);
    must_succeed(tome_close(map));
  }
}

static void stretches_of_nothing_but_ends_are_counted(void **state) {
  (void)state;
  const uint64_t size = 2 * STRETCH + 9;
  tome_line line;
  uint64_t number;
  tome_line_index_options options = kept_in(cache_directory());
  options.ends = TOME_LINES_NUL;
  tome *map = open_map(make_hole("text", size), TOME_READ);
  for (int i = 0; i < 2; i++) {
    tome_line_index *index = open_index(map, &options);
    must_equal(tome_line_index_lines(index), size);
    const uint64_t some[] = {1, STRETCH, STRETCH + 1, 2 * STRETCH, size};
    for (int j = 0; j < 5; j++) {
      must_return(tome_line_index_line(index, some[j], &line), 1);
      must_be_line(line, (tome_line){some[j] - 1, 0, some[j]});
      must_return(tome_line_index_number(index, some[j] - 1, &number), 1);
      must_equal(number, some[j]);
    }
    tome_line_index_close(index);
  }
  must_succeed(tome_close(map));
}

static void parts_of_a_file_have_indexes_of_their_own(void **state) {
  (void)state;
  dice any = dice_from(4);
  text t = new_text(4 * STRETCH, TOME_LINES_CRLF);
  add_random(&any, &t, t.room, 20);
  const char *path = keep_file(t.bytes, t.size);
  tome_line_index_options options = kept_in(cache_directory());
  options.ends = t.ends;
  for (uint64_t offset = 0; offset < 3 * STRETCH; offset += STRETCH + 1234)
    for (int i = 0; i < 2; i++) {
      line_model m = {0};
      tome *map = open_part(path, TOME_READ, offset, TOME_END);
      tome_line_index *index = open_index(map, &options);
      must_equal(info_of(index).counted, i ? 0 : t.size - offset);
      make_model(&m, t.bytes + offset, 0, t.size - offset, t.ends);
      must_agree(&any, index, &m);
      tome_line_index_close(index);
      must_succeed(tome_close(map));
      free_model(&m);
    }
  free_text(&t);
}

static void must_not_be_kept(dice *any, tome *map, const text *t) {
  tome_line_index_options options = kept_in(cache_directory());
  tome_line_index *index = open_index(map, &options);
  tome_line_index_info info = info_of(index);
  must_equal(info.kept, TOME_ENOTSUP);
  must(info.path == NULL);
  must_agree(any, index, &t->model);
  tome_line_index_close(index);
  must_succeed(tome_close(map));
}

static void private_copies_and_anonymous_memory_are_indexed_but_not_kept(void **state) {
  (void)state;
  dice any = dice_from(5);
  text t = new_text(2 * STRETCH, TOME_LINES_LF);
  add_random(&any, &t, t.room, 30);
  tome *map = open_map(keep_file(t.bytes, t.size), TOME_COPY);
  must_succeed(tome_write(map, STRETCH - 2, "\n\n\n\n", 4));
  memcpy(t.bytes + STRETCH - 2, "\n\n\n\n", 4);
  model_again(&t);
  must_not_be_kept(&any, map, &t);
  map = open_anonymous(t.size);
  must_succeed(tome_write(map, 0, t.bytes, t.size));
  must_not_be_kept(&any, map, &t);
  free_text(&t);
}

/* ---- what happens to the file ---- */

static void a_file_that_grew_is_read_from_where_it_ended(void **state) {
  (void)state;
  dice any = dice_from(6);
  text t = new_text(20 * STRETCH, TOME_LINES_LF);
  const char *path = keep_file("", 0);
  for (int i = 0; i < 30; i++) {
    size_t before = t.size, rest = (t.room - t.size) / 3;
    size_t length = roll(&any, 3) ? roll(&any, 2000) : roll(&any, rest);
    add_random(&any, &t, length, any_about(&any));
    note("step %d: from %zu to %zu bytes", i, before, t.size);
    append_elsewhere(path, t.bytes + before, length);
    uint64_t counted = must_index(&any, path, &t);
    must(counted <= length + before % STRETCH);
  }
  free_text(&t);
}

/* Change it, at another moment than before, however coarse the file system's clock is. */
static void change_elsewhere(const char *path, uint64_t offset, const void *bytes, size_t length) {
  uint64_t before = file_changed(path);
  do
    write_elsewhere(path, offset, bytes, length);
  while (file_changed(path) == before);
}

static void a_file_that_was_changed_in_place_is_indexed_anew(void **state) {
  (void)state;
  dice any = dice_from(7);
  text t = new_text(6 * STRETCH, TOME_LINES_LF);
  add_random(&any, &t, t.room - 99, 60);
  const char *path = keep_file(t.bytes, t.size);
  must_index(&any, path, &t);
  for (int i = 0; i < 20; i++) {
    uint64_t at = roll(&any, t.size);
    t.bytes[at] = t.bytes[at] == '\n' ? 'y' : '\n';
    model_again(&t);
    change_elsewhere(path, at, t.bytes + at, 1);
    note("change %d at %llu", i, (unsigned long long)at);
    must_equal(must_index(&any, path, &t), t.size);
    must_equal(must_index(&any, path, &t), 0);
  }
  free_text(&t);
}

/* The system notes the time of a store into a mapping only where the page was clean. */
static void stores_into_a_page_that_was_dirty_already_are_seen(void **state) {
  (void)state;
  dice any = dice_from(17);
  text t = new_text(6 * STRETCH, TOME_LINES_LF);
  add_random(&any, &t, t.room - 99, 60);
  const char *path = keep_file(t.bytes, t.size);
  if (!dates_mapped_stores(path))
    skip_because("this system, or a tmpfs, notes no time of stores into mappings");
  tome *map = open_map(path, TOME_WRITE);
  for (int i = 0; i < 20; i++) {
    uint64_t at = roll(&any, t.size);
    must_succeed(tome_write(map, at, t.bytes + at, 1));
    must_index(&any, path, &t);
    t.bytes[at] = t.bytes[at] == '\n' ? 'y' : '\n';
    must_succeed(tome_write(map, at, t.bytes + at, 1));
    model_again(&t);
    must_equal(must_index(&any, path, &t), t.size);
  }
  must_succeed(tome_close(map));
  free_text(&t);
}

static void a_file_that_was_cut_is_indexed_anew(void **state) {
  (void)state;
  needs_whole_pages();
  dice any = dice_from(8);
  text t = new_text(4 * STRETCH, TOME_LINES_LF);
  add_random(&any, &t, t.room, 60);
  const char *path = keep_file(t.bytes, t.size);
  const size_t sizes[] = {4 * STRETCH, 4 * STRETCH - 1, 3 * STRETCH, 2 * STRETCH + 5, 1, 0};
  for (int i = 0; i < 6; i++) {
    t.size = sizes[i];
    model_again(&t);
    truncate_elsewhere(path, t.size);
    must_equal(must_index(&any, path, &t), t.size);
  }
  free_text(&t);
}

/* Cut, and longer than before when it is looked at again: what stands at the old end tells. */
static void a_file_that_began_again_and_outgrew_itself_is_indexed_anew(void **state) {
  (void)state;
  dice any = dice_from(9);
  text t = new_text(9 * STRETCH, TOME_LINES_LF);
  const char *path = keep_file("", 0);
  for (size_t size = STRETCH / 2; size < t.room; size += STRETCH + 4321) {
    t.size = 0;
    add_random(&any, &t, size, 60);
    truncate_elsewhere(path, 0);
    write_elsewhere(path, 0, t.bytes, t.size);
    must_equal(must_index(&any, path, &t), t.size);
  }
  free_text(&t);
}

static void a_file_that_was_rotated_is_indexed_anew(void **state) {
  (void)state;
  dice any = dice_from(10);
  const char *path = in_dir("log"), *older = in_dir("log.1");
  for (int i = 0; i < 6; i++) {
    text t = new_text(2 * STRETCH, TOME_LINES_LF);
    add_random(&any, &t, t.room - (i % 2 ? 500 : 0), 60);
    make_file("log", t.bytes, t.size);
    must_equal(must_index(&any, path, &t), t.size);
    move_file(path, older);
    free_text(&t);
  }
}

static void what_changes_under_an_open_index_is_seen_where_it_is_looked_at(void **state) {
  (void)state;
  dice any = dice_from(11);
  text t = new_text(6 * STRETCH, TOME_LINES_LF);
  add_random(&any, &t, t.room - 99, 60);
  for (int from_file = 0; from_file < 2; from_file++) {
    const char *path = keep_file(t.bytes, t.size);
    if (from_file)
      must_index(&any, path, &t);
    tome_line_index_options options = kept_in(cache_directory());
    tome *map = open_map(path, TOME_READ);
    tome_line_index *index = open_index(map, &options);
    for (int i = 0; i < 10; i++) {
      uint64_t at = roll(&any, t.size), number;
      t.bytes[at] = t.bytes[at] == '\n' ? 'y' : '\n';
      model_again(&t);
      change_elsewhere(path, at, t.bytes + at, 1);
      tome_line line;
      must_return(tome_line_at(map, at, TOME_LINES_LF, &line), 1);
      must_return(tome_line_index_number(index, at, &number), 1);
      must_be_line(line, t.model.lines[number - 1]);
      must_agree(&any, index, &t.model);
    }
    tome_line_index_close(index);
    must_succeed(tome_close(map));
  }
  free_text(&t);
}

static void growth_is_adopted_when_the_index_is_opened(void **state) {
  (void)state;
  const char *path = make_file("text", "one\ntwo\n", 8);
  tome *map = open_map(path, TOME_READ);
  append_elsewhere(path, "three\n", 6);
  tome_line_index *index = open_index(map, NULL);
  append_elsewhere(path, "four\n", 5);
  must_equal(tome_line_index_lines(index), 3);
  tome_line_index_close(index);
  must_succeed(tome_close(map));
}

static void lost_bytes_are_told(void **state) {
  (void)state;
  dice any = dice_from(12);
  text t = new_text(6 * STRETCH, TOME_LINES_LF);
  add_random(&any, &t, t.room, 60);
  const char *path = keep_file(t.bytes, t.size);
  must_index(&any, path, &t);
  tome_line_index_options options = kept_in(cache_directory());
  tome *map = open_map(path, TOME_READ);
  tome_line_index *index = open_index(map, &options);
  tome_line line = {1, 2, 3};
  uint64_t number = 77;
  truncate_elsewhere(path, 3 * STRETCH + 100);
  must_have_line(index, &t.model, 5);
  must_fail(tome_line_index_line(index, t.model.count, &line), TOME_ELOST);
  must(tome_error_last()->offset >= 3 * STRETCH + 100);
  must_fail(tome_line_index_number(index, 5 * STRETCH, &number), TOME_ELOST);
  must_be_line(line, (tome_line){1, 2, 3});
  must_equal(number, 77);
  tome_line_index_close(index);
  must_succeed(tome_close(map));
  free_text(&t);
}

/* ---- many threads ---- */

typedef struct asking {
  tome_line_index *index;
  const line_model *model;
  uint64_t seed;
  pthread_t thread;
} asking;

static void *ask_a_lot(void *context) {
  asking *self = context;
  dice any = dice_from(self->seed);
  for (int i = 0; i < 20; i++)
    must_agree(&any, self->index, self->model);
  return NULL;
}

static void many_threads_may_use_one_index(void **state) {
  (void)state;
  enum { THREADS = 4 };
  asking all[THREADS];
  dice any = dice_from(13);
  text t = new_text(4 * STRETCH, TOME_LINES_LF);
  add_random(&any, &t, t.room, 60);
  const char *path = keep_file(t.bytes, t.size);
  must_index(&any, path, &t);
  tome_line_index_options options = kept_in(cache_directory());
  tome *map = open_map(path, TOME_READ);
  tome_line_index *index = open_index(map, &options);
  for (uint64_t i = 0; i < THREADS; i++) {
    all[i] = (asking){.index = index, .model = &t.model, .seed = i};
    must_equal(pthread_create(&all[i].thread, NULL, ask_a_lot, &all[i]), 0);
  }
  for (int i = 0; i < THREADS; i++)
    must_equal(pthread_join(all[i].thread, NULL), 0);
  tome_line_index_close(index);
  must_succeed(tome_close(map));
  free_text(&t);
}

/* ---- being told, stopping, refusing ---- */

static void an_index_that_is_not_there_is_not_built_unasked(void **state) {
  (void)state;
  tome_line_index *index = NULL;
  tome_line_index_options options = kept_in(cache_directory());
  options.flags = TOME_LINE_INDEX_IF_KEPT;
  const char *path = make_file("text", "a\nb\n", 4);
  tome *map = open_map(path, TOME_READ);
  must_fail(tome_line_index_open(&index, map, &options), TOME_ENOENT);
  must(index == NULL);
  options.flags = 0;
  tome_line_index_close(open_index(map, &options));
  append_elsewhere(path, "c", 1);
  options.flags = TOME_LINE_INDEX_IF_KEPT;
  index = open_index(map, &options);
  must_equal(tome_line_index_lines(index), 3);
  tome_line_index_close(index);
  must_succeed(tome_close(map));
}

static int stop_in_the_middle(void *context, uint64_t done, uint64_t total) {
  *(uint64_t *)context = total;
  return done > total / 2;
}

static void building_can_be_stopped_and_leaves_what_was_there(void **state) {
  (void)state;
  const uint64_t size = 20u << 20;
  tome_line_index *index = NULL;
  uint64_t total = 0;
  tome_line_index_options options = kept_in(cache_directory());
  tome *map = open_map(make_hole("text", size), TOME_READ);
  tome_line_index_close(open_index(map, &options));
  change_elsewhere(in_dir("text"), 5, "\n", 1);
  options.progress = stop_in_the_middle;
  options.context = &total;
  must_fail(tome_line_index_open(&index, map, &options), TOME_ECANCELED);
  must_equal(total, size);
  must(index == NULL);
  options.progress = NULL;
  index = open_index(map, &options);
  must_equal(info_of(index).counted, size);
  must_equal(tome_line_index_lines(index), 2);
  tome_line_index_close(index);
  must_succeed(tome_close(map));
}

static void wrong_arguments_are_refused(void **state) {
  (void)state;
  tome *map = open_map(make_file("text", "a\nb\n", 4), TOME_READ);
  tome_line_index *index = NULL;
  tome_line_index_options options = TOME_LINE_INDEX_INIT;
  options.struct_size = 3;
  must_fail(tome_line_index_open(&index, map, &options), TOME_EINVAL);
  options = (tome_line_index_options)TOME_LINE_INDEX_INIT;
  options.flags = 2;
  must_fail(tome_line_index_open(&index, map, &options), TOME_EINVAL);
  options = (tome_line_index_options)TOME_LINE_INDEX_INIT;
  options.ends = 3;
  must_fail(tome_line_index_open(&index, map, &options), TOME_EINVAL);
  must(index == NULL);
  index = open_index(map, NULL);
  tome_line line = {1, 2, 3};
  must_fail(tome_line_index_line(index, 0, &line), TOME_EINVAL);
  must_be_line(line, (tome_line){1, 2, 3});
  tome_line_index_info info = {.struct_size = 1};
  must_fail(tome_line_index_info_get(index, &info), TOME_EINVAL);
  tome_line_index_close(index);
  tome_line_index_close(NULL);
  must_succeed(tome_close(map));
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(random_texts_have_the_lines_of_the_model),
      TEST(an_index_can_live_in_memory_alone),
      TEST(many_blocks_are_found_through),
      TEST(stretches_of_nothing_but_ends_are_counted),
      TEST(parts_of_a_file_have_indexes_of_their_own),
      TEST(private_copies_and_anonymous_memory_are_indexed_but_not_kept),
      TEST(a_file_that_grew_is_read_from_where_it_ended),
      TEST(a_file_that_was_changed_in_place_is_indexed_anew),
      TEST(stores_into_a_page_that_was_dirty_already_are_seen),
      TEST(a_file_that_was_cut_is_indexed_anew),
      TEST(a_file_that_began_again_and_outgrew_itself_is_indexed_anew),
      TEST(a_file_that_was_rotated_is_indexed_anew),
      TEST(what_changes_under_an_open_index_is_seen_where_it_is_looked_at),
      TEST(growth_is_adopted_when_the_index_is_opened),
      TEST(lost_bytes_are_told),
      TEST(many_threads_may_use_one_index),
      TEST(an_index_that_is_not_there_is_not_built_unasked),
      TEST(building_can_be_stopped_and_leaves_what_was_there),
      TEST(wrong_arguments_are_refused),
  };
  return run_matching(tests, count, arguments);
}
