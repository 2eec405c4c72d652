/* What must be on the disk after a power cut, and what may be: plain arrays, moved on by what the test announced and what was
 * acknowledged to it, and by nothing that the library did.
 *
 * A byte is what was acknowledged last. While an announced operation is in flight its bytes may also be the new ones, and
 * where it has shortened the file, zero. The length is the one acknowledged last or one announced since. */
#ifndef POWER_PROMISE_H
#define POWER_PROMISE_H

#include "power_tracer.h"

enum { SECTOR = 512, MOST_LENGTHS = 16 };

typedef struct promise {
  unsigned char *kept;   /* as of the last acknowledgement; zero past the end */
  unsigned char *coming; /* what else a byte may be, where `may_be_coming` */
  unsigned char *final;  /* what acknowledging everything would keep */
  unsigned char *may_be_coming, *may_be_zero; /* 0xFF or 0 */
  uint64_t room;                              /* bytes of each of these */
  uint64_t lengths[MOST_LENGTHS];             /* kept, then announced */
  size_t lengths_count;
  int any_length; /* between the smallest and the largest of these */
  int named;
} promise;

/** Room for `sectors` sectors. */
promise new_promise(const trace *log, size_t sectors);
void free_promise(promise *p);

/** Take an ANNOUNCED or ACKNOWLEDGED event to heart. */
void promise_goes_on(promise *p, const event *what);

/** The first byte of a sector that breaks the promise, as an offset in the file; UINT64_MAX if none does. */
uint64_t first_broken(const promise *p, size_t sector, const unsigned char *content);
int length_is_good(const promise *p, uint64_t length);

#endif
