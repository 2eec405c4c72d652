/* Keys as the files of this folder share them. */
#ifndef TOME_KEY_H
#define TOME_KEY_H

#include "civil_time.h"
#include "key_number.h"

#include <tome/bisect.h>

/** How much of a line is looked at. */
#define LINE_HEAD ((size_t)64 << 10)

/** How far from a line's beginning a stamp may begin that is not in a column, and how long it may be. */
#define STAMP_BEGINS 256
#define STAMP_LENGTH 128

struct tome_key {
  uint32_t kind, column;
  unsigned char *separator; /* or NULL */
  size_t separator_length;
  char *given;      /* a format of the user's, or NULL */
  int recognised;   /* else: which of tome__time_formats; -1: none yet */
  int anchored;     /* a stamp has only signs before it, no letter, digit or blank */
  int not_indented; /* a line that begins with a blank has no stamp */
  time_rule rule;
  int64_t slack;
  billionths number_slack;
  size_t reach; /* bytes at the beginning of a line that are looked at */
};

/** As tome_key_parse(), with what the thread remembers of the zone. */
int tome__key_of(const tome_key *key, zone_memory *memory, const unsigned char *line, size_t length,
                 tome_key_value *ret);

/** As tome__key_of(), of times, and of numbers and text. */
int tome__key_time(const tome_key *key, zone_memory *memory, const unsigned char *line,
                   size_t length, int64_t *ret);
int tome__key_in_column(const tome_key *key, const unsigned char *line, size_t length,
                        tome_key_value *ret);

/** A stamp as it was found in a line. */
typedef struct found_stamp {
  size_t begins;
  int anchored, indented;
  int64_t moment;
} found_stamp;

/** The first stamp in recognised format number `format`, under the key's own rules. */
int tome__key_find_stamp(const tome_key *key, int format, zone_memory *memory,
                         const unsigned char *line, size_t length, found_stamp *ret);

/** Column `key->column`, or the first one, of a line: 1, or 0 if there is none. *ret_end is the end of the column. */
int tome__key_column(const tome_key *key, const unsigned char *line, size_t length,
                     size_t *ret_begin, size_t *ret_end);

/** Whether it can be compared: a number is one. */
int tome__key_is_good(const tome_key *key, const tome_key_value *value);

/** Whether disorder is allowed. */
int tome__key_has_slack(const tome_key *key);

/** Whether `a` is less than `b` by more than the slack: it may not stand behind it. */
int tome__key_is_below(const tome_key *key, const tome_key_value *a, const tome_key_value *b);

/** A key that outlives its line. All zeros: none. */
typedef struct kept_key {
  tome_key_value value;
  unsigned char *bytes;
  size_t room;
  int is_set;
} kept_key;

/** 0 or TOME_ENOMEM. */
int tome__key_keep(kept_key *kept, const tome_key *key, const tome_key_value *value);
void tome__key_drop(kept_key *kept);

#endif
