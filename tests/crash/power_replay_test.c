/* The replayer itself, on logs made by hand: it builds the states that there are, no more and no fewer, and sees what is wrong
 * in them. */
#include "power_replay.h"

#include <stdlib.h>
#include <string.h>

enum { SECTOR_BYTES = 512, MOST = 10000 };

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
/* Two sectors of 'o'. */
static unsigned char old[2 * SECTOR_BYTES], new[2 * SECTOR_BYTES];

static event announced(uint64_t offset, uint64_t length, uint64_t size) {
  return (event){.kind = ANNOUNCED, .offset = offset, .length = length, .bytes = new, .size = size};
}

static event stored(uint64_t offset, uint64_t length) {
  return (event){.kind = STORED, .offset = offset, .length = length, .bytes = new};
}

static event sized(uint64_t size) {
  return (event){.kind = SIZED, .size = size};
}

static event acknowledged(uint64_t offset, uint64_t length) {
  return (event){.kind = ACKNOWLEDGED, .offset = offset, .length = length};
}

static const event file_synced = {.kind = FILE_SYNCED, .length = UINT64_MAX};
static const event name_synced = {.kind = NAME_SYNCED};
static const event created = {.kind = NAMED, .flag = 1};

static outcome look(const event *events, size_t count, int there_before) {
  memset(old, 'o', sizeof old);
  memset(new, 'n', sizeof new);
  trace log = {.before = old,
               .size_before = there_before ? sizeof old : 0,
               .there_before = there_before,
               .events = events,
               .count = count};
  return replay(&log, MOST, dice_from(1));
}

static void must_find(const event *events, size_t count, int there_before, const char *words) {
  outcome found = look(events, count, there_before);
  note("looking for '%s', found '%s'", words, found.failure);
  must(strstr(found.failure, words) != NULL);
}

static void must_be_good(const event *events, size_t count, int there_before, uint64_t states) {
  outcome found = look(events, count, there_before);
  must_be_bytes(found.failure, "", 1);
  must_equal(found.cuts, count + 1);
  must_equal(found.states, states);
}

#define FINDS(events, words) must_find(events, COUNT(events), 1, words)
#define IS_GOOD(events, states) must_be_good(events, COUNT(events), 1, states)

/* States count anew with each mark, as what is promised is another then. */
static void each_sector_has_any_prefix_of_its_stores_whatever_the_others_have(void **state) {
  (void)state;
  const event log[] = {announced(0, 1024, 1024), stored(0, 8), stored(512, 8), stored(100, 8)};
  IS_GOOD(log, 1 + 3 * 2);
}

/* The first sector's store alone is a state that was looked at before there was the second's, when nothing was missing. */
static void states_in_which_something_is_missing_are_counted(void **state) {
  (void)state;
  const event log[] = {announced(0, 1024, 1024), stored(0, 8), stored(512, 8)};
  outcome found = look(log, COUNT(log), 1);
  must_equal(found.states, 1 + 2 * 2);
  must_equal(found.lossy, 1);
}

static void a_store_over_a_border_of_sectors_may_be_torn_there(void **state) {
  (void)state;
  const event log[] = {announced(0, 1024, 1024), stored(508, 8)};
  IS_GOOD(log, 1 + 2 * 2);
}

static void bytes_length_and_name_come_independently(void **state) {
  (void)state;
  const event log[] = {announced(0, 512, 512), created, sized(512), stored(0, 512)};
  must_be_good(log, COUNT(log), 0, 1 + 2 * 2 * 2);
}

static void what_is_synced_stays(void **state) {
  (void)state;
  const event log[] = {announced(0, 8, 1024), announced(512, 8, 1024), stored(0, 8), stored(512, 8),
                       file_synced,           acknowledged(0, 1024)};
  IS_GOOD(log, 1 + 1 + 2 * 2 + 1);
}

static void a_range_is_synced_alone(void **state) {
  (void)state;
  const event first = {.kind = FILE_SYNCED, .offset = 0, .length = 512};
  event log[] = {
      announced(0, 8, 1024), announced(512, 8, 1024), stored(0, 8), stored(512, 8), first,
      acknowledged(0, 512)};
  IS_GOOD(log, 1 + 1 + 2 * 2 + 2);
  log[5].length = 1024;
  FINDS(log, "byte 512 is 0x6f, not 0x6e");
}

static void what_was_never_stored_is_found(void **state) {
  (void)state;
  const event log[] = {announced(0, 9, 1024), stored(0, 8), file_synced, acknowledged(0, 9)};
  FINDS(log, "byte 8 is 0x6f, not 0x6e");
}

static void unsynced_bytes_that_were_acknowledged_are_found(void **state) {
  (void)state;
  const event log[] = {announced(500, 100, 1024), stored(500, 100), acknowledged(500, 100)};
  const event too_early[] = {announced(0, 8, 1024), file_synced, stored(0, 8), acknowledged(0, 8)};
  FINDS(log, "byte 500 is 0x6f, not 0x6e");
  FINDS(log, "power cut after event 3 of 3");
  FINDS(too_early, "byte 0 is 0x6f, not 0x6e");
}

