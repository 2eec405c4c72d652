/* Making a key: its options are checked, and lines of the file show how keys are written in it.
 *
 * Lines are looked at in a few places all over the file, in the order of the file; if none of them has a key, in more places and
 * more of them. What they show is taken for all: which format times have (the first of the list that at least half as
 * many lines have as have the commonest), and which lines have them. A date in the text of a stack trace is no key: where nearly all
 * stamps begin their lines, only such are; where less do, but stamps are in order only without the others, likewise. */
#include "failure.h"
#include "key.h"
#include "key_time.h"
#include "map_state.h"
#include "os.h"
#include "sparing_lines.h"

#include <string.h>

static const char operation[] = "tome_key_new";

/* ---- options ---- */

static int refuse(const char *detail, uint64_t where) {
  return tome__fail(
      NULL,
      (failure){.operation = operation, .code = TOME_EINVAL, .detail = detail, .offset = where});
}

static int check_time_options(const tome_key_options *o) {
  const int32_t day = 24 * 3600;
  size_t where;
  if (o->zone != TOME_ZONE_LOCAL && (o->zone <= -day || o->zone >= day))
    return refuse("a zone is less than a day away from UTC", 0);
  if (o->slack < 0)
    return refuse("the slack cannot be negative", 0);
  const char *wrong = o->format ? tome__check_format(o->format, &where) : NULL;
  return wrong ? refuse(wrong, where) : 0;
}

static int check_slack_number(const char *text, billionths *ret) {
  decimal number;
  size_t length = strlen(text);
  if (tome__decimal_read((const unsigned char *)text, length, &number) != length || length == 0)
    return refuse("the slack is not a number", 0);
  if (number.sign < 0)
    return refuse("the slack cannot be negative", 0);
  *ret = tome__decimal_billionths(&number);
  return 0;
}

static int check_options(const tome_key_options *o) {
  if (o->struct_size != sizeof *o)
    return refuse("set struct_size to sizeof(tome_key_options)", 0);
  if (o->kind > TOME_KEY_TEXT)
    return refuse("unknown kind of key", 0);
  if (o->kind != TOME_KEY_TIME && (o->format || o->slack))
    return refuse("a format, and a slack in nanoseconds, are for times", 0);
  if (o->kind != TOME_KEY_NUMBER && o->number_slack)
    return refuse("a number as slack is for numbers", 0);
  if (o->separator && !*o->separator)
    return refuse("the separator is empty", 0);
  if (o->kind == TOME_KEY_TIME && o->separator && !o->column)
    return refuse("which column? a separator alone does not say", 0);
  return o->kind == TOME_KEY_TIME ? check_time_options(o) : 0;
}

static char *copy_of(const char *text) {
  size_t length = strlen(text) + 1;
  char *copy = tome__os_new(length, 1);
  return copy ? memcpy(copy, text, length) : NULL;
}

static int take_options(tome_key *key, const tome_key_options *o) {
  key->kind = o->kind;
  key->column = o->column;
  key->recognised = -1;
  key->slack = o->slack;
  key->rule = (time_rule){o->zone, o->reference};
  key->reach = o->kind == TOME_KEY_TIME && !o->column ? STAMP_BEGINS + STAMP_LENGTH : LINE_HEAD;
  if (o->separator) {
    key->separator = (unsigned char *)copy_of(o->separator);
    key->separator_length = strlen(o->separator);
  }
  if (o->format)
    key->given = copy_of(o->format);
  if ((o->separator && !key->separator) || (o->format && !key->given))
    return tome__fail(NULL, (failure){.operation = operation, .code = TOME_ENOMEM});
  return o->number_slack ? check_slack_number(o->number_slack, &key->number_slack) : 0;
}

/* ---- what the lines show ---- */

/* How much of the file is looked at: so many places, of so many bytes. */
typedef struct sampling {
  uint64_t places, length;
} sampling;

/* Lines that have a stamp, with nothing but signs before it, and without a blank at the line's beginning. */
typedef struct seen {
  uint64_t lines, anchored, flush;
} seen;

typedef struct lesson {
  tome_key *key;
  sparing_lines lines;
  zone_memory memory;
  seen formats[TIME_FORMATS]; /* the user's own counts as the first */
  uint64_t keys;
  kept_key last; /* while the order is looked at */
  int is_second_look;
} lesson;

static void count_formats(lesson *l, const unsigned char *line, size_t length) {
  int count = l->key->given ? 1 : TIME_FORMATS;
  for (int i = 0; i < count; i++) {
    found_stamp found;
    if (!tome__key_find_stamp(l->key, i, &l->memory, line, length, &found))
      continue;
    l->formats[i].lines++;
    l->formats[i].anchored += found.anchored != 0;
    l->formats[i].flush += found.indented == 0;
    l->keys++;
  }
}

static int check_order(lesson *l, uint64_t at, size_t length, const tome_key_value *value) {
  l->keys++;
  if (l->last.is_set && tome__key_is_below(l->key, value, &l->last.value))
    return tome__map_fail(l->lines.map, operation, TOME_EORDER, 0, at, length);
  if (l->last.is_set && tome_key_compare(l->key, value, &l->last.value) <= 0)
    return 0;
  return tome__key_keep(&l->last, l->key, value) < 0
             ? tome__map_fail(l->lines.map, operation, TOME_ENOMEM, 0, 0, 0)
             : 0;
}

static int look_at_line(lesson *l, uint64_t at) {
  const unsigned char *line;
  size_t length;
  tome_key_value value;
  int r = tome__lines_head(&l->lines, at, l->key->reach, &line, &length);
  if (r < 0)
    return r;
  if (l->key->kind == TOME_KEY_TIME && !l->is_second_look)
    count_formats(l, line, length);
  else if (tome__key_of(l->key, &l->memory, line, length, &value))
    return check_order(l, at, length, &value);
  return 0;
}

