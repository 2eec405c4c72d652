/* Sorted files that are made up, what is in them, and the answers that looking at every record gives. */
#ifndef SORTED_MODEL_H
#define SORTED_MODEL_H

#include "test_support.h"

/* What a record is, beside the file: here keys are small numbers, whatever they look like in the file. */
typedef struct entry {
  int64_t key;
  uint64_t offset, end;
} entry;

typedef struct sorted {
  char *text;
  size_t length, room;
  entry *entries;
  size_t count;
} sorted;

enum { MOST_ENTRIES = 4000 };

/** Add a line; and a record, with up to `longest` lines of a trace behind some. */
void put_line(sorted *s, const char *text);
void put_record(sorted *s, dice *any, uint32_t kind, int64_t key, size_t longest);

/** `slack`: a record may be smaller by up to that than one before it. */
sorted make_sorted(dice *any, uint32_t kind, size_t count, uint64_t gap, uint64_t slack,
                   size_t longest);
void free_sorted(sorted *s);

tome_key_options options_of(uint32_t kind);
/** The key of such files, learned from the map. */
tome_key *new_key(tome *map, uint32_t kind, uint64_t slack);
/** A key as a bound; `written` holds its text. */
tome_key_value value_of(uint32_t kind, int64_t key, char *written, size_t room);

/** On a key of the file, or just before or behind one. */
int64_t some_bound(dice *any, const sorted *s);

typedef struct collected {
  char *text;
  size_t length;
  uint64_t next; /* where the next chunk may begin */
  int calls, stop_after;
} collected;

/** For tome_between(): `context` is a collected with room for the whole file. */
int collect(void *context, uint64_t offset, const void *data, size_t length);

/** Returns what tome_between() does, having checked the answer if there is one. */
int try_between(tome *map, const tome_key *key, uint32_t kind, const sorted *s, int64_t from,
                int64_t to);

#endif