static void an_unsynced_length_that_was_acknowledged_is_found(void **state) {
  (void)state;
  const event larger[] = {announced(0, 0, 1500), sized(1500), acknowledged(0, 1500)};
  const event smaller[] = {announced(0, 0, 5), file_synced, sized(5), acknowledged(0, 5)};
  FINDS(larger, "the length is 1024, not 1500");
  FINDS(smaller, "the length is 1024, not 5");
}

static void an_unsynced_name_that_was_acknowledged_is_found(void **state) {
  (void)state;
  const event lost[] = {created, announced(0, 0, 0), file_synced, acknowledged(0, 0)};
  const event kept[] = {created, announced(0, 0, 0), file_synced, name_synced, acknowledged(0, 0)};
  must_find(lost, COUNT(lost), 0, "the file's name is gone");
  must_be_good(kept, COUNT(kept), 0, 2 + 2 + 1);
}

static void a_synced_directory_is_no_synced_file(void **state) {
  (void)state;
  const event log[] = {announced(0, 8, 1024), stored(0, 8), name_synced, acknowledged(0, 8)};
  FINDS(log, "byte 0 is 0x6f, not 0x6e");
}

static void stores_outside_of_what_was_announced_are_found(void **state) {
  (void)state;
  const event before[] = {announced(8, 8, 1024), stored(7, 9)};
  const event behind[] = {announced(8, 8, 1024), stored(8, 9), file_synced};
  const event nothing[] = {stored(600, 1)};
  FINDS(before, "byte 7 is 0x6e, not 0x6f");
  FINDS(behind, "byte 16 is 0x6e, not 0x6f");
  FINDS(nothing, "byte 600 is 0x6e, not 0x6f");
}

static void bytes_that_are_neither_old_nor_new_are_found(void **state) {
  (void)state;
  const unsigned char third[] = "thirdly";
  event other = stored(0, 7);
  other.bytes = third;
  const event log[] = {announced(0, 8, 1024), other, stored(0, 8), file_synced, acknowledged(0, 8)};
  FINDS(log, "byte 0 is 0x74, not 0x6f");
}

static void lengths_that_were_not_announced_are_found(void **state) {
  (void)state;
  event any = announced(1024, 8, 1032);
  any.flag = 1;
  const event between[] = {announced(1024, 8, 1032), sized(1030), sized(1032)};
  const event allowed[] = {any, sized(1030), sized(1032)};
  const event beyond[] = {any, sized(1033), sized(1032)};
  FINDS(between, "the length is 1030, not 1024");
  IS_GOOD(allowed, 1 + 3);
  FINDS(beyond, "the length is 1033, not 1024");
}

static void what_was_cut_off_comes_back_as_zeros_or_as_it_was(void **state) {
  (void)state;
  const event log[] = {announced(0, 0, 600), sized(600), announced(0, 0, 1024), sized(1024)};
  const event synced[] = {announced(0, 0, 600),  sized(600),  file_synced,
                          acknowledged(0, 600),  sized(1024), announced(0, 0, 1024),
                          announced(0, 8, 1024), file_synced};
  IS_GOOD(log, 1 + 2 * 2 + 3 * 2);
  FINDS(synced, "the length is 1024, not 600");
}

static void the_last_bytes_are_those_of_the_whole_log(void **state) {
  (void)state;
  const event log[] = {stored(1000, 24), sized(700), stored(0, 2), sized(1030), stored(1024, 6)};
  unsigned char want[1030];
  uint64_t size;
  memset(old, 'o', sizeof old);
  memset(new, 'n', sizeof new);
  memset(want, 'o', 700);
  memset(want + 700, 0, 324);
  memset(want + 1024, 'n', 6);
  memset(want, 'n', 2);
  trace whole = {.before = old, .size_before = 1024, .there_before = 1};
  whole.events = log;
  whole.count = COUNT(log);
  unsigned char *got = final_bytes(&whole, &size);
  must_equal(size, 1030);
  must_be_bytes(got, want, 1030);
  free(got);
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(each_sector_has_any_prefix_of_its_stores_whatever_the_others_have),
      TEST(states_in_which_something_is_missing_are_counted),
      TEST(a_store_over_a_border_of_sectors_may_be_torn_there),
      TEST(bytes_length_and_name_come_independently),
      TEST(what_is_synced_stays),
      TEST(a_range_is_synced_alone),
      TEST(what_was_never_stored_is_found),
      TEST(unsynced_bytes_that_were_acknowledged_are_found),
      TEST(an_unsynced_length_that_was_acknowledged_is_found),
      TEST(an_unsynced_name_that_was_acknowledged_is_found),
      TEST(a_synced_directory_is_no_synced_file),
      TEST(stores_outside_of_what_was_announced_are_found),
      TEST(bytes_that_are_neither_old_nor_new_are_found),
      TEST(lengths_that_were_not_announced_are_found),
      TEST(what_was_cut_off_comes_back_as_zeros_or_as_it_was),
      TEST(the_last_bytes_are_those_of_the_whole_log),
  };
  return run_matching(tests, count, arguments);
}
