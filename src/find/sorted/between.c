/* Walking over the records between two keys.
 *
 * Both borders are found by bisection; then what lies between them is read in order, in pieces that grow from a few pages to a MiB, each
 * asked for while the one before is looked at, and never anything behind the second border. Records are handed on as they lie there,
 * as many at once as a piece holds. Pieces that were not in memory before are let go behind the walk, but the first
 * ones: a short span stays for the next time. */
#include "bisection.h"
#include "finder.h"
#include "map_state.h"
#include "os.h"

#include <string.h>
#include <tome/error.h>

#define FIRST_PIECE ((size_t)16 << 10)
#define LARGEST_PIECE ((size_t)1 << 20)
#define STAYS UINT64_C(0x80000) /* half a MiB of a span may stay in memory */

#define PAGE_BYTES 4096

static const char operation[] = "tome_between";

/* Invariant: bytes [start, start + have) of the map are in `buffer`; up to `at` they have been judged, and from `wanted` on
 * those before `at` are to be handed on if `inside`. */
typedef struct walk {
  tome *map;
  const tome_key *key;
  const tome_between_options *options;
  zone_memory memory;
  uint64_t begin, end; /* the outer borders */
  unsigned char *buffer;
  uint64_t start;
  size_t have, at, wanted, piece;
  int inside;      /* the record at `at` is one of those wanted */
  int in_line;     /* `at` is in the middle of a line */
  int done;        /* nobody wants more */
  int next_is_new; /* the next piece comes into memory for this walk alone */
  kept_key most;   /* the largest key so far */
  tome_between_result span;
} walk;

/* ---- reading ---- */

static uint64_t read_up_to(const walk *w) {
  return w->start + w->have;
}

/* Of the next piece, which ends with a page or with the span. */
static size_t next_length(const walk *w) {
  uint64_t from = read_up_to(w), left = w->end - from;
  size_t length = w->piece - (size_t)(from % PAGE_BYTES);
  return left < length ? (size_t)left : length;
}

/* Ask for the next piece, but first whether most of it is new in memory then. */
static void expect_next(walk *w) {
  uint64_t from = w->map->origin + read_up_to(w);
  size_t length = next_length(w);
  w->next_is_new = 0;
  if (length == 0 || w->map->access & OS_PRIVATE)
    return;
  w->next_is_new = tome__os_in_memory(&w->map->file, from, length) < length / 2;
  tome__os_read_ahead(&w->map->file, from, length);
}

static int read_piece(walk *w, size_t length, tome_range *ret_lost) {
  size_t done;
  memmove(w->buffer, w->buffer + w->at, w->have - w->at);
  w->start += w->at;
  w->have -= w->at;
  w->at = w->wanted = 0;
  int r = tome__read_sparingly(w->map, read_up_to(w), w->buffer + w->have, length, &done, ret_lost);
  w->have += done;
  return r;
}

static void let_go(const walk *w, uint64_t offset, size_t length) {
  if (offset + length - w->begin > STAYS)
    tome__os_evict(&w->map->file, w->map->origin + offset, length);
}

/* ---- judging ---- */

static int hand_on(walk *w) {
  size_t length = w->at - w->wanted;
  uint64_t offset = w->start + w->wanted;
  if (w->inside && length > 0) {
    w->span.end = offset + length;
    w->span.bytes += length;
    if (w->options->found &&
        w->options->found(w->options->context, offset, w->buffer + w->wanted, length))
      w->done = 1;
  }
  w->wanted = w->at;
  return w->done;
}

static int out_of_order(const walk *w, size_t length) {
  return tome__map_fail(w->map, operation, TOME_EORDER, 0, w->start + w->at, length);
}

/* With slack there are others between the borders. */
static int is_inside(const walk *w, const tome_key_value *value) {
  const tome_between_options *o = w->options;
  return (!o->from || tome_key_compare(w->key, value, o->from) >= 0) &&
         (!o->to || tome_key_compare(w->key, value, o->to) <= 0);
}

/* A record begins at w->at. */
static int judge(walk *w, const tome_key_value *value, size_t length) {
  int inside = is_inside(w, value);
  if (w->most.is_set && tome__key_is_below(w->key, value, &w->most.value)) {
    hand_on(w);
    return out_of_order(w, length);
  }
  if ((!w->most.is_set || tome_key_compare(w->key, value, &w->most.value) > 0) &&
      tome__key_keep(&w->most, w->key, value) < 0)
    return tome__map_fail(w->map, operation, TOME_ENOMEM, 0, 0, 0);
  if (inside != w->inside && hand_on(w))
    return 0;
  if (inside && w->span.records == 0)
    w->span.offset = w->start + w->at;
  w->inside = inside;
  w->span.records += inside != 0;
  return 0;
}

