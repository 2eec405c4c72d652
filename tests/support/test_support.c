/* The frame of a test, its checks, and its files. */
#include "test_support.h"
#include "os.h"
#include "test_kernels.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the frame of a test ---- */

static char directory[256];
static char context_note[512];
static int has_given_up;
static _Thread_local int is_main_thread;

/* What must be as before when a test ends. */
static struct {
  unsigned descriptors;
  unsigned memory_maps;
  uint64_t address_space;
  uintptr_t handler;
} before;

static void count_everything(void) {
  before.descriptors = count_descriptors();
  before.memory_maps = count_mappings("/memfd:");
  before.address_space = address_space();
  before.handler = fault_handler_now();
}

int begin_test(void **state) {
  (void)state;
  is_main_thread = 1;
  context_note[0] = '\0';
  has_given_up = 0;
  use_test_kernels();
  if (make_test_folder(directory, sizeof directory) < 0)
    return -1;
  count_everything();
  return 0;
}

static int left_behind(const char *what, uint64_t was, uint64_t is) {
  if (was == is)
    return 0;
  print_error("left behind: %s: %" PRIu64 " before, %" PRIu64 " after\n", what, was, is);
  return -1;
}

void give_up(const char *reason) {
  print_message("SKIPPED: %s\n", reason);
  has_given_up = 1;
  skip();
}

int end_test(void **state) {
  (void)state;
  if (has_given_up)
    return 0;
  const uint64_t slack =
      UINT64_C(4) << 30; /* heaps and stacks of threads, an emulator's too; a reservation is more */
  int result = left_behind("descriptors", before.descriptors, count_descriptors());
  result |= left_behind("mappings of files", 0, count_mappings(directory));
  result |= left_behind("mappings of memory", before.memory_maps, count_mappings("/memfd:"));
  result |= left_behind("handler of lost pages", before.handler, fault_handler_now());
  if (address_space() > before.address_space + slack)
    result |= left_behind("address space", before.address_space, address_space());
  if (remove_test_folder(directory) < 0)
    result = -1;
  return result;
}

const char *in_dir(const char *name) {
  static char paths[16][512];
  static unsigned next;
  char *path = paths[next++ % 16];
  snprintf(path, sizeof paths[0], "%s/%s", directory, name);
  return path;
}

size_t page_size(void) {
  static size_t size;
  if (size == 0)
    size = system_page();
  return size;
}

size_t lost_unit(void) {
  return tome__os_system()->patch;
}

uint64_t lost_from(uint64_t cut) {
  uint64_t first_page = (cut + PAGE - 1) / PAGE * PAGE;
  uint64_t patched = first_page / UNIT * UNIT;
  return patched < first_page ? patched : cut;
}

size_t forced_window(void) {
  const char *text = getenv("TOME_TEST_WINDOW");
  size_t window = text != NULL ? strtoul(text, NULL, 0) : 0;
  return window == 0 || window > page_size() ? window : page_size();
}

uint64_t how_many(uint64_t few, uint64_t many) {
  const char *is_long = getenv("TOME_TEST_LONG");
  return is_long != NULL && *is_long != '\0' ? many : few;
}

void tell_figure(const char *name, uint64_t value) {
  printf("FIGURE %s: %" PRIu64 "\n", name, value);
  fflush(stdout);
}

/* ---- checks ---- */

void note(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(context_note, sizeof context_note, format, arguments);
  va_end(arguments);
}

void fail_at(const char *file, int line, const char *format, ...) {
  char message[1024];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(message, sizeof message, format, arguments);
  va_end(arguments);
  fprintf(stderr, "%s:%d: %s%s%s\n", file, line, message, context_note[0] != '\0' ? "\n  in: " : "",
          context_note);
  if (is_child() || !is_main_thread)
    _Exit(99);
  _fail(file, line);
  abort(); /* cmocka does not say that it never returns */
}

void check_equal(const char *file, int line, const char *text, uint64_t got, uint64_t want) {
  if (got != want)
    fail_at(file, line, "%s is %" PRId64 " (0x%" PRIx64 "), not %" PRId64 " (0x%" PRIx64 ")", text,
            (int64_t)got, got, (int64_t)want, want);
}

