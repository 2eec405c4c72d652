#include "expression_model.h"

#include <stdio.h>
#include <string.h>

/* NOLINTBEGIN(misc-no-recursion): trees are */

/* ---- bytes ---- */

static int is_space(int b) {
  return b == ' ' || (b >= 9 && b <= 13);
}
static int is_digit(int b) {
  return b >= '0' && b <= '9';
}
static int is_lower(int b) {
  return b >= 'a' && b <= 'z';
}
static int is_upper(int b) {
  return b >= 'A' && b <= 'Z';
}
static int is_alpha(int b) {
  return is_lower(b) || is_upper(b);
}
static int is_word(int b) {
  return is_alpha(b) || is_digit(b) || b == '_';
}
static int is_newline(int b) {
  return b == '\n';
}
static int is_horizontal(int b) {
  return b == ' ' || b == '\t' || b == 0xa0;
}
static int is_vertical(int b) {
  return (b >= 10 && b <= 13) || b == 0x85;
}
static int is_a(int b) {
  return b == 'a';
}
static int is_b(int b) {
  return b == 'b';
}
static int is_c(int b) {
  return b == 'c';
}
static int is_A(int b) {
  return b == 'A';
}
static int is_dot(int b) {
  return b == '.';
}
static int is_1(int b) {
  return b == '1';
}
static int is_blank(int b) {
  return b == ' ';
}
static int is_bracket_or_a(int b) {
  return b == ']' || b == 'a';
}
static int is_dash_or_a(int b) {
  return b == '-' || b == 'a';
}
static int is_space_or_comma(int b) {
  return is_space(b) || b == ',';
}
static int is_control_or_blank(int b) {
  return b <= ' ';
}
static int is_tab_to_return(int b) {
  return b >= 9 && b <= 13;
}
static int is_a_to_c(int b) {
  return b >= 'a' && b <= 'c';
}
static int is_not_space_or_b(int b) {
  return !is_space(b) || b == 'b';
}
static int is_zero(int b) {
  return b == 0;
}
static int is_high(int b) {
  return b == 0xe9;
}
static int is_brace(int b) {
  return b == '{';
}

static const struct byte_class {
  const char *text;
  int (*has)(int byte);
  int negated;
} classes[] = {{"a", is_a, 0},
               {"b", is_b, 0},
               {"c", is_c, 0},
               {"A", is_A, 0},
               {"1", is_1, 0},
               {" ", is_blank, 0},
               {"a", is_a, 0},
               {"b", is_b, 0},
               {"\\.", is_dot, 0},
               {"\\x41", is_A, 0},
               {"\\x00", is_zero, 0},
               {"\xe9", is_high, 0},
               {"{", is_brace, 0},
               {".", is_newline, 1},
               {"\\n", is_newline, 0},
               {"\n", is_newline, 0},
               {"\\s", is_space, 0},
               {"\\S", is_space, 1},
               {"\\w", is_word, 0},
               {"\\W", is_word, 1},
               {"\\d", is_digit, 0},
               {"\\D", is_digit, 1},
               {"\\h", is_horizontal, 0},
               {"\\H", is_horizontal, 1},
               {"\\v", is_vertical, 0},
               {"\\V", is_vertical, 1},
               {"(?:\\N)", is_newline, 1},
               {"[ab]", is_a_to_c, 0},
               {"[^a]", is_a, 1},
               {"[a-c]", is_a_to_c, 0},
               {"[^\\n]", is_newline, 1},
               {"[]a]", is_bracket_or_a, 0},
               {"[^]a]", is_bracket_or_a, 1},
               {"[-a]", is_dash_or_a, 0},
               {"[^a-]", is_dash_or_a, 1},
               {"[^-a]", is_dash_or_a, 1},
               {"[\\s,]", is_space_or_comma, 0},
               {"[^\\w]", is_word, 1},
               {"[[:space:]]", is_space, 0},
               {"[[:^digit:]]", is_digit, 1},
               {"[[:alpha:]]", is_alpha, 0},
               {"[\\t-\\r]", is_tab_to_return, 0},
               {"[\\x00-\\x20]", is_control_or_blank, 0},
               {"[^\\S]", is_space, 0},
               {"[\\Sb]", is_not_space_or_b, 0},
               {"[^[:alpha:]]", is_alpha, 1}};

