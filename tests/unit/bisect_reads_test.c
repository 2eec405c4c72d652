/* What a bisection costs in reads, and what it does when one of them fails. */
#include "calls.h"
#include "sorted_model.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct {
  os_calls real;
  uint64_t reads, bytes;
} counted;

static ssize_t counting_pread(int fd, void *to, size_t n, off_t at) {
  counted.reads++;
  counted.bytes += n;
  return counted.real.pread(fd, to, n, at);
}

static void count_reads(void) {
  counted.real = tome__os_calls;
  counted.reads = counted.bytes = 0;
  tome__os_calls.pread = counting_pread;
}

static void stop_counting(void) {
  tome__os_calls = counted.real;
}

/* 16 MiB are 4096 pages: 12 probes, each of which may need the page behind it, and the last few pages line by line. */
static void a_border_costs_a_few_reads_of_a_page(void **state) {
  (void)state;
  const size_t lines = 1 << 18, width = 64;
  char *text = malloc(lines * width + 1);
  for (size_t i = 0; i < lines; i++)
    snprintf(text + i * width, width + 1, "%010zu %-52s\n", i + 1700000000, "text");
  tome *map = open_map(make_file("sorted", text, lines * width), TOME_READ);
  count_reads();
  tome_key *key = new_key(map, TOME_KEY_TIME, 0);
  stop_counting();
  must(counted.reads <= 70 && counted.bytes <= 300000);
  dice any = dice_from(6);
  for (int i = 0; i < 100; i++) {
    size_t line = roll(&any, lines);
    tome_key_value bound = {.time = (int64_t)(line + 1700000000) * 1000000000};
    uint64_t at;
    count_reads();
    must_succeed(tome_bisect(map, key, &bound, 0, &at));
    stop_counting();
    must_equal(at, line * width);
    must(counted.reads <= 30 && counted.bytes <= 200000);
  }
  tome_key_free(key);
  must_succeed(tome_close(map));
  free(text);
}

/* A trace of 8 MiB among short records: read through once, not once for each probe. */
static void a_long_record_costs_its_length_once(void **state) {
  (void)state;
  const size_t long_one = 8u << 20;
  sorted s = {.entries = calloc(MOST_ENTRIES, sizeof(entry))};
  dice any = dice_from(7);
  for (int i = 0; i < 2000; i++) {
    put_record(&s, &any, TOME_KEY_TIME, i, 1);
    while (i == 1000 && s.length < s.entries[i].offset + long_one)
      put_line(&s, "  at one of very many lines of a trace");
    s.entries[i].end = s.length;
  }
  tome *map = open_map(make_file("sorted", s.text, s.length), TOME_READ);
  tome_key *key = new_key(map, TOME_KEY_TIME, 0);
  for (int64_t bound = 0; bound < 2000; bound += 111) {
    char written[64];
    tome_key_value value = value_of(TOME_KEY_TIME, bound, written, sizeof written);
    uint64_t at;
    count_reads();
    must_succeed(tome_bisect(map, key, &value, 0, &at));
    stop_counting();
    must_equal(at, s.entries[bound].offset);
    must(counted.bytes <= long_one + 500000);
  }
  tome_key_free(key);
  must_succeed(tome_close(map));
  free_sorted(&s);
}

static ssize_t failing_pread(int fd, void *to, size_t n, off_t at) {
  if (--counted.reads > 0)
    return counted.real.pread(fd, to, n, at);
  errno = EIO;
  return -1;
}

static void a_disk_that_cannot_read_is_told(void **state) {
  (void)state;
  dice any = dice_from(9);
  sorted s = make_sorted(&any, TOME_KEY_TIME, 4000, 9, 0, 5);
  tome *map = open_map(make_file("sorted", s.text, s.length), TOME_READ);
  tome_key *key = new_key(map, TOME_KEY_TIME, 0);
  int failed = 0;
  for (uint64_t k = 1; k < 60; k++) {
    tome_between_result span;
    counted.real = tome__os_calls;
    counted.reads = k;
    tome__os_calls.pread = failing_pread;
    int r = tome_between(map, key, NULL, &span);
    tome__os_calls = counted.real;
    must(r == 1 || r == TOME_ELOST);
    must(r == TOME_ELOST || span.bytes == s.length);
    failed += r < 0;
  }
  must(failed > 5 && failed < 59);
  tome_key_free(key);
  must_succeed(tome_close(map));
  free_sorted(&s);
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(a_border_costs_a_few_reads_of_a_page),
      TEST(a_long_record_costs_its_length_once),
      TEST(a_disk_that_cannot_read_is_told),
  };
  return run_matching(tests, count, arguments);
}
