/* Time stamps in text. */
#ifndef TOME_KEY_TIME_H
#define TOME_KEY_TIME_H

#include "civil_time.h"

/** Text that is read from its beginning. */
typedef struct text_cursor {
  const unsigned char *at, *end;
} text_cursor;

/** Read exactly `count` digits, or from `least` to `most`: 1, or 0 and the cursor stays. */
int tome__take_digits(text_cursor *text, int count, int *ret);
int tome__take_number(text_cursor *text, int least, int most, int *ret);
/** Pass over this byte, if it is there. */
int tome__take_byte(text_cursor *text, unsigned char byte);
/** Read digits behind the point of a second, any number of them from 1 on. */
int tome__take_fraction(text_cursor *text, int32_t *ret_nanos);
/** Read the name of a month, at least three letters of it, in any case. */
int tome__take_month(text_cursor *text, int *ret);
/** Read Z, +01, +0100, +01:00 or +01:00:00, into `s`. */
int tome__take_zone(text_cursor *text, stamp *s);
/** Pass over a word; 0 if no letter is there. */
int tome__take_word(text_cursor *text);

/** A format that is recognised. */
typedef struct time_format {
  const char *name;
  /** Read a stamp at the beginning of the text: how many bytes it is, or 0. */
  size_t (*read)(const unsigned char *text, size_t length, stamp *ret);
  const char *first_bytes; /* a stamp begins with one of these */
} time_format;

/** All there are, those first that other text is mistaken for least. */
extern const time_format tome__time_formats[];
#define TIME_FORMATS 9

/** Read a stamp in a format as strptime(3) has it: how many bytes it is, or 0. */
size_t tome__read_formatted(const char *format, const unsigned char *text, size_t length,
                            stamp *ret);
/** Where a format is wrong, from its beginning, and why; NULL if it is good. */
const char *tome__check_format(const char *format, size_t *ret_where);

#endif