enum { CLASSES = sizeof classes / sizeof *classes, PLAIN_CLASSES = 13 };

static int other_case(int byte) {
  return is_lower(byte) ? byte - 'a' + 'A' : is_upper(byte) ? byte - 'A' + 'a' : byte;
}

static int class_has(unsigned which, int byte, uint32_t flags) {
  const struct byte_class *class = &classes[which];
  int listed = class->has(byte);
  /* The table's [ab] is given as a to c for shortness. */
  if (strcmp(class->text, "[ab]") == 0)
    listed = is_a(byte) || is_b(byte);
  if ((flags & TOME_PATTERN_IGNORE_CASE) && !listed) {
    listed = class->has(other_case(byte));
    if (strcmp(class->text, "[ab]") == 0)
      listed = is_a(other_case(byte)) || is_b(other_case(byte));
  }
  return listed != class->negated;
}

/* ---- random trees ---- */

static node *new_node(tree *t, node_kind kind) {
  node *n = &t->nodes[t->used++];
  *n = (node){.kind = kind};
  return n;
}

static node *random_bytes_node(dice *any, tree *t) {
  node *n = new_node(t, ONE_BYTE);
  n->byte_class = (unsigned)roll(any, roll(any, 2) ? PLAIN_CLASSES : CLASSES);
  return n;
}

static int may_be_empty(const node *n) {
  int all = 1, some = 0;
  for (unsigned i = 0; i < n->count; i++) {
    all &= may_be_empty(n->parts[i]);
    some |= may_be_empty(n->parts[i]);
  }
  switch (n->kind) {
  case ONE_BYTE:
    return 0;
  case SEQUENCE:
    return all;
  case CHOICE:
    return some;
  case REPEAT:
    return n->least == 0 || all;
  default:
    return 1;
  }
}

static node *random_node(dice *any, tree *t, unsigned depth);

static node *random_parts(dice *any, tree *t, node_kind kind, unsigned depth) {
  node *n = new_node(t, kind);
  n->count = 1 + (unsigned)roll(any, 4);
  n->captures = roll(any, 2) == 0;
  for (unsigned i = 0; i < n->count; i++)
    n->parts[i] = random_node(any, t, depth + 1);
  return n;
}

/* Rounds of a loop that match nothing are another matter in each engine. */
static node *random_repeat(dice *any, tree *t, unsigned depth) {
  node *n = new_node(t, REPEAT);
  node *what = random_node(any, t, depth + 1);
  n->count = 1;
  n->parts[0] = may_be_empty(what) || t->used > 50 ? random_bytes_node(any, t) : what;
  n->least = (unsigned)roll(any, 3);
  n->most = roll(any, 2) ? 0 : n->least + (unsigned)roll(any, 3);
  if (n->most == 0 && n->least == 2)
    n->most = 3;
  n->lazy = roll(any, 4) == 0;
  return n;
}

static node *random_look(dice *any, tree *t, unsigned depth) {
  node *n = new_node(t, LOOK);
  n->count = 1;
  n->negated = roll(any, 2) == 0;
  n->parts[0] = random_node(any, t, depth + 1);
  return n;
}

static node *random_node(dice *any, tree *t, unsigned depth) {
  if (depth > 4 || t->used > 40)
    return random_bytes_node(any, t);
  switch (roll(any, 16)) {
  case 0:
  case 1:
    return random_parts(any, t, SEQUENCE, depth);
  case 2:
  case 3:
    return random_parts(any, t, CHOICE, depth);
  case 4:
  case 5:
  case 6:
    return random_repeat(any, t, depth);
  case 7:
    return roll(any, 3) ? random_bytes_node(any, t) : random_look(any, t, depth);
  case 8:
    return new_node(t, roll(any, 2) ? LINE_BEGIN : LINE_END);
  case 9: {
    node *n = new_node(t, BORDER);
    n->negated = roll(any, 3) == 0;
    return n;
  }
  default:
    return random_bytes_node(any, t);
  }
}