static _Noreturn void fail_call(const char *file, int line, const char *call, int got, int want) {
  const tome_error *error = tome_error_last();
  fail_at(file, line,
          "%s\n  returned %d %s, not %d %s\n  last failure: %s %s, system %d, detail %s, "
          "offset %" PRIu64 ", length %" PRIu64,
          call, got, got < 0 ? tome_error_name(got) : "", want,
          want < 0 ? tome_error_name(want) : "", error->operation ? error->operation : "none",
          tome_error_name(error->code), error->system, error->detail ? error->detail : "none",
          error->offset, error->length);
}

void check_result(const char *file, int line, const char *call, int got, int want) {
  if (got != want)
    fail_call(file, line, call, got, want);
}

void check_failure(const char *file, int line, const char *call, int got, int want) {
  if (got != want)
    fail_call(file, line, call, got, want);
  const tome_error *error = tome_error_last();
  if (error->code != want)
    fail_at(file, line, "%s failed with %s, but its record says %s", call, tome_error_name(want),
            tome_error_name(error->code));
  if (error->operation == NULL)
    fail_at(file, line, "%s failed, but its record names no operation", call);
  size_t name = strcspn(call, "(");
  if (strncmp(call, "tome_", 5) == 0 &&
      (strlen(error->operation) != name || strncmp(call, error->operation, name) != 0))
    fail_at(file, line, "%s failed, but its record says %s", call, error->operation);
}

void check_loss(const char *file, int line, uint64_t cut, uint64_t end) {
  const tome_error *error = tome_error_last();
  if (error->offset != cut && error->offset != lost_from(cut))
    fail_at(file, line, "lost from %" PRIu64 " on, not from %" PRIu64, error->offset, cut);
  check_equal(file, line, "the end of what is lost", error->offset + error->length, end);
}

void check_bytes(const char *file, int line, const char *text, const void *got, const void *want,
                 size_t length) {
  const unsigned char *a = got, *b = want;
  if (length == 0 || memcmp(a, b, length) == 0)
    return;
  size_t i = 0;
  while (a[i] == b[i])
    i++;
  fail_at(file, line, "%s: byte %zu of %zu is 0x%02x, not 0x%02x", text, i, length, a[i], b[i]);
}

void check_pattern(const char *file, int line, const char *text, const void *got, uint64_t offset,
                   size_t length) {
  const unsigned char *bytes = got;
  for (size_t i = 0; i < length; i++)
    if (bytes[i] != pattern_byte(offset + i))
      fail_at(file, line, "%s: byte %zu of %zu is 0x%02x, not 0x%02x", text, i, length, bytes[i],
              pattern_byte(offset + i));
}

void check_zero(const char *file, int line, const char *text, const void *got, size_t length) {
  const unsigned char *bytes = got;
  for (size_t i = 0; i < length; i++)
    if (bytes[i] != 0)
      fail_at(file, line, "%s: byte %zu of %zu is 0x%02x, not 0", text, i, length, bytes[i]);
}

void check_file(const char *file, int line, const char *path, const void *want, size_t length) {
  size_t got_length;
  void *got = read_file(path, &got_length);
  if (got_length != length)
    fail_at(file, line, "%s is %zu bytes long, not %zu", path, got_length, length);
  check_bytes(file, line, path, got, want, length);
  free(got);
}

void check_pattern_file(const char *file, int line, const char *path, size_t length) {
  void *want = new_pattern(0, length);
  check_file(file, line, path, want, length);
  free(want);
}

void check_hole(const char *file, int line, const char *path, uint64_t offset, size_t length) {
  unsigned char *got = malloc(length);
  must_equal(read_from(path, offset, got, length), length);
  check_zero(file, line, path, got, length);
  free(got);
}

void check_read(const char *file, int line, tome *map, uint64_t offset, size_t length) {
  unsigned char *buffer = malloc(length + 1);
  for (int time = 0; time < 2; time++) {
    memset(buffer, 0, length + 1);
    check_result(file, line, "tome_read", tome_read(map, offset, buffer, length), 0);
    check_pattern(file, line, time == 0 ? "first read" : "second read", buffer, offset, length);
    check_zero(file, line, "what lies behind the buffer", buffer + length, 1);
  }
  free(buffer);
}

/* ---- bytes and files ---- */

/* Stafford's variant 13 of the MurmurHash3 finaliser: neighbours have nothing in common, so that a few bytes of the
 * pattern are found in one place only. */
unsigned char pattern_byte(uint64_t offset) {
  uint64_t mixed = offset + UINT64_C(0x9E3779B97F4A7C15);
  mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
  mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94D049BB133111EB);
  return (unsigned char)(1 + (mixed >> 32) % 255);
}

