/* The text is walked token by token; each is copied or replaced. No token becomes longer than GROWTH times its length. */
#include "ere_syntax.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define GROWTH 5

struct walk {
  const char *at, *end;
  char *out;
};

static int begins(const struct walk *w, const char *word) {
  size_t length = strlen(word);
  return (size_t)(w->end - w->at) >= length && memcmp(w->at, word, length) == 0;
}

static void put(struct walk *w, const char *bytes, size_t length) {
  memcpy(w->out, bytes, length);
  w->out += length;
}

static void copy(struct walk *w, size_t length) {
  put(w, w->at, length);
  w->at += length;
}

static void replace(struct walk *w, size_t length, const char *by) {
  put(w, by, strlen(by));
  w->at += length;
}

/* \Q...\E: nothing in it is special. */
static void copy_quoted(struct walk *w) {
  copy(w, 2);
  while (w->at < w->end && !begins(w, "\\E"))
    copy(w, 1);
}

static void translate_escape(struct walk *w) {
  if (begins(w, "\\<"))
    replace(w, 2, "\\b(?=\\w)");
  else if (begins(w, "\\>"))
    replace(w, 2, "\\b(?<=\\w)");
  else if (begins(w, "\\`"))
    replace(w, 2, "^");
  else if (begins(w, "\\'"))
    replace(w, 2, "$");
  else if (begins(w, "\\Q"))
    copy_quoted(w);
  else
    copy(w, w->end - w->at < 2 ? 1 : 2);
}

/* {,n} and {,} */
static int is_open_bound(const struct walk *w) {
  if (!begins(w, "{,"))
    return 0;
  const char *at = w->at + 2;
  while (at < w->end && isdigit((unsigned char)*at))
    at++;
  return at < w->end && *at == '}';
}

/* [.x.] or [=x=], at its bracket. */
static int is_named_character(const struct walk *w) {
  return w->end - w->at >= 5 && (w->at[1] == '.' || w->at[1] == '=') && w->at[3] == w->at[1] &&
         w->at[4] == ']';
}

static void translate_in_brackets(struct walk *w) {
  if (is_named_character(w)) {
    char escaped[] = {'\\', w->at[2]};
    int as_it_is = isalnum((unsigned char)w->at[2]) != 0;
    put(w, escaped + as_it_is, sizeof escaped - (size_t)as_it_is);
    w->at += 5;
  } else if (begins(w, "[:")) {
    copy(w, 2);
    while (w->at < w->end && (isalpha((unsigned char)*w->at) || *w->at == '^'))
      copy(w, 1);
    if (begins(w, ":]"))
      copy(w, 2);
  } else {
    copy(w, *w->at == '\\' && w->end - w->at > 1 ? 2 : 1);
  }
}

/* A bracket right behind the first one, or behind ^, does not close it. */
static void translate_brackets(struct walk *w) {
  copy(w, 1);
  if (begins(w, "^"))
    copy(w, 1);
  if (begins(w, "]"))
    copy(w, 1);
  while (w->at < w->end && *w->at != ']')
    translate_in_brackets(w);
  if (w->at < w->end)
    copy(w, 1);
}

static void translate_token(struct walk *w) {
  if (*w->at == '\\')
    translate_escape(w);
  else if (begins(w, "[[:<:]]") || begins(w, "[[:>:]]"))
    copy(w, 7);
  else if (*w->at == '[')
    translate_brackets(w);
  else if (is_open_bound(w))
    replace(w, 1, "{0");
  else
    copy(w, 1);
}

static char *room_for(size_t length) {
  return length < (size_t)-1 / GROWTH - 1 ? malloc(length * GROWTH + 1) : NULL;
}

char *ere_translate(const char *text, size_t length, size_t *ret_length) {
  char *out = room_for(length);
  if (!out)
    return NULL;
  struct walk w = {text, text + length, out};
  while (w.at < w.end)
    translate_token(&w);
  *ret_length = (size_t)(w.out - out);
  return out;
}

size_t ere_source_offset(const char *text, size_t length, size_t offset) {
  char *out = room_for(length);
  if (!out)
    return offset;
  struct walk w = {text, text + length, out};
  const char *token = text;
  while (w.at < w.end && (size_t)(w.out - out) <= offset) {
    token = w.at;
    translate_token(&w);
  }
  if ((size_t)(w.out - out) <= offset)
    token = w.end;
  free(out);
  return (size_t)(token - text);
}

/* The character at w->at stands for itself, with or without a backslash. */
static int take_literal(struct walk *w) {
  static const char special[] = "\\^$.[]|()*+?{}";
  static const char escaped_special[] = "<>`'";
  int escaped = *w->at == '\\';
  if (escaped && ++w->at == w->end)
    return 0;
  unsigned char byte = (unsigned char)*w->at;
  if (escaped ? !ispunct(byte) || strchr(escaped_special, byte) : byte && strchr(special, byte))
    return 0;
  copy(w, 1);
  return 1;
}

char *ere_literal(const char *text, size_t length, size_t *ret_length) {
  char *out = room_for(length);
  *ret_length = !out;
  struct walk w = {text, text + length, out};
  while (out && w.at < w.end)
    if (!take_literal(&w)) {
      free(out);
      return NULL;
    }
  if (out)
    *ret_length = (size_t)(w.out - out);
  return out;
}
