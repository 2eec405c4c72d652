#include "power_promise.h"

#include <stdlib.h>
#include <string.h>

promise new_promise(const trace *log, size_t sectors) {
  promise p = {.room = (uint64_t)sectors * SECTOR, .lengths_count = 1, .named = log->there_before};
  unsigned char *all = calloc(5, p.room);
  must(all != NULL);
  p.kept = all;
  p.coming = all + p.room;
  p.final = p.coming + p.room;
  p.may_be_coming = p.final + p.room;
  p.may_be_zero = p.may_be_coming + p.room;
  p.lengths[0] = log->size_before;
  if (log->size_before > 0) {
    memcpy(p.kept, log->before, log->size_before);
    memcpy(p.final, log->before, log->size_before);
  }
  return p;
}

void free_promise(promise *p) {
  free(p->kept);
}

static void announced_bytes(promise *p, const event *what) {
  for (uint64_t i = 0; i < what->length; i++) {
    uint64_t at = what->offset + i;
    must(!p->may_be_coming[at]); /* no byte is changed twice before an acknowledgement */
    p->may_be_coming[at] = 0xFF;
    p->final[at] = p->coming[at] = what->bytes[i];
  }
}

static void announced_cut(promise *p, uint64_t from, uint64_t to) {
  for (uint64_t at = from; at < to; at++) {
    p->may_be_zero[at] = 0xFF;
    p->final[at] = 0;
  }
}

static void announced(promise *p, const event *what) {
  uint64_t length = p->lengths[p->lengths_count - 1];
  must(what->offset + what->length <= p->room && p->lengths_count < MOST_LENGTHS);
  announced_cut(p, what->size, length);
  announced_bytes(p, what);
  if (what->size != length)
    p->lengths[p->lengths_count++] = what->size;
  p->any_length |= what->flag;
}

/* What lies past the length that is durable now is zero, should the file ever grow over it. */
static void acknowledged(promise *p, uint64_t from, uint64_t to) {
  uint64_t length = p->lengths[p->lengths_count - 1];
  to = to < length ? to : length;
  for (uint64_t at = 0; at < p->room; at++)
    if ((at >= from && at < to) || at >= length) {
      p->kept[at] = p->final[at];
      p->may_be_coming[at] = p->may_be_zero[at] = 0;
    }
  p->lengths[0] = length;
  p->lengths_count = 1;
  p->any_length = 0;
  p->named = 1;
}

void promise_goes_on(promise *p, const event *what) {
  uint64_t rest = UINT64_MAX - what->offset;
  if (what->kind == ANNOUNCED)
    announced(p, what);
  else if (what->kind == ACKNOWLEDGED)
    acknowledged(p, what->offset, what->offset + (what->length < rest ? what->length : rest));
}

/* Many bytes at once: this is what the time goes into. */
typedef signed char lanes __attribute__((vector_size(16)));

/* By address: how such a value is returned differs between processors of one kind. */
static void load(lanes *to, const unsigned char *from) {
  memcpy(to, from, sizeof *to);
}

static int any_of(const lanes *some) {
  uint64_t halves[2];
  memcpy(halves, some, sizeof halves);
  return (halves[0] | halves[1]) != 0;
}

uint64_t first_broken(const promise *p, size_t sector, const unsigned char *content) {
  uint64_t start = (uint64_t)sector * SECTOR;
  for (uint64_t at = start, i = 0; i < SECTOR; at += sizeof(lanes), i += sizeof(lanes)) {
    lanes got, kept, coming, may_be_coming, may_be_zero;
    load(&got, content + i);
    load(&kept, p->kept + at);
    load(&coming, p->coming + at);
    load(&may_be_coming, p->may_be_coming + at);
    load(&may_be_zero, p->may_be_zero + at);
    lanes broken = (got != kept) & ~((got == coming) & may_be_coming) & ~((got == 0) & may_be_zero);
    for (uint64_t k = 0; any_of(&broken); k++)
      if (broken[k])
        return at + k;
  }
  return UINT64_MAX;
}

int length_is_good(const promise *p, uint64_t length) {
  uint64_t least = UINT64_MAX, most = 0;
  for (size_t i = 0; i < p->lengths_count; i++) {
    if (length == p->lengths[i])
      return 1;
    least = p->lengths[i] < least ? p->lengths[i] : least;
    most = p->lengths[i] > most ? p->lengths[i] : most;
  }
  return p->any_length && length >= least && length <= most;
}
