/* One byte in memory: the first, the last, and how many. */
#include "kernels.h"
#include "search_by_bytes.h"
#include "test_kernels.h"

#include <string.h>

enum { LONGEST = 330 };

static void must_see(const unsigned char *data, size_t length, unsigned char byte) {
  needle n = {&byte, 1, 0};
  size_t count = 0;
  for (size_t i = 0; i < length; i++)
    count += data[i] == byte;
  must(tome__first_byte(data, length, byte) == first_by_bytes(n, data, length));
  must(tome__last_byte(data, length, byte) == last_by_bytes(n, data, length));
  must_equal(tome__count_byte(data, length, byte), count);
}

/* Data that begins where memory begins, that ends where it ends, and in between. */
static unsigned char *place(fenced memory, size_t length, unsigned which) {
  return which == 0 ? memory.begin : which == 1 ? memory.end - length : memory.begin + which;
}

static void a_byte_is_found_wherever_it_is(void **state) {
  (void)state;
  fenced memory = new_fenced(LONGEST);
  for (size_t length = 0; length < LONGEST; length += 1 + length / 70)
    for (unsigned which = 0; which < 4; which++) {
      unsigned char *data = place(memory, length, which);
      memset(data, 0, length);
      for (size_t at = 0; at < length; at++) {
        data[at] = 'x';
        note("length %zu, place %u, at %zu", length, which, at);
        must(tome__first_byte(data, length, 'x') == data + at);
        must(tome__last_byte(data, length, 'x') == data + at);
        must_equal(tome__count_byte(data, length, 'x'), 1);
        must_equal(tome__count_byte(data, length, 0), length - 1);
        data[at] = 0;
      }
      must(tome__first_byte(data, length, 'x') == NULL);
      must(tome__last_byte(data, length, 'x') == NULL);
    }
  free_fenced(memory);
}

static void every_byte_differs_from_every_other(void **state) {
  (void)state;
  unsigned char data[256];
  for (unsigned i = 0; i < sizeof data; i++)
    data[i] = (unsigned char)(i * 37 + 5);
  for (unsigned byte = 0; byte < 256; byte++)
    must_see(data, sizeof data, (unsigned char)byte);
}

static void bytes_by_chance_are_seen_as_by_a_loop(void **state) {
  (void)state;
  fenced memory = new_fenced(LONGEST);
  dice any = dice_from(1);
  for (unsigned i = 0; i < how_many(20000, 400000); i++) {
    size_t length = roll(&any, LONGEST);
    unsigned char *data = place(memory, length, (unsigned)roll(&any, 60));
    if (data + length > memory.end)
      continue;
    fill_by_chance(&any, data, length, 1 + (unsigned)roll(&any, 15));
    note("case %u", i);
    must_see(data, length, "abAB\0@\x80\xE1"[roll(&any, 8)]);
  }
  free_fenced(memory);
}

static void more_hits_than_a_byte_can_count_are_counted(void **state) {
  (void)state;
  size_t length = 3 * PAGE;
  fenced memory = new_fenced(length);
  memset(memory.begin, '\n', length);
  must_equal(tome__count_byte(memory.begin, length, '\n'), length);
  must_equal(tome__count_byte(memory.begin + 1, length - 1, '\n'), length - 1);
  free_fenced(memory);
}

static void nothing_is_in_no_memory(void **state) {
  (void)state;
  must(tome__first_byte(NULL, 0, 0) == NULL);
  must(tome__last_byte(NULL, 0, 0) == NULL);
  must_equal(tome__count_byte(NULL, 0, 0), 0);
}

/* ---- which kernels ---- */

static void kernels_that_there_are_not_are_refused(void **state) {
  (void)state;
  const char *before = tome__kernels_name();
  must_equal(tome__kernels_force("mmx"), 0);
  must(tome__kernels_name() == before);
}

static void the_plain_ones_are_everywhere(void **state) {
  (void)state;
  const char *before = tome__kernels_name();
  must_equal(tome__kernels_force("scalar"), 1);
  must(strcmp(tome__kernels_name(), "scalar") == 0);
  must_equal(tome__kernels_force(NULL), 1);
  must_equal(tome__kernels_force(before), 1);
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(a_byte_is_found_wherever_it_is),
      TEST(every_byte_differs_from_every_other),
      TEST(bytes_by_chance_are_seen_as_by_a_loop),
      TEST(more_hits_than_a_byte_can_count_are_counted),
      TEST(nothing_is_in_no_memory),
      TEST(kernels_that_there_are_not_are_refused),
      TEST(the_plain_ones_are_everywhere),
  };
  return run_matching(tests, count, arguments);
}
