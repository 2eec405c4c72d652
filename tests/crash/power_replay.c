/* A state is a choice of one version for each part of the disk: each sector, the length and the name. From one state to the
 * next only what is chosen anew is checked anew. */
#include "power_replay.h"

#include "power_promise.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LEAST_A_CUT = 6, TRIES_IN_VAIN = 64 };

/* Version 0 is the durable one; the others came after it, the last is what the system's memory holds. */
typedef struct part {
  unsigned char *versions; /* `width` bytes each */
  uint64_t *serials;       /* of the events that made them */
  size_t width, count, room, chosen;
  uint64_t broken; /* first_broken() of the chosen version */
} part;

typedef struct medium {
  part *parts; /* the sectors, then the length, then the name */
  size_t sectors;
  size_t *dirty; /* parts with more than one version, the one changed last at the end */
  size_t dirty_count, broken_count;
  uint64_t hash; /* of the state: of the serials chosen */
  promise promised;
  uint64_t epoch; /* of the promise */
} medium;

/* ---- versions ---- */

static part *length_of(const medium *d) {
  return &d->parts[d->sectors];
}

static part *name_of(const medium *d) {
  return &d->parts[d->sectors + 1];
}

static unsigned char *version(const part *p, size_t number) {
  return p->versions + number * p->width;
}

static uint64_t number_in(const part *p, size_t at) {
  uint64_t value;
  memcpy(&value, version(p, at), sizeof value);
  return value;
}