/* ---- their text ---- */

static void put(tree *t, const char *text, size_t length) {
  must(t->length + length < sizeof t->text);
  memcpy(t->text + t->length, text, length);
  t->length += length;
  t->text[t->length] = '\0';
}

static void put_text(tree *t, const char *text) {
  put(t, text, strlen(text));
}

static void put_node(tree *t, const node *n);

static void put_parts(tree *t, const node *n, const char *open, const char *between) {
  put_text(t, open);
  for (unsigned i = 0; i < n->count; i++) {
    put_text(t, i > 0 ? between : "");
    put_node(t, n->parts[i]);
  }
  put_text(t, *open ? ")" : "");
}

static void put_repeat(tree *t, const node *n) {
  char text[32];
  int alone = n->parts[0]->kind == ONE_BYTE;
  put_parts(t, n, alone ? "" : "(?:", "");
  if (n->most == 0)
    snprintf(text, sizeof text, "%s", n->least == 0 ? "*" : "+");
  else if (n->least == 0 && n->most == 1)
    snprintf(text, sizeof text, "?");
  else
    snprintf(text, sizeof text, n->least == n->most ? "{%u}" : "{%u,%u}", n->least, n->most);
  put_text(t, text);
  put_text(t, n->lazy ? "?" : "");
}

static void put_node(tree *t, const node *n) {
  switch (n->kind) {
  case ONE_BYTE:
    put_text(t, classes[n->byte_class].text);
    break;
  case SEQUENCE:
  case CHOICE:
    put_parts(t, n, n->captures ? "(" : "(?:", n->kind == CHOICE ? "|" : "");
    break;
  case REPEAT:
    put_repeat(t, n);
    break;
  case LOOK:
    put_parts(t, n, n->negated ? "(?!" : "(?=", "");
    break;
  case LINE_BEGIN:
    put_text(t, "^");
    break;
  case LINE_END:
    put_text(t, "$");
    break;
  default:
    put_text(t, n->negated ? "\\B" : "\\b");
  }
}

/* Half of them without parentheses around all of it. */
void random_tree(dice *any, tree *t) {
  t->used = 0;
  t->length = 0;
  t->root = random_parts(any, t, roll(any, 3) ? SEQUENCE : CHOICE, 0);
  put_parts(t, t->root, roll(any, 2) ? "" : "(?:", t->root->kind == CHOICE ? "|" : "");
}

void make_strange(tree *t) {
  put_text(t, "(?#)");
}

/* ---- what they match ---- */

enum { LONGEST = 128, MOST_ROUNDS = 6 };

/* Ends of matches, the preferred first. */
typedef struct ends {
  size_t at[LONGEST + 1];
  unsigned count;
  unsigned char seen[LONGEST + 1];
} ends;

/* Expressions see bytes [0, length) and nothing around them. */
typedef struct seen_text {
  const unsigned char *bytes;
  size_t length;
  uint32_t flags;
} seen_text;

static void add_end(ends *to, size_t at) {
  if (to->seen[at])
    return;
  to->seen[at] = 1;
  to->at[to->count++] = at;
}

static void match(const seen_text *text, const node *n, size_t at, ends *ret);

static void match_rest(const seen_text *text, const node *n, unsigned part, size_t at, ends *ret) {
  ends here = {.count = 0};
  if (part == n->count) {
    add_end(ret, at);
    return;
  }
  match(text, n->parts[part], at, &here);
  for (unsigned i = 0; i < here.count; i++)
    match_rest(text, n, part + 1, here.at[i], ret);
}

