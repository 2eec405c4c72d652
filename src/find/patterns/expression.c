/* Reading a regular expression; see expression.h.
 *
 * A reader goes through the text and writes it anew. What is not known sets `unknown`, and then only the end is near. What was
 * understood of a part of the expression, its `meaning`, is put together from those of its own parts: of a sequence, each part
 * has its sets; of alternatives, the best sets are united. */
#include "expression.h"
#include "expression_class.h"
#include "os.h"

#include <string.h>
#include <tome/error.h>

enum { DEEPEST = 100, LONGEST_REPLACEMENT = 16 };

typedef struct reader {
  expression *e;
  const unsigned char *at, *end; /* what is left to read */
  int in_lines;
  int unknown;
  int depth;
  int alternatives;        /* there was a group of them */
  uint32_t bytes, strings; /* used in the expression's */
} reader;

/* What is known of a part. */
typedef struct meaning {
  size_t set_count;
  string_set sets[MOST_SETS];
  int exact; /* sets[0] is all it matches */
} meaning;

/* A sequence, as far as it was read. */
typedef struct sequence {
  meaning known;
  size_t parts;
  uint32_t run; /* where the bytes began that are the last part so far */
  int in_run;
} sequence;

typedef enum quantity { ONCE, SOMETIMES, AT_LEAST_ONCE } quantity;

static meaning read_alternatives(reader *in);

/* ---- reading and writing ---- */

static int more(const reader *in) {
  return in->at < in->end && !in->unknown;
}

static int next_is(const reader *in, const char *text) {
  size_t length = strlen(text);
  return (size_t)(in->end - in->at) >= length && memcmp(in->at, text, length) == 0;
}

static void write_bytes(reader *in, const void *bytes, size_t length) {
  memcpy(in->e->text + in->e->length, bytes, length);
  in->e->length += length;
}

static void write_text(reader *in, const char *text) {
  write_bytes(in, text, strlen(text));
}

/* Read so many bytes and write them as they are. */
static void pass(reader *in, size_t length) {
  write_bytes(in, in->at, length);
  in->at += length;
}

/* ---- sets ---- */

static int is_better(const string_set *a, const string_set *b) {
  return a->shortest != b->shortest ? a->shortest > b->shortest : a->count < b->count;
}

static void add_set(meaning *to, string_set set) {
  size_t place = to->set_count < MOST_SETS ? to->set_count++ : MOST_SETS;
  for (; place > 0 && is_better(&set, &to->sets[place - 1]); place--)
    if (place < MOST_SETS)
      to->sets[place] = to->sets[place - 1];
  if (place < MOST_SETS)
    to->sets[place] = set;
}

static void unite(reader *in, string_set *set, const string_set *other) {
  in->e->strings[set->last].next = other->first;
  set->last = other->last;
  set->count += other->count;
  if (other->shortest < set->shortest)
    set->shortest = other->shortest;
}

static string_set new_set(reader *in, uint32_t begin, uint32_t length) {
  uint32_t number = in->strings++;
  in->e->strings[number] = (set_string){begin, length, NO_STRING};
  return (string_set){number, number, 1, length};
}

/* ---- sequences ---- */

/* The bytes of a sequence that follow each other are a string that it must hold. */
static void end_run(reader *in, sequence *s) {
  if (!s->in_run)
    return;
  s->in_run = 0;
  if (in->bytes == s->run)
    return;
  s->parts++;
  add_set(&s->known, new_set(in, s->run, in->bytes - s->run));
  s->known.exact = s->parts == 1;
}

/* A part of which nothing needs to be there. */
static void add_unknown(reader *in, sequence *s) {
  end_run(in, s);
  s->parts++;
  s->known.exact = 0;
}

static void add_group(reader *in, sequence *s, const meaning *group, quantity how_often) {
  end_run(in, s);
  s->parts++;
  s->known.exact = s->parts == 1 && group->exact && how_often == ONCE;
  if (how_often != SOMETIMES)
    for (size_t i = 0; i < group->set_count; i++)
      add_set(&s->known, group->sets[i]);
}

static void add_byte(reader *in, sequence *s, unsigned char byte, quantity how_often) {
  if (!s->in_run)
    s->run = in->bytes;
  s->in_run = 1;
  if (how_often != SOMETIMES)
    in->e->bytes[in->bytes++] = byte;
  if (how_often == ONCE)
    return;
  end_run(in, s);
  s->parts += how_often == SOMETIMES;
  s->known.exact = 0;
}

/* ---- quantifiers ---- */

static int is_digit(unsigned char byte) {
  return byte >= '0' && byte <= '9';
}

/* {2}, {2,} and {2,5}: how long it is; 0: it stands for itself. What versions of PCRE2 read differently is not known. */
static size_t braces(reader *in) {
  const unsigned char *at = in->at + 1;
  while (at < in->end && is_digit(*at))
    at++;
  int numbered = at > in->at + 1;
  if (!numbered) {
    in->unknown |= at < in->end && (*at == ',' || *at == ' ' || *at == '\t');
    return 0;
  }
  if (at < in->end && *at == ',')
    at++;
  while (at < in->end && is_digit(*at))
    at++;
  if (at < in->end && *at == '}')
    return (size_t)(at + 1 - in->at);
  in->unknown = 1;
  return 0;
}