/* Stafford's variant 13 of the MurmurHash3 finaliser. */
static uint64_t mix(uint64_t x) {
  x = (x ^ (x >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
  x = (x ^ (x >> 27)) * UINT64_C(0x94D049BB133111EB);
  return x ^ (x >> 31);
}

static uint64_t trait(const medium *d, const part *p) {
  return mix((uint64_t)(p - d->parts) << 32 | p->serials[p->chosen]);
}

static void look_at_part(medium *d, part *p) {
  size_t index = (size_t)(p - d->parts);
  if (index >= d->sectors)
    return;
  d->broken_count -= p->broken != UINT64_MAX;
  p->broken = first_broken(&d->promised, index, version(p, p->chosen));
  d->broken_count += p->broken != UINT64_MAX;
}

static void choose(medium *d, part *p, size_t number) {
  if (p->chosen == number)
    return;
  d->hash ^= trait(d, p);
  p->chosen = number;
  d->hash ^= trait(d, p);
  look_at_part(d, p);
}

static void make_dirty(medium *d, size_t index) {
  size_t i = 0;
  while (i < d->dirty_count && d->dirty[i] != index)
    i++;
  if (i < d->dirty_count)
    memmove(&d->dirty[i], &d->dirty[i + 1], (d->dirty_count - i - 1) * sizeof *d->dirty);
  else
    d->dirty_count++;
  d->dirty[d->dirty_count - 1] = index;
}

/* A copy of the last version, to be changed. */
static unsigned char *new_version(medium *d, part *p, uint64_t serial) {
  if (p->count == p->room) {
    p->room = p->room * 2 + 2;
    p->versions = realloc(p->versions, p->room * p->width);
    p->serials = realloc(p->serials, p->room * sizeof *p->serials);
    must(p->versions != NULL && p->serials != NULL);
  }
  if (p->count > 0)
    memcpy(version(p, p->count), version(p, p->count - 1), p->width);
  else
    memset(p->versions, 0, p->width);
  p->serials[p->count++] = serial;
  if (p->count > 1)
    make_dirty(d, (size_t)(p - d->parts));
  return version(p, p->count - 1);
}

static void settle(medium *d, part *p) {
  choose(d, p, p->count - 1);
  memmove(p->versions, version(p, p->chosen), p->width);
  p->serials[0] = p->serials[p->chosen];
  p->count = 1;
  p->chosen = 0;
}

/* ---- what happens to the disk ---- */

static void stored(medium *d, const event *what, uint64_t serial) {
  for (uint64_t done = 0, n; done < what->length; done += n) {
    uint64_t at = what->offset + done, from = at % SECTOR;
    n = SECTOR - from < what->length - done ? SECTOR - from : what->length - done;
    memcpy(new_version(d, &d->parts[at / SECTOR], serial) + from, what->bytes + done, n);
  }
}

/* What is cut off is zero, should the file grow over it again. */
static void sized(medium *d, uint64_t size, uint64_t serial) {
  part *length = length_of(d);
  uint64_t before = number_in(length, length->count - 1);
  memcpy(new_version(d, length, serial), &size, sizeof size);
  for (uint64_t at = size, n; at < before; at += n) {
    uint64_t from = at % SECTOR;
    n = SECTOR - from;
    memset(new_version(d, &d->parts[at / SECTOR], serial) + from, 0, n);
  }
}

static void named(medium *d, int is_there, uint64_t serial) {
  uint64_t there = is_there != 0;
  memcpy(new_version(d, name_of(d), serial), &there, sizeof there);
}

static void file_synced(medium *d, const event *what) {
  size_t left = 0;
  for (size_t i = 0; i < d->dirty_count; i++) {
    uint64_t at = (uint64_t)d->dirty[i] * SECTOR;
    part *p = &d->parts[d->dirty[i]];
    int inside =
        at + SECTOR > what->offset && (at < what->offset || at - what->offset < what->length);
    if (p != name_of(d) && (p == length_of(d) || inside))
      settle(d, p);
    else
      d->dirty[left++] = d->dirty[i];
  }
  d->dirty_count = left;
}

static void name_synced(medium *d) {
  size_t left = 0;
  settle(d, name_of(d));
  for (size_t i = 0; i < d->dirty_count; i++)
    if (d->dirty[i] != d->sectors + 1)
      d->dirty[left++] = d->dirty[i];
  d->dirty_count = left;
}

static void promised_anew(medium *d, const event *what) {
  promise_goes_on(&d->promised, what);
  d->epoch++;
  for (size_t i = 0; i < d->sectors; i++)
    look_at_part(d, &d->parts[i]);
}

static void happen(medium *d, const event *what, uint64_t serial) {
  switch (what->kind) {
  case STORED:
    stored(d, what, serial);
    break;
  case SIZED:
    sized(d, what->size, serial);
    break;
  case NAMED:
    named(d, what->flag, serial);
    break;
  case FILE_SYNCED:
    file_synced(d, what);
    break;
  case NAME_SYNCED:
    name_synced(d);
    break;
  case ANNOUNCED:
  case ACKNOWLEDGED:
    promised_anew(d, what);
    break;
  }
}

static size_t sectors_of(const trace *log) {
  uint64_t reach = log->size_before;
  for (size_t i = 0; i < log->count; i++) {
    const event *e = &log->events[i];
    uint64_t end = e->bytes != NULL ? e->offset + e->length : 0;
    reach = end > reach ? end : reach;
    reach = e->size > reach ? e->size : reach;
  }
  return (size_t)(reach / SECTOR + 1);
}

/* The one durable version that a part has before anything happens. */
static void begin_part(medium *d, size_t index, const void *content, size_t length) {
  part *p = &d->parts[index];
  p->width = index < d->sectors ? SECTOR : sizeof(uint64_t);
  p->broken = UINT64_MAX;
  unsigned char *first = new_version(d, p, 0);
  if (length > 0)
    memcpy(first, content, length);
}

static medium new_medium(const trace *log) {
  medium d = {.sectors = sectors_of(log)};
  uint64_t there = log->there_before != 0;
  d.promised = new_promise(log, d.sectors);
  d.parts = calloc(d.sectors + 2, sizeof *d.parts);
  d.dirty = calloc(d.sectors + 3, sizeof *d.dirty);
  must(d.parts != NULL && d.dirty != NULL);
  for (size_t i = 0; i < d.sectors; i++) {
    uint64_t at = (uint64_t)i * SECTOR, rest = at < log->size_before ? log->size_before - at : 0;
    begin_part(&d, i, rest > 0 ? log->before + at : NULL, rest < SECTOR ? (size_t)rest : SECTOR);
  }
  begin_part(&d, d.sectors, &log->size_before, sizeof log->size_before);
  begin_part(&d, d.sectors + 1, &there, sizeof there);
  return d;
}

static void free_medium(medium *d) {
  for (size_t i = 0; i < d->sectors + 2; i++) {
    free(d->parts[i].versions);
    free(d->parts[i].serials);
  }
  free(d->parts);
  free(d->dirty);
  free_promise(&d->promised);
}

/* ---- states ---- */

/* Hashes of the states looked at. */
typedef struct seen {
  uint64_t *hashes; /* 0: free */
  uint64_t mask;
} seen;

static seen new_seen(uint64_t most) {
  seen s = {.mask = 1023};
  while (s.mask < 3 * most)
    s.mask = s.mask * 2 + 1;
  s.hashes = calloc(s.mask + 1, sizeof *s.hashes);
  must(s.hashes != NULL);
  return s;
}

static int is_new(seen *s, uint64_t hash) {
  hash += hash == 0;
  uint64_t at = hash & s->mask;
  while (s->hashes[at] != 0 && s->hashes[at] != hash)
    at = (at + 1) & s->mask;
  if (s->hashes[at] == hash)
    return 0;
  s->hashes[at] = hash;
  return 1;
}

static void choose_all(medium *d, int last) {
  for (size_t i = 0; i < d->dirty_count; i++) {
    part *p = &d->parts[d->dirty[i]];
    choose(d, p, last ? p->count - 1 : 0);
  }
}

/* Nothing, all; then for each part, the newest first: only it, all but it; then anything. */
static void choose_state(medium *d, uint64_t number, dice *any) {
  size_t n = d->dirty_count;
  if (number < 2 + 2 * n) {
    int but = (int)(number % 2);
    choose_all(d, but);
    if (number >= 2) {
      part *p = &d->parts[d->dirty[n - 1 - (number - 2) / 2]];
      choose(d, p, but ? 0 : p->count - 1);
    }
    return;
  }
  for (size_t i = 0; i < n; i++) {
    part *p = &d->parts[d->dirty[i]];
    choose(d, p, roll(any, p->count));
  }
}

static int is_lossy(const medium *d) {
  for (size_t i = 0; i < d->dirty_count; i++)
    if (d->parts[d->dirty[i]].chosen + 1 < d->parts[d->dirty[i]].count)
      return 1;
  return 0;
}

static void describe_byte(const medium *d, uint64_t at, char *ret_text, size_t size) {
  const part *p = &d->parts[at / SECTOR];
  snprintf(ret_text, size,
           "byte %" PRIu64
           " is 0x%02x, not 0x%02x (of its sector's %zu unsynced changes %zu are there)",
           at, version(p, p->chosen)[at % SECTOR], d->promised.kept[at], p->count - 1, p->chosen);
}

/* What is wrong with the state that was chosen, in words; 0 if nothing is. */
static int is_broken(const medium *d, char *ret_text, size_t size) {
  if (number_in(name_of(d), name_of(d)->chosen) == 0) {
    snprintf(ret_text, size, "the file's name is gone");
    return d->promised.named;
  }
  uint64_t length = number_in(length_of(d), length_of(d)->chosen), first = UINT64_MAX;
  if (!length_is_good(&d->promised, length)) {
    snprintf(ret_text, size, "the length is %" PRIu64 ", not %" PRIu64, length,
             d->promised.lengths[0]);
    return 1;
  }
  if (d->broken_count == 0)
    return 0;
  for (size_t i = 0; i < d->sectors && first == UINT64_MAX; i++)
    first = d->parts[i].broken;
  if (first >= length)
    return 0;
  describe_byte(d, first, ret_text, size);
  return 1;
}

/* Up to `most` different states that a cut at this moment could leave. */
static int explore(medium *d, uint64_t most, seen *all, dice *any, outcome *ret) {
  uint64_t found = 0;
  char text[256];
  ret->cuts++;
  for (uint64_t number = 0, vain = 0; found < most && vain < TRIES_IN_VAIN; number++) {
    choose_state(d, number, any);
    if (!is_new(all, d->hash ^ mix(d->epoch + 1))) {
      vain++;
      continue;
    }
    found++;
    vain = 0;
    ret->states++;
    ret->lossy += (uint64_t)is_lossy(d);
    if (is_broken(d, text, sizeof text)) {
      snprintf(ret->failure, sizeof ret->failure, "%s", text);
      return 0;
    }
  }
  return 1;
}

/* Where the log is long, not every store is worth a cut; every sync and every mark is. */
static int is_cut(const event *e, uint64_t stores, uint64_t most, dice *any) {
  return e->kind != STORED || stores * LEAST_A_CUT <= most ||
         roll(any, stores * LEAST_A_CUT) < most;
}

outcome replay(const trace *log, uint64_t most, dice any) {
  outcome ret = {0};
  uint64_t stores = 0;
  for (size_t i = 0; i < log->count; i++)
    stores += log->events[i].kind == STORED;
  uint64_t each = most / (log->count + 1) > LEAST_A_CUT ? most / (log->count + 1) : LEAST_A_CUT;
  medium d = new_medium(log);
  seen all = new_seen(most + each * (log->count - stores + 1) + LEAST_A_CUT);
  int good = explore(&d, each, &all, &any, &ret);
  for (size_t i = 0; good && i < log->count; i++) {
    happen(&d, &log->events[i], i + 1);
    if (!is_cut(&log->events[i], stores, most, &any))
      continue;
    good = explore(&d, each, &all, &any, &ret);
    if (!good)
      snprintf(ret.failure + strlen(ret.failure), sizeof ret.failure - strlen(ret.failure),
               ", power cut after event %zu of %zu", i + 1, log->count);
  }
  free(all.hashes);
  free_medium(&d);
  return ret;
}

unsigned char *final_bytes(const trace *log, uint64_t *ret_size) {
  medium d = new_medium(log);
  for (size_t i = 0; i < log->count; i++)
    if (log->events[i].kind != ANNOUNCED && log->events[i].kind != ACKNOWLEDGED)
      happen(&d, &log->events[i], i + 1);
  choose_all(&d, 1);
  unsigned char *bytes = malloc(d.sectors * SECTOR + 1);
  must(bytes != NULL);
  for (size_t i = 0; i < d.sectors; i++)
    memcpy(bytes + i * SECTOR, version(&d.parts[i], d.parts[i].chosen), SECTOR);
  *ret_size = number_in(length_of(&d), length_of(&d)->chosen);
  free_medium(&d);
  return bytes;
}