/* Rounds past the least are all the same where there is no most; who was at a place with as many rounds found all that can be
 * found from there. */
static void match_rounds(const seen_text *text, const node *n, unsigned rounds, size_t at,
                         unsigned char (*been)[LONGEST + 1], ends *ret) {
  ends here = {.count = 0};
  unsigned state = n->most == 0 && rounds > n->least ? n->least : rounds;
  if (been[state][at])
    return;
  been[state][at] = 1;
  if (rounds >= n->least && n->lazy)
    add_end(ret, at);
  if (n->most == 0 || rounds < n->most)
    match(text, n->parts[0], at, &here);
  for (unsigned i = 0; i < here.count; i++)
    match_rounds(text, n, rounds + 1, here.at[i], been, ret);
  if (rounds >= n->least)
    add_end(ret, at);
}

static int word_at(const seen_text *text, size_t at) {
  return at < text->length && is_word(text->bytes[at]);
}

static int holds(const seen_text *text, const node *n, size_t at) {
  ends here = {.count = 0};
  int word_before = at > 0 && word_at(text, at - 1);
  switch (n->kind) {
  case LINE_BEGIN:
    return at == 0 || (text->bytes[at - 1] == '\n' && at < text->length);
  case LINE_END:
    return at == text->length || text->bytes[at] == '\n';
  case BORDER:
    return (word_before != word_at(text, at)) != n->negated;
  default:
    match(text, n->parts[0], at, &here);
    return (here.count > 0) != n->negated;
  }
}

static void match(const seen_text *text, const node *n, size_t at, ends *ret) {
  static _Thread_local unsigned depth;
  unsigned char been[MOST_ROUNDS][LONGEST + 1];
  must(++depth < 100);
  switch (n->kind) {
  case ONE_BYTE:
    if (at < text->length && class_has(n->byte_class, text->bytes[at], text->flags))
      add_end(ret, at + 1);
    break;
  case SEQUENCE:
    match_rest(text, n, 0, at, ret);
    break;
  case CHOICE:
    for (unsigned i = 0; i < n->count; i++)
      match(text, n->parts[i], at, ret);
    break;
  case REPEAT:
    memset(been, 0, sizeof been);
    match_rounds(text, n, 0, at, been, ret);
    break;
  default:
    if (holds(text, n, at))
      add_end(ret, at);
  }
  depth--;
}

/* Whether what the flags want is there. */
static int stands_right(const seen_text *text, size_t begin, size_t end) {
  if (text->flags & TOME_PATTERN_WHOLE_LINE)
    return begin == 0 && end == text->length;
  if (text->flags & TOME_PATTERN_WORD)
    return !(begin > 0 && word_at(text, begin - 1)) && !word_at(text, end);
  return 1;
}

static size_t best_of(const trees *all, const seen_text *text, size_t at) {
  size_t best = NO_MATCH;
  for (size_t i = 0; i < all->count; i++) {
    ends found = {.count = 0};
    match(text, all->items[i].root, at, &found);
    for (unsigned j = 0; j < found.count; j++) {
      size_t length = found.at[j] - at;
      if (!stands_right(text, at, found.at[j]) || (best != NO_MATCH && length <= best))
        continue;
      best = length;
      if (!(all->flags & TOME_PATTERN_LONGEST))
        return best;
    }
  }
  return best;
}

size_t tree_match_at(const void *context, const unsigned char *text, size_t length, size_t at) {
  const trees *all = context;
  size_t begin = 0, end = length;
  if (all->flags & TOME_PATTERN_IN_LINES) {
    for (begin = at; begin > 0 && text[begin - 1] != '\n';)
      begin--;
    for (end = at; end < length && text[end] != '\n';)
      end++;
  }
  must(end - begin <= LONGEST);
  seen_text seen = {text + begin, end - begin, all->flags};
  return best_of(all, &seen, at - begin);
}

/* NOLINTEND(misc-no-recursion) */