void fill_pattern(void *buffer, uint64_t offset, size_t length) {
  unsigned char *bytes = buffer;
  for (size_t i = 0; i < length; i++)
    bytes[i] = pattern_byte(offset + i);
}

void *new_pattern(uint64_t offset, size_t length) {
  void *bytes = malloc(length + 1);
  must(bytes != NULL);
  fill_pattern(bytes, offset, length);
  return bytes;
}

const char *make_file(const char *name, const void *bytes, size_t length) {
  const char *path = in_dir(name);
  write_file(path, bytes, length);
  return path;
}

const char *make_pattern_file(const char *name, size_t length) {
  void *bytes = new_pattern(0, length);
  const char *path = make_file(name, bytes, length);
  free(bytes);
  return path;
}

const char *make_hole(const char *name, uint64_t length) {
  const char *path = make_file(name, "", 0);
  set_file_length(path, length);
  return path;
}

void *read_file(const char *path, size_t *ret_length) {
  size_t length = (size_t)file_length(path);
  char *bytes = malloc(length + 1);
  must(bytes != NULL);
  must_equal(read_from(path, 0, bytes, length), length);
  *ret_length = length;
  return bytes;
}

dice dice_from(uint64_t seed) {
  return (dice){seed * UINT64_C(0x9E3779B97F4A7C15) + 1};
}

/* Marsaglia, "Xorshift RNGs", Journal of Statistical Software 8 (14), 2003. */
uint64_t roll(dice *any, uint64_t sides) {
  uint64_t x = any->state;
  x ^= x << 13;
  x ^= x >> 7;
  x ^= x << 17;
  any->state = x;
  return (x >> 16) % sides;
}

uint64_t roll_near_page(dice *any, uint64_t limit) {
  if (roll(any, 4) == 0)
    return roll(any, limit + 1);
  uint64_t place = roll(any, limit / PAGE + 2) * PAGE + roll(any, 7);
  place = place < 3 ? 0 : place - 3;
  return place < limit ? place : limit;
}

/* ---- maps ---- */

tome_options test_options(uint32_t flags) {
  tome_options options = TOME_OPTIONS_INIT;
  if ((flags & TOME_COPY) == 0)
    options.window = forced_window();
  return options;
}

tome *open_part(const char *path, uint32_t flags, uint64_t offset, uint64_t length) {
  tome *map = NULL;
  tome_options options = test_options(flags);
  options.offset = offset;
  options.length = length;
  must_succeed(tome_open(&map, path, flags, &options));
  must(map != NULL);
  return map;
}

tome *open_map(const char *path, uint32_t flags) {
  return open_part(path, flags, 0, TOME_END);
}

tome *open_anonymous(uint64_t size) {
  tome *map = NULL;
  tome_options options = test_options(TOME_WRITE);
  must_succeed(tome_anonymous(&map, size, &options));
  must(map != NULL);
  return map;
}

int try_part(const char *path, uint32_t flags, uint64_t offset, uint64_t length) {
  tome *const untouched = (tome *)(uintptr_t)0x5A5A;
  tome *map = untouched;
  tome_options options = test_options(flags);
  options.offset = offset;
  options.length = length;
  int result = tome_open(&map, path, flags, &options);
  if (result == 0)
    must_succeed(tome_close(map));
  else
    must(map == untouched);
  return result;
}

int try_open(const char *path, uint32_t flags) {
  return try_part(path, flags, 0, TOME_END);
}

tome *open_by_fd(int fd, uint32_t flags) {
  tome *map = NULL;
  tome_options options = test_options(flags);
  must_succeed(tome_open_fd(&map, fd, flags, &options));
  return map;
}

int try_fd(int fd, uint32_t flags) {
  tome *map = NULL;
  tome_options options = test_options(flags);
  int result = tome_open_fd(&map, fd, flags, &options);
  must(result == 0 || map == NULL);
  must_succeed(tome_close(map));
  return result;
}

tome_view begin_view(tome *map, uint64_t offset, size_t length, uint32_t intent) {
  tome_view view = {0};
  must_succeed(tome_view_begin(map, offset, length, intent, &view));
  must_equal(view.length, length);
  must_equal(view.offset, offset);
  must(view.map == map);
  must(view.data != NULL || length == 0);
  return view;
}
