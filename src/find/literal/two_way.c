/* The two-way algorithm of Crochemore and Perrin ("Two-way string-matching", Journal of the ACM 38, 1991), in either direction:
 * backward, index 0 is the last byte, of the needle as of the data. Linear time, constant space.
 *
 * Comparing each place by itself is faster, as long as the places are few or differ early. So that is done until more has been
 * compared than the data searched so far allows for. */
#include "two_way.h"

#include <stdint.h>
#include <string.h>

/* Bytes compared for each byte of the data, and what may be spent before that counts. */
enum { MOST_EACH = 4, MOST_AT_ONCE = 4096 };

#define EACH_BYTE(of) ((uint64_t)(of)*UINT64_C(0x0101010101010101))

/* Bytes read in the direction of the search. */
typedef struct text {
  const unsigned char *first;
  int backward;
} text;

static text text_of(const unsigned char *bytes, size_t length, int backward) {
  return (text){backward ? bytes + length - 1 : bytes, backward};
}

static unsigned char byte_at(text t, size_t i) {
  return t.backward ? *(t.first - i) : t.first[i];
}

/* Eight bytes from i on; in which order does not matter to those who compare. */
static uint64_t word_at(text t, size_t i) {
  uint64_t word;
  memcpy(&word, t.backward ? t.first - i - 7 : t.first + i, sizeof word);
  return word;
}

/* A-Z in each byte turned to a-z. */
static uint64_t lower_word(uint64_t word) {
  uint64_t seven = word & EACH_BYTE(0x7F);
  uint64_t from_a = seven + EACH_BYTE(0x80 - 'A'), behind_z = seven + EACH_BYTE(0x7F - 'Z');
  return word | ((from_a & ~behind_z & ~word & EACH_BYTE(0x80)) >> 2);
}

static unsigned char lower_byte(unsigned char byte) {
  return byte >= 'A' && byte <= 'Z' ? byte | 0x20 : byte;
}

/* Where in [from, to) the needle and the data differ first; `to` if nowhere. */
static size_t difference(text needle, text data, size_t from, size_t to, int fold) {
  for (; to - from >= 8; from += 8) {
    uint64_t word = word_at(data, from);
    if (word_at(needle, from) != (fold ? lower_word(word) : word))
      break;
  }
  for (; from < to; from++) {
    unsigned char byte = byte_at(data, from);
    if (byte_at(needle, from) != (fold ? lower_byte(byte) : byte))
      break;
  }
  return from;
}

/* ---- the cut ---- */

/* Where the largest suffix begins, in the order of the bytes or its opposite, and that suffix's period. */
static size_t largest_suffix(text needle, size_t length, int opposite, size_t *ret_period) {
  size_t start = 0, other = 1, matched = 0, period = 1;
  while (other + matched < length) {
    unsigned char a = byte_at(needle, other + matched), b = byte_at(needle, start + matched);
    if (a == b) {
      matched++;
      if (matched == period) {
        other += period;
        matched = 0;
      }
    } else if (opposite ? a > b : a < b) {
      other += matched + 1;
      matched = 0;
      period = other - start;
    } else {
      start = other;
      other = start + 1;
      matched = 0;
      period = 1;
    }
  }
  *ret_period = period;
  return start;
}

static int repeats(text needle, size_t period, size_t length) {
  for (size_t i = 0; i < length; i++)
    if (byte_at(needle, i) != byte_at(needle, i + period))
      return 0;
  return 1;
}

cut tome__cut_begin(const finder *f, int backward) {
  text needle = text_of(f->needle, f->length, backward);
  size_t one_period, other_period;
  size_t one = largest_suffix(needle, f->length, 0, &one_period);
  size_t other = largest_suffix(needle, f->length, 1, &other_period);
  cut c = {.left = one > other ? one : other, .period = one > other ? one_period : other_period};
  c.periodic = c.left + c.period <= f->length && repeats(needle, c.period, c.left);
  if (!c.periodic)
    c.period = (c.left > f->length - c.left ? c.left : f->length - c.left) + 1;
  return c;
}

/* ---- trials ---- */

/* Where index `from` of the search is in memory; as an index it counts the bytes that are behind the search. */
static const unsigned char *place(const trial *t, size_t from) {
  return t->backward ? t->data + (t->length - from - t->f->length) : t->data + from;
}

static size_t index_of(const trial *t, const unsigned char *at) {
  size_t offset = (size_t)(at - t->data);
  return t->backward ? t->length - offset - t->f->length : offset;
}

/* Where in [begin, end) of the needle they differ first, or `end`. */
static size_t difference_at(trial *t, size_t from, size_t begin, size_t end) {
  size_t length = t->f->length;
  size_t i = difference(text_of(t->f->needle, length, t->backward),
                        text_of(place(t, from), length, t->backward), begin, end, t->f->fold);
  if (i < end)
    t->differs = t->backward ? length - 1 - i : i;
  return i;
}

/* How far to move if the needle is not at `from`; 0 if it is. Its first *known bytes are known to be there; on return, how many
 * are after the move. */
static size_t shift(trial *t, size_t from, size_t *known) {
  size_t left = t->cut.left, length = t->f->length, before = *known;
  size_t i = difference_at(t, from, left > before ? left : before, length);
  *known = 0;
  if (i < length)
    return i - left + 1;
  if (before >= left || difference_at(t, from, before, left) == left)
    return 0;
  *known = t->cut.periodic ? length - t->cut.period : 0;
  return t->cut.period;
}

/* Only where nothing is known of the next place may it be left out, as if it had differed in its first byte. */
static int try_linear(trial *t, size_t from) {
  size_t known = 0;
  do {
    size_t by = shift(t, from, &known);
    if (by == 0) {
      t->found = place(t, from);
      return 1;
    }
    from += by;
  } while (known > 0 && from <= t->length - t->f->length);
  t->next = from;
  return 0;
}

static int try_alone(trial *t, size_t from) {
  size_t length = t->f->length, equal = difference_at(t, from, 0, length);
  t->found = place(t, from);
  t->compared += equal;
  if (equal < length && t->compared / MOST_EACH > from + length + MOST_AT_ONCE) {
    t->linear = 1;
    t->cut = tome__cut_begin(t->f, t->backward);
  }
  return equal == length;
}

int tome__trial(trial *t, const unsigned char *at) {
  size_t from = index_of(t, at);
  if (!t->linear)
    return try_alone(t, from);
  return from >= t->next && try_linear(t, from);
}