static int begins_with_zero(const reader *in) {
  const unsigned char *at = in->at + 1;
  while (at < in->end && *at == '0')
    at++;
  return at < in->end && !is_digit(*at);
}

static quantity read_quantifier(reader *in) {
  quantity how_often = ONCE;
  size_t length = 1;
  if (!more(in))
    return ONCE;
  if (*in->at == '*' || *in->at == '?')
    how_often = SOMETIMES;
  else if (*in->at == '+')
    how_often = AT_LEAST_ONCE;
  else if (*in->at != '{' || (length = braces(in)) == 0)
    return ONCE;
  else
    how_often = begins_with_zero(in) ? SOMETIMES : AT_LEAST_ONCE;
  in->e->varied |= in->alternatives;
  pass(in, length);
  if (more(in) && (*in->at == '?' || *in->at == '+'))
    pass(in, 1);
  return how_often;
}

/* ---- single bytes and escapes ---- */

/* A byte that stands for itself was written; the end of a line is one that never matches. */
static void read_after_byte(reader *in, sequence *s, unsigned char byte) {
  if (byte == '\n' && in->in_lines) {
    read_quantifier(in);
    add_unknown(in, s);
    return;
  }
  add_byte(in, s, byte, read_quantifier(in));
}

static void read_byte(reader *in, sequence *s, unsigned char byte, size_t length) {
  if (byte == '\n' && in->in_lines) {
    in->at += length;
    write_text(in, "[^\\x00-\\xff]");
  } else {
    pass(in, length);
  }
  read_after_byte(in, s, byte);
}

/* What matches nothing but a place needs nothing to be there, and does not part the bytes around it. */
static void read_place(reader *in, sequence *s, size_t length) {
  pass(in, length);
  read_quantifier(in);
  s->parts++;
  s->known.exact = 0;
}

static void read_any(reader *in, sequence *s, size_t length, const char *instead) {
  if (instead) {
    in->at += length;
    write_text(in, instead);
  } else {
    pass(in, length);
  }
  read_quantifier(in);
  add_unknown(in, s);
}

/* \1 to \9: what was matched before, so no end of a line either. */
static void read_reference(reader *in, sequence *s) {
  in->unknown |= in->at[1] == '0' || (in->end - in->at > 2 && is_digit(in->at[2]));
  if (!in->unknown)
    read_any(in, s, 2, NULL);
}

/* PCRE2 takes \S and \h, and \S and \v, for sets that have nothing in common; but A0 and 85 are in both. As classes it looks
 * at their bytes. */
static const struct letter {
  unsigned char letter;
  const char *in_lines, *anywhere; /* how it is written; NULL: as it is */
} letters[] = {{'d', NULL, NULL},
               {'w', NULL, NULL},
               {'S', NULL, NULL},
               {'s', "[^\\S\\n]", NULL},
               {'D', "[^\\d\\n]", NULL},
               {'W', "[^\\w\\n]", NULL},
               {'h', "[\\h\\t]", "[\\h\\t]"},
               {'H', "[^\\h\\n]", "[^\\h\\t]"},
               {'v', "[^\\V\\n]", "[\\v\\n]"},
               {'V', "[^\\v\\n]", "[^\\v\\n]"}};

static void read_letter(reader *in, sequence *s, unsigned char letter) {
  for (size_t i = 0; i < sizeof letters / sizeof *letters; i++)
    if (letters[i].letter == letter) {
      read_any(in, s, 2, in->in_lines ? letters[i].in_lines : letters[i].anywhere);
      return;
    }
  in->unknown = 1;
}

static void read_escape(reader *in, sequence *s) {
  unsigned char byte = 0;
  size_t length = tome__escaped_byte(in->at, in->end, &byte);
  if (length > 0) {
    read_byte(in, s, byte, length);
    return;
  }
  unsigned char letter = in->end - in->at > 1 ? in->at[1] : 0;
  int named = in->end - in->at > 2 && in->at[2] == '{';
  if (is_digit(letter))
    read_reference(in, s);
  else if (letter == 'b' || letter == 'B' || letter == 'K')
    read_place(in, s, 2);
  else if (letter == 'N' && !named)
    read_any(in, s, 2, NULL);
  else
    read_letter(in, s, letter);
}

static void read_class(reader *in, sequence *s) {
  expression_class class;
  size_t length = tome__class_read(in->at, in->end, &class);
  in->unknown |= length == 0;
  if (in->unknown)
    return;
  int changed = in->in_lines && class.has_newline;
  if (changed && class.negated) {
    /* Behind the newline a bracket would be the end, and a hyphen a range. */
    int is_special = in->at[2] == ']' || in->at[2] == '-';
    write_text(in, is_special ? "[^\\n\\" : "[^\\n");
    in->at += 2;
    pass(in, length - 2);
  } else {
    write_text(in, changed ? "(?:(?!\\n)" : "");
    pass(in, length);
    write_text(in, changed ? ")" : "");
  }
  read_quantifier(in);
  add_unknown(in, s);
}

