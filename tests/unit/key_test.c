/* Keys: how they are asked for, what is learned of a file, and numbers. */
#include "key_number.h"
#include "sorted_model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- keys ---- */

static void must_refuse(tome *map, tome_key_options options) {
  tome_key *key = NULL;
  must_fail(tome_key_new(&key, map, &options), TOME_EINVAL);
  must(key == NULL && tome_error_last()->detail != NULL);
}

static void options_that_do_not_go_together_are_refused(void **state) {
  (void)state;
  tome *map = open_map(make_file("sorted", "1700000001 a\n", 13), TOME_READ);
  tome_key_options o = options_of(3);
  must_refuse(map, o);
  o = options_of(TOME_KEY_TIME);
  o.struct_size--;
  must_refuse(map, o);
  o = options_of(TOME_KEY_TIME);
  o.slack = -1;
  must_refuse(map, o);
  o = options_of(TOME_KEY_TEXT);
  o.slack = 1;
  must_refuse(map, o);
  o = options_of(TOME_KEY_TIME);
  o.number_slack = "1";
  must_refuse(map, o);
  o = options_of(TOME_KEY_NUMBER);
  o.number_slack = "-1";
  must_refuse(map, o);
  o.number_slack = "1x";
  must_refuse(map, o);
  o = options_of(TOME_KEY_NUMBER);
  o.format = "%Y";
  must_refuse(map, o);
  o = options_of(TOME_KEY_NUMBER);
  o.separator = "";
  must_refuse(map, o);
  o = options_of(TOME_KEY_TIME);
  o.zone = 86400;
  must_refuse(map, o);
  o = options_of(TOME_KEY_TIME);
  o.format = "%Y-%m-%d %";
  must_refuse(map, o);
  must_equal(tome_error_last()->offset, 9);
  must_succeed(tome_close(map));
}

static void what_keys_are_is_told(void **state) {
  (void)state;
  static const char *const lines[][2] = {
      {"2026-11-21 14:05:06 x\n", "ISO 8601"},
      {"10.1.1.1 - - [21/Nov/2026:14:05:06 +0100] x\n", "web server log"},
      {"<34>Nov 21 14:05:06 host x\n", "syslog"},
      {"[Sat Nov 21 14:05:06.789 2026] x\n", "syslog with weekday and year"},
      {"2026-11-21;x\n", "ISO 8601 date"},
      {"1795266306 x\n", "seconds since 1970"},
      {"{\"id\":1795266306,\"time\":\"2026-11-21T14:05:06Z\"}\n", "ISO 8601"},
      {"1795266306000\tx\n", "milliseconds since 1970"},
      {"1795266306000000\n", "microseconds since 1970"}};
  for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
    tome *map = open_map(make_file("sorted", lines[i][0], strlen(lines[i][0])), TOME_READ);
    tome_key *key = new_key(map, TOME_KEY_TIME, 0);
    note("%s", lines[i][0]);
    must_equal(strlen(tome_key_format(key)), strlen(lines[i][1]));
    must_be_bytes(tome_key_format(key), lines[i][1], strlen(lines[i][1]));
    tome_key_value value;
    must_return(tome_key_parse(key, lines[i][0], strlen(lines[i][0]) - 1, &value), 1);
    must_return(tome_key_parse(key, "no time", 7, &value), 0);
    tome_key_free(key);
    must_succeed(tome_close(map));
  }
}

static void a_file_without_keys_is_told(void **state) {
  (void)state;
  tome *map = open_map(make_pattern_file("none", 300 * PAGE), TOME_READ);
  tome_key *key = NULL;
  must_fail(tome_key_new(&key, map, NULL), TOME_ENOKEY);
  must_succeed(tome_close(map));
  map = open_map(make_file("empty", "", 0), TOME_READ);
  must_succeed(tome_key_new(&key, map, NULL));
  must_equal(strlen(tome_key_format(key)), 0);
  must_return(tome_between(map, key, NULL, NULL), 0);
  tome_key_free(key);
  must_succeed(tome_close(map));
  tome_key_free(NULL);
}

static billionths billionths_of(const char *text) {
  decimal number;
  must_equal(tome__decimal_read((const unsigned char *)text, strlen(text), &number), strlen(text));
  return tome__decimal_billionths(&number);
}

static void must_be_billionths(const char *text, int64_t high, int64_t low) {
  note("%s", text);
  must_equal(billionths_of(text).high, high);
  must_equal(billionths_of(text).low, low);
}

static void differences_of_numbers_are_cut_off_below(void **state) {
  (void)state;
  const int64_t half = INT64_C(1000000000000000000);
  must_be_billionths("0", 0, 0);
  must_be_billionths("-0.0", 0, 0);
  must_be_billionths("1.5", 0, 1500000000);
  must_be_billionths("0.0000000019", 0, 1);
  must_be_billionths("1e-10", 0, 0);
  must_be_billionths("-1e-10", -1, half - 1);
  must_be_billionths("-0.0000000019", -1, half - 2);
  must_be_billionths("-1000000000", -1, 0);
  must_be_billionths("-999999999.9999999999", -1, 0);
  must_be_billionths("1234567890123456789", 1234567890, 123456789000000000);
  must_be_billionths("-1.5e9", -2, 500000000000000000);
  must_be_billionths("1e26", 100000000000000000, 0);
  must_be_billionths("1e27", half, 0);
  must_be_billionths("-1e99", -half, 0);
  must_equal(
      tome__billionths_exceed(billionths_of("-0.5"), billionths_of("2"), billionths_of("2.5")), 0);
  must_equal(tome__billionths_exceed(billionths_of("-0.5"), billionths_of("2"),
                                     billionths_of("2.499999999")),
             1);
  must_equal(
      tome__billionths_exceed(billionths_of("-1e99"), billionths_of("1e99"), billionths_of("1e26")),
      1);
}

static void bounds_that_are_no_numbers_are_refused(void **state) {
  (void)state;
  tome *map = open_map(make_file("sorted", "1\n2\n", 4), TOME_READ);
  tome_key *key = new_key(map, TOME_KEY_NUMBER, 0);
  tome_key_value bad = {.text = "1x", .length = 2}, none = {.text = "", .length = 0};
  uint64_t at = 77;
  must_fail(tome_bisect(map, key, &bad, 0, &at), TOME_EINVAL);
  must_fail(tome_bisect(map, key, &none, 0, &at), TOME_EINVAL);
  tome_between_options options = TOME_BETWEEN_INIT;
  options.to = &bad;
  must_fail(tome_between(map, key, &options, NULL), TOME_EINVAL);
  must_equal(at, 77);
  tome_key_free(key);
  must_succeed(tome_close(map));
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(differences_of_numbers_are_cut_off_below),
      TEST(options_that_do_not_go_together_are_refused),
      TEST(what_keys_are_is_told),
      TEST(a_file_without_keys_is_told),
      TEST(bounds_that_are_no_numbers_are_refused),
  };
  return run_matching(tests, count, arguments);
}
