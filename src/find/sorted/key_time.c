/* The time stamp of a line.
 *
 * In a column it is at the column's beginning. Otherwise it is the first one near the line's beginning that does not begin in the
 * middle of a word. Where the lines of a file begin with their stamps, only such stamps count: a date in the text of
 * a stack trace makes no record of it. */
#include "key_time.h"

#include "key.h"
#include "key_bytes.h"

#include <string.h>

static int is_letter_or_digit(unsigned char byte) {
  return tome__is_digit(byte) || tome__is_letter(byte);
}

/* Which format it is that is asked about: one that is recognised, or the user's. */
static size_t read_stamp(const tome_key *key, int format, const unsigned char *text, size_t length,
                         stamp *ret) {
  if (length > STAMP_LENGTH)
    length = STAMP_LENGTH;
  return key->given ? tome__read_formatted(key->given, text, length, ret)
                    : tome__time_formats[format].read(text, length, ret);
}

static int stamp_at(const tome_key *key, int format, zone_memory *memory, const unsigned char *text,
                    size_t length, int64_t *ret) {
  stamp s;
  size_t read = read_stamp(key, format, text, length, &s);
  return read > 0 && tome__stamp_moment(&s, &key->rule, memory, ret);
}

static int may_begin(const tome_key *key, int format, unsigned char byte) {
  return key->given || (byte && strchr(tome__time_formats[format].first_bytes, byte));
}

/* "<34>" or "<34>1 " of syslog in front of a stamp: how many bytes. */
static size_t priority_length(const unsigned char *line, size_t length) {
  size_t at = 1;
  if (length < 3 || line[0] != '<')
    return 0;
  while (at < length && at < 5 && line[at] >= '0' && line[at] <= '9')
    at++;
  if (at == 1 || at == length || line[at] != '>')
    return 0;
  at++;
  if (at + 1 < length && line[at] >= '1' && line[at] <= '9' && line[at + 1] == ' ')
    at += 2;
  return at;
}

static int find_from(const tome_key *key, int format, zone_memory *memory,
                     const unsigned char *line, size_t length, found_stamp *ret) {
  size_t begin = priority_length(line, length);
  int anchored = 1;
  for (size_t at = begin; at < length && at < STAMP_BEGINS; at++) {
    int inside_word = at > begin && is_letter_or_digit(line[at - 1]);
    if (!inside_word && may_begin(key, format, line[at]) &&
        stamp_at(key, format, memory, line + at, length - at, &ret->moment)) {
      ret->begins = at;
      ret->anchored = anchored;
      ret->indented = tome__is_blank(line[0]);
      return 1;
    }
    anchored = anchored && !is_letter_or_digit(line[at]) && !tome__is_blank(line[at]);
    if (key->anchored && !anchored)
      return 0;
  }
  return 0;
}

/* A column ends where the next begins, but a stamp may hold blanks of its own. */
static int find_in_column(const tome_key *key, int format, zone_memory *memory,
                          const unsigned char *line, size_t length, found_stamp *ret) {
  size_t at, end;
  if (!tome__key_column(key, line, length, &at, &end))
    return 0;
  size_t most = key->separator ? end : length;
  *ret = (found_stamp){.begins = at, .anchored = 1};
  if (stamp_at(key, format, memory, line + at, most - at, &ret->moment))
    return 1;
  while (at < end && !is_letter_or_digit(line[at]))
    at++;
  ret->begins = at;
  return at > 0 && stamp_at(key, format, memory, line + at, most - at, &ret->moment);
}

int tome__key_find_stamp(const tome_key *key, int format, zone_memory *memory,
                         const unsigned char *line, size_t length, found_stamp *ret) {
  if (key->column)
    return find_in_column(key, format, memory, line, length, ret);
  if (key->not_indented && length && tome__is_blank(line[0]))
    return 0;
  return find_from(key, format, memory, line, length, ret);
}

int tome__key_time(const tome_key *key, zone_memory *memory, const unsigned char *line,
                   size_t length, int64_t *ret) {
  found_stamp found;
  if (!key->given && key->recognised < 0)
    return 0;
  if (!tome__key_find_stamp(key, key->recognised, memory, line, length, &found))
    return 0;
  *ret = found.moment;
  return 1;
}

/* The longest reading of a text is meant. */
int tome_time_parse(const char *text, size_t length, int32_t zone, int64_t reference,
                    int64_t *ret) {
  const time_rule rule = {zone, reference};
  zone_memory memory = {0};
  for (int i = 0; i < TIME_FORMATS; i++) {
    stamp s;
    int64_t moment;
    if (tome__time_formats[i].read((const unsigned char *)text, length, &s) == length && length &&
        tome__stamp_moment(&s, &rule, &memory, &moment)) {
      *ret = moment;
      return 1;
    }
  }
  return 0;
}