/* ---- groups ---- */

typedef struct opening {
  const char *text;
  int captures, looks; /* it only looks around: what is in it need not be in the match */
} opening;

static const opening *read_opening(reader *in) {
  static const opening openings[] = {{"(?:", 0, 0}, {"(?>", 0, 0},  {"(?|", 0, 0}, {"(?=", 0, 1},
                                     {"(?!", 0, 1}, {"(?<=", 0, 1}, {"(?<!", 0, 1}};
  static const opening plain = {"(", 1, 0};
  /* What never matches by intent confuses PCRE2's other matcher about whether more bytes are needed. */
  if (next_is(in, "(?!)"))
    return NULL;
  for (size_t i = 0; i < sizeof openings / sizeof *openings; i++)
    if (next_is(in, openings[i].text))
      return &openings[i];
  return next_is(in, "(?") || next_is(in, "(*") ? NULL : &plain;
}

/* NOLINTNEXTLINE(misc-no-recursion): no deeper than DEEPEST */
static void read_group(reader *in, sequence *s) {
  const opening *how = read_opening(in);
  if (!how || in->depth == DEEPEST) {
    in->unknown = 1;
    return;
  }
  in->e->groups |= how->captures;
  end_run(in, s);
  in->depth++;
  pass(in, strlen(how->text));
  meaning inside = read_alternatives(in);
  in->depth--;
  in->unknown |= !more(in) || *in->at != ')';
  if (in->unknown)
    return;
  pass(in, 1);
  quantity how_often = read_quantifier(in);
  if (how->looks)
    add_unknown(in, s);
  else
    add_group(in, s, &inside, how_often);
}

/* ---- the whole ---- */

/* NOLINTNEXTLINE(misc-no-recursion): no deeper than DEEPEST */
static void read_part(reader *in, sequence *s) {
  switch (*in->at) {
  case '\\':
    read_escape(in, s);
    break;
  case '[':
    read_class(in, s);
    break;
  case '(':
    read_group(in, s);
    break;
  case '.':
    read_any(in, s, 1, NULL);
    break;
  case '^':
  case '$':
    read_place(in, s, 1);
    break;
  case '*':
  case '+':
  case '?':
    in->unknown = 1;
    break;
  case '{':
    in->unknown |= braces(in) != 0;
    if (in->unknown)
      break;
    read_byte(in, s, '{', 1);
    break;
  default:
    read_byte(in, s, *in->at, 1);
  }
}

/* NOLINTNEXTLINE(misc-no-recursion): no deeper than DEEPEST */
static meaning read_sequence(reader *in) {
  sequence s = {0};
  while (more(in) && *in->at != '|' && *in->at != ')')
    read_part(in, &s);
  end_run(in, &s);
  return s.known;
}

/* One of the alternatives is there: so is one of the strings of all their best sets. */
/* NOLINTNEXTLINE(misc-no-recursion): no deeper than DEEPEST */
static meaning read_alternatives(reader *in) {
  meaning all = read_sequence(in);
  while (more(in) && *in->at == '|') {
    pass(in, 1);
    in->alternatives |= in->depth > 0;
    meaning other = read_sequence(in);
    all.exact &= other.exact;
    all.set_count = all.set_count > 0 && other.set_count > 0;
    if (all.set_count > 0)
      unite(in, &all.sets[0], &other.sets[0]);
  }
  return all;
}

static int get_memory(expression *e, size_t length) {
  e->text = tome__os_new(length + 1, LONGEST_REPLACEMENT);
  e->bytes = tome__os_new(length + 1, 1);
  e->strings = tome__os_new(length + 1, sizeof *e->strings);
  return e->text && e->bytes && e->strings ? 0 : TOME_ENOMEM;
}

int tome__expression_begin(expression *e, const unsigned char *text, size_t length, int in_lines) {
  *e = (expression){0};
  if (get_memory(e, length) != 0) {
    tome__expression_end(e);
    return TOME_ENOMEM;
  }
  reader in = {.e = e, .at = text, .end = text + length, .in_lines = in_lines};
  meaning all = read_alternatives(&in);
  e->known = !in.unknown && in.at == in.end;
  e->exact = e->known && all.exact;
  e->set_count = e->known ? all.set_count : 0;
  memcpy(e->sets, all.sets, sizeof e->sets);
  return 0;
}

void tome__expression_end(expression *e) {
  tome__os_free(e->text);
  tome__os_free(e->bytes);
  tome__os_free(e->strings);
  *e = (expression){0};
}

void tome__expression_needles(const expression *e, const string_set *set, tome_needle *needles) {
  for (uint32_t at = set->first; at != NO_STRING; at = e->strings[at].next)
    *needles++ = (tome_needle){e->bytes + e->strings[at].begin, e->strings[at].length};
}
