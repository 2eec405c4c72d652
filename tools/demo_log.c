/* Makes the log of `./dev demo`: lines such as a set of web services would write, as fast as the
 * disk takes them.
 *
 *     demo_log FILE SIZE          SIZE in bytes, at least 4096
 *
 * The same SIZE always gives the same bytes. What makes it fast: the variable parts of a line
 * (message, service, numbers) are rendered once, into a few thousand bodies; each line is a time
 * stamp, a request number and a body picked at random. Errors are rare, and none comes before three
 * quarters of the file. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tome/tome.h>

enum {
  BODIES = 4096,
  BODY_SIZE = 192,
  LAST_LINE_SIZE = 512, /* at most; the others are less than half as long */
  BLOCK_SIZE = 4 << 20,
  ERRORS_EVERY = 50000 /* lines, on average, once there are any */
};

struct body {
  size_t length;
  char text[BODY_SIZE];
};

static struct body bodies[BODIES];
static char block[BLOCK_SIZE];

/* Marsaglia's xorshift64: repeatable on every machine. */
static uint32_t random_below(uint32_t limit) {
  static uint64_t state = UINT64_C(0x9E3779B97F4A7C15);
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return (uint32_t)(((state >> 32) * limit) >> 32);
}

static const char *pick(const char *const *words, size_t count) {
  return words[random_below((uint32_t)count)];
}

#define PICK(words) pick(words, sizeof(words) / sizeof((words)[0]))

static void render_body(struct body *body) {
  static const char *const levels[] = {"INFO ", "INFO ", "INFO ", "INFO ", "DEBUG", "WARN "};
  static const char *const services[] = {"gateway", "orders",  "billing", "search",
                                         "session", "storage", "mailer",  "catalog"};
  static const char *const verbs[] = {"GET", "GET", "GET", "POST", "PUT", "DELETE"};
  static const char *const paths[] = {"orders", "users",   "carts",  "invoices",
                                      "items",  "reports", "images", "tokens"};
  static const char *const notes[] = {
      "served from cache",      "connection reused", "retry after timeout", "checksum verified",
      "user session refreshed", "queued for worker", "slow upstream",       "token renewed"};
  static const int statuses[] = {200, 200, 200, 200, 201, 204, 304, 404};

  /* One by one: the order in which arguments are evaluated is the compiler's choice. */
  const char *level = PICK(levels);
  const char *service = PICK(services);
  unsigned instance = random_below(32);
  const char *verb = PICK(verbs);
  const char *path = PICK(paths);
  unsigned item = random_below(1000000);
  int status = statuses[random_below(8)];
  unsigned slowest = random_below(2000) + 1;
  unsigned milliseconds = random_below(slowest);
  unsigned bytes = random_below(100000);
  body->length = (size_t)snprintf(
      body->text, sizeof body->text, "%s %s-%02u %s /v1/%s/%u %d %ums %uB \"%s\"\n", level, service,
      instance, verb, path, item, status, milliseconds, bytes, PICK(notes));
}

static char *put_digits(char *at, uint64_t value, int digits) {
  for (int i = digits - 1; i >= 0; i--, value /= 10)
    at[i] = (char)('0' + value % 10);
  return at + digits;
}

/** Write "2026-01-01T00:00:00.000Z " for a number of milliseconds since then; the days go round
 * after 28. */
static char *put_time(char *at, uint64_t milliseconds) {
  uint64_t seconds = milliseconds / 1000;
  memcpy(at, "2026-01-00T00:00:00.000Z ", 25);
  put_digits(at + 8, seconds / 86400 % 28 + 1, 2);
  put_digits(at + 11, seconds / 3600 % 24, 2);
  put_digits(at + 14, seconds / 60 % 60, 2);
  put_digits(at + 17, seconds % 60, 2);
  put_digits(at + 20, milliseconds % 1000, 3);
  return at + 25;
}

/** Where the next line stands, in the file and in time. */
struct position {
  uint64_t offset;
  uint64_t milliseconds;
  uint64_t request;
};

static char *put_line(char *at, struct position *position, uint64_t errors_from) {
  static const char failure[] =
      "ERROR storage-07 write of block failed: input/output error, retrying on replica\n";
  static int errors_begun;
  char *begin = at;

  at = put_time(at, position->milliseconds);
  memcpy(at, "req=", 4);
  at = put_digits(at + 4, position->request, 10);
  *at++ = ' ';
  if (position->offset >= errors_from && (!errors_begun || random_below(ERRORS_EVERY) == 0)) {
    errors_begun = 1;
    memcpy(at, failure, sizeof failure - 1);
    at += sizeof failure - 1;
  } else {
    const struct body *body = &bodies[random_below(BODIES)];
    memcpy(at, body->text, body->length);
    at += body->length;
  }

  position->offset += (uint64_t)(at - begin);
  position->milliseconds += random_below(8);
  position->request++;
  return at;
}

/** The last line takes what is left of the file. */
static char *put_last_line(char *at, struct position *position, uint64_t size) {
  char *end = at + (size - position->offset);
  at = put_time(at, position->milliseconds);
  memset(at, '=', (size_t)(end - at - 1));
  end[-1] = '\n';
  position->offset = size;
  return end;
}

/** Fill the block with lines.
 *  @return the end of what was filled. */
static char *fill_block(struct position *position, uint64_t size) {
  char *at = block;
  while (position->offset < size && at + LAST_LINE_SIZE <= block + sizeof block) {
    if (size - position->offset > LAST_LINE_SIZE)
      at = put_line(at, position, size / 4 * 3);
    else
      at = put_last_line(at, position, size);
  }
  return at;
}

static int make_log(const char *path, uint64_t size) {
  struct position position = {0, 0, 1};
  tome *map = NULL;
  if (tome_open(&map, path, TOME_WRITE | TOME_CREATE | TOME_TRUNCATE, NULL) < 0)
    return -1;
  for (int i = 0; i < BODIES; i++)
    render_body(&bodies[i]);
  while (position.offset < size) {
    char *end = fill_block(&position, size);
    if (tome_append(map, block, (size_t)(end - block), NULL) < 0)
      return -1;
  }
  /* On the disk, so that a cold start can drop every page of it. */
  if (tome_flush(map, 0, TOME_END, TOME_FLUSH_DURABLE) < 0)
    return -1;
  return tome_close(map);
}

int main(int argc, char **argv) {
  char *end = NULL;
  uint64_t size = argc == 3 ? strtoull(argv[2], &end, 10) : 0;
  if (size < 4096 || *end != '\0') {
    fprintf(stderr, "usage: demo_log FILE SIZE (bytes, at least 4096)\n");
    return 2;
  }

  if (make_log(argv[1], size) < 0) {
    fprintf(stderr, "demo_log: %s: %s\n", argv[1], tome_strerror(tome_error_last()->code));
    return 1;
  }
  return 0;
}