/* One line, or as much of it as there is. Returns 0 if more bytes are needed to tell. */
static int take_line(walk *w, int *ret_failed) {
  const unsigned char *line = w->buffer + w->at;
  size_t there = w->have - w->at;
  const unsigned char *end = tome__first_byte(line, there, '\n');
  size_t length = end ? (size_t)(end - line) : there;
  int is_all = end || read_up_to(w) == w->end;
  tome_key_value value;
  if (!w->in_line) {
    if (!is_all && there < w->key->reach)
      return 0;
    size_t head = tome__without_return(line, length < w->key->reach ? length : w->key->reach);
    if (tome__key_of(w->key, &w->memory, line, head, &value))
      *ret_failed = judge(w, &value, head);
    if (*ret_failed < 0 || w->done)
      return 1;
    w->span.lines += w->inside != 0;
  }
  w->at += length + (end != NULL);
  w->in_line = !is_all;
  return 1;
}

static int take_lines(walk *w) {
  int failed = 0;
  while (failed == 0 && !w->done && w->at < w->have && take_line(w, &failed))
    ;
  return failed;
}

static int report(walk *w) {
  const tome_between_options *o = w->options;
  if (!o->progress || o->progress(o->context, w->start + w->at - w->begin, w->end - w->begin) == 0)
    return 0;
  return tome__map_fail(w->map, operation, TOME_ECANCELED, 0, 0, 0);
}

/* What was read before a failure is handed on before that is recorded, as others may fail then. */
static int walk_piece(walk *w) {
  uint64_t from = read_up_to(w);
  size_t length = next_length(w);
  int is_new = w->next_is_new;
  tome_range lost;
  int failed = read_piece(w, length, &lost), system = tome__os_last_error();
  if (w->piece < LARGEST_PIECE)
    w->piece *= 2;
  if (failed == 0)
    expect_next(w);
  int r = take_lines(w);
  if (r == 0)
    hand_on(w);
  if (is_new)
    let_go(w, from, length);
  if (r == 0 && failed < 0) {
    tome__os_set_error(system);
    return tome__fail_at(w->map, operation, failed, lost);
  }
  return r < 0 ? r : report(w);
}

static int walk_pieces(walk *w) {
  int r = 0;
  expect_next(w);
  while (r == 0 && !w->done && read_up_to(w) < w->end)
    r = walk_piece(w);
  return r;
}

/* ---- the call ---- */

static int find_borders(walk *w) {
  const tome_between_options *o = w->options;
  bisection b;
  keyed_line first;
  int r = tome__bisection_begin(&b, w->map, w->key, operation);
  w->begin = w->end = b.lines.size;
  if (r == 0 && o->from)
    r = tome__bisect(&b, o->from, 0, &w->begin);
  else if (r == 0 && (r = tome__next_record(&b, 0, TOME_END, &first)) == 1)
    w->begin = first.offset;
  if (r >= 0 && o->to)
    r = tome__bisect(&b, o->to, 1, &w->end);
  tome__bisection_end(&b);
  if (r >= 0 && w->begin > w->end)
    return tome__map_fail(w->map, operation, TOME_EORDER, 0, w->end, w->begin - w->end);
  return r < 0 ? r : 0;
}

static int walk_span(walk *w) {
  int r = find_borders(w);
  if (r < 0 || w->begin == w->end)
    return r;
  w->start = w->begin;
  w->buffer = tome__os_new(LINE_HEAD + LARGEST_PIECE, 1);
  r = w->buffer ? walk_pieces(w) : tome__map_fail(w->map, operation, TOME_ENOMEM, 0, 0, 0);
  tome__os_free(w->buffer);
  tome__key_drop(&w->most);
  return r;
}

static int check_options(const tome *map, const tome_key *key, const tome_between_options *o) {
  if (o->struct_size == sizeof *o && (!o->from || tome__key_is_good(key, o->from)) &&
      (!o->to || tome__key_is_good(key, o->to)))
    return 0;
  return tome__map_fail(map, operation, TOME_EINVAL, 0, 0, 0);
}

int tome_between(tome *map, const tome_key *key, const tome_between_options *options,
                 tome_between_result *ret_result) {
  const tome_between_options all = TOME_BETWEEN_INIT;
  walk w = {.map = map, .key = key, .options = options ? options : &all, .piece = FIRST_PIECE};
  int r = check_options(map, key, w.options);
  int reversed = r == 0 && w.options->from && w.options->to &&
                 tome_key_compare(key, w.options->from, w.options->to) > 0;
  if (r == 0 && !reversed)
    r = walk_span(&w);
  if (ret_result)
    *ret_result = w.span;
  return r < 0 ? r : w.span.records > 0;
}