/* Lines that begin in [from, to), which need not be the beginning of one. */
static int look_at_place(lesson *l, uint64_t from, uint64_t to) {
  uint64_t at = from;
  int r = from > 0 ? tome__lines_next(&l->lines, from - 1, to, &at) : 0;
  while (r == 0 && at < to && at < l->lines.size) {
    r = look_at_line(l, at);
    if (r == 0)
      r = tome__lines_next(&l->lines, at, to, &at);
  }
  return r;
}

/* Evenly over the file, or all of it. Just behind the first byte of a page what shows where a line begins lies in it, too. */
static int look_around(lesson *l, const sampling *look) {
  uint64_t size = l->lines.size, apart = size / look->places;
  int r = 0;
  if (apart <= look->length)
    return look_at_place(l, 0, size);
  for (uint64_t i = 0; r == 0 && i < look->places; i++) {
    uint64_t from = i * apart - i * apart % 4096;
    r = look_at_place(l, from + (i > 0), from + look->length);
  }
  return r;
}

/* Stamps in indented lines count only where there are no others. */
static uint64_t votes(const lesson *l, int format, int flush_only) {
  return flush_only ? l->formats[format].flush : l->formats[format].lines;
}

static void choose_format(lesson *l) {
  uint64_t most = 0;
  int chosen = 0, flush_only = 0;
  for (int i = 0; i < TIME_FORMATS; i++)
    flush_only |= l->formats[i].flush > 0;
  for (int i = 0; i < TIME_FORMATS; i++)
    most = votes(l, i, flush_only) > most ? votes(l, i, flush_only) : most;
  while (votes(l, chosen, flush_only) * 2 < most)
    chosen++;
  l->key->recognised = chosen;
}

/* Which lines have a key, from the loosest rule to the strictest. */
enum { ANYWHERE, NOT_INDENTED, ANCHORED };

static uint64_t lines_under(const seen *s, int rule) {
  return rule == ANCHORED ? s->anchored : rule == NOT_INDENTED ? s->flush : s->lines;
}

/* Nearly all lines with stamps obey a rule, and the rest is text; or some do, and with the rest there is no order. */
static int strictest_that_holds(const seen *s) {
  for (int rule = ANCHORED; rule > ANYWHERE; rule--)
    if (lines_under(s, rule) * 16 >= s->lines * 15)
      return rule;
  return ANYWHERE;
}

static int is_common_enough(const seen *s, int rule) {
  return lines_under(s, rule) * 32 >= s->lines;
}

static int look_again(lesson *l, const sampling *look) {
  const seen *s = &l->formats[l->key->recognised];
  int rule = l->key->column ? ANYWHERE : strictest_that_holds(s), r;
  l->is_second_look = 1;
  do {
    l->key->not_indented = rule >= NOT_INDENTED;
    l->key->anchored = rule >= ANCHORED;
    l->last.is_set = 0;
    r = look_around(l, look);
    rule++;
  } while (r == TOME_EORDER && !l->key->column && rule <= ANCHORED && is_common_enough(s, rule));
  return r;
}

/* More and more of the file, until there are keys. */
static int learn(lesson *l) {
  static const sampling looks[] = {{16, 4096}, {16, 65536}, {256, 65536}};
  int r = 0;
  for (size_t i = 0; r == 0 && i < sizeof looks / sizeof looks[0]; i++) {
    r = look_around(l, &looks[i]);
    if (r < 0 || l->keys == 0)
      continue;
    if (l->key->kind != TOME_KEY_TIME)
      return 0;
    choose_format(l);
    return look_again(l, &looks[i]);
  }
  if (r < 0 || l->lines.size == 0)
    return r;
  return tome__map_fail(l->lines.map, operation, TOME_ENOKEY, 0, 0, 0);
}

static int learn_from(tome_key *key, tome *map) {
  lesson l = {.key = key};
  if (key->kind == TOME_KEY_TIME && key->rule.reference == TOME_TIME_UNKNOWN) {
    int r = tome__os_written(&map->file, &key->rule.reference);
    if (r < 0)
      return tome__map_fail(map, operation, r, tome__os_last_error(), 0, 0);
  }
  int r = tome__lines_begin(&l.lines, map, operation);
  if (r == 0)
    r = learn(&l);
  tome__lines_end(&l.lines);
  tome__key_drop(&l.last);
  return r;
}

/* ---- the calls ---- */

int tome_key_new(tome_key **ret, tome *map, const tome_key_options *options) {
  const tome_key_options chosen = TOME_KEY_OPTIONS_INIT;
  int r = check_options(options ? options : &chosen);
  if (r < 0)
    return r;
  tome_key *key = tome__os_new(1, sizeof *key);
  if (!key)
    return tome__fail(NULL, (failure){.operation = operation, .code = TOME_ENOMEM});
  r = take_options(key, options ? options : &chosen);
  if (r == 0)
    r = learn_from(key, map);
  if (r < 0)
    tome_key_free(key);
  else
    *ret = key;
  return r;
}

void tome_key_free(tome_key *key) {
  if (!key)
    return;
  tome__os_free(key->separator);
  tome__os_free(key->given);
  tome__os_free(key);
}

const char *tome_key_format(const tome_key *key) {
  if (key->kind != TOME_KEY_TIME)
    return key->kind == TOME_KEY_NUMBER ? "number" : "text";
  if (key->given)
    return key->given;
  return key->recognised < 0 ? "" : tome__time_formats[key->recognised].name;
}
