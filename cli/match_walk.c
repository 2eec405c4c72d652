/* Looking for a match from one byte behind the last would compare the whole needle again at each
 * overlap: a needle of a thousand equal bytes in a million of them would cost a thousand million
 * steps.
 *
 * Two matches cannot lie closer than the needle's smallest period p. And behind a match at m there
 * is one at m + p just if the p bytes behind the first are the needle's last p, for the rest is the
 * needle's own repetition. Where they are not, the next match begins more than length - p behind m
 * (Fine and Wilf's theorem), so that the search for it has new bytes to look at. The period is
 * found as Knuth, Morris and Pratt did (Fast pattern matching in strings, 1977). */
#include "match_walk.h"

#include <stdlib.h>
#include <string.h>

#include "progress.h"
#include "stopwatch.h"

/* How much is searched before progress is told: at first, and more while that takes no time, as in the holes of a file. */
#define PIECE (UINT64_C(64) << 20)
#define NO_TIME UINT64_C(100000000)

static uint64_t next_piece(uint64_t piece, uint64_t started) {
  return clock_now() - started < NO_TIME && piece < UINT64_MAX / 4 ? piece * 2 : piece;
}

/* 0: no memory. borders[i] is the length of the longest proper prefix of needle[0..i] that also
 * ends it. */
static size_t smallest_period(const unsigned char *needle, size_t length) {
  size_t *borders = malloc(length * sizeof *borders);
  if (!borders)
    return 0;
  borders[0] = 0;
  for (size_t i = 1, border = 0; i < length; i++) {
    while (border > 0 && needle[i] != needle[border])
      border = borders[border - 1];
    border += needle[i] == needle[border];
    borders[i] = border;
  }
  size_t period = length - borders[length - 1];
  free(borders);
  return period;
}

int match_walk_begin(struct match_walk *walk, tome *map, const unsigned char *needle, size_t length,
                     uint64_t from, uint64_t to) {
  *walk = (struct match_walk){
      .map = map, .needle = needle, .length = length, .begin = from, .next = from, .end = to};
  walk->period = smallest_period(needle, length);
  if (walk->period == 0)
    return TOME_ENOMEM;
  if (walk->period == length)
    return 0;
  walk->tail = malloc(walk->period);
  return walk->tail ? 0 : TOME_ENOMEM;
}

/* Does the match at next - period go on into another at next? */
static int repeats(const struct match_walk *walk) {
  uint64_t tail_at = walk->next + walk->length - walk->period;
  if (walk->end - tail_at < walk->period)
    return 0;
  int failed = tome_read(walk->map, tail_at, walk->tail, walk->period);
  if (failed < 0)
    return failed;
  return memcmp(walk->tail, walk->needle + walk->length - walk->period, walk->period) == 0;
}

static int search(struct match_walk *walk, uint64_t *ret) {
  uint64_t piece = PIECE;
  while (walk->next < walk->end && walk->end - walk->next >= walk->length) {
    uint64_t starts = walk->end - walk->next - walk->length + 1;
    uint64_t stop = walk->end;
    uint64_t started = clock_now();
    if (starts > piece) {
      starts = piece;
      stop = walk->next + piece + walk->length - 1;
    }
    int found = tome_find(walk->map, walk->needle, walk->length, walk->next, stop, ret);
    if (found != 0)
      return found;
    walk->next += starts;
    piece = next_piece(piece, started);
    progress_update(walk->next - walk->begin);
  }
  return 0;
}

int match_walk_next(struct match_walk *walk, uint64_t *ret) {
  int found = 0;
  if (walk->after_match && walk->tail) {
    found = repeats(walk);
    if (found == 1)
      *ret = walk->next;
    else
      walk->next++;
  }
  if (found == 0)
    found = search(walk, ret);
  walk->after_match = found == 1;
  if (found == 1) {
    walk->next = *ret + walk->period;
    progress_update(*ret - walk->begin);
  }
  return found;
}

void match_walk_end(struct match_walk *walk) {
  free(walk->tail);
}

int match_last(tome *map, const unsigned char *needle, size_t length, uint64_t from, uint64_t to,
               uint64_t *ret) {
  uint64_t end = to, piece = PIECE;
  while (end - from >= length) {
    uint64_t starts = end - from - length + 1;
    uint64_t begin = starts > piece ? from + starts - piece : from;
    uint64_t started = clock_now();
    int found = tome_rfind(map, needle, length, begin, end, ret);
    if (found != 0 || begin == from)
      return found;
    end = begin + length - 1;
    piece = next_piece(piece, started);
    progress_update(to - begin);
  }
  return 0;
}
