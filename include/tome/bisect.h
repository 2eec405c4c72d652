/* Sorted files: records found by a time stamp, a number or text in their lines, in a few reads however large the file is.
 *
 * A RECORD is a line that has a key, and the lines behind it that have none: a stack trace belongs to what was logged above it.
 * Lines before the first key belong to no record. Lines end in LF; a CR before it is no part of a key. Of a line its first
 * 64 KiB are looked at.
 *
 * TIMES are nanoseconds since 1970 in UTC, from 1677 to 2262. A leap second (:60) is the last moment of the second before it, so
 * that it stays in order. What has no zone is in the zone of the options; there, a time that the clock shows twice is the
 * first of the two, and one that it leaves out goes on from before. What has no year is in the last one that does not
 * lie in the future (by more than a day) of a reference, such as the moment when the file was last written.
 *
 * DISORDER is allowed up to the slack: a record may be less by up to that than one before it. Answers are then what looking at every
 * line would give. More disorder than that is TOME_EORDER wherever it is met; what was not looked at is not known to be in order.
 *
 * Bytes are read by calls of a page or two that ask for nothing else, so that little is read and little stays in memory. What
 * the map's user stores meanwhile may or may not be seen. */
#ifndef TOME_BISECT_H
#define TOME_BISECT_H

#include <tome/base.h>

#define TOME_KEY_TIME UINT32_C(0) /**< a time stamp */
#define TOME_KEY_NUMBER                                                                            \
  UINT32_C(1) /**< a decimal number of any length: -7, 18446744073709551616, 2.50, 1e9 */
#define TOME_KEY_TEXT UINT32_C(2) /**< bytes, compared as such */

/** The zone that the system keeps clocks in. */
#define TOME_ZONE_LOCAL INT32_MIN

/** No time, where one may be given. */
#define TOME_TIME_UNKNOWN INT64_MIN

TOME_BEGIN_DECLS

/** Where the key is in a line and how it is written. Start from TOME_KEY_OPTIONS_INIT. */
typedef struct tome_key_options {
  size_t struct_size; /**< sizeof(tome_key_options) */
  uint32_t kind;      /**< TOME_KEY_… */
  uint32_t
      column; /**< from 1; 0: the first column, or the first time stamp near the line's beginning */
  const char *separator; /**< what stands between columns; NULL: any number of blanks and tabs */
  const char
      *format; /**< of times, as strptime(3) has it, and %f for a fraction; NULL: recognised */
  int64_t
      reference; /**< for times without a year; TOME_TIME_UNKNOWN: when the file was last written */
  int64_t slack; /**< disorder to be borne with, of times: in nanoseconds */
  const char
      *number_slack; /**< the same, of numbers: a number, such as "5" or "0.25"; NULL: none */
  int32_t zone;      /**< of times without one: seconds east of UTC, or TOME_ZONE_LOCAL */
} tome_key_options;

#define TOME_KEY_OPTIONS_INIT                                                                      \
  {                                                                                                \
    sizeof(tome_key_options), TOME_KEY_TIME, 0, NULL, NULL, TOME_TIME_UNKNOWN, 0, NULL,            \
        TOME_ZONE_LOCAL                                                                            \
  }

/** How to read keys. Opaque; never changes, so any number of threads may use it at once. */
typedef struct tome_key tome_key;

/** A key. */
typedef struct tome_key_value {
  int64_t time;     /**< of TOME_KEY_TIME */
  const void *text; /**< of the others: bytes of the line, borrowed */
  size_t length;    /**< how many */
} tome_key_value;

/** Learn how keys are written in a file.
 *  Looks at lines here and there: which of the formats below their times have, whether they begin with them, and
 *  whether they are in order. The formats: ISO 8601 (2026-11-21T14:05:06.789+01:00; with a blank for T, with / for -, with a
 *  comma, +0100, +01, Z or no zone, without seconds), that of syslog (Nov 21 14:05:06; also with a year), that of
 *  web servers (21/Nov/2026:14:05:06 +0100), and seconds, milliseconds, microseconds or nanoseconds since 1970
 *  (10, 13, 16, 19 digits, also with a fraction).
 *  @param[out] ret  owned by the caller until tome_key_free(); untouched on failure
 *  @param map       borrowed, needed no more afterwards; the key is good for files that are written alike
 *  @param options   borrowed, copied; NULL: time stamps that are recognised
 *  @return 0 (also for an empty file), or
 *          TOME_EINVAL (options that are unknown or do not go together; a format that is none: the error's offset is where),
 *          TOME_ENOKEY (no line that was looked at has such a key),
 *          TOME_EORDER (the error's range is a line that is not in order), TOME_ELOST, TOME_ENOMEM
 *  Cost: some 16 reads of a page. Since 0.1. */
TOME_API int tome_key_new(tome_key **ret, tome *map, const tome_key_options *options);

/** Free a key. @param key  owned, may be NULL. Since 0.1. */
TOME_API void tome_key_free(tome_key *key);

/** The name of what is read as a key: "ISO 8601", "syslog", "web server log", "seconds since 1970" and so on, the format given,
 *  "number" or "text"; "" where the file was empty.
 *  @return borrowed, as long as the key. Since 0.1. */
TOME_API const char *tome_key_format(const tome_key *key);

/** The key of a line.
 *  @param line       `length` bytes, without the line's end
 *  @param[out] ret   points into the line; untouched if there is none
 *  @return 1, or 0: the line has none. Since 0.1. */
TOME_API int tome_key_parse(const tome_key *key, const void *line, size_t length,
                            tome_key_value *ret);

/** Which of two comes first: less than 0, 0 or more than 0, as memcmp(3) has it. What is not a number counts as 0 among numbers.
 *  Since 0.1. */
TOME_API int tome_key_compare(const tome_key *key, const tome_key_value *a,
                              const tome_key_value *b);

/** Read a time in one of the formats above, all of the text; also a date alone, which means its beginning.
 *  @param text       `length` bytes
 *  @param zone       of times without one: seconds east of UTC, or TOME_ZONE_LOCAL
 *  @param reference  for times without a year; TOME_TIME_UNKNOWN: there are none
 *  @param[out] ret   nanoseconds since 1970; untouched unless it is a time
 *  @return 1, or 0: it is none. Since 0.1. */
TOME_API int tome_time_parse(const char *text, size_t length, int32_t zone, int64_t reference,
                             int64_t *ret);

/** Where in a sorted file a key belongs: the first record whose key is not less than it.
 *  With slack, a place before which no record is.
 *  @param map              borrowed; other threads may use it at the same time
 *  @param key              borrowed
 *  @param bound            borrowed
 *  @param after            not 0: the first record whose key is greater; with slack, a place behind which no other is
 *  @param[out] ret_offset  where the record begins; tome_size() if there is none; untouched on failure
 *  @return 0, or
 *          TOME_EINVAL (`bound` is not a number), TOME_EORDER (the error's range is a line that is not in order),
 *          TOME_ELOST (the file was cut, or the disk could not read), TOME_ENOMEM
 *  Cost: a read of a page for each doubling of the size, more where it meets a record that is longer than that. Since 0.1. */
TOME_API int tome_bisect(tome *map, const tome_key *key, const tome_key_value *bound, int after,
                         uint64_t *ret_offset);

/** Which records, and who wants them. Start from TOME_BETWEEN_INIT. */
typedef struct tome_between_options {
  size_t struct_size;         /**< sizeof(tome_between_options) */
  const tome_key_value *from; /**< keys not less than this; NULL: all */
  const tome_key_value *to;   /**< keys not greater than this; NULL: all */
  /** Called with records as they lie in the file, many at once and perhaps in the middle of a line, in order; the bytes are gone when it
   *  returns. Anything but 0 ends the walk. May be NULL. */
  int (*found)(void *context, uint64_t offset, const void *data, size_t length);
  /** Called now and then; anything but 0 ends the walk with TOME_ECANCELED. May be NULL. */
  int (*progress)(void *context, uint64_t done, uint64_t total);
  void *context; /**< for both, which are called in the caller's thread */
} tome_between_options;

#define TOME_BETWEEN_INIT                                                                          \
  { sizeof(tome_between_options), NULL, NULL, NULL, NULL, NULL }

/** What was found. */
typedef struct tome_between_result {
  uint64_t offset;  /**< of the first record */
  uint64_t end;     /**< behind the last one; 0 if there is none */
  uint64_t records; /**< how many */
  uint64_t lines;   /**< of which they are made */
  uint64_t
      bytes; /**< end - offset, but for records in between, with slack, that are none of them */
} tome_between_result;

/** Walk over the records between two keys, which both belong to them.
 *  Every line on the way is looked at: a file that is not in order there is told to be so, after what lies before it.
 *  What was not in memory before is let go behind the walk, once that has passed half a MiB.
 *  @param map            borrowed; other threads may use it at the same time
 *  @param key            borrowed
 *  @param options        borrowed; NULL: all records are counted
 *  @param[out] ret_result  those told before a failure included (set on failure too); may be NULL
 *  @return 1 there are some, 0 there are none, or as tome_bisect(), or TOME_ECANCELED.
 *  Cost: two tome_bisect(), and the records. Since 0.1. */
TOME_API int tome_between(tome *map, const tome_key *key, const tome_between_options *options,
                          tome_between_result *ret_result);

TOME_END_DECLS

#endif
